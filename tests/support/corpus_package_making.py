"""How the packages of the corpus are made: values written otherwise, signed by others, changed afterwards."""

import base64
import hashlib
import re
from collections.abc import Callable

from corpus_seals import broken, forged_junk
from corpus_world import DAY, LIST, NOW, PAGE, SIGNATURE, CorpusWorld, Make, extended
from ofd_writer import SPACE, OfdPlan, read_files, with_files, write_package
from seal_builder import (
    Version1,
    field,
    put,
    rebuilt,
    resigned,
    signature_with,
    trimmed,
    utc_time,
)

from gmseal.ofd import CertificateSigner, Protection, sign_ofd_bytes
from gmseal.ofd.order import OfdSealOrder
from gmseal.ses.signature import SealSigner, read_signature
from gmseal.sm import curve, der
from gmseal.sm.certificates import CertificateProfile, Name
from gmseal.sm.keys import PrivateKey, sm3
from gmseal.trial import TrialAuthority


def valued(change: Callable[[CorpusWorld, bytes], bytes]) -> Make:
    """The sealed package with its good value changed."""
    return lambda world: world.package_with(lambda digest: change(world, world.sign(digest)))


def rewritten(form: Callable[[bytes], bytes], wanted: Callable[[bytes], bool] = lambda _: True) -> Make:
    """The sealed package with its signature value written in another form."""
    return valued(
        lambda world, value: rebuilt(
            value, put(3, form(signature_with(world.unit.key, field(value, 0).raw, wanted)))
        )
    )


def restated(at: int, value: bytes) -> Make:
    """The sealed package with one field of toSign changed and signed again."""
    return valued(lambda world, good: resigned(rebuilt(good, put(at, value), 0), world.unit.key))


def described(old: bytes, new: bytes) -> Make:
    """The sealed package with another Signature.xml, signed again. ``old`` is a pattern."""

    def make(world: CorpusWorld) -> bytes:
        text, count = re.subn(old, new, read_files(world.sealed)[SIGNATURE], flags=re.DOTALL)
        assert count == 1, old
        return world.package_with(world.sign, text)

    return make


def changed(name: str, old: bytes, new: bytes) -> Make:
    """The sealed package with a file of it changed afterwards."""

    def make(world: CorpusWorld) -> bytes:
        content = read_files(world.sealed)[name]
        assert old in content
        return with_files(world.sealed, {name: content.replace(old, new)})

    return make


# --- the signer ---------------------------------------------------------------------------------


def by(name: str, profile: CertificateProfile = CertificateProfile.SIGNER, days: int = 300) -> Make:
    """Signed by somebody whom the seal lists, with a certificate of this kind and life."""

    def make(world: CorpusWorld) -> bytes:
        certificate, key = world.somebody(name, profile, days * DAY)
        seal = world.seal_of(certificate)
        return world.package_with(lambda digest: world.signed_by(digest, certificate, key, seal))

    return make


def not_listed(world: CorpusWorld) -> bytes:
    certificate, key = world.somebody("他人")
    return world.package_with(lambda digest: world.signed_by(digest, certificate, key, world.unit.seal))


def signer_chain(world: CorpusWorld) -> bytes:
    certificate = broken(world.unit.certificate)
    seal = world.seal_of(certificate)
    return world.package_with(lambda digest: world.signed_by(digest, certificate, world.unit.key, seal))


def null_in_certificate(world: CorpusWorld) -> bytes:
    """As many authorities issue: NULL behind the algorithm inside and outside, in a certificate that is good."""
    certificate, key = world.somebody("示例参数签名人")
    null = der.sequence(der.oid(curve.SM2_WITH_SM3), der.tlv(der.NULL, b""))
    certificate = rebuilt(rebuilt(certificate, put(2, null), 0), put(1, null))
    issued = world.authority.root_key.sign(field(certificate, 0).raw)
    certificate = rebuilt(certificate, put(2, der.bit_string(issued)))
    seal = world.seal_of(certificate)
    return world.package_with(lambda digest: world.signed_by(digest, certificate, key, seal))


def stranger_value(world: CorpusWorld, digest: bytes) -> bytes:
    """The forgery that a known verifier accepts: another name, junk of a maker's signature, a stranger signs."""
    key = PrivateKey.generate()
    stranger = TrialAuthority.create(NOW).issue(CertificateProfile.SIGNER, key, subject=Name("陌生人"))
    return world.signed_by(digest, stranger, key, forged_junk(world))


def maker_is_signer(world: CorpusWorld) -> bytes:
    """As banks do: one certificate makes the seal and uses it."""
    certificate, key = world.somebody("示例银行", CertificateProfile.SEAL_MAKER)
    seal = resigned(rebuilt(world.seal_of(certificate), put(1, der.octet_string(certificate))), key)
    return world.package_with(lambda digest: world.signed_by(digest, certificate, key, seal))


def outside_seal_value(world: CorpusWorld, digest: bytes) -> bytes:
    late = der.generalized_time(NOW + 190 * DAY)
    return resigned(rebuilt(world.sign(digest), put(2, late), 0), world.unit.key)


# --- stamps -------------------------------------------------------------------------------------


def version_5(world: CorpusWorld) -> bytes:
    unit = world.unit
    signer = SealSigner(world.version_5, unit.certificate, unit.key, timestamps=world.stamps())
    return world.seal(world.package, signer)


def stamped(message: Callable[[bytes], bytes], days: int = 0) -> Make:
    """A stamp over the ``message`` made of the signature value, of so many days after signing."""

    def change(world: CorpusWorld, value: bytes) -> bytes:
        over = message(read_signature(value).signature_value)
        return extended(value, world.stamp(over, NOW + days * DAY))

    return valued(change)


# --- other versions and forms --------------------------------------------------------------------


def version_1(world: CorpusWorld) -> bytes:
    old = Version1(world.unit)

    def value(digest: bytes) -> bytes:
        old.data_hash, old.time_info = digest, utc_time(NOW)
        return old.signature()

    return world.package_with(value)


def version_1_text_time(world: CorpusWorld) -> bytes:
    old = Version1(world.unit)

    def value(digest: bytes) -> bytes:
        old.data_hash = digest
        return old.signature()

    return world.package_with(value)


def trimmed_hash(world: CorpusWorld) -> bytes:
    """A Signature.xml whose digest happens to end in zeros, which are then cut off."""
    text = read_files(world.sealed)[SIGNATURE]
    while sm3(text)[-1] & 7:
        text += b"\n"
    return world.package_with(
        lambda digest: resigned(rebuilt(world.sign(digest), put(3, trimmed(digest)), 0), world.unit.key),
        text,
    )


def sign_type(world: CorpusWorld) -> bytes:
    signer = CertificateSigner(world.unit.certificate, world.unit.key)
    return sign_ofd_bytes(world.package, OfdSealOrder(signed_at=NOW), signer)


def bare_value(world: CorpusWorld) -> bytes:
    """The obsolete form of Sign: a signature and nothing else."""
    package = world.package_with(world.unit.key.sign)
    return with_files(package, {LIST: read_files(package)[LIST].replace(b'"Seal"', b'"Sign"')})


# --- the package --------------------------------------------------------------------------------


def after_whole(world: CorpusWorld) -> bytes:
    """Another program signs although the first signature protects the list of signatures."""
    whole = world.seal(world.package, protection=Protection.WHOLE)
    entry = (
        b'<ofd:Signature ID="s009" Type="Seal" BaseLoc="/Doc_0/Signs/Sign_1/Signature.xml"/></ofd:Signatures>'
    )
    first = read_files(whole)
    text = re.sub(
        rb'<ofd:Reference FileRef="/Doc_0/Signs/Signatures.xml">.*?</ofd:Reference>', b"", first[SIGNATURE]
    )
    text = text.replace(b"/Sign_0/", b"/Sign_1/")
    folder = "Doc_0/Signs/Sign_1/"
    return with_files(
        whole,
        {
            LIST: first[LIST].replace(b"</ofd:Signatures>", entry),
            folder + "Signature.xml": text,
            folder + "SignedValue.dat": world.sign(sm3(text), f"/{folder}Signature.xml"),
        },
    )


def redirected(world: CorpusWorld) -> bytes:
    """OFD.xml is not protected, so it is turned to another document."""
    pattern = rb'<ofd:Reference FileRef="/OFD.xml">.*?</ofd:Reference>'
    open_entry = described(pattern, b"")(world)
    files = OfdPlan(lines=1, text="合同金额壹元").files()
    entry = files.pop("OFD.xml").replace(b"Doc_0/", b"Doc_9/")
    listed = b"<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>"
    other = {name.replace("Doc_0", "Doc_9"): content for name, content in files.items()}
    return with_files(open_entry, {**other, "OFD.xml": entry.replace(b"</ofd:DocBody>", listed)})


def two_documents(world: CorpusWorld) -> bytes:
    """Both documents carry a seal; their empty lists were there before, so that OFD.xml stays as it was."""
    files = OfdPlan(lines=1, documents=2).files()
    for folder in ("Doc_0", "Doc_1"):
        named = f"</ofd:DocRoot><ofd:Signatures>/{folder}/Signs/Signatures.xml</ofd:Signatures>"
        at = f"{folder}/Document.xml</ofd:DocRoot>"
        files["OFD.xml"] = files["OFD.xml"].replace(at.encode(), at.replace("</ofd:DocRoot>", named).encode())
        files[f"{folder}/Signs/Signatures.xml"] = f"<ofd:Signatures {SPACE}></ofd:Signatures>".encode()
    return world.seal(world.seal(write_package(files), document=0), document=1)


def second_document_changed(world: CorpusWorld) -> bytes:
    both = two_documents(world)
    page = PAGE.replace("Doc_0", "Doc_1")
    return with_files(both, {page: read_files(both)[page].replace("壹佰".encode(), "玖佰".encode())})


def seal_file(world: CorpusWorld) -> bytes:
    """Another good seal lies beside the signature; nothing protects that file."""
    sealed = world.seal(world.package, seal_file=True)
    text = re.sub(
        rb'<ofd:Reference FileRef="[^"]*Seal.esl">.*?</ofd:Reference>', b"", read_files(sealed)[SIGNATURE]
    )
    value = world.sign(sm3(text))
    folder = SIGNATURE.rpartition("/")[0]
    return with_files(
        sealed,
        {SIGNATURE: text, f"{folder}/SignedValue.dat": value, f"{folder}/Seal.esl": world.plain_version_5},
    )


def restated_method(world: CorpusWorld) -> bytes:
    """The digests are SM3, the method is named as that of HMAC."""
    return described(rb"1\.2\.156\.10197\.1\.401", b"1.2.156.10197.1.401.2")(world)


def md5(world: CorpusWorld) -> bytes:
    """The digests are MD5, which the schema of 2016 takes when nothing is said."""
    files = read_files(world.sealed)

    def redo(found: re.Match[bytes]) -> bytes:
        digest = base64.b64encode(hashlib.md5(files[found[1].decode()], usedforsecurity=False).digest())
        return b'FileRef="/' + found[1] + b'"><ofd:CheckValue>' + digest + b"<"

    text = files[SIGNATURE].replace(b' CheckMethod="1.2.156.10197.1.401"', b"")
    text = re.sub(rb'FileRef="/([^"]+)"><ofd:CheckValue>[^<]+<', redo, text)
    return world.package_with(world.sign, text)


def root_unreadable(world: CorpusWorld) -> bytes:
    """The file that says what the document consists of is XML no more."""
    content = read_files(world.sealed)["Doc_0/Document.xml"]
    return with_files(world.sealed, {"Doc_0/Document.xml": content[: len(content) // 2]})


def entity(world: CorpusWorld) -> bytes:
    """An XML document type with an entity, which no reader should expand."""
    files = read_files(world.sealed)
    entry = files["OFD.xml"].replace(
        b"<ofd:OFD ", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><ofd:OFD ', 1
    )
    return with_files(world.sealed, {"OFD.xml": entry})
