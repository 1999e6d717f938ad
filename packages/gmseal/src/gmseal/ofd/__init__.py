"""OFD packages (GB/T 33190-2016): reading within limits, sealing, verifying."""

from gmseal.ofd.limits import OfdLimits
from gmseal.ofd.package import OfdDocument, Package, PageRef, open_package, read_package

__all__ = ["OfdDocument", "OfdLimits", "Package", "PageRef", "open_package", "read_package"]
