"""Routes of the decision."""

from __future__ import annotations

from typing import Annotated

from shuangyin.core.actor import Actor
from shuangyin.core.http.access import PlatformOf, access
from shuangyin.core.http.routes import Routes
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.scenarios import queries
from shuangyin.scenarios.schemas import (
    DecisionFacts,
    DecisionOut,
)
from shuangyin.scenarios.views import decision_out

router = Routes(tags=["scenarios"])

Reader = Annotated[Actor, access("scenarios.read")]
Manager = Annotated[Actor, access("scenarios.manage")]
Approver = Annotated[Actor, access("scenarios.approve")]


@router.post("/scenarios/decide", response_model=DecisionOut)
def decide(body: DecisionFacts, platform: PlatformOf, actor: Reader) -> DecisionOut:
    """What the list in force says about a use, and why. Changes nothing."""
    return platform.view(lambda work: ask(work, actor, body))


def ask(work: UnitOfWork, actor: Actor, body: DecisionFacts) -> DecisionOut:
    """The decision about facts as they are sent."""
    facts = queries.facts_of(work, actor, body)
    return decision_out(work, queries.decide_for(work, actor.organization_id, facts))
