"""Signs an OFD package: stamps and signature are added, every file that was there stays as it is.

The way (GB/T 33190-2016, 18; GB/T 38540-2020, 7.2; GM/T 0099-2020, 7.2):

1. Read the package within limits and see that it takes another signature.
2. Plan the stamps; nothing is written when one of them has no place.
3. Digest every file that is protected, each once, and write Signature.xml.
4. Sign the digest of Signature.xml.
5. Append the new files (``gmseal.ofd.appending`` says which bytes change). OFD.xml is replaced only when
   the document had no list of signatures, the list when there was one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from gmseal.durable_file import replacing
from gmseal.errors import NotFound, Refused
from gmseal.ofd.appending import NewEntry, Packed, append_entries, pack
from gmseal.ofd.limits import DEFAULT_LIMITS, OfdLimits
from gmseal.ofd.order import CertificateSigner, OfdSealOrder, Protection
from gmseal.ofd.package import ENTRY, OfdDocument, Package, read_package, read_source
from gmseal.ofd.resolve import resolve
from gmseal.ofd.signature_text import entry_xml, identifier, list_xml, signature_xml
from gmseal.ofd.signatures import (
    SignatureFile,
    SignatureItem,
    SignatureList,
    number_of,
    read_list,
    read_signature_file,
)
from gmseal.ofd.stamps import Stamp, plan_stamps
from gmseal.places import Places
from gmseal.ses.signature import SealSigner
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.cms import CmsForm, build_signed_data
from gmseal.sm.keys import sm3
from gmseal.sm.running_hash import running_hash

PKCS7_DATA: Final = "1.2.840.113549.1.7.1"
"""The inner content type with which readers accept a GB/T 35275 value in OFD; no content is inside."""
OfdSigner = SealSigner | CertificateSigner
"""A seal (type Seal) or a certificate alone (type Sign)."""

_NO_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""For an order that nothing is signed by."""
_NUMBERED: Final = re.compile(r"(?:^|/)sign_(\d{1,9})(?:/|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OfdSealOutcome:
    """What was done. ``data_hash`` is the SM3 of Signature.xml, ``sm3`` that of the whole new file.

    ``added`` are the names of new entries, ``replaced`` of those whose content changed.
    """

    size: int
    sm3: str
    data_hash: bytes
    signature: bytes = field(repr=False)
    signature_id: str
    signature_path: str
    stamps: tuple[Stamp, ...]
    added: tuple[str, ...]
    replaced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a signature goes: the document, its list, ids and names; and the signatures there are already."""

    document: OfdDocument
    listed: SignatureList | None
    list_path: str
    folder: str
    first_id: int
    earlier: tuple[SignatureFile, ...] = field(repr=False)

    @property
    def path(self) -> str:
        return f"{self.folder}/Signature.xml"

    @property
    def value_path(self) -> str:
        return f"{self.folder}/SignedValue.dat"

    @property
    def seal_path(self) -> str:
        return f"{self.folder}/Seal.esl"


@dataclass(frozen=True, slots=True)
class _Signed:
    """The new end of a package, from ``offset`` on, and what is in it."""

    offset: int
    tail: bytes
    data_hash: bytes
    value: bytes
    place: _Place
    stamps: tuple[Stamp, ...]
    names: tuple[str, ...]


def seal_ofd(
    source: Path,
    target: Path,
    *,
    order: OfdSealOrder,
    signer: OfdSigner,
    limits: OfdLimits = DEFAULT_LIMITS,
) -> OfdSealOutcome:
    """Writes ``target``: ``source`` with the stamps and the signature of ``order``.

    ``target`` appears whole or not at all, and may be ``source``. Raises ``MalformedInput``, ``NotFound`` and
    ``Refused`` with the codes of ``open_archive``, ``resolve``, ``plan_stamps``, ``code_files`` and ``SealSigner.sign``,
    with ``PART_MISSING``, and with ``SIGNATURES_PROTECTED``, ``ENTRY_PROTECTED`` or ``PAGES_PROTECTED`` when an earlier signature allows no further one.
    """
    data = read_source(source, limits)
    package = read_package(data, limits)
    signed = _sign(package, order, signer)
    kept = memoryview(data)[: signed.offset]
    hashed = running_hash("sm3")
    hashed.update(kept)
    hashed.update(signed.tail)
    with replacing(target) as out:
        out.write(kept)
        out.write(signed.tail)
    there = package.archive
    return OfdSealOutcome(
        size=len(kept) + len(signed.tail),
        sm3=hashed.hexdigest(),
        data_hash=signed.data_hash,
        signature=signed.value,
        signature_id=identifier(signed.place.first_id),
        signature_path=signed.place.path,
        stamps=signed.stamps,
        added=tuple(name for name in signed.names if name not in there),
        replaced=tuple(name for name in signed.names if name in there),
    )


def sign_ofd_bytes(
    data: bytes, order: OfdSealOrder, signer: OfdSigner, limits: OfdLimits = DEFAULT_LIMITS
) -> bytes:
    """As ``seal_ofd``, from memory to memory: for services and batches."""
    signed = _sign(read_package(data, limits), order, signer)
    return b"".join((memoryview(data)[: signed.offset], signed.tail))


def require_appendable(
    source: Path | bytes, *, document: int = 0, limits: OfdLimits = DEFAULT_LIMITS
) -> None:
    """Raises for a document that takes no further signature, before anybody spends work on it.

    ``Refused`` with ``PART_MISSING``, ``SIGNATURES_PROTECTED``, ``ENTRY_PROTECTED`` or ``PAGE_ID``, ``NotFound`` for the
    document, and what reading the package raises.
    """
    package = read_package(read_source(source, limits), limits)
    chosen = package.document(document)
    _require_parts(package, chosen)
    _place(package, chosen, OfdSealOrder(signed_at=_NO_TIME))
    _require_page_ids(chosen, range(len(chosen.pages)))


def _sign(package: Package, order: OfdSealOrder, signer: OfdSigner) -> _Signed:
    # 1.
    document = package.document(order.document)
    _require_parts(package, document)
    place = _place(package, document, order)
    # 2.
    stamps, changed = _planned(package, document, order, signer, place)
    # 3.
    seal = _seal_parts(signer.seal.raw) if isinstance(signer, SealSigner) and order.seal_file else None
    max_id = place.first_id + len(stamps)
    if document.signatures_path is None:
        changed[ENTRY] = entry_xml(package, document.index, place.list_path)
    kind = "Seal" if isinstance(signer, SealSigner) else "Sign"
    item = SignatureItem(identifier(place.first_id), kind, place.path, order.base)
    changed[place.list_path] = list_xml(place.listed, item, max_id)
    numbered = (
        (identifier(place.first_id + 1 + index), document.pages[stamp.page].id, stamp)
        for index, stamp in enumerate(stamps)
    )
    text = signature_xml(
        order,
        _references(package, order, place, changed, seal),
        numbered,
        seal_path=place.seal_path if seal is not None else None,
        value_path=place.value_path,
    )
    # 4.
    data_hash = sm3(text)
    value = _value(data_hash, place.path, order, signer)
    # 5. The list comes last: the next signature then puts its own in the same place.
    added = [NewEntry(place.path, pack(text)), NewEntry(place.value_path, pack(value, smaller=False))]
    if seal is not None:
        added.insert(0, NewEntry(place.seal_path, seal[0]))
    added += [NewEntry(name, pack(content)) for name, content in changed.items()]
    offset, tail = append_entries(package.archive, added, order.signed_at)
    names = tuple(entry.name for entry in added)
    return _Signed(offset, tail, data_hash, value, place, stamps, names)


def _require_parts(package: Package, document: OfdDocument) -> None:
    """A part that the document names and that is not there could be put there by anybody once it is sealed."""
    named = [page.path for page in document.pages] + list(document.templates.values())
    named += filter(None, [document.annotations_path])
    for path in named:
        if path not in package.archive:
            raise Refused(
                "PART_MISSING",
                f"The document names {path[:80]!r}, which is not in the package; have it made complete first.",
            )


def _place(package: Package, document: OfdDocument, order: OfdSealOrder) -> _Place:
    """Where the signature goes, once it is sure that no earlier one forbids it."""
    highest, protected_by = 0, []
    listed: SignatureList | None = None
    for other in package.documents:
        its_list = read_list(package, other)
        if other.index == document.index:
            listed = its_list
        for item in its_list.items if its_list is not None else ():
            file = read_signature_file(package, item.path)
            protected_by.append((item, file))
            if other.index == document.index:
                highest = max([highest, *(number_of(stamp.id) for stamp in file.stamps)])
    folder, list_path = _folders(document)
    for item, file in protected_by:
        if file.protects(list_path):
            raise Refused(
                "SIGNATURES_PROTECTED",
                f"The signature {item.id} protects the whole document; a further one would break it.",
            )
        if document.signatures_path is None and file.protects(ENTRY):
            raise Refused(
                "ENTRY_PROTECTED",
                f"The signature {item.id} protects OFD.xml, which a first signature of another document changes.",
            )
    if listed is not None:
        highest = max(highest, listed.max_id)
    if order.base is not None and order.base not in {one.id for one in (listed.items if listed else ())}:
        raise NotFound(f"The document has no signature {order.base!r} that another could rest on.")
    earlier = tuple(file for _, file in protected_by)
    taken = [int(found[1]) for name in package.archive.entries if (found := _NUMBERED.search(name))]
    number = max(taken, default=-1) + 1
    return _Place(document, listed, list_path, f"{folder}/Sign_{number}", highest + 1, earlier)


def _folders(document: OfdDocument) -> tuple[str, str]:
    """The folder of signatures and the list's path. The path of a signature is signed, in ASCII."""
    if document.signatures_path is not None:
        list_path = document.signatures_path
        folder = list_path.rpartition("/")[0] or "Signs"
        return (folder if folder.isascii() else f"Signs_{document.index}"), list_path
    own = document.root_path.rpartition("/")[0]
    folder = f"{own}/Signs" if own and own.isascii() else f"Signs_{document.index}"
    return folder, f"{folder}/Signatures.xml"


def _planned(
    package: Package, document: OfdDocument, order: OfdSealOrder, signer: OfdSigner, place: _Place
) -> tuple[tuple[Stamp, ...], dict[str, bytes]]:
    """The stamps, and the files that a code on a page changes."""
    if not isinstance(signer, SealSigner):
        if order.places_seal:
            raise Refused("NO_PICTURE", "A signature without a seal has no picture to be placed.")
        places = resolve(package, document, order, (0.0, 0.0))
    else:
        if not order.places_seal:
            raise Refused("NOTHING_TO_PLACE", "A sealing needs at least one place for the seal.")
        picture = signer.seal.picture
        places = resolve(package, document, order, (picture.width_mm, picture.height_mm))
    changed: dict[str, bytes] = {}
    if places.qr is not None:
        from gmseal.ofd.code_annotation import code_files  # noqa: PLC0415 - most sealings add no code

        changed = code_files(package, document, places.qr, order.signed_at)
        if any(file.protects(name) for file in place.earlier for name in changed):
            raise Refused(
                "PAGES_PROTECTED",
                "A signature protects the document already; a QR code can only be added before the first one.",
            )
    return (_stamps(package, document, places, signer) if isinstance(signer, SealSigner) else ()), changed


def _stamps(package: Package, document: OfdDocument, places: Places, signer: SealSigner) -> tuple[Stamp, ...]:
    picture = signer.seal.picture
    stamps = plan_stamps(
        places.placements,
        places.seam,
        len(document.pages),
        lambda page: package.page_box(document, page),
        (picture.width_mm, picture.height_mm),
    )
    _require_page_ids(document, (stamp.page for stamp in stamps))
    return stamps


def _require_page_ids(document: OfdDocument, numbers: Iterable[int]) -> None:
    by_id = document.pages_by_id()
    for number in numbers:
        page = document.pages[number]
        if not page.id or by_id[page.id] != number:
            raise Refused("PAGE_ID", f"Page {number + 1} has no id of its own by which a seal could name it.")


def _references(
    package: Package,
    order: OfdSealOrder,
    place: _Place,
    changed: dict[str, bytes],
    seal: tuple[Packed, bytes] | None,
) -> list[tuple[str, bytes]]:
    """Every file with its digest, but the lists of signatures where further signatures are to be possible."""
    left_out = {place.list_path} if order.protection is Protection.CONTINUE else set()
    # What other documents of the package sign later is no change of this one.
    left_out |= {
        other.signatures_path
        for other in package.documents
        if other.signatures_path is not None and other.index != place.document.index
    }
    found = [
        (name, sm3(changed[name] if name in changed else package.archive.read(name)))
        for name in package.archive.entries
        if name not in left_out
    ]
    found += [
        (name, sm3(content))
        for name, content in changed.items()
        if name not in package.archive and name not in left_out
    ]
    if seal is not None:
        found.append((place.seal_path, seal[1]))
    return found


@lru_cache(maxsize=64)
def _seal_parts(seal: bytes) -> tuple[Packed, bytes]:
    """A seal as it goes into the package, and its digest: the same for all documents it is put on."""
    return pack(seal), sm3(seal)


def _value(data_hash: bytes, path: str, order: OfdSealOrder, signer: OfdSigner) -> bytes:
    if isinstance(signer, SealSigner):
        return signer.sign(data_hash, "/" + path, order.signed_at)
    certificate = read_certificate(signer.certificate)
    if not certificate.valid_at(order.signed_at):
        raise Refused("SIGNER_EXPIRED", "The signer's certificate is not in force at the signing time.")
    return build_signed_data(
        form=CmsForm.GBT35275,
        digest=data_hash,
        certificate=signer.certificate,
        signer=signer.key,
        signed_at=order.signed_at,
        content_type=PKCS7_DATA,
        extra_certificates=signer.others,
        timestamp=signer.timestamps,
    )
