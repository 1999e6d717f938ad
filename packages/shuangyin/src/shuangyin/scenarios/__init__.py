"""The scenario list (用印场景清单) and its decision: which medium, which seals, whose consent, and why."""
