"""A request over HTTP, whatever people try in whatever order: it takes only the ways there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from request_story import Story

FOLLOWING: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"in_approval", "discarded"}),
    "in_approval": frozenset({"approved", "rejected", "sent_back", "withdrawn"}),
    "sent_back": frozenset({"in_approval", "discarded"}),
    "withdrawn": frozenset({"in_approval", "discarded"}),
    "approved": frozenset({"sealed", "withdrawn"}),
}
"""What may come next; what is sealed, rejected or discarded is nothing else any more."""
DECISIONS = ("approve", "send_back", "reject")
# Ways that lead on are tried oftener than those that end it, or few sequences would come to a seal.
ACTS = st.sampled_from(
    (
        "submit",
        "submit",
        "submit",
        "approve",
        "approve",
        "seal",
        "seal",
        "edit",
        "withdraw",
        *DECISIONS,
        "discard",
    )
)


class Applicant:
    """One request, the last step that anybody was asked for it, and what was done."""

    def __init__(self, story: Story, version: str) -> None:
        self.story = story
        line = story.line(seam=None, seam_presses=0, qr=None)
        self.id = story.draft(document_version_ids=[version], seals=[line])["id"]
        self.asked: dict[str, Any] | None = None

    def take(self, act: str) -> int:
        """Try something; the status of the answer."""
        path = f"/requests/{self.id}"
        if act == "edit":
            changed = self.story.client("employee").patch(f"/api/v1{path}", json={"reason": "另一事由"})
            return int(changed.status_code)
        if act == "seal":
            answer = self.story.post("custodian", f"{path}/seal")
            self.story.world.settle()
            return int(answer.status_code)
        if act in DECISIONS:
            return self._decide(act)
        return int(self.story.post("employee", f"{path}/{act}").status_code)

    def _decide(self, decision: str) -> int:
        """Decide on the step that is open, or again on one that was."""
        for item in self.story.todo("department_head"):
            if item["subject_id"] == self.id:
                self.asked = item
        if self.asked is None:
            return 404
        return int(self.story.decide("department_head", self.asked, decision, comment="意见").status_code)


@example(acts=["edit", "submit", "edit", "approve", "withdraw", "seal", "seal", "discard", "submit"])
@example(acts=["submit", "approve", "withdraw", "seal", "submit", "approve", "seal", "withdraw"])
@example(acts=["seal", "submit", "withdraw", "submit", "send_back", "approve", "submit", "reject", "submit"])
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=3, max_size=9))
def test_a_request_takes_only_the_ways_there_are(story: Story, acts: list[str]) -> None:
    request = Applicant(story, story.upload())
    approved = False
    before = story.read(request.id)
    for act in acts:
        status = request.take(act)
        now = story.read(request.id)
        if now["status"] == before["status"]:
            # To seal again is answered with what was made the first time.
            again = act == "seal" and now["status"] == "sealed"
            assert act == "edit" or again or status >= 400, f"{act} was taken and nothing came of it"
        else:
            assert status < 300, f"{act} was refused and the request became {now['status']}"
            assert now["status"] in FOLLOWING.get(before["status"], ()), (
                act,
                before["status"],
                now["status"],
            )
        if now["status"] in ("draft", "in_approval", "sent_back", "withdrawn", "discarded", "rejected"):
            approved = False
        approved = approved or (act == "approve" and now["status"] == "approved")
        assert len(now["uses"]) == (now["status"] == "sealed"), "sealed once, and only what is sealed"
        assert approved or now["status"] not in ("approved", "sealed"), "nobody approved it"
        if now["status"] in ("in_approval", "approved", "sealed"):
            assert now["binding"], "what people decide on is bound"
        before = now
