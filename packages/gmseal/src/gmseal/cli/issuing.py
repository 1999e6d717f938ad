"""gmseal keygen | csr | cert | seal: what a trial authority, a seal maker and a signer need."""

import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import (
    FILE,
    ask_password,
    check_new,
    parse_instant,
    read_certificate_file,
    read_input,
    read_password,
    write_output,
)
from gmseal.cli.key_options import KeySource, key_options
from gmseal.cli.timestamping import stamped
from gmseal.errors import Refused

if TYPE_CHECKING:
    from gmseal.ses.seal import SealPicture
    from gmseal.ses.structures import Extension
    from gmseal.sm.keys import PrivateKey, PublicKey
    from gmseal.sm.timestamps import HttpTimestampSource

# What a command does not need is imported inside it: `gmseal verify` must start quickly.


class Profile(StrEnum):
    """What a certificate made here is for."""

    ROOT = "root"
    CA = "ca"
    MAKER = "maker"
    SIGNER = "signer"
    TIMESTAMP = "timestamp"
    OCSP = "ocsp"


@click.command()
@click.argument("key", type=FILE)
@click.option("--password-file", type=FILE, help="The first line of this file protects the key.")
@click.option("--no-password", is_flag=True, help="Write the key without protection.")
@click.option("--public", type=FILE, help="Also write the public key here (PEM).")
@click.option(
    "--protection",
    type=click.Choice(["sm4", "aes", "gmssl"]),
    default="sm4",
    show_default=True,
    help="Cipher of a protected key; gmssl also derives it with SM3, which OpenSSL 3.0 cannot read.",
)
def keygen(
    *,
    key: Path,
    password_file: Path | None,
    no_password: bool,
    public: Path | None,
    protection: str,
) -> None:
    """Make an SM2 key. Without a password option the password is asked for."""
    from gmseal.sm.keys import PrivateKey  # noqa: PLC0415 - see above
    from gmseal.sm.pkcs8 import KeyProtection  # noqa: PLC0415 - see above

    for out in (key, *((public,) if public is not None else ())):
        # Before anybody is asked for a password, and before one of two files is written.
        check_new(out)
    password = read_password(password_file)
    if password is None and not no_password:
        password = ask_password("Password", confirm=True)
    made = PrivateKey.generate()
    write_output(key, made.to_pkcs8_pem(password, protection=KeyProtection[protection.upper()]), mode=0o600)
    if public is not None:
        write_output(public, made.public_key.to_spki_pem())
    click.echo(f"{key}: SM2 key made, public point {made.public_key.point.hex()[:18]}…")


@click.command()
@click.argument("out", type=FILE)
@click.option("--name", required=True, help="Common name of the subject.")
@key_options("key", "The subject's private key")
@click.option("--organization", help="The subject's organization.")
def csr(
    *,
    out: Path,
    name: str,
    key: KeySource,
    organization: str | None,
) -> None:
    """Make a certificate request (PKCS#10) to be sent to an authority."""
    from gmseal.sm.certificates import Name  # noqa: PLC0415 - see above
    from gmseal.sm.csr import make_request, read_request, to_pem  # noqa: PLC0415 - see above

    request = make_request(Name(name, organization=organization), key.signer())
    write_output(out, to_pem(request))
    click.echo(f"{out}: {read_request(request).subject}")


@click.command()
@click.argument("out", type=FILE)
@click.option(
    "--profile",
    type=click.Choice([str(profile) for profile in Profile]),
    required=True,
    help="What the certificate is for.",
)
@click.option("--name", required=True, help="Common name of the subject.")
@click.option(
    "--key",
    type=FILE,
    required=True,
    help="The subject's key: public key, certificate request, or private key file.",
)
@click.option("--organization", help="The subject's organization.")
@click.option("--issuer", type=FILE, help="The issuer's certificate; not for a root.")
@click.option("--issuer-key", type=FILE, help="The issuer's private key; not for a root.")
@click.option(
    "--days", type=click.IntRange(min=1, max=3653), default=365, show_default=True, help="Days of validity."
)
@click.option("--password-file", type=FILE, help="Password of the subject's key.")
@click.option("--issuer-password-file", type=FILE, help="Password of the issuer's key.")
def cert(
    *,
    out: Path,
    profile: str,
    name: str,
    key: Path,
    organization: str | None,
    issuer: Path | None,
    issuer_key: Path | None,
    days: int,
    password_file: Path | None,
    issuer_password_file: Path | None,
) -> None:
    """Issue a trial certificate; it says so in its subject and its policy."""
    from gmseal.sm.certificates import (  # noqa: PLC0415 - see above
        CertificateProfile,
        IssuerRef,
        Name,
        issue_certificate,
        read_certificate,
    )
    from gmseal.sm.pkcs8 import armour  # noqa: PLC0415 - see above

    profiles = {
        Profile.ROOT: CertificateProfile.CA,
        Profile.CA: CertificateProfile.CA,
        Profile.MAKER: CertificateProfile.SEAL_MAKER,
        Profile.SIGNER: CertificateProfile.SIGNER,
        Profile.TIMESTAMP: CertificateProfile.TIMESTAMP_AUTHORITY,
        Profile.OCSP: CertificateProfile.OCSP_RESPONDER,
    }
    begin = datetime.now(UTC).replace(microsecond=0)
    end = begin + timedelta(days=days)
    if profile == Profile.ROOT:
        if issuer is not None or issuer_key is not None:
            raise Refused("ISSUER", "A root is signed by its own key; leave out the issuer.")
        signing_key, parent = _load_private(key, password_file), None
        public_key = signing_key.public_key
    else:
        if issuer is None or issuer_key is None:
            raise Refused("ISSUER", "Name the issuer's certificate and key with --issuer and --issuer-key.")
        parent = IssuerRef(read_certificate_file(issuer))
        signing_key = _load_private(issuer_key, issuer_password_file)
        public_key = _load_public(key, password_file)
        end = min(end, read_certificate(parent.certificate).not_after)
    certificate = issue_certificate(
        subject=Name(name, organization=organization),
        public_key=public_key,
        issuer=parent,
        issuer_key=signing_key,
        profile=profiles[Profile(profile)],
        not_before=begin,
        not_after=end,
    )
    write_output(out, armour("CERTIFICATE", certificate))
    click.echo(f"{out}: {read_certificate(certificate).subject}, until {end:%Y-%m-%d}")


@click.command()
@click.argument("out", type=FILE)
@click.option("--name", required=True, help="The seal's name, such as 北京示例有限公司公章.")
@click.option("--maker-cert", type=FILE, required=True, help="The seal maker's certificate.")
@key_options("maker-key", "The seal maker's private key")
@click.option(
    "--signer-cert",
    type=FILE,
    multiple=True,
    required=True,
    help="A certificate that may use the seal; repeatable.",
)
@click.option("--picture", type=FILE, help="The seal's picture (PNG, JPG, GIF, BMP, SVG, OFD).")
@click.option("--width", type=int, default=40, show_default=True, help="Width of --picture in mm.")
@click.option("--height", type=int, default=40, show_default=True, help="Height of --picture in mm.")
@click.option("--face", help="Draw a face of this kind, such as limited_company.")
@click.option("--face-text", help="The ring text; the name when left out.")
@click.option("--code", help="Seal code of 13 or 14 digits on the drawn face.")
@click.option("--face-words", help="Words below the centre of the drawn face, instead of the kind's own.")
@click.option("--face-number", type=int, help="Number on the drawn face of one of several business seals.")
@click.option("--es-id", help="Unique id of the seal; made up when left out.")
@click.option(
    "--kind", type=int, default=1, show_default=True, help="Type number of the seal, free by business."
)
@click.option("--valid-from", help="Start of validity (ISO 8601); now.")
@click.option(
    "--days", type=click.IntRange(min=1, max=3653), default=365, show_default=True, help="Days of validity."
)
@click.option(
    "--standard",
    type=click.Choice(["4", "5"]),
    default="4",
    show_default=True,
    help="Version of the seal: 4 is GB/T 38540-2020, 5 is GM/T 0031-2025.",
)
@click.option("--digests", is_flag=True, help="List digests of the certificates, not the certificates.")
@click.option("--trust", type=FILE, help="Check the maker against this directory of roots and lists first.")
@click.option("--vendor", default="SHUANGYIN", show_default=True, help="Vendor id in the seal's header.")
@click.option("--extension", multiple=True, help="Extension data OID=FILE, or OID=FILE,critical; repeatable.")
@stamped
def seal(
    *,
    out: Path,
    name: str,
    maker_cert: Path,
    maker_key: KeySource,
    signer_cert: tuple[Path, ...],
    picture: Path | None,
    width: int,
    height: int,
    face: str | None,
    face_text: str | None,
    code: str | None,
    face_words: str | None,
    face_number: int | None,
    es_id: str | None,
    kind: int,
    valid_from: str | None,
    days: int,
    standard: str,
    digests: bool,
    trust: Path | None,
    vendor: str,
    extension: tuple[str, ...],
    timestamps: "HttpTimestampSource | None",
) -> None:
    """Make an electronic seal, from a picture or with a drawn face."""
    from gmseal.ses.seal import SealPicture, SealSpec, make_seal, picture_type, read_seal  # noqa: PLC0415 - see above
    from gmseal.sm.certificates import read_certificate  # noqa: PLC0415 - see above
    from gmseal.trust import TrustStore  # noqa: PLC0415 - see above

    maker_certificate = read_certificate_file(maker_cert)
    if (picture is None) == (face is None):
        raise Refused("PICTURE", "Give either --picture or --face.")
    if picture is not None:
        data = read_input(picture, "picture")
        shown = SealPicture(picture_type(data), data, width, height)
    else:
        trial = read_certificate(maker_certificate).trial
        shown = _draw(str(face), face_text or name, code, words=face_words, number=face_number, trial=trial)
    now = datetime.now(UTC)
    begin = parse_instant(valid_from) or now
    spec = SealSpec(
        es_id=es_id or uuid.uuid4().hex,
        name=name,
        type=kind,
        picture=shown,
        signer_certificates=tuple(read_certificate_file(path) for path in signer_cert),
        created_at=now,
        valid_from=begin,
        valid_to=begin + timedelta(days=days),
        vendor_id=vendor,
        version=int(standard),
        list_type=2 if digests else 1,
        extensions=tuple(_extension(text) for text in extension),
    )
    store = TrustStore.from_directory(trust) if trust else None
    made = make_seal(spec, maker_certificate, maker_key.signer(), trust=store, timestamps=timestamps)
    write_output(out, made)
    click.echo(f"{out}: {name} ({read_seal(made).es_id}), {len(made)} bytes")


def _extension(text: str) -> "Extension":
    from gmseal.ses.structures import Extension  # noqa: PLC0415 - see above

    oid, sign, rest = text.partition("=")
    path, comma, mark = rest.rpartition(",")
    critical = bool(comma) and mark == "critical"
    if not sign or not oid.strip():
        raise Refused(
            "OPTION", f"{text[:60]!r} is no extension; write it like 1.2.3=FILE or 1.2.3=FILE,critical."
        )
    value = read_input(Path(path if critical else rest), "extension")
    return Extension(oid.strip(), critical, value)


def _draw(
    kind: str, text: str, code: str | None, *, words: str | None, number: int | None, trial: bool
) -> "SealPicture":
    from gmseal.cli.pictures import face_for  # noqa: PLC0415 - see above
    from gmseal.picture import draw_svg, render_png  # noqa: PLC0415 - see above
    from gmseal.ses.seal import SealPicture  # noqa: PLC0415 - see above

    drawn = face_for(kind, text, code=code, words=words, number=number, trial=trial)
    png = render_png(draw_svg(drawn))
    return SealPicture("PNG", png, round(float(drawn.width_mm)), round(float(drawn.height_mm)))


def _load_private(path: Path, password_file: Path | None) -> "PrivateKey":
    from gmseal.cli.key_options import load_private_key  # noqa: PLC0415 - see above

    return load_private_key(path, password_file)


def _load_public(path: Path, password_file: Path | None) -> "PublicKey":
    from gmseal.sm.keys import PublicKey  # noqa: PLC0415 - see above

    data = read_input(path, "key")
    if b"BEGIN PUBLIC KEY" in data:
        return PublicKey.from_pem(data)
    if b"CERTIFICATE REQUEST-----" in data:
        from gmseal.sm.csr import read_request  # noqa: PLC0415 - see above

        request = read_request(data)
        if not request.verify():
            raise Refused("REQUEST_SIGNATURE", f"{path} was not signed by the key it asks a certificate for.")
        return request.public_key
    return _load_private(path, password_file).public_key
