"""Accounts of Ethereum, with Python's bound on recursion left as it was.

A library below eth-account raises the bound to 100,000 for the whole process when it is imported. With that, a
deeply nested JSON text that anybody may send ends the process instead of raising RecursionError.
"""

from __future__ import annotations

import sys

_bound = sys.getrecursionlimit()
from eth_account import Account  # noqa: E402  # see above
from eth_account.signers.local import LocalAccount  # noqa: E402  # see above

sys.setrecursionlimit(_bound)

__all__ = ["Account", "LocalAccount"]
