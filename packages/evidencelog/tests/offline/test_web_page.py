"""The page that works without a server says of every bundle what the Python verifier says, word for word."""

import hashlib
import json
import random
import runpy
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from offline_page import NODE, in_node, needs_node

from evidencelog import EvidenceLogError
from evidencelog.anchors.keccak import keccak_256
from evidencelog.bundle import verify_bundle
from evidencelog.policy import WitnessPolicy
from evidencelog.vkey import parse_vkey
from evidencelog.web import offline_page

WEB = Path(__file__).parents[2] / "web"
DATA = Path(__file__).parents[1] / "data" / "bundles"


def in_python(path: Path, trusted: str) -> Any:
    try:
        if trusted.startswith("log "):
            return verify_bundle(path, policy=WitnessPolicy.parse(trusted.encode())).to_dict()
        return verify_bundle(path, [parse_vkey(text) for text in trusted.split()]).to_dict()
    except EvidenceLogError as error:
        return {"error": error.code.value}


def test_the_built_page_is_what_its_modules_give() -> None:
    built = runpy.run_path(str(WEB / "build.py"))
    assert built["page"]().encode() == offline_page(), "run packages/evidencelog/web/build.py"


def test_the_page_loads_nothing_and_allows_nothing() -> None:
    text = offline_page().decode()
    assert "default-src 'none'" in text
    assert text.count("<script") == text.count("<style") == 1
    for outside in (
        "http://",
        "https://",
        "import(",
        "fetch(",
        "XMLHttpRequest",
        "innerHTML",
        "src=",
        "url(",
    ):
        assert outside not in text, outside


@needs_node
def test_good_and_tampered_bundles_get_the_same_report(
    case: Any,
    voided_case: Any,
    members: Mapping[str, bytes],
    tampered: Mapping[str, Mapping[str, bytes]],
    tampered_older: Mapping[str, Mapping[str, bytes]],
    rezip: Callable[[Path, Mapping[str, bytes]], Path],
    tmp_path: Path,
) -> None:
    policy = case.policy.decode()
    jobs = [
        (DATA / "version-1.zip", ""),
        (DATA / "version-1.zip", (DATA / "version-1.vkeys").read_text()),
        (DATA / "version-1.zip", policy),
        *(
            (DATA / f"version-{n}.zip", (DATA / f"version-{n}.policy").read_text())
            for n in (2, 3, 4, "4-voided")
        ),
    ]
    for number, content in enumerate([members, *tampered.values(), *tampered_older.values()]):
        path = rezip(tmp_path / f"{number}.zip", content)
        jobs += [(path, policy), (path, "")]
    jobs += [(tmp_path / "0.zip", "\n".join(case.vkeys[:count])) for count in (1, 2, 5)]
    jobs.append((tmp_path / "0.zip", policy.replace("group g 2", "group g 3")))
    voided = voided_case.write(tmp_path / "voided.zip")
    with zipfile.ZipFile(voided) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    kept["files/report.zh.html"] = kept["files/report.zh.html"].replace("（已作废）".encode(), b"")
    for path in (voided, rezip(tmp_path / "not-said.zip", kept)):
        jobs += [(path, voided_case.policy.decode()), (path, "")]
    answers = in_node(jobs)
    assert [answer["statement"] and answer["statement"]["voided"] for answer in answers[-4:]] == [True] * 4
    assert [answer["verdict"] for answer in answers[-4:]] == ["valid", "indeterminate", "invalid", "invalid"]
    verdicts = set()
    for (path, trusted), answer in zip(jobs, answers, strict=True):
        assert answer == in_python(path, trusted), path
        verdicts.add(answer.get("verdict", answer.get("error")))
    assert {"valid", "invalid", "indeterminate", "bundle.malformed", "policy.malformed"} <= verdicts


@needs_node
def test_flipped_bytes_get_the_same_verdict(
    case: Any,
    members: Mapping[str, bytes],
    rezip: Callable[[Path, Mapping[str, bytes]], Path],
    tmp_path: Path,
) -> None:
    """Anywhere in a proof, an entry, the statement or the ZIP itself.

    Of a damaged ZIP the page may say that it cannot be read where Python's reader gets over the damage, which leaves
    every member as it was; never the reverse.
    """
    rng = random.Random(11)
    policy = case.policy.decode()
    paths: list[Path] = []
    for name in (
        "proofs/000001.tlog-proof",
        "entries/000001.json",
        "statement.json",
        "twin/000001.tlog-proof",
    ):
        for at in rng.sample(range(len(members[name])), 25):
            data = members[name]
            changed = data[:at] + bytes((data[at] ^ rng.choice((1, 4, 32, 128)),)) + data[at + 1 :]
            paths.append(rezip(tmp_path / f"{len(paths)}.zip", {**members, name: changed}))
    for path, answer in zip(paths, in_node([(path, policy) for path in paths]), strict=True):
        assert answer == in_python(path, policy), path
    whole = (case.write(tmp_path / "whole.zip")).read_bytes()
    paths = []
    for at in rng.sample(range(len(whole)), 150):
        paths.append(tmp_path / f"z{len(paths)}.zip")
        paths[-1].write_bytes(whole[:at] + bytes((whole[at] ^ rng.choice((1, 32, 255)),)) + whole[at + 1 :])
    for path, answer in zip(paths, in_node([(path, policy) for path in paths]), strict=True):
        expected = in_python(path, policy)
        if answer.get("verdict") == "valid" or expected.get("verdict") != "valid":
            assert (answer.get("verdict") == "valid") == (expected.get("verdict") == "valid"), path
        else:
            assert answer == expected or answer.get("error") in ("bundle.malformed", "bundle.limit"), path


@needs_node
def test_hostile_archives_are_refused(case: Any, members: Mapping[str, bytes], tmp_path: Path) -> None:
    good = case.write(tmp_path / "good.zip").read_bytes()
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, "files/合同.pdf": bytes(64 << 20)}.items():
            archive.writestr(name, data)
    texts = tmp_path / "texts.zip"
    with zipfile.ZipFile(texts, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, "manifest.json": b" " * (17 << 20)}.items():
            archive.writestr(name, data)
    commented = tmp_path / "commented.zip"
    with zipfile.ZipFile(commented, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.comment = b"x"
    odd = []
    for number, data in enumerate(
        (b"", b"PK\x03\x04", b"#!" + good, good[:-30], good[:200], b"x" * 5000, good + b"x", good + bytes(30))
    ):
        odd.append(tmp_path / f"odd{number}.zip")
        odd[-1].write_bytes(data)
    answers = in_node([(path, "") for path in (bomb, texts, commented, *odd)])
    assert all(in_python(path, "") == {"error": "bundle.malformed"} for path in (commented, *odd))
    assert answers[:2] == [{"error": "bundle.limit"}] * 2
    assert answers[2:] == [{"error": "bundle.malformed"}] * (1 + len(odd))


@needs_node
def test_vectors_of_hashes_and_signatures() -> None:
    """Published vectors, and texts of many lengths against the hashes that OpenSSL computes."""
    source = offline_page().decode().rpartition("<script>")[2].partition("</script>")[0]
    names = (
        "Sha256, Sm3, sha1, sha384, sha512, keccak256, verifyEd25519, verifySm2, isSm2Key, isEd25519Key, inflate, "
        "fromHex, toHex"
    )
    opened = source.replace("globalThis.evidencelogVerifier = {", f"globalThis.inside = {{ {names},")
    assert opened != source
    texts = [bytes(range(256)) * 2 + bytes(length) for length in (0, 1, 55, 56, 63, 64, 119, 128)] + [
        b"",
        b"abc",
    ]
    script = f"""{opened}
const {{ {names} }} = globalThis.inside;
const jobs = {json.dumps([text.hex() for text in texts])};
const hash = (make, text) => {{ const one = new make(); const at = text.length >> 1;
  one.update(text.subarray(0, at)); one.update(text.subarray(at)); return toHex(one.digest()); }};
const key = fromHex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025");
const message = fromHex("af82");
const signature = fromHex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
const point = fromHex("0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020" +
  "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13");
const der = fromHex("3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3" +
  "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa");
const text = new TextEncoder().encode("message digest");
const flips = (verify, k, m, s) => {{ let good = 0; for (let at = 0; at < s.length; at += 1) {{
  const bad = Uint8Array.from(s); bad[at] ^= 1; good += verify(k, m, bad); }} return good; }};
process.stdout.write(JSON.stringify({{
  sha256: jobs.map((job) => hash(Sha256, fromHex(job))), sm3: jobs.map((job) => hash(Sm3, fromHex(job))),
  sha512: jobs.map((job) => toHex(sha512(fromHex(job)))), sha384: jobs.map((job) => toHex(sha384(fromHex(job)))),
  sha1: jobs.map((job) => toHex(sha1(fromHex(job)))), keccak256: jobs.map((job) => toHex(keccak256(fromHex(job)))),
  ed25519: [verifyEd25519(key, message, signature), flips(verifyEd25519, key, message, signature)],
  sm2: [verifySm2(point, text, der), flips(verifySm2, point, text, der)],
  keys: [isSm2Key(point), isSm2Key(Uint8Array.from(point).fill(1, 5, 6)), isEd25519Key(key),
    isEd25519Key(new Uint8Array(32))],
}}));"""
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--input-type=module"], input=script, capture_output=True, text=True, check=True, timeout=60
    )
    answer = json.loads(done.stdout)
    assert answer["keccak256"] == [keccak_256(text).hex() for text in texts]
    for name in ("sha256", "sm3", "sha384", "sha512", "sha1"):
        assert answer[name] == [hashlib.new(name, text).hexdigest() for text in texts], name
    assert answer["ed25519"] == [True, 0]  # RFC 8032 section 7.1, test 3
    assert answer["sm2"] == [True, 0]  # GM/T 0003.5 annex A.2
    assert answer["keys"] == [True, False, True, False]
