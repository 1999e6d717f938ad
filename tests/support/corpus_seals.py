"""The corpus: seals and seal signatures that stand alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from corpus_world import DAY, JUDGED, NOW, CorpusWorld, Vector, extended
from seal_builder import Version1, append, field, put, raw, rebuilt, remade, resigned, spec_of, utc_time

from gmseal.ses.seal import make_seal
from gmseal.sm import der
from gmseal.sm.keys import sm3

HASH = sm3(b"a document that is not at hand")
OFDRW_SKIPS = "ofdrw 2.4.0 does not look at this (read in its source)"
OFDRW_FEW = "ofdrw 2.4.0 reads few such forms (2 of 11 real files verified)"
OFDGO_FEW = "ofdgo reads few such forms (2 of 11 real files verified)"
FALSE, TRUE = der.boolean(value=False), der.boolean(value=True)


def extension(*flag: bytes) -> bytes:
    return der.sequence(der.sequence(der.oid("1.2.3.4"), *flag, der.octet_string(b"x")))


def broken(certificate: bytes) -> bytes:
    return certificate[:-1] + bytes((certificate[-1] ^ 1,))


def drop(at: int) -> Callable[[list[bytes]], None]:
    """Leave out one field."""

    def change(parts: list[bytes]) -> None:
        del parts[at]

    return change


def digest_list(world: CorpusWorld) -> bytes:
    return make_seal(
        replace(spec_of(world.unit), list_type=2), world.authority.maker, world.authority.maker_key
    )


def forged_name(world: CorpusWorld) -> bytes:
    return rebuilt(world.unit.seal, put(1, der.utf8_string("北京另一家有限公司")), 0, 2)


def forged_junk(world: CorpusWorld) -> bytes:
    """Another name, and junk in the place of the maker's signature."""
    junk = der.bit_string(der.sequence(der.integer(1 << 200), der.integer(1 << 201)))
    return rebuilt(forged_name(world), put(3, junk))


def maker_chain(world: CorpusWorld) -> bytes:
    return rebuilt(world.unit.seal, put(1, der.octet_string(broken(world.authority.maker))))


def maker_key_usage(world: CorpusWorld) -> bytes:
    unit = world.unit
    own = rebuilt(unit.seal, put(1, der.octet_string(unit.certificate)))
    return rebuilt(own, put(3, der.bit_string(unit.key.sign(field(unit.seal, 0).raw))))


def long_lived(world: CorpusWorld, seal: bytes) -> bytes:
    """Outlives the certificate of its maker."""
    longer = rebuilt(seal, put(6, der.generalized_time(NOW + 600 * DAY)), 0, 2)
    return resigned(longer, world.authority.maker_key)


def wrong_stamp(world: CorpusWorld) -> bytes:
    return extended(world.plain_version_5, world.stamp(b"another value"))


def created_outside(world: CorpusWorld) -> bytes:
    early = rebuilt(world.plain_version_5, put(4, der.generalized_time(NOW - 5 * DAY)), 0, 2)
    return resigned(early, world.authority.maker_key)


def unknown_version(world: CorpusWorld) -> bytes:
    return remade(
        world.unit, put(0, der.sequence(der.ia5_string("ES"), der.integer(9), der.ia5_string("EXAMPLE")))
    )


def listing(world: CorpusWorld, *entries: bytes) -> bytes:
    old = Version1(world.unit)
    old.entries = list(entries)
    return old.seal()


def numbered_11(world: CorpusWorld) -> bytes:
    old = Version1(world.unit)
    old.header_version = 11
    return old.seal()


def version_1(world: CorpusWorld) -> bytes:
    old = Version1(world.unit)
    old.data_hash, old.time_info = HASH, utc_time(NOW)
    return old.signature()


LATE = NOW + timedelta(days=400)

GOOD_SEALS = [
    Vector(
        name="seal-v4.esl",
        what="a seal of GB/T 38540-2020 as it should be",
        make=lambda world: world.unit.seal,
    ),
    Vector(
        name="seal-v4-digests.esl",
        what="a seal that lists digests of certificates",
        make=digest_list,
    ),
    Vector(
        name="seal-v5.esl",
        what="a seal of GM/T 0031-2025 with a time stamp",
        make=lambda world: world.version_5,
    ),
    Vector(
        name="seal-v1.esl",
        what="a seal of GM/T 0031-2014",
        make=lambda world: Version1(world.unit).seal(),
    ),
    Vector(
        name="seal-unknown-root.esl",
        what="a good seal; the verifier trusts no root",
        make=lambda world: world.unit.seal,
        verdict="indeterminate",
        trust="trust-empty",
    ),
]

BAD_SEALS = [
    Vector(
        name="seal-cut-short.esl",
        what="the last octet is missing",
        make=lambda world: world.unit.seal[:-1],
        verdict="unreadable",
        fails=("MALFORMED_INPUT",),
    ),
    Vector(
        name="seal-format.esl",
        what="well-formed DER that is not a seal: the picture is missing",
        make=lambda world: remade(world.unit, drop(3)),
        verdict="invalid",
        fails=("FORMAT_SEAL",),
    ),
    Vector(
        name="seal-forged-name.esl",
        what="the name of the seal was changed",
        make=forged_name,
        verdict="invalid",
        fails=("SEAL_SIGNATURE",),
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="seal-maker-chain.esl",
        what="the maker's certificate was not signed by the authority it names",
        make=maker_chain,
        verdict="invalid",
        fails=("MAKER_CHAIN",),
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="seal-maker-expired.esl",
        what="the maker's certificate has ended (version 4: a failure)",
        make=lambda world: long_lived(world, world.unit.seal),
        verdict="invalid",
        fails=("MAKER_EXPIRED",),
        at=LATE,
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="seal-v5-maker-expired.esl",
        what="the maker's certificate has ended since (version 5: a warning)",
        make=lambda world: long_lived(world, world.plain_version_5),
        warns=("MAKER_EXPIRED",),
        at=LATE,
    ),
    Vector(
        name="seal-maker-revoked.esl",
        what="the maker's certificate was revoked (version 4: a failure)",
        make=lambda world: world.unit.seal,
        verdict="invalid",
        fails=("MAKER_REVOKED",),
        trust="trust-maker-revoked",
        peers=("ofdrw, ofdgo and ofd.js never ask about revocation",),
    ),
    Vector(
        name="seal-v5-maker-revoked.esl",
        what="the maker's certificate was revoked since (version 5: a warning)",
        make=lambda world: world.plain_version_5,
        warns=("MAKER_REVOKED",),
        trust="trust-maker-revoked",
    ),
    Vector(
        name="seal-maker-key-usage.esl",
        what="made with the certificate of a signer, who may not make seals",
        make=maker_key_usage,
        verdict="invalid",
        fails=("MAKER_KEYUSAGE",),
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="seal-not-yet-valid.esl",
        what="its validity has not begun",
        make=lambda world: world.unit.seal,
        verdict="invalid",
        fails=("SEAL_NOT_YET_VALID",),
        at=NOW - 2 * DAY,
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="seal-expired.esl",
        what="its validity has ended",
        make=lambda world: world.unit.seal,
        verdict="invalid",
        fails=("SEAL_EXPIRED",),
        at=NOW + 200 * DAY,
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="seal-v5-stamp-of-another.esl",
        what="the time stamp is over another value",
        make=wrong_stamp,
        verdict="invalid",
        fails=("SEAL_TIMESTAMP",),
        peers=("ofdrw and ofdgo do not look at time stamps",),
    ),
    Vector(
        name="seal-v5-created-outside.esl",
        what="created before its own validity began (a rule of version 5)",
        make=created_outside,
        verdict="invalid",
        fails=("SEAL_CREATION_TIME",),
    ),
    Vector(
        name="seal-version-9.esl",
        what="a version that nobody has published",
        make=unknown_version,
        verdict="indeterminate",
    ),
]

ODD_SEALS = [
    Vector(
        name="seal-v5-stamp-is-no-token.esl",
        what="four octets in the place of a time stamp",
        make=lambda world: extended(
            world.plain_version_5, der.explicit(0, der.bit_string(b"\x01\x02\x03\x04"))
        ),
        warns=("SEAL_TIMESTAMP",),
        findings=("TIMESTAMP_NOT_A_TOKEN",),
        peers=("ofdrw 2.4.0 has such a seal among its own test files and accepts it",),
    ),
    Vector(
        name="seal-raw-signature.esl",
        what="the maker's signature is 64 raw octets",
        make=lambda world: rebuilt(
            world.unit.seal,
            put(3, der.bit_string(raw(world.authority.maker_key.sign(field(world.unit.seal, 0).raw)))),
        ),
        findings=("RAW_SIGNATURE",),
        peers=(OFDRW_FEW,),
    ),
    Vector(
        name="seal-extensions-untagged.esl",
        what="extension data without its tag",
        make=lambda world: remade(world.unit, append(extension())),
        findings=("EXTENSIONS_UNTAGGED",),
    ),
    Vector(
        name="seal-extension-false.esl",
        what="an extension that writes the default FALSE",
        make=lambda world: remade(world.unit, append(der.explicit(0, extension(FALSE)))),
        findings=("EXTENSION_FALSE_WRITTEN",),
        peers=("ofdrw 2.4.0 always writes it and refuses extensions without it",),
    ),
    Vector(
        name="seal-extension-critical.esl",
        what="a critical extension that nobody knows",
        make=lambda world: remade(world.unit, append(der.explicit(0, extension(TRUE)))),
        findings=("EXTENSION_CRITICAL_UNKNOWN",),
    ),
    Vector(
        name="seal-name-padded.esl",
        what="the name is padded with NUL octets",
        make=lambda world: remade(world.unit, put(1, der.utf8_string("北京示例\0\0")), 2),
        findings=("TEXT_PADDED",),
        peers=(OFDRW_FEW, OFDGO_FEW),
    ),
    Vector(
        name="seal-name-gbk.esl",
        what="the name is GBK in a field for UTF-8",
        make=lambda world: remade(world.unit, put(1, der.tlv(der.UTF8_STRING, "北京示例".encode("gbk"))), 2),
        findings=("TEXT_ENCODING",),
        peers=(OFDRW_FEW, OFDGO_FEW),
    ),
    Vector(
        name="seal-list-type-3.esl",
        what="certListType 3 with ordinary certificates",
        make=lambda world: remade(world.unit, put(2, der.integer(3)), 2),
        findings=("LIST_TYPE",),
        peers=(OFDRW_FEW, OFDGO_FEW),
    ),
    Vector(
        name="seal-picture-is-ofd.esl",
        what="the picture is said to be a small OFD package",
        make=lambda world: remade(world.unit, put(0, der.ia5_string("ofd")), 3),
        findings=("PICTURE_IS_OFD",),
        peers=("easyofd does not draw such seals (measured)",),
    ),
    Vector(
        name="seal-v1-bare-certificates.esl",
        what="version 1 with certificates that no OCTET STRING holds",
        make=lambda world: listing(world, world.unit.certificate),
        findings=("LIST_OF_BARE_CERTIFICATES",),
    ),
    Vector(
        name="seal-v1-identifiers.esl",
        what="version 1 with identifiers in the place of certificates",
        make=lambda world: listing(world, der.ia5_string("0001")),
        findings=("LIST_OF_IDS",),
    ),
    Vector(
        name="seal-v1-header-11.esl",
        what="version 1 with the number of the text's example in its header",
        make=numbered_11,
        findings=("HEADER_VERSION",),
    ),
]

SIGNATURES = [
    Vector(
        name="signature-v4.dat",
        what="a good seal signature whose document is not at hand",
        make=lambda world: world.sign(HASH),
        verdict="indeterminate",
        at=JUDGED,
    ),
    Vector(
        name="signature-v1.dat",
        what="the same of GM/T 0031-2014",
        make=version_1,
        verdict="indeterminate",
    ),
    Vector(
        name="signature-format.dat",
        what="the field of the signature value is missing",
        make=lambda world: rebuilt(world.sign(HASH), drop(3)),
        verdict="invalid",
        fails=("FORMAT_SIGNATURE",),
    ),
]

SEALS = [*GOOD_SEALS, *BAD_SEALS, *ODD_SEALS, *SIGNATURES]
