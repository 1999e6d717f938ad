"""gmseal crl: the list by which a trial authority takes certificates back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import FILE, parse_instant, read_certificate_file, read_input, write_output
from gmseal.errors import MalformedInput, Refused

if TYPE_CHECKING:
    from gmseal.sm.crl import RevocationList, RevocationReason, RevokedCertificate

# What a command does not need is imported inside it: `gmseal verify` must start quickly.

_REASONS = (
    "unspecified",
    "key_compromise",
    "ca_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
    "certificate_hold",
    "privilege_withdrawn",
)


@click.command()
@click.argument("out", type=FILE)
@click.option("--issuer", type=FILE, required=True, help="The authority's certificate.")
@click.option("--issuer-key", type=FILE, required=True, help="The authority's private key.")
@click.option("--revoke", type=FILE, multiple=True, help="A certificate to take back; repeatable.")
@click.option(
    "--reason",
    type=click.Choice(_REASONS),
    help="Why; without a reason, the stamps of a time-stamp authority fall with it.",
)
@click.option("--at", help="When --revoke took effect (ISO 8601); now.")
@click.option("--previous", type=FILE, help="The list before this one: its entries are kept.")
@click.option(
    "--days",
    type=click.IntRange(min=1, max=366),
    default=7,
    show_default=True,
    help="Days until the next list.",
)
@click.option("--password-file", type=FILE, help="Password of the authority's key.")
def crl(
    *,
    out: Path,
    issuer: Path,
    issuer_key: Path,
    revoke: tuple[Path, ...],
    reason: str | None,
    at: str | None,
    previous: Path | None,
    days: int,
    password_file: Path | None,
) -> None:
    """Issue a revocation list (PEM), here mostly of a trial authority, for the trust directory of verifiers."""
    from gmseal.cli.key_options import load_private_key  # noqa: PLC0415 - see above
    from gmseal.sm.certificate_info import read_certificate  # noqa: PLC0415 - see above
    from gmseal.sm.crl import RevocationReason, make_crl, read_crl  # noqa: PLC0415 - see above
    from gmseal.sm.pkcs8 import armour  # noqa: PLC0415 - see above

    authority = read_certificate_file(issuer)
    now = datetime.now(UTC).replace(microsecond=0)
    before = _previous(previous, authority)
    kept = [] if before is None else [_kept(before, serial) for serial in before.serials()]
    new = _entries(
        revoke,
        authority,
        parse_instant(at) or now,
        None if reason is None else RevocationReason[reason.upper()],
    )
    made = make_crl(
        issuer=authority,
        issuer_key=load_private_key(issuer_key, password_file),
        revoked=[*kept, *new],
        this_update=now,
        next_update=now + timedelta(days=days),
        number=1 if before is None else (before.number or 0) + 1,
    )
    write_output(out, armour("X509 CRL", made))
    until = now + timedelta(days=days)
    mark = " 【试用 TRIAL】" if read_certificate(authority).trial else ""
    count = len(read_crl(made).serials())
    click.echo(f"{out}{mark}: revoked certificates: {count}, next list by {until:%Y-%m-%d}")


def _previous(path: Path | None, authority: bytes) -> "RevocationList | None":
    from gmseal.sm.algorithms import verify_signature  # noqa: PLC0415 - see above
    from gmseal.sm.certificate_info import read_certificate  # noqa: PLC0415 - see above
    from gmseal.sm.crl import read_crl  # noqa: PLC0415 - see above
    from gmseal.trust import split_crls  # noqa: PLC0415 - see above

    if path is None:
        return None
    before = read_crl(split_crls(read_input(path, "revocation list"), str(path))[0])
    info = read_certificate(authority)
    if before.issuer_raw != info.subject_raw or not verify_signature(
        info, before.signature_oid, before.signature, before.tbs
    ):
        raise Refused("PREVIOUS_LIST", f"The list at {path} is not one of this authority.")
    return before


def _kept(before: "RevocationList", serial: str) -> "RevokedCertificate":
    entry = before.entry(serial)
    if entry is None:
        raise MalformedInput(f"The entry {serial} of the previous list cannot be read.")
    return entry


def _entries(
    paths: tuple[Path, ...], authority: bytes, at: datetime, reason: "RevocationReason | None"
) -> "list[RevokedCertificate]":
    from gmseal.sm.certificate_info import read_certificate  # noqa: PLC0415 - see above
    from gmseal.sm.crl import RevokedCertificate  # noqa: PLC0415 - see above
    from gmseal.sm.revocation import issuer_of  # noqa: PLC0415 - see above

    found: list[RevokedCertificate] = []
    for path in paths:
        info = read_certificate(read_certificate_file(path))
        if issuer_of(info, (authority,)) is None:
            raise Refused("NOT_ISSUED_HERE", f"The certificate at {path} was not issued by this authority.")
        found.append(RevokedCertificate(info.serial, at, reason))
    return found
