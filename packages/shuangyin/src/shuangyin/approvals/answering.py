"""How the routes of approvals answer: a page of running approvals; a step, or a whole route, after what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fastapi import Response

from shuangyin.approvals import views
from shuangyin.approvals.inbox import RouteRow
from shuangyin.approvals.models import ApprovalRoute, ApprovalStep
from shuangyin.approvals.schemas import ApprovalRouteOut, ApprovalStepDetail, RouteItem
from shuangyin.core.actor import Actor
from shuangyin.core.http.paging import Page, page_of
from shuangyin.core.http.writing import Write
from shuangyin.core.platform import Platform
from shuangyin.core.unit_of_work import UnitOfWork


def page_of_routes(
    platform: Platform, limit: int, rows_of: Callable[[UnitOfWork], Sequence[RouteRow]]
) -> Page[RouteItem]:
    """The routes that a list holds, each with what a line of it shows. `rows_of` reads one more than the limit."""

    def query(work: UnitOfWork) -> Page[RouteItem]:
        rows = rows_of(work)
        shown = views.route_items(work, rows)
        return page_of(rows, limit, lambda row: row.key, lambda row: shown[row.key])

    return platform.view(query)


def step_after(
    actor: Actor, write: Write, act: Callable[[UnitOfWork], ApprovalStep]
) -> ApprovalStepDetail | Response:
    """The step as it stands after an act, run as one transaction."""
    return write.run(actor, lambda work: views.step_detail(work, actor, act(work)))


def route_after(
    actor: Actor, write: Write, act: Callable[[UnitOfWork], ApprovalRoute]
) -> ApprovalRouteOut | Response:
    """The whole route as it stands after an act, run as one transaction."""
    return write.run(actor, lambda work: views.route_out(work, act(work)))
