"""A trial time-stamp authority inside the process, for trials and tests: never evidence of time.

Its time is this machine's clock, its certificate a trial one, and it says so in its policy.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from gmseal.errors import MalformedInput, Refused
from gmseal.sm import algorithms
from gmseal.sm.certificate_info import POLICY_TRIAL, read_certificate
from gmseal.sm.cms.building import max_size
from gmseal.sm.cms.forms import CmsForm
from gmseal.sm.keys import Signer
from gmseal.sm.timestamps import messages
from gmseal.sm.timestamps.messages import Failure, PkiStatus, TimestampRequest
from gmseal.sm.timestamps.token import TST_INFO, Imprint, build_token

_MAX_TST_INFO: Final = 320
_ACCURACY_SECONDS: Final = 1


def system_clock() -> datetime:
    """Now, by the clock of this machine."""
    return datetime.now(UTC)


class TrialTimestampAuthority:
    """Answers requests and stamps octets directly (``TimestampSource``). Shared between threads."""

    def __init__(
        self,
        certificate: bytes,
        signer: Signer,
        *,
        extra_certificates: Sequence[bytes] = (),
        clock: Callable[[], datetime] = system_clock,
        policy: str = POLICY_TRIAL,
        digest: str = "sm3",
    ) -> None:
        """``certificate`` must allow time stamping, critically and nothing else (RFC 3161, 2.3).

        Raises ``MalformedInput``; ``Refused`` with TSA_KEYUSAGE or SIGNER_KEY_MISMATCH.
        """
        info = read_certificate(certificate)
        if not info.may_stamp():
            raise Refused("TSA_KEYUSAGE", "The certificate is not one of a time-stamp authority.")
        if info.public_key != signer.public_key:
            raise Refused("SIGNER_KEY_MISMATCH", "The key does not belong to the authority's certificate.")
        self._certificate = certificate
        self._signer = signer
        self._extra = tuple(extra_certificates)
        self._clock = clock
        self._policy = policy
        self._digest = algorithms.digest_oid(digest)
        self.token_size = max_size(
            form=CmsForm.RFC5652,
            certificate=certificate,
            extra_certificates=self._extra,
            content_size=_MAX_TST_INFO,
            content_type=TST_INFO,
        )

    def stamp(self, message: bytes) -> bytes:
        """A token over ``message``."""
        return self._token(Imprint(self._digest, algorithms.digest(self._digest, message) or b""), None)

    def respond(self, request: bytes) -> bytes:
        """The TimeStampResp to a TimeStampReq, whatever its octets are."""
        try:
            asked = messages.read_request(request)
        except MalformedInput as error:
            return _rejected(Failure.BAD_DATA_FORMAT, str(error))
        refusal = self._refusal(asked)
        if refusal is not None:
            return _rejected(*refusal)
        return self.grant(asked.imprint, asked.nonce)

    def grant(self, imprint: Imprint, nonce: int | None) -> bytes:
        """A granted TimeStampResp for this imprint and nonce, whoever asked for it."""
        return messages.build_response(PkiStatus.GRANTED, token=self._token(imprint, nonce))

    def _refusal(self, asked: TimestampRequest) -> tuple[Failure, str] | None:
        name = algorithms.digest_name(asked.imprint.algorithm)
        if name is None or name == "sha1":
            return Failure.BAD_ALGORITHM, "The digest algorithm is not accepted."
        if len(asked.imprint.value) != len(algorithms.digest(asked.imprint.algorithm, b"") or b""):
            return Failure.BAD_DATA_FORMAT, "The imprint has not the length of its algorithm."
        if asked.policy not in {None, self._policy}:
            return Failure.UNACCEPTED_POLICY, "The policy is not one of this authority."
        if asked.has_extensions:
            return Failure.UNACCEPTED_EXTENSION, "Extensions are not accepted."
        if asked.nonce is not None and asked.nonce.bit_length() > 512:
            return Failure.BAD_REQUEST, "The nonce is longer than 64 octets."
        return None

    def _token(self, imprint: Imprint, nonce: int | None) -> bytes:
        return build_token(
            imprint=imprint,
            policy=self._policy,
            serial=int.from_bytes(secrets.token_bytes(16), "big") >> 1,
            time=self._clock(),
            certificate=self._certificate,
            signer=self._signer,
            nonce=nonce,
            accuracy_seconds=_ACCURACY_SECONDS,
            extra_certificates=self._extra,
        )


def _rejected(failure: Failure, text: str) -> bytes:
    return messages.build_response(PkiStatus.REJECTION, text=text, failure=failure)
