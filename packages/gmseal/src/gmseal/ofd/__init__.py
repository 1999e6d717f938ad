"""OFD packages (GB/T 33190-2016): reading within limits, sealing, verifying."""

from gmseal.ofd.inspect import OfdInfo, PageSize, inspect_ofd
from gmseal.ofd.limits import OfdLimits
from gmseal.ofd.order import CertificateSigner, OfdSealOrder, Protection
from gmseal.ofd.package import OfdDocument, Package, PageRef, open_package, read_package
from gmseal.ofd.sign import OfdSealOutcome, seal_ofd, sign_ofd_bytes
from gmseal.ofd.signatures import Parameter, Provider
from gmseal.ofd.verify import verify_ofd
from gmseal.placement import Edge, SealPlacement, SeamPlacement

__all__ = [
    "CertificateSigner",
    "Edge",
    "OfdDocument",
    "OfdInfo",
    "OfdLimits",
    "OfdSealOrder",
    "OfdSealOutcome",
    "Package",
    "PageRef",
    "PageSize",
    "Parameter",
    "Protection",
    "Provider",
    "SealPlacement",
    "SeamPlacement",
    "inspect_ofd",
    "open_package",
    "read_package",
    "seal_ofd",
    "sign_ofd_bytes",
    "verify_ofd",
]
