"""The corpus: OFD packages, good ones, forged ones, and what real programs write otherwise."""

from corpus_package_making import (
    after_whole,
    bare_value,
    by,
    changed,
    described,
    entity,
    maker_is_signer,
    md5,
    not_listed,
    null_in_certificate,
    outside_seal_value,
    redirected,
    restated,
    restated_method,
    rewritten,
    root_unreadable,
    seal_file,
    second_document_changed,
    sign_type,
    signer_chain,
    stamped,
    stranger_value,
    trimmed_hash,
    two_documents,
    valued,
    version_1,
    version_1_text_time,
    version_5,
)
from corpus_seals import OFDGO_FEW, OFDRW_FEW, OFDRW_SKIPS, extension
from corpus_world import DAY, LIST, NOW, PAGE, SIGNATURE, Vector, extended
from ofd_writer import OfdPlan, with_files
from seal_builder import append, negative, put, raw, rebuilt, resigned, trimmed

from gmseal.ofd import SeamPlacement
from gmseal.sm import curve, der
from gmseal.sm.certificates import CertificateProfile

NO_REVOCATION = "ofdrw, ofdgo and ofd.js never ask about revocation"
NO_STAMPS = "ofdrw, ofdgo and ofd.js do not look at time stamps"
NO_COVERAGE = "ofdrw, ofdgo and ofd.js say nothing about coverage"
FIRST_ONLY = "ofdrw and ofdgo read the first document only"


SIGNERS = [
    Vector(
        name="ofd-signer-chain.ofd",
        what="the signer's certificate was not signed by the authority it names",
        make=signer_chain,
        verdict="invalid",
        fails=("SIGNER_CHAIN",),
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="ofd-signer-key-usage.ofd",
        what="signed with the certificate of an authority, which may not sign documents",
        make=by("机构", CertificateProfile.CA),
        verdict="invalid",
        fails=("SIGNER_KEYUSAGE",),
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="ofd-signer-expired.ofd",
        what="the signer's certificate had ended before signing",
        make=by("过期", days=5),
        verdict="invalid",
        fails=("SIGNER_EXPIRED_AT_SIGNING",),
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="ofd-signer-expired-since.ofd",
        what="the signer's certificate ended after signing",
        make=by("随后过期", days=11),
        warns=("SIGNER_EXPIRED_SINCE",),
    ),
    Vector(
        name="ofd-revoked-before.ofd",
        what="the signer's certificate was revoked before signing",
        make=lambda world: world.sealed,
        verdict="invalid",
        fails=("SIGNER_REVOKED_BEFORE_SIGNING",),
        trust="trust-signer-revoked-before",
        peers=(NO_REVOCATION,),
    ),
    Vector(
        name="ofd-revoked-after.ofd",
        what="the signer's certificate was revoked after signing",
        make=lambda world: world.sealed,
        warns=("SIGN_TIME_UNPROVEN",),
        trust="trust-signer-revoked-after",
    ),
    Vector(
        name="ofd-key-stolen.ofd",
        what="the signer's certificate was revoked after the stated time because others got his key; no time stamp",
        make=lambda world: world.sealed,
        verdict="indeterminate",
        trust="trust-signer-key-stolen",
        peers=(NO_REVOCATION,),
    ),
    Vector(
        name="ofd-key-stolen-stamped.ofd",
        what="the same with a time stamp from before",
        make=stamped(lambda value: value),
        trust="trust-signer-key-stolen",
    ),
    Vector(
        name="ofd-signer-not-in-seal.ofd",
        what="signed with a good certificate that the seal does not list",
        make=not_listed,
        verdict="invalid",
        fails=("SIGNER_NOT_IN_SEAL",),
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="ofd-forged-seal.ofd",
        what="a seal of another name with junk as its maker's signature, used by a stranger",
        make=lambda world: world.package_with(lambda digest: stranger_value(world, digest)),
        verdict="invalid",
        fails=("SIGNER_NOT_IN_SEAL", "SEAL_SIGNATURE"),
        peers=("ofdrw 2.4.0 says valid (measured); ofdgo refuses",),
    ),
    Vector(
        name="ofd-sign-time-outside-seal.ofd",
        what="signed after the seal had ended",
        make=lambda world: world.package_with(lambda digest: outside_seal_value(world, digest)),
        verdict="invalid",
        fails=("SIGN_TIME_OUTSIDE_SEAL",),
        findings=("SIGNING_TIME",),
        at=NOW + 191 * DAY,
        peers=(OFDRW_SKIPS,),
    ),
    Vector(
        name="ofd-value-wrong.ofd",
        what="what was signed was changed afterwards",
        make=valued(lambda world, value: rebuilt(value, put(2, der.generalized_time(NOW + DAY / 8)), 0)),
        verdict="invalid",
        fails=("SIGNATURE_VALUE",),
    ),
    Vector(
        name="ofd-version-mismatch.ofd",
        what="the signature states version 5, its seal version 4",
        make=restated(0, der.integer(5)),
        verdict="invalid",
        fails=("VERSION_MISMATCH",),
    ),
    Vector(
        name="ofd-algorithm-mismatch.ofd",
        what="the signature names RSA over a key of SM2",
        make=valued(lambda _, value: rebuilt(value, put(2, der.oid("1.2.840.113549.1.1.11")))),
        verdict="invalid",
        fails=("ALGORITHM_MISMATCH", "DATA_HASH"),
    ),
    Vector(
        name="ofd-data-hash.ofd",
        what="Signature.xml was changed: a line end more",
        make=changed(SIGNATURE, b"</ofd:Signature>", b"</ofd:Signature>\n"),
        verdict="invalid",
        fails=("DATA_HASH",),
    ),
]

STAMPS = [
    Vector(
        name="ofd-v4-stamped.ofd",
        what="version 4 with a good time stamp",
        make=stamped(lambda value: value),
    ),
    Vector(
        name="ofd-stamp-of-another.ofd",
        what="the time stamp is over another value",
        make=stamped(lambda _: b"another value"),
        verdict="invalid",
        fails=("SIGNATURE_TIMESTAMP",),
        peers=(NO_STAMPS,),
    ),
    Vector(
        name="ofd-stamp-before-signing.ofd",
        what="the time stamp is a day older than the time that the signer states",
        make=stamped(lambda value: value, days=-1),
        verdict="invalid",
        fails=("TIMESTAMP_BEFORE_SIGN_TIME",),
        peers=(NO_STAMPS,),
    ),
    Vector(
        name="ofd-stamp-is-no-token.ofd",
        what="four octets in the place of a time stamp",
        make=valued(lambda _, value: extended(value, der.explicit(0, der.bit_string(b"\x01\x02\x03\x04")))),
        warns=("SIGNATURE_TIMESTAMP",),
        findings=("TIMESTAMP_NOT_A_TOKEN",),
    ),
]

FORMS = [
    Vector(
        name="ofd-v4.ofd",
        what="a seal of version 4 as it should be",
        make=lambda world: world.sealed,
    ),
    Vector(
        name="ofd-v5.ofd",
        what="a seal of version 5, both values stamped",
        make=version_5,
        findings=("REPLACED_ENTRY",),
    ),
    Vector(
        name="ofd-v1.ofd",
        what="a seal of version 1 with a time in DER",
        make=version_1,
    ),
    Vector(
        name="ofd-v1-text-time.ofd",
        what="version 1 with a time as plain text",
        make=version_1_text_time,
        findings=("TIME_AS_TEXT", "TIME_WITHOUT_ZONE"),
    ),
    Vector(
        name="ofd-raw-signature.ofd",
        what="the signature is 64 raw octets",
        make=rewritten(lambda one: der.bit_string(raw(one))),
        findings=("RAW_SIGNATURE",),
        peers=(OFDRW_FEW, "ofdgo reads this form"),
    ),
    Vector(
        name="ofd-signature-trimmed.ofd",
        what="the BIT STRING of the signature lost a zero octet",
        make=rewritten(trimmed, lambda one: one[-1] == 0),
        findings=("BITS_TRIMMED",),
        peers=(OFDRW_FEW, OFDGO_FEW),
    ),
    Vector(
        name="ofd-hash-trimmed.ofd",
        what="the BIT STRING of the data hash lost its last zero bits",
        make=trimmed_hash,
        findings=("BITS_TRIMMED",),
        peers=(OFDRW_FEW, OFDGO_FEW),
    ),
    Vector(
        name="ofd-negative-numbers.ofd",
        what="r and s are written as negative numbers",
        make=rewritten(negative, lambda one: raw(one)[0] > 127 and raw(one)[32] > 127),
        findings=("NEGATIVE_NUMBER",),
        peers=(OFDRW_FEW, OFDGO_FEW),
    ),
    Vector(
        name="ofd-two-digit-year.ofd",
        what="GeneralizedTime with a year of two digits",
        make=restated(2, der.tlv(der.GENERALIZED_TIME, b"260601040000Z")),
        findings=("TIME_TWO_DIGIT_YEAR",),
        peers=("ofdrw 2.4.0 refuses a real file of this form (measured)", OFDGO_FEW),
    ),
    Vector(
        name="ofd-time-without-zone.ofd",
        what="a time without Z, which means Beijing time",
        make=restated(2, der.tlv(der.GENERALIZED_TIME, b"20260601120000")),
        findings=("TIME_WITHOUT_ZONE",),
        peers=(OFDRW_FEW, OFDGO_FEW),
    ),
    Vector(
        name="ofd-property-info.ofd",
        what="propertyInfo is some id and not the path of Signature.xml",
        make=restated(4, der.ia5_string("contract-17")),
        findings=("PROPERTY_INFO",),
    ),
    Vector(
        name="ofd-signature-extension.ofd",
        what="extension data of the signature without its tag",
        make=valued(lambda world, value: resigned(rebuilt(value, append(extension()), 0), world.unit.key)),
        findings=("EXTENSIONS_UNTAGGED",),
    ),
    Vector(
        name="ofd-algorithm-parameters.ofd",
        what="the algorithm is written with NULL parameters",
        make=valued(
            lambda _, value: rebuilt(
                value, put(2, der.sequence(der.oid(curve.SM2_WITH_SM3), der.tlv(der.NULL, b"")))
            )
        ),
        findings=("ALGORITHM_PARAMETERS",),
    ),
    Vector(
        name="ofd-certificate-parameters.ofd",
        what="the signer's certificate names its algorithm with NULL parameters, as many authorities write",
        make=null_in_certificate,
        findings=("CERTIFICATE_PARAMETERS",),
    ),
    Vector(
        name="ofd-maker-is-signer.ofd",
        what="one certificate makes the seal and uses it, as banks do",
        make=maker_is_signer,
        findings=("MAKER_IS_SIGNER",),
    ),
    Vector(
        name="ofd-id-is-a-number.ofd",
        what='the ID of the signature is "1", which is no xs:ID',
        make=changed(LIST, b'ID="s001"', b'ID="1"'),
        findings=("SIGNATURE_ID_FORM",),
    ),
    Vector(
        name="ofd-type-unknown.ofd",
        what='the list calls the signature a "Stamp", neither Seal nor Sign',
        make=changed(LIST, b'Type="Seal"', b'Type="Stamp"'),
        findings=("SIGNATURE_TYPE_UNKNOWN",),
    ),
    Vector(
        name="ofd-digest-oid-of-hmac.ofd",
        what="SM3 digests under the identifier of HMAC with SM3",
        make=restated_method,
        findings=("CHECK_METHOD_WRONG",),
    ),
    Vector(
        name="ofd-md5.ofd",
        what="MD5 digests, which the schema of 2016 takes when nothing is said",
        make=md5,
        verdict="indeterminate",
        findings=("CHECK_METHOD_MISSING", "WEAK_DIGEST"),
    ),
    Vector(
        name="ofd-sign-gbt35275.ofd",
        what="a signature without a seal: GB/T 35275",
        make=sign_type,
        findings=("REPLACED_ENTRY", "CMS_FOREIGN_CONTENT_TYPE"),
    ),
    Vector(
        name="ofd-sign-bare.ofd",
        what="a signature value and nothing that says whose it is",
        make=bare_value,
        verdict="indeterminate",
    ),
]

PACKAGES = [
    Vector(
        name="ofd-unsigned.ofd",
        what="no signature at all",
        make=lambda world: world.package,
        verdict="indeterminate",
    ),
    Vector(
        name="ofd-seam.ofd",
        what="a riding seam over three pages",
        make=lambda world: world.seal(
            OfdPlan(lines=1, pages=3).build(), placements=(), seam=SeamPlacement(100)
        ),
        findings=("REPLACED_ENTRY",),
    ),
    Vector(
        name="ofd-two-seals.ofd",
        what="two signatures in continuing mode",
        make=lambda world: world.seal(world.sealed),
    ),
    Vector(
        name="ofd-page-changed.ofd",
        what="one character of a page was changed",
        make=changed(PAGE, "壹佰".encode(), "玖佰".encode()),
        verdict="invalid",
        fails=("FILE_DIGESTS",),
    ),
    Vector(
        name="ofd-root-unreadable.ofd",
        what="Document.xml was cut short: nothing can be shown, and the signature still says what was signed",
        make=root_unreadable,
        verdict="invalid",
        fails=("DOCUMENT_UNREADABLE", "FILE_DIGESTS", "STAMP_PLACES"),
    ),
    Vector(
        name="ofd-extra-file.ofd",
        what="a file was added that nothing uses and nothing protects",
        make=lambda world: with_files(world.sealed, {"Doc_0/extra.xml": b"<x/>"}),
        warns=("EXTRA_FILES",),
        peers=("ofdrw 2.4.0 and ofdgo say valid and do not mention it (measured)",),
    ),
    Vector(
        name="ofd-picture-unprotected.ofd",
        what="a picture that a page shows is left out of the signature",
        make=described(rb'<ofd:Reference FileRef="/Doc_0/Res/picture.png">.*?</ofd:Reference>', b""),
        verdict="indeterminate",
        warns=("COVERAGE",),
        peers=(NO_COVERAGE,),
    ),
    Vector(
        name="ofd-entry-unprotected.ofd",
        what="OFD.xml is left out of the signature",
        make=described(rb'<ofd:Reference FileRef="/OFD.xml">.*?</ofd:Reference>', b""),
        warns=("ENTRY_UNPROTECTED",),
        peers=(NO_COVERAGE,),
    ),
    Vector(
        name="ofd-redirected.ofd",
        what="the unprotected OFD.xml was turned to another document",
        make=redirected,
        verdict="invalid",
        fails=("DOCUMENT_UNPROTECTED",),
        peers=(NO_COVERAGE,),
    ),
    Vector(
        name="ofd-appended-after-whole.ofd",
        what="a second signature after one that protects the list of signatures",
        make=after_whole,
        verdict="invalid",
        fails=("FILE_DIGESTS",),
    ),
    Vector(
        name="ofd-two-documents.ofd",
        what="two documents, a seal on each",
        make=two_documents,
        peers=(FIRST_ONLY,),
        findings=("REPLACED_ENTRY",),
    ),
    Vector(
        name="ofd-second-document-changed.ofd",
        what="two documents, a page of the second was changed",
        make=second_document_changed,
        verdict="invalid",
        fails=("FILE_DIGESTS",),
    ),
    Vector(
        name="ofd-other-seal-beside.ofd",
        what="Seal.esl is not the seal inside the value",
        make=seal_file,
        verdict="invalid",
        fails=("SEAL_FILE",),
        peers=("ofd.js does not compare them",),
    ),
    Vector(
        name="ofd-entity.ofd",
        what="OFD.xml brings a document type with an external entity",
        make=entity,
        verdict="unreadable",
        fails=("XML_DOCTYPE",),
    ),
]

OFD = [*FORMS, *SIGNERS, *STAMPS, *PACKAGES]
