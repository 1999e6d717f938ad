"""The authority, the unit, the stamps and the trust directories that every file of the conformance corpus comes from.

Keys and nonces are new each time the corpus is built; the clock is not. What a file says, and what a verifier has to
answer, is the same in every build.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from ofd_writer import OfdPlan, picture, read_files, with_files
from seal_builder import append, put, rebuilt, remade, resigned, spec_of

from gmseal.ofd import OfdSealOrder, SealPlacement, sign_ofd_bytes
from gmseal.ses.seal import SealPicture, make_seal
from gmseal.ses.signature import SealSigner
from gmseal.sm import der
from gmseal.sm.certificates import CertificateProfile, Name, read_certificate
from gmseal.sm.crl import RevocationReason, RevokedCertificate, make_crl
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.trial import TrialAuthority, TrialUnit

DAY = timedelta(days=1)
NOW = datetime(2026, 6, 1, 4, 0, tzinfo=UTC)
"""When everything was made and signed."""
JUDGED = NOW + 2 * DAY
"""When it is judged, unless a file says otherwise."""
UNIT = "北京示例科技有限公司"
SIGNATURE = "Doc_0/Signs/Sign_0/Signature.xml"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"
LIST = "Doc_0/Signs/Signatures.xml"
PAGE = "Doc_0/Pages/Page_0/Content.xml"
Make = Callable[["CorpusWorld"], bytes]


@dataclass(frozen=True, kw_only=True)
class Vector:
    """One file of the corpus and what a verifier has to say of it under the default policy.

    ``fails`` are the codes of the failed checks and ``findings`` those of the findings, all of them; ``warns`` are warnings
    that must be there. ``peers`` says which other programs are known to answer otherwise, and how that is known.
    """

    name: str
    what: str
    make: Make
    verdict: str = "valid"
    fails: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    trust: str = "trust"
    at: datetime = JUDGED
    peers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CorpusWorld:
    """Everything the recipes draw on."""

    unit: TrialUnit
    others: dict[str, tuple[bytes, PrivateKey]] = field(default_factory=dict)

    @classmethod
    def create(cls) -> "CorpusWorld":
        authority = TrialAuthority.create(NOW)
        shown = SealPicture("PNG", picture(8), 40, 40)
        return cls(TrialUnit.create(authority, UNIT, shown, es_id="11010800000001"))

    @property
    def authority(self) -> TrialAuthority:
        return self.unit.authority

    # --- certificates and stamps -----------------------------------------------------------------

    def somebody(
        self,
        name: str,
        profile: CertificateProfile = CertificateProfile.SIGNER,
        life: timedelta = 300 * DAY,
    ) -> tuple[bytes, PrivateKey]:
        """A further certificate of the authority, the same each time it is asked for."""
        if name not in self.others:
            key = PrivateKey.generate()
            self.others[name] = (self.authority.issue(profile, key, subject=Name(name), life=life), key)
        return self.others[name]

    def stamps(self, at: datetime = NOW) -> TrialTimestampAuthority:
        certificate, key = self.somebody("双印试用时间戳", CertificateProfile.TIMESTAMP_AUTHORITY)
        return TrialTimestampAuthority(certificate, key, clock=lambda: at)

    def stamp(self, message: bytes, at: datetime = NOW) -> bytes:
        """The field ``timeStamp`` with a token over the message."""
        return der.explicit(0, der.bit_string(self.stamps(at).stamp(message)))

    # --- seals -----------------------------------------------------------------------------------

    @cached_property
    def version_5(self) -> bytes:
        """A seal of GM/T 0031-2025 with a stamp over the maker's signature."""
        spec = replace(spec_of(self.unit), version=5)
        authority = self.authority
        return make_seal(spec, authority.maker, authority.maker_key, timestamps=self.stamps())

    @cached_property
    def plain_version_5(self) -> bytes:
        header = der.sequence(der.ia5_string("ES"), der.integer(5), der.ia5_string("EXAMPLE"))
        return remade(self.unit, put(0, header))

    def seal_of(self, *certificates: bytes) -> bytes:
        """The unit's seal with other signers in its list."""
        return remade(self.unit, put(3, der.sequence(*map(der.octet_string, certificates))), 2)

    # --- seal signatures -------------------------------------------------------------------------

    def sign(self, digest: bytes, info: str = "/" + SIGNATURE) -> bytes:
        """A good seal signature by the unit."""
        return self.unit.sealer().sign(digest, info, NOW)

    def signed_by(self, digest: bytes, certificate: bytes, key: PrivateKey, seal: bytes) -> bytes:
        """What somebody else signs with a seal, whether he may or not."""
        inside = rebuilt(self.sign(digest), put(1, seal), 0)
        return resigned(rebuilt(inside, put(1, der.octet_string(certificate))), key)

    # --- packages --------------------------------------------------------------------------------

    @cached_property
    def package(self) -> bytes:
        """A small package without a signature."""
        return OfdPlan(lines=1).build()

    @cached_property
    def sealed(self) -> bytes:
        """The same with the unit's seal, packed anew, so that nothing of the unsealed package is left in it."""
        return with_files(self.seal(self.package), {})

    def seal(self, data: bytes, signer: SealSigner | None = None, **order: object) -> bytes:
        order = {"placements": (SealPlacement(0, 120, 200),), "seal_file": False} | order
        wanted = OfdSealOrder(signed_at=NOW, **order)  # type: ignore[arg-type]  # the keywords of an order
        return sign_ofd_bytes(data, wanted, signer or self.unit.sealer())

    def package_with(self, value: Callable[[bytes], bytes], text: bytes | None = None) -> bytes:
        """The sealed package with another value over the digest of its Signature.xml, or of another ``text`` for it."""
        text = read_files(self.sealed)[SIGNATURE] if text is None else text
        return with_files(self.sealed, {SIGNATURE: text, VALUE: value(sm3(text))})

    # --- whom a verifier believes ----------------------------------------------------------------

    def trust_directories(self) -> dict[str, dict[str, bytes]]:
        """Directories of trust by name: the root, and a list of what was taken back, when."""
        signer, maker = self.unit.certificate, self.authority.maker
        revoked = {
            "trust": (),
            "trust-signer-revoked-before": ((signer, NOW - DAY),),
            "trust-signer-revoked-after": ((signer, NOW + DAY / 2),),
            "trust-signer-key-stolen": ((signer, NOW + DAY / 2),),
            "trust-maker-revoked": ((maker, NOW + DAY / 2),),
        }
        directories = {
            name: {"root.cer": self.authority.root, "root.crl": self._list(entries, stolen="stolen" in name)}
            for name, entries in revoked.items()
        }
        return {**directories, "trust-empty": {"README.txt": b"No root at all.\n"}}

    def _list(self, entries: Iterable[tuple[bytes, datetime]], *, stolen: bool) -> bytes:
        reason = RevocationReason.KEY_COMPROMISE if stolen else None
        return make_crl(
            issuer=self.authority.root,
            issuer_key=self.authority.root_key,
            revoked=tuple(
                RevokedCertificate(read_certificate(one).serial, at, reason) for one, at in entries
            ),
            this_update=NOW + DAY,
            next_update=NOW + 900 * DAY,
            number=1,
        )


def extended(data: bytes, value: bytes) -> bytes:
    """The structure with a field more at its end."""
    return rebuilt(data, append(value))
