"""The HTTP edge: who calls, what a refusal looks like, and how a command becomes one idempotent request."""
