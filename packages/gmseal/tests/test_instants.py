"""A time to judge as of that has no zone is the caller's slip, whatever is judged."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from gmseal.batch import verify_many
from gmseal.errors import Refused
from gmseal.judging.certificates import SIGNER
from gmseal.judging.cms import judge_cms
from gmseal.judging.log import CheckLog
from gmseal.judging.revocation import assess_revocation
from gmseal.judging.timestamps import judge_timestamp
from gmseal.ofd import verify_ofd
from gmseal.pdf import verify_pdf, verify_pdf_bytes
from gmseal.report import Report, TrustStore
from gmseal.ses.files import verify_der
from gmseal.ses.verify import judge_seal, judge_signature
from gmseal.sm.certificate_info import read_certificate
from gmseal.sm.chain import Purpose, verify_chain

VECTORS = Path(__file__).parent / "vectors"
NAIVE = datetime(2026, 6, 3, 4, 0)  # noqa: DTZ001 - this is what is tested
TRUST = TrustStore()


def root() -> bytes:
    return read("trust/root.cer")


def read(name: str) -> bytes:
    return (VECTORS / name).read_bytes()


JUDGES: dict[str, Callable[[], object]] = {
    "OFD": lambda: verify_ofd(VECTORS / "ofd-v4.ofd", TRUST, NAIVE),
    "PDF": lambda: verify_pdf(VECTORS / "pdf-v4.pdf", TRUST, NAIVE),
    "PDF in memory": lambda: verify_pdf_bytes(read("pdf-v4.pdf"), TRUST, NAIVE),
    "seal as file": lambda: verify_der(read("seal-v4.esl"), TRUST, NAIVE),
    "seal": lambda: judge_seal(read("seal-v4.esl"), NAIVE, TRUST),
    "signature": lambda: judge_signature(read("signature-v4.dat"), None, TRUST, NAIVE),
    "signed data": lambda: judge_cms(b"\x30\x00", None, TRUST, NAIVE),
    "time stamp": lambda: judge_timestamp(CheckLog("RFC 3161"), "STAMP", b"\x30\x00", b"", TRUST, NAIVE),
    "chain": lambda: verify_chain(root(), (), (root(),), NAIVE, purpose=Purpose.SIGNING),
    "revocation": lambda: assess_revocation(SIGNER, read_certificate(root()), NAIVE, TRUST),
}


@pytest.mark.parametrize("judged", list(JUDGES))
def test_a_time_without_a_zone_is_not_blamed_on_the_document(judged: str) -> None:
    with pytest.raises(Refused) as caught:
        JUDGES[judged]()
    assert caught.value.reason == "NAIVE_TIME"


def test_in_a_batch_every_document_says_so() -> None:
    (found,) = verify_many([VECTORS / "ofd-v4.ofd"], TRUST, NAIVE, workers=0)
    assert found.failure is not None
    assert found.failure.code == "NAIVE_TIME"
    (found,) = verify_many([VECTORS / "ofd-v4.ofd"], TRUST, workers=0)
    assert isinstance(found.value, Report)
