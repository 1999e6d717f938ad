"""The command line: ``evidencelog verify | show | keygen | serve | import | audit | recover | reconcile``."""

from evidencelog.cli.application import app

__all__ = ["app"]
