"""The command line: ``verify show keygen``, ``serve import audit recover reconcile``, ``witness monitor``."""

from evidencelog.cli.application import app

__all__ = ["app"]
