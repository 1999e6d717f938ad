"""Parts of how a person gets in: sessions, tokens, second factors, and what he began with them."""

from __future__ import annotations

from collections.abc import Sequence

from shuangyin.core.clock import beijing_time
from shuangyin.core.text import Text
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.people import access_held
from shuangyin.people.commands import leaving as people
from shuangyin.people.models import EndReason
from shuangyin.people.privacy_models import DeletionReason
from shuangyin.people.sessions import end_half_done, end_sessions, end_tokens
from shuangyin.transitions.leaving_parts import Action, Case, Item, Outcome


class SessionsPart:
    """Browsers in which he is signed in."""

    code = "sessions"
    text = Text("登录", "Sessions")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        return [
            Item("session", one.id, _when(one.created_at), Outcome.ENDED)
            for one in access_held.open_sessions(work, case.person.id)
        ]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        end_sessions(work, case.person.id, EndReason.LEFT)


class TokensPart:
    """Bearer tokens of programs that act for him."""

    code = "tokens"
    text = Text("接口令牌", "API tokens")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        return [
            Item("token", one.id, one.name, Outcome.ENDED)
            for one in access_held.open_tokens(work, case.person.id)
        ]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        end_tokens(work, case.person.id, EndReason.LEFT)


class FactorsPart:
    """What he signs in and confirms with, and confirmations begun and not used."""

    code = "factors"
    text = Text("登录方式与第二因子", "How he signs in and confirms")
    actions = (Action.END,)

    def find(self, work: UnitOfWork, case: Case) -> list[Item]:
        return [
            Item(one.kind, one.id, one.label, Outcome.ENDED)
            for one in access_held.factors_held(work, case.person.id)
        ]

    def carry_out(self, work: UnitOfWork, case: Case, items: Sequence[Item]) -> None:
        people.drop_factors(work, case.actor, case.person, DeletionReason.LEFT)
        end_half_done(work, case.person.id)


def _when(at: int) -> str:
    return f"{beijing_time(at):%Y-%m-%d %H:%M}"
