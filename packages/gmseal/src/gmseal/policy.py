"""What a verifier insists on: objects to compose, not flags to remember.

The mathematics is the same under every policy. A policy says which deviations, ages and absences
turn a good signature into one that this verifier does not accept.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

ALL_VERSIONS: Final = frozenset({1, 4, 5})
"""Seal versions that can be read: GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is accepted.

    ``versions``: seal versions that are judged; another is a failed ``VERSION_NOT_ACCEPTED``.
    ``strict_form``: a conformance finding of the severity ``major`` is a failure, not a remark.
    ``lenient_maker_expiry``: a maker's certificate that expired or was revoked after the seal was
    made is a warning when it was good at ``createDate`` (GM/T 0031-2025), whatever the version.
    ``require_revocation``: a revocation that nobody could check leaves the verdict open.
    ``require_timestamp``: a signature without a good time stamp leaves the verdict open.
    ``accept_weak_digests``: files of an OFD whose digests are MD5 or SHA-1 count as unaltered when these agree;
    otherwise agreement proves nothing and the verdict stays open.
    ``accept_unprotected_parts``: templates, pictures, fonts or annotations of an OFD that pages draw and no signature
    protects are a warning; otherwise they leave the verdict open.
    ``require_whole_coverage``: content of the document that the signature does not protect is a
    failure, not a warning.
    """

    name: str
    versions: frozenset[int] = ALL_VERSIONS
    strict_form: bool = False
    lenient_maker_expiry: bool = False
    require_revocation: bool = False
    require_timestamp: bool = False
    require_whole_coverage: bool = False
    accept_weak_digests: bool = False
    accept_unprotected_parts: bool = False

    def accepting(self, *versions: int) -> Self:
        """The same policy for other seal versions."""
        return replace(self, versions=frozenset(versions))


DEFAULT: Final = Policy(name="default")
"""Tolerant of form, exact in mathematics: what real files need."""
STRICT: Final = Policy(
    name="strict",
    strict_form=True,
    require_revocation=True,
    require_whole_coverage=True,
)
"""What a strict reader says: every deviation counts and nothing may be left unchecked."""
ARCHIVE: Final = Policy(
    name="archive",
    lenient_maker_expiry=True,
    require_timestamp=True,
    require_whole_coverage=True,
    accept_weak_digests=True,
)
"""For documents that outlive certificates and algorithms: only time stamps tell when something was signed.

Who can choose both texts can make two files of one MD5 or SHA-1, so such a digest does not bind its author. To find another
text for a digest that is there already is still beyond anybody; so a document that was taken into an archive when its
signature counted is the one that was signed.
"""
TOLERANT: Final = replace(DEFAULT, name="tolerant", accept_unprotected_parts=True)
"""For files of producers that leave templates and pictures of pages unprotected, where it is known by other means that
nobody changed the file: what a page draws of them is then believed, not proven."""
V4: Final = replace(DEFAULT, name="v4", versions=frozenset({4}))
"""GB/T 38540-2020 only."""
V5: Final = replace(DEFAULT, name="v5", versions=frozenset({5}))
"""GM/T 0031-2025 only."""

POLICIES: Final = {policy.name: policy for policy in (DEFAULT, STRICT, ARCHIVE, V4, V5, TOLERANT)}
"""By name, for command lines and settings."""
