"""Use requests (用印申请): ask to put named seals on named document versions."""
