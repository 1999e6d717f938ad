"""Reads the fields of seals as real products write them, and notes every departure from the standard.

The tolerances are those that real files were seen to need; the value that comes out is the one that was meant, and
the mathematics is then exact. Anything else is malformed.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from gmseal.errors import MalformedInput
from gmseal.report import Finding, Severity
from gmseal.ses.deviations import Deviation, finding
from gmseal.ses.structures import MAX_EXTENSIONS, Extension
from gmseal.sm import der
from gmseal.sm.certificate_info import has_algorithm_parameters
from gmseal.sm.signature_forms import SignatureForm, in_der

MAX_TRIMMED: Final = 8
"""Whole octets of zeros that may be missing at the end of a BIT STRING; more is chance no longer."""
_RAW: Final = 64
_BEIJING: Final = timezone(timedelta(hours=8))
_TOKEN_OIDS: Final = (der.oid("1.2.840.113549.1.7.2"), der.oid("1.2.156.10197.6.1.4.2.2"))
_FORMS: Final = {
    SignatureForm.RAW: Deviation.RAW_SIGNATURE,
    SignatureForm.NEGATIVE: Deviation.NEGATIVE_NUMBER,
}


class FormReader:
    """Reads one structure; ``findings`` tells afterwards what departed from the standard."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Each deviation once per field."""
        return tuple(dict.fromkeys(self._found))

    def note(self, deviation: Deviation, where: str, severity: Severity | None = None) -> None:
        """Write a deviation down."""
        self._found.append(finding(deviation, where, severity))

    def bits(self, element: der.Element, what: str, size: int | None = None) -> bytes:
        """The octets of a BIT STRING of ``size`` octets, or of the size that its own content declares."""
        octets, unused = element.bits(what)
        if unused and octets[-1] & ((1 << unused) - 1):
            raise MalformedInput(f"{what}: the unused bits of a BIT STRING are zero.")
        expected = size if size is not None else _declared_size(octets)
        missing = 0 if expected is None else expected - len(octets)
        if not 0 <= missing <= MAX_TRIMMED:
            missing = 0
        if missing or unused:
            self.note(Deviation.BITS_TRIMMED, what)
        return octets + bytes(missing)

    def signature(self, element: der.Element, what: str) -> tuple[bytes, bytes]:
        """An SM2 signature value as it stands (zeros put back), and in the form of GB/T 35276."""
        value = self.bits(element, what)
        usual, form = in_der(value)
        if form in _FORMS:
            self.note(_FORMS[form], what)
        return value, usual

    def time(self, element: der.Element, what: str, tag: int = der.GENERALIZED_TIME) -> datetime:
        """A time in UTC, whichever of the two types it has."""
        instant = element.time(what)
        content = element.content
        digits = len(content.removesuffix(b"Z"))
        if element.tag != tag:
            self.note(Deviation.TIME_OF_OTHER_TYPE, what)
        if element.tag == der.GENERALIZED_TIME and digits == 12:
            self.note(Deviation.TIME_TWO_DIGIT_YEAR, what)
        if not content.endswith(b"Z"):
            self.note(Deviation.TIME_WITHOUT_ZONE, what)
        return instant

    def text(self, element: der.Element, what: str) -> str:
        """A text without the NUL octets behind it; what is not encoded as it claims is read as GBK or UTF-8."""
        try:
            text = element.text(what)
        except MalformedInput:
            if element.tag not in {der.UTF8_STRING, der.IA5_STRING, der.PRINTABLE_STRING}:
                raise
            text = _decoded(element.content, what)
            self.note(Deviation.TEXT_ENCODING, what)
        if text.endswith("\0"):
            self.note(Deviation.TEXT_PADDED, what)
            text = text.rstrip("\0")
        return text

    def algorithm(self, element: der.Element, what: str) -> str:
        """An algorithm's identifier, also when it is wrapped up with parameters."""
        if element.tag != der.SEQUENCE:
            return element.oid(what)
        self.note(Deviation.ALGORITHM_PARAMETERS, what)
        return element.fields(what, 1, 2)[0].oid(what)

    def certificate(self, octets: bytes, what: str) -> bytes:
        """A certificate, looked at from outside only: whether it is one is judged later."""
        if has_algorithm_parameters(octets):
            self.note(Deviation.CERTIFICATE_PARAMETERS, what)
        return octets

    def timestamp(self, element: der.Element) -> bytes:
        """The octets of ``timeStamp [0] EXPLICIT BIT STRING``."""
        element.expect(0xA0, "timeStamp")
        octets = self.bits(der.parse(element.content, "timeStamp"), "timeStamp")
        if not looks_like_token(octets):
            self.note(Deviation.TIMESTAMP_NOT_A_TOKEN, "timeStamp")
        return octets

    def extensions(self, element: der.Element, *, tagged: bool) -> tuple[Extension, ...]:
        """ExtensionDatas with or without its tag [0]; ``tagged`` says whether the standard writes one."""
        if element.tag == 0xA0:
            element = der.parse(element.content, "extDatas")
        else:
            self.note(Deviation.EXTENSIONS_UNTAGGED, "extDatas", Severity.MAJOR if tagged else None)
        found: list[Extension] = []
        for child in element.expect(der.SEQUENCE, "extDatas").children():
            if len(found) == MAX_EXTENSIONS:
                raise MalformedInput(f"extDatas: more than {MAX_EXTENSIONS} extensions.")
            found.append(self._extension(child))
        return tuple(found)

    def _extension(self, element: der.Element) -> Extension:
        fields = element.fields("ExtData", 2, 3)
        critical = False
        if len(fields) == 3:
            flag = fields[1].expect(der.BOOLEAN, "critical").content
            if len(flag) != 1:
                raise MalformedInput("critical: not a BOOLEAN.")
            critical = flag != b"\x00"
            if flag != b"\xff":
                self.note(Deviation.EXTENSION_FALSE_WRITTEN, "extDatas")
        if critical:
            # No extension is defined by the standards, so none that is critical can be known.
            self.note(Deviation.EXTENSION_CRITICAL_UNKNOWN, "extDatas")
        return Extension(fields[0].oid("extnID"), critical, fields[-1].octets("extnValue"))


def looks_like_token(octets: bytes) -> bool:
    """True when the octets begin like signed data, which every time-stamp token is."""
    return octets[:1] == b"\x30" and any(oid in octets[:24] for oid in _TOKEN_OIDS)


def time_of_text(octets: bytes, reader: FormReader, what: str) -> datetime:
    """The signing time of version 1 as text: ``yyyy-MM-dd HH:mm:ss`` or ISO 8601, Beijing time without a zone.

    Raises ``MalformedInput``.
    """
    try:
        instant = datetime.fromisoformat(octets.decode("ascii").strip("\0 "))
        zoned = instant if instant.tzinfo is not None else instant.replace(tzinfo=_BEIJING)
        moment = zoned.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedInput(f"{what}: not a time.") from error
    reader.note(Deviation.TIME_AS_TEXT, what)
    if instant.tzinfo is None:
        reader.note(Deviation.TIME_WITHOUT_ZONE, what)
    return moment


def _declared_size(octets: bytes) -> int | None:
    """How long a value is by its own word: a DER element, or the 64 octets of a raw signature."""
    if octets[:1] == b"\x30" and len(octets) > 5:
        first = octets[1]
        if first < 0x80:
            return 2 + first
        count = first & 0x7F
        if 1 <= count <= 3:
            return 2 + count + int.from_bytes(octets[2 : 2 + count], "big")
    return _RAW if _RAW - MAX_TRIMMED <= len(octets) < _RAW else None


def _decoded(content: bytes, what: str) -> str:
    for codec in ("utf-8", "gb18030"):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    raise MalformedInput(f"{what}: the text cannot be decoded.")
