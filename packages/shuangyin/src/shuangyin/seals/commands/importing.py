"""Take in an e-seal that the management unit issued, with its filed imprint.

1. The files can be read; a trial seal is not an issued one.
2. The seal's picture is the filed specimen, byte for byte or pixel for pixel.
3. Maker's signature, certificate list, certificate and key fit together.
4. The seal itself is good now, by GB/T 38540-2020 6.3, against the roots this installation was given.

Whatever fails, nothing is stored.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select

from evidencelog.entry import JsonValue
from gmseal.errors import GmsealError
from gmseal.report import CheckResult, walk
from gmseal.ses.seal import Seal as SealStructure
from gmseal.ses.seal import read_seal
from gmseal.ses.signature import SealSigner
from gmseal.ses.verify import judge_seal
from gmseal.sm.keys import PrivateKey
from gmseal.trust import split_certificates
from shuangyin.core.actor import Actor
from shuangyin.core.clock import to_datetime, to_milliseconds
from shuangyin.core.objects import WrittenObject
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.organization.queries import get as organization_of
from shuangyin.seals import errors, queries
from shuangyin.seals.commands.history import as_entered, note_event
from shuangyin.seals.commands.life import possible_move, require_allowed
from shuangyin.seals.commands.moving import move_seal
from shuangyin.seals.commands.registering import (
    Face,
    draft,
    face_standard,
    keep_specimen,
    link_counterpart,
    place_keeper,
)
from shuangyin.seals.material import keep_material, trust_of
from shuangyin.seals.models import Medium, Origin, Seal
from shuangyin.seals.pictures import same_picture
from shuangyin.seals.rules.life import LifeAct


@dataclass(frozen=True, slots=True)
class ImportedFiles:
    """The files of an import as they were uploaded, and the key's password if it has one."""

    seal: bytes
    specimen: bytes
    certificate: bytes
    key: bytes
    password: bytes | None


@dataclass(frozen=True, slots=True)
class NewIssuedSeal:
    """What the files do not say about an issued seal."""

    category: str
    filing_no: str
    filing_authority: str
    filed_at: int | None
    seal_code: str | None
    sequence_number: int | None
    keeper_person_id: str | None
    counterpart_id: str | None


def import_issued(
    work: UnitOfWork, actor: Actor, new: NewIssuedSeal, files: ImportedFiles, specimen: WrittenObject
) -> Seal:
    """Register an issued e-seal as a draft. `specimen` is the durable object of the specimen's bytes.

    Raises Invalid, Refused (PICTURE_DIFFERS, TRIAL_SEAL) or Conflict (E_SEAL_KNOWN).
    """
    actor.require("seals.manage")
    structure, certificate, key = _read(files)
    checked = _check(work, structure)
    if work.session.scalar(select(Seal.id).where(Seal.es_id == structure.es_id)) is not None:
        raise errors.es_id_known()
    seal = _register(work, actor, new, structure)
    keep_specimen(work, seal, specimen)
    keep_material(work, seal, seal_der=files.seal, certificate=certificate, key=key)
    note_event(work, actor, seal, "imported", _made_facts(seal, files, certificate, specimen, checked))
    return seal


def receive_made(
    work: UnitOfWork,
    actor: Actor,
    seal_id: str,
    files: ImportedFiles,
    specimen: WrittenObject,
    *,
    seal_code: str | None,
    expected: int | None,
) -> Seal:
    """Take in what the management unit has made for an application: the seal is made, and its filing is due.

    Raises as `import_issued`; Conflict (SEAL_STATUS) unless it is on order, Refused (SEAL_OF_ANOTHER) for other files.
    """
    seal = queries.get_expected(work, actor.organization_id, seal_id, expected)
    move = possible_move(seal, LifeAct.MAKE)
    require_allowed(actor, seal, move, LifeAct.MAKE)
    structure, certificate, key = _read(files)
    checked = _check(work, structure)
    same_size = (structure.picture.width_mm, structure.picture.height_mm) == (
        int(seal.width_mm + 0.5),
        int(seal.height_mm + 0.5),
    )
    if structure.name != seal.name or not same_size:
        raise errors.made_differs()
    if work.session.scalar(select(Seal.id).where(Seal.es_id == structure.es_id)) is not None:
        raise errors.es_id_known()
    seal.es_id = structure.es_id
    seal.seal_code = seal_code
    seal.valid_from = to_milliseconds(structure.valid_from)
    seal.valid_until = to_milliseconds(structure.valid_to)
    keep_specimen(work, seal, specimen)
    keep_material(work, seal, seal_der=files.seal, certificate=certificate, key=key)
    move_seal(work, actor, seal, move, facts=_made_facts(seal, files, certificate, specimen, checked))
    return seal


def check_files(files: ImportedFiles) -> None:
    """Everything about the files that needs no database: a refused import writes no object. Raises as above."""
    _read(files)


def files_digest(files: ImportedFiles) -> str:
    """One digest of all files, by which a repeated request is recognised."""
    return _sm3(
        b"".join(_sm3(one).encode() for one in (files.seal, files.specimen, files.certificate, files.key))
    )


def _made_facts(
    seal: Seal, files: ImportedFiles, certificate: bytes, specimen: WrittenObject, not_checked: list[str]
) -> dict[str, JsonValue]:
    return {
        "medium": seal.medium,
        "origin": Origin.ISSUED.value,
        "seal_sm3": _sm3(files.seal),
        "specimen_sm3": specimen.sm3,
        "certificate_sm3": _sm3(certificate),
        "not_checked": [*not_checked],
        **as_entered(seal),
    }


def _read(files: ImportedFiles) -> tuple[SealStructure, bytes, PrivateKey]:
    try:
        structure = read_seal(files.seal)
        # 1.
        if structure.trial:
            raise errors.trial_is_not_issued()
        # 2.
        if not same_picture(structure.picture.data, files.specimen):
            raise errors.picture_differs()
        # 3.
        certificate = split_certificates(files.certificate, "certificate")[0]
        key = PrivateKey.from_pkcs8(files.key, files.password)
        SealSigner(files.seal, certificate, key)
    except GmsealError as error:
        raise errors.unusable(error) from error
    return structure, certificate, key


def _check(work: UnitOfWork, structure: SealStructure) -> list[str]:
    """Step 4; the codes of checks that nobody could make, such as a chain without a root at hand."""
    checks = tuple(walk(judge_seal(structure, to_datetime(work.now), trust_of(work))))
    for check in checks:
        if check.result is CheckResult.FAIL:
            raise errors.not_an_e_seal(check.code, check.en)
    return sorted({check.code for check in checks if check.result is CheckResult.NOT_CHECKED})


def _register(work: UnitOfWork, actor: Actor, new: NewIssuedSeal, structure: SealStructure) -> Seal:
    standard = face_standard(work, actor.organization_id, new.category)
    width, height = float(structure.picture.width_mm), float(structure.picture.height_mm)
    if (
        new.category == "legal_name"
        and organization_of(work, actor.organization_id).name not in structure.name
    ):
        raise errors.another_organization()
    face = Face(
        category=new.category,
        text=structure.name,
        words=None,
        sequence_number=new.sequence_number,
        shape=_shape(standard.shape, width, height),
        width_mm=width,
        height_mm=height,
        code=new.seal_code,
    )
    seal = draft(work, actor, Medium.ELECTRONIC, face, standard)
    seal.name = structure.name
    seal.origin = Origin.ISSUED
    seal.es_id = structure.es_id
    seal.filing_no, seal.filing_authority, seal.filed_at = new.filing_no, new.filing_authority, new.filed_at
    seal.valid_from = to_milliseconds(structure.valid_from)
    seal.valid_until = to_milliseconds(structure.valid_to)
    place_keeper(work, actor, seal, new.keeper_person_id)
    link_counterpart(work, seal, new.counterpart_id)
    return seal


def _shape(usual: str, width: float, height: float) -> str:
    """The structure states no shape: the usual one, unless the sides contradict it."""
    if usual in ("round", "square") and width != height:
        return "ellipse" if usual == "round" else "rectangle"
    return usual


def _sm3(data: bytes) -> str:
    return hashlib.new("sm3", data).hexdigest()
