"""What each signature covers, what came after it, and whether that was allowed.

1. Signatures are put in the order of the revisions they close; each step from one to the next, and from the
   last to the end of the file, is compared once.
2. Every signature answers for all later steps: an alteration in one of them is an alteration of what it signed.
3. A certification, or the lock of a signed field, is held against what was added after it (12.8.2.2).
4. What no signature covers and yet is part of the document is named.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from gmseal.checks import remaining
from gmseal.errors import Refused
from gmseal.pdf import cases
from gmseal.pdf.additions import Addition, Closer, Closing, Comparison, Terms
from gmseal.pdf.cases import Case
from gmseal.pdf.certification import locks_of
from gmseal.pdf.comparison import compare
from gmseal.pdf.document import Document
from gmseal.pdf.pades_level import pades_level
from gmseal.pdf.revisions import revision
from gmseal.policy import Policy
from gmseal.report import CheckResult

_CHAINS: Final = frozenset({"MAKER_CHAIN", "SIGNER_CHAIN", "DOCUMENT_TIMESTAMP"})
_WHITE = b"\x00\t\n\f\r "
_CLOSERS: Final = {
    cases.SEAL: Closer.SEAL,
    cases.CMS: Closer.OTHER,
    cases.GBT35275: Closer.SEAL,
    cases.TIMESTAMP: Closer.TIMESTAMP,
    cases.FOREIGN: Closer.OTHER,
}


class Step(NamedTuple):
    """What was added after one signature: up to the end of the next one (``closed_by``) or of the file."""

    comparison: Comparison
    closed_by: Case | None


class Coverage:
    """The order of a file's signatures and what happened between them."""

    def __init__(self, document: Document, found: list[Case], policy: Policy) -> None:
        """Compares every step; ``found`` have been judged before."""
        self._document, self._policy = document, policy
        self.chain = sorted((case for case in found if case.range is not None), key=lambda case: case.end)
        self.steps = [self._step(index) for index in range(len(self.chain))]

    def judge(self) -> None:
        """Writes the checks of every signature whose range is sound."""
        for index, case in enumerate(self.chain):
            # 2.
            later = self.steps[index:]
            altered = [sentence for step in later for sentence in step.comparison.altered]
            if altered:
                en = f"Altered after sealing: {altered[0]}"
                case.add("ALTERED_AFTER_SEALING", CheckResult.FAIL, "盖章后被改动", en)
            elif case.end == self._document.size:
                en = "The signature covers the whole file."
                case.add("COVERAGE", CheckResult.PASS, "签章保护整个文件", en)
            else:
                self._judge_additions(case, index)
            # 3.
            _judge_certification(case, _additions(later))
            # 4.
            self._judge_unprotected(case)

    def describing(self, case: Case) -> Callable[[], dict[str, Any]]:
        """What makes, once the file is closed, that which a report says of the coverage of one signature."""
        sub_filter = case.signed.value.get("/SubFilter")
        name = None if sub_filter is None else str(sub_filter)[1:]
        if case.range is None:
            return partial(self._described, case, name)
        return partial(self._described, case, name, pades_level(self._document, case, self._after(case)))

    def _after(self, case: Case) -> list[Case]:
        return self.chain[self.chain.index(case) + 1 :]

    def _described(self, case: Case, sub_filter: str | None, level: str | None = None) -> dict[str, Any]:
        """The coverage of one signature; sizes in bytes."""
        described: dict[str, Any] = {
            "field": case.signed.name,
            "sub_filter": sub_filter,
            "covers_whole_file": case.end == self._document.size,
        }
        if case.range is None:
            return described
        index = self.chain.index(case)
        later = self.steps[index:]
        permission = case.permission
        if level is not None:
            described["pades_level"] = level
        return {
            **described,
            "byte_range": case.range.as_list(),
            "bytes_covered": case.end - (case.range.hole_end - case.range.hole_start),
            "bytes_after": self._document.size - case.end,
            "signatures_before": index,
            "signatures_after": len(self.chain) - index - 1,
            "added_later": [addition.sentence for addition in _additions(later)],
            "revisions_after": [_described(step) for step in later if step.comparison.added],
            "permission": None if permission is None else int(permission),
            "unprotected": [addition.sentence for addition in self._unprotected()],
        }

    def _judge_additions(self, case: Case, index: int) -> None:
        names = [addition.sentence for addition in _additions(self.steps[index:])]
        zh = "盖章后仅增加了允许的内容（后续签章等）"
        en = "Only allowed additions were made later: " + (", ".join(names) or "nothing that shows") + "."
        case.add("ADDED_LATER_ALLOWED", _later_result(self.chain[index + 1 :]), zh, en)
        shown = [step.closed_by for step in self.steps[index:] if step.comparison.shows and step.closed_by]
        doubtful = [later.signed.name for later in shown if _is_doubtful(later) or later.failed]
        if doubtful:
            zh = "盖章后增加的签名在页面上显示内容，但该签名不可信或无法判定"
            en = f"A later signature shows something on a page, and nobody vouches for it: {doubtful[0]}."
            case.add("UNTRUSTED_APPEARANCE", CheckResult.NOT_CHECKED, zh, en)

    def _unprotected(self) -> list[Addition]:
        """Parts of the document that no signature covers; validation data proves itself."""
        last = self.steps[-1].comparison.added if self.steps else []
        return [addition for addition in last if addition is not Addition.VALIDATION_DATA]

    def _judge_unprotected(self, case: Case) -> None:
        found = self._unprotected()
        if found:
            result = CheckResult.FAIL if self._policy.require_whole_coverage else CheckResult.WARN
            en = "No signature covers " + ", ".join(addition.sentence for addition in found) + "."
            case.add("UNPROTECTED_CONTENT", result, "文件中有任何签章都未保护的内容", en)

    def _step(self, index: int) -> Step:
        """What was added between this signature's revision and the next one, or the end of the file."""
        start = self.chain[index].end
        following = self.chain[index + 1] if index + 1 < len(self.chain) else None
        end = following.end if following is not None else self._document.size
        if start == end:
            return Step(Comparison(), following)
        if following is not None and not following.sound:
            sentence = "A further signature that is not good covers the additions."
            return Step(Comparison(altered=[sentence]), following)
        if following is None and not self._more_than_blanks(start):
            return Step(Comparison(), None)
        return Step(self._compared(index, start, end, following), following)

    def _compared(self, index: int, start: int, end: int, following: Case | None) -> Comparison:
        document = self._document
        closing = None
        if following is not None:
            signed = following.signed
            holder = signed.value if signed.value.is_indirect else signed.field
            closing = Closing(holder.objgen, _closer(following))
        try:
            with revision(document, start) as old, revision(document, end) as new:
                result = compare(document.file, start, old, new, closing, self._terms(index))
        except Refused:
            return Comparison(altered=["A signed revision is not a complete PDF."])
        if following is None and not result.altered and document.last_section().offset < start:
            result.altered.append("Bytes were appended that belong to no revision.")
        return result

    def _terms(self, index: int) -> Terms:
        """What the signatures up to this one laid down."""
        signed = [case.signed for case in self.chain[: index + 1]]
        stated = [case.permission for case in self.chain[: index + 1]]
        permissions = [permission for permission in stated if permission is not None]
        locks = tuple(lock for one in signed for lock in locks_of(one.field, one.value))
        return Terms(min(permissions, default=None), locks)

    def _more_than_blanks(self, start: int) -> bool:
        self._document.file.seek(start)
        more = self._document.size - start > 4096
        return more or bool(self._document.file.read(4096).strip(_WHITE))


def _closer(case: Case) -> Closer:
    """Signed data by an SM2 key stands for a seal, too: it may bring its picture to several places."""
    sm2 = case.kind == cases.CMS and case.wanted == {"sm3"}
    return Closer.SEAL if sm2 else _CLOSERS[case.kind]


def _additions(steps: list[Step]) -> list[Addition]:
    return list(dict.fromkeys(addition for step in steps for addition in step.comparison.added))


def _described(step: Step) -> dict[str, Any]:
    return {
        "closed_by": None if step.closed_by is None else step.closed_by.signed.name,
        "added": [addition.sentence for addition in step.comparison.added],
    }


def _judge_certification(case: Case, later: list[Addition]) -> None:
    permission = case.permission
    if permission is None:
        return
    beyond = [addition.sentence for addition in later if addition.level > permission]
    if beyond:
        en = f"The permission {permission:d} that was laid down does not cover {', '.join(beyond)}."
        case.add("CERTIFICATION_VIOLATED", CheckResult.FAIL, "后续内容超出认证签章允许的范围", en)
    else:
        en = f"What came later is within the permission {permission:d} that was laid down."
        case.add("CERTIFICATION", CheckResult.PASS, f"后续内容在认证签章允许的范围（{permission:d}）内", en)


def _later_result(later: list[Case]) -> CheckResult:
    """A further signature that was not judged, or leads to no trusted root, leaves a doubt about what it added."""
    return CheckResult.WARN if any(map(_is_doubtful, later)) else CheckResult.PASS


def _is_doubtful(case: Case) -> bool:
    return case.kind == cases.FOREIGN or any(check.code in _CHAINS for check in remaining(case.checks))
