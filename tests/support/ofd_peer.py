"""A verifier of signed OFD packages that shares nothing with gmseal: zipfile, an XML parser, hashlib and the openssl command.

    python tests/support/ofd_peer.py FILE

Ends with 0 when every signature of the package is good, with 1 and a line for each that is not otherwise. It judges what the
formats say for themselves: digests of files, the value over Signature.xml, the maker's signature, the signer in the seal's
list, validity at signing, the seal beside the value. It knows no roots and no revocation.
"""

import base64
import hashlib
import posixpath
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import der_walker as walker
from der_walker import Node, Signed

SM3 = "1.2.156.10197.1.401"
METHODS = {SM3: "sm3", f"{SM3}.2": "sm3", "sm3": "sm3", "sha1": "sha1", "sha256": "sha256", "md5": "md5"}
VERSION_1_FIELDS, LIST_OF_DIGESTS, UTC_OR_GENERALIZED = 2, b"\x02", (0x17, 0x18)


class Bad(Exception):
    """Why a signature is not good."""


def openssl_accepts(signed: Signed) -> bool:
    """SM2 with SM3 and the usual ID, by the command line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key").write_bytes(walker.public_key_pem(signed.certificate))
        (folder / "sig").write_bytes(signed.signature)
        (folder / "message").write_bytes(signed.message)
        command = [
            "openssl",
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            "key",
            "-sigfile",
            "sig",
            "-in",
            "message",
        ]
        command += ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def texts(root: ET.Element, name: str) -> list[str]:
    return [(one.text or "").strip() for one in root.iter() if one.tag.rpartition("}")[2] == name]


def elements(root: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in root.iter() if one.tag.rpartition("}")[2] == name]


def resolved(location: str, beside: str) -> str:
    """The entry that a location means, from the root of the package or from the naming file."""
    return posixpath.normpath(
        location.lstrip("/")
        if location.startswith("/")
        else posixpath.join(posixpath.dirname(beside), location)
    )


def require(good: bool, why: str) -> None:
    if not good:
        raise Bad(why)


def instant(node: Node) -> datetime:
    """A UTCTime or GeneralizedTime with its Z."""
    text = node.content.decode("ascii")
    return datetime.strptime(text, "%y%m%d%H%M%SZ" if len(text) == 13 else "%Y%m%d%H%M%SZ")  # noqa: DTZ007 - both are UTC


def validity(certificate: bytes) -> tuple[datetime, datetime]:
    parts = walker.node(certificate).parts[0].parts
    begin, end = parts[4 if parts[0].tag == 0xA0 else 3].parts
    return instant(begin), instant(end)


class Peer:
    """One package."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}
            require(len(self.files) == len(archive.namelist()), "two files of one name")

    def xml(self, name: str) -> ET.Element:
        require(b"<!DOCTYPE" not in self.files[name], f"{name} has a document type")
        return ET.fromstring(self.files[name])

    def verify(self) -> Iterator[str]:
        """Every signature that is not good, and why."""
        lists = [resolved(text, "OFD.xml") for text in texts(self.xml("OFD.xml"), "Signatures")]
        protected: set[str] = set()
        found = [
            resolved(one.attrib["BaseLoc"], listed)
            for listed in lists
            for one in elements(self.xml(listed), "Signature")
        ]
        require(bool(found), "no signature")
        for name in found:
            try:
                protected |= self.signature(name)
            except (Bad, KeyError, IndexError, AssertionError, ValueError) as error:
                yield f"{name}: {error}"
        for root in texts(self.xml("OFD.xml"), "DocRoot"):
            if resolved(root, "OFD.xml") not in protected:
                yield f"{root}: no signature protects it"

    def signature(self, name: str) -> set[str]:
        """The files that it protects. Raises ``Bad`` and what reading raises."""
        root = self.xml(name)
        references = elements(root, "References")[0]
        method = METHODS[references.attrib.get("CheckMethod", "md5").lower()]
        protected = set()
        for one in elements(references, "Reference"):
            file = resolved(one.attrib["FileRef"], name)
            digest = hashlib.new(method, self.files[file], usedforsecurity=False).digest()
            require(base64.b64decode(texts(one, "CheckValue")[0]) == digest, f"{file} was changed")
            protected.add(file)
        value = self.files[resolved(texts(root, "SignedValue")[0], name)]
        parts = walker.node(value).parts
        if parts[0].tag == walker.OID:
            self.signed_data(value, name)
            return protected
        seal = self.seal_signature(parts, name)
        beside = [texts(one, "BaseLoc")[0] for one in elements(root, "Seal") if texts(one, "BaseLoc")]
        for location in beside:
            require(self.files[resolved(location, name)] == seal.whole, "Seal.esl is another seal")
        return protected

    def signed_data(self, value: bytes, name: str) -> None:
        for signed in walker.signed_data(value):
            require(openssl_accepts(signed), f"{signed.what}: the signature is wrong")
            digest = hashlib.new("sm3", self.files[name]).digest()
            require(signed.what != "cms" or digest in signed.message, "another digest was signed")

    def seal_signature(self, parts: list[Node], name: str) -> Node:
        """SES_Signature of GB/T 38540-2020 or GM/T 0031-2014; returns the seal inside."""
        fields = parts[0].parts
        seal, old = fields[1], len(parts) == VERSION_1_FIELDS
        signer, named = (fields[5].content, fields[6]) if old else (parts[1].content, parts[2])
        at = time_of_version_1(fields[2].bits) if old else instant(fields[2])
        maker = (seal.parts[1].parts[0] if old else seal.parts[1]).content
        require(
            (named.parts[0] if named.tag == walker.SEQUENCE else named).content == walker.SM2_WITH_SM3,
            "not SM2",
        )
        require(fields[3].bits == hashlib.new("sm3", self.files[name]).digest(), "Signature.xml was changed")
        whole = walker.tlv(walker.SEQUENCE, b"".join(part.whole for part in parts))
        for signed in walker.seal_signature(whole):
            require(openssl_accepts(signed), f"{signed.what}: the signature is wrong")
        info = seal.parts[0].parts
        require(info[0].parts[1].content == fields[0].content, "the versions of seal and signature differ")
        kind = b"" if old else info[2].parts[2].content
        require(
            signer in listed(info[2].parts[2 if old else 3].parts, kind, signer),
            "the signer is not in the seal's list",
        )
        created, begin, end = (instant(one) for one in info[2].parts[-3:])
        require(begin <= at <= end, "signed outside of the seal's time")
        first, last = validity(signer)
        require(first <= at <= last, "the signer's certificate was not in force")
        first, last = validity(maker)
        require(first <= created <= last, "the maker's certificate was not in force")
        return seal


def time_of_version_1(octets: bytes) -> datetime:
    """A time in DER, or as text in Beijing time."""
    if octets[0] in UTC_OR_GENERALIZED:
        return instant(walker.node(octets))
    text = octets.decode("ascii")
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S") - timedelta(hours=8)  # noqa: DTZ007 - made UTC here


def listed(entries: list[Node], kind: bytes, signer: bytes) -> list[bytes]:
    """The certificates of a list; of a list of digests the signer's when its digest is there."""
    if kind == LIST_OF_DIGESTS:
        digest = hashlib.new("sm3", signer).digest()
        return [signer for one in entries if one.parts[1].content == digest]
    return [one.content for one in entries]


def main() -> int:
    """0 when all is good."""
    try:
        problems = list(Peer(Path(sys.argv[1])).verify())
    except (
        Bad,
        KeyError,
        IndexError,
        AssertionError,
        ValueError,
        ET.ParseError,
        zipfile.BadZipFile,
    ) as error:
        problems = [re.sub(r"\s+", " ", str(error) or type(error).__name__)]
    for problem in problems:
        sys.stdout.write(problem + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
