"""Signed data: GB/T 35275-2017 and RFC 5652, written strictly and read as products write it."""

from gmseal.sm.cms.building import build_signed_data, max_size
from gmseal.sm.cms.forms import CmsForm
from gmseal.sm.cms.reading import Deviation, DeviationCode, SignedData, SignerInfo, read_signed_data

__all__ = [
    "CmsForm",
    "Deviation",
    "DeviationCode",
    "SignedData",
    "SignerInfo",
    "build_signed_data",
    "max_size",
    "read_signed_data",
]
