"""The command line: gmseal keygen | csr | cert | seal | renew | picture | sign | verify | render | bench.

Exit status of ``verify``: 0 valid, 1 not valid, 2 unreadable, 3 indeterminate (for example no
trusted root). The other commands end with 0, with 1 when something is refused, with 2 when an
input cannot be read. No command ever shows a traceback for bad input.
"""

from gmseal.cli.application import app

__all__ = ["app"]
