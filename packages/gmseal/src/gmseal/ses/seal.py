"""Making, renewing and reading electronic seals (SESeal of GB/T 38540-2020, clause 6): the public names."""

from gmseal.ses.model import Seal
from gmseal.ses.seal_making import SealSpec, make_seal, picture_type, renew_seal
from gmseal.ses.seal_reading import read_seal
from gmseal.ses.structures import Extension, SealPicture

__all__ = [
    "Extension",
    "Seal",
    "SealPicture",
    "SealSpec",
    "make_seal",
    "picture_type",
    "read_seal",
    "renew_seal",
]
