"""The served platform: where the areas meet the web, the workers and the threads of one process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from shuangyin import jobs_api
from shuangyin.alarms import api as alarms_api
from shuangyin.alarms import messages as alarm_messages
from shuangyin.approvals import api as approvals_api
from shuangyin.approvals import oversight_api as approvals_oversight_api
from shuangyin.approvals.commands.sweeping import sweep
from shuangyin.audit import api as audit_api
from shuangyin.authority import api as authority_api
from shuangyin.authority.commands import rounds as authority_rounds
from shuangyin.core.errors import NotFound
from shuangyin.core.http.access import PlatformOf, PublicRoute
from shuangyin.core.http.middleware import BodyLimit, SecurityHeaders
from shuangyin.core.http.problems import PROBLEM_RESPONSES, install_problem_handlers, on_http_error
from shuangyin.core.http.routes import Routes
from shuangyin.core.jobs import Handler, JobRunner
from shuangyin.core.live import LiveBus, LivePoller
from shuangyin.core.periodic import Periodic
from shuangyin.core.platform import Platform
from shuangyin.custody import api as custody_api
from shuangyin.custody import checklist_api as custody_checklist_api
from shuangyin.custody import handovers_api as custody_handovers_api
from shuangyin.custody import imprints_api as custody_imprints_api
from shuangyin.custody import keeping_api as custody_keeping_api
from shuangyin.custody import loans_api as custody_loans_api
from shuangyin.custody import originals_api as custody_originals_api
from shuangyin.custody import paper_permits_api as custody_paper_permits_api
from shuangyin.custody import prints_api as custody_prints_api
from shuangyin.custody import sent_copies_api as custody_sent_copies_api
from shuangyin.custody import stocktakes_api as custody_stocktakes_api
from shuangyin.custody.commands.late_returns import notice_late_returns
from shuangyin.custody.commands.overdue_loans import notice_overdue_loans
from shuangyin.custody.commands.overdue_originals import notice_overdue_originals
from shuangyin.custody.commands.paper_permits import notice_open_permits
from shuangyin.devices import api as devices_api
from shuangyin.devices import link_api as devices_link_api
from shuangyin.devices import opinions_api as devices_opinions_api
from shuangyin.devices import permits_api as devices_permits_api
from shuangyin.devices.gateway.running import Gateway
from shuangyin.documents import api as documents_api
from shuangyin.evidence import api as evidence_api
from shuangyin.evidence import audit_runs, vouching_api
from shuangyin.evidence import pages as evidence_pages
from shuangyin.evidence.anchoring import AnchorThread
from shuangyin.evidence.auditing import AuditThread
from shuangyin.evidence.queries import pending_count
from shuangyin.evidence.sequencer import SequencerThread
from shuangyin.evidence.witnessing import WitnessThread
from shuangyin.organization import api as organization_api
from shuangyin.organization import calendar_api
from shuangyin.people import api as people_api
from shuangyin.people import events_api
from shuangyin.people.privacy import delete_expired
from shuangyin.reference import api as reference_api
from shuangyin.requests import api as requests_api
from shuangyin.requests import duties_api as requests_duties_api
from shuangyin.requests import formalities_api as requests_formalities_api
from shuangyin.requests import routing_api as requests_routing_api
from shuangyin.requests.commands.duties import notice_overdue
from shuangyin.scenarios import api as scenarios_api
from shuangyin.scenarios import commands as scenarios_commands
from shuangyin.scenarios import lists_api as scenario_lists_api
from shuangyin.scenarios import simulations_api as scenario_simulations_api
from shuangyin.scenarios import tables_api as scenario_tables_api
from shuangyin.sealing import api as sealing_api
from shuangyin.sealing import commands as sealing_commands
from shuangyin.seals import api as seals_api
from shuangyin.seals import engravers_api as seals_engravers_api
from shuangyin.seals import freezing_api as seals_freezing_api
from shuangyin.seals import life_api as seals_life_api
from shuangyin.seals.commands import answering as seals_answering
from shuangyin.seals.commands import reconciling as seals_reconciling
from shuangyin.seals.commands import reporting as seals_reporting
from shuangyin.transitions import api as transitions_api
from shuangyin.transitions import leaving_api
from shuangyin.verification import api as verification_api
from shuangyin.verification import pages as verification_pages
from shuangyin.web import spa
from shuangyin.workbench import api as workbench_api
from shuangyin.workbench import statement_api
from shuangyin.workbench.statements import make_due

_log = structlog.get_logger(__name__)

APIS = (
    evidence_api,
    vouching_api,
    reference_api,
    organization_api,
    calendar_api,
    people_api,
    events_api,
    alarms_api,
    approvals_oversight_api,
    approvals_api,
    seals_engravers_api,
    seals_freezing_api,
    seals_life_api,
    seals_api,
    scenarios_api,
    scenario_tables_api,
    scenario_lists_api,
    scenario_simulations_api,
    authority_api,
    documents_api,
    requests_api,
    requests_routing_api,
    requests_duties_api,
    requests_formalities_api,
    sealing_api,
    custody_api,
    transitions_api,
    custody_prints_api,
    devices_permits_api,
    devices_api,
    devices_link_api,
    devices_opinions_api,
    leaving_api,
    custody_loans_api,
    custody_originals_api,
    custody_sent_copies_api,
    custody_imprints_api,
    custody_handovers_api,
    custody_stocktakes_api,
    custody_keeping_api,
    custody_checklist_api,
    custody_paper_permits_api,
    verification_api,
    audit_api,
    workbench_api,
    statement_api,
    jobs_api,
)
SWEEP_S = 30.0
"""A step whose approver has left waits so long for his superior, at most."""
STATEMENT_S = 600.0
"""How often it is looked whether a week is over without a statement, or the term of a duty has passed."""
PAGES = (evidence_pages, verification_pages)


def job_handlers() -> dict[str, Handler]:
    """The handler of every kind of background job."""
    return {
        "sealing.execute": sealing_commands.run_job,
        audit_runs.JOB_KIND: audit_runs.run_job,
        scenarios_commands.SETTLE_JOB: scenarios_commands.run_settling,
        authority_rounds.JOB_KIND: authority_rounds.run_job,
        scenarios_commands.SIMULATE_JOB: scenarios_commands.run_simulation,
        seals_reporting.JOB_KIND: seals_answering.run_job,
        seals_reconciling.JOB_KIND: seals_reconciling.run_job,
        alarm_messages.JOB_KIND: alarm_messages.run_job,
    }


def background(platform: Platform) -> tuple[Callable[[], None], Callable[[], None]]:
    """Start and stop functions of the worker and the sequencer that run inside `serve`."""
    handlers = job_handlers()
    # Sealing does not wait for an audit of a long log or a simulation of a list: they have a worker of their own.
    long_kinds = (audit_runs.JOB_KIND, scenarios_commands.SIMULATE_JOB)
    asked_audits = JobRunner(platform, {kind: handlers.pop(kind) for kind in long_kinds})
    # Nor for an authority that answers slowly.
    outside_kinds = (seals_reporting.JOB_KIND, seals_reconciling.JOB_KIND)
    outside = JobRunner(platform, {kind: handlers.pop(kind) for kind in outside_kinds})
    # Nor an alarm for an authority, nor anything for the gateway of messages.
    telling = JobRunner(platform, {alarm_messages.JOB_KIND: handlers.pop(alarm_messages.JOB_KIND)})
    # Devices and the workers before the log: what they still do leaves evidence that the sequencer then integrates.
    threads = (
        Gateway(platform),
        JobRunner(platform, handlers),
        asked_audits,
        outside,
        telling,
        AuditThread(platform),
        Periodic(platform, "approval-sweeper", sweep, period_s=SWEEP_S),
        Periodic(platform, "weekly-statements", make_due, period_s=STATEMENT_S),
        Periodic(platform, "expired-faces", delete_expired, period_s=STATEMENT_S),
        Periodic(platform, "overdue-duties", notice_overdue, period_s=STATEMENT_S),
        Periodic(platform, "late-returns", notice_late_returns, period_s=SWEEP_S),
        Periodic(platform, "open-paper-permits", notice_open_permits, period_s=SWEEP_S),
        Periodic(platform, "overdue-loans", notice_overdue_loans, period_s=SWEEP_S),
        Periodic(platform, "overdue-originals", notice_overdue_originals, period_s=SWEEP_S),
        LivePoller(platform, platform.port(LiveBus)),
        SequencerThread(platform),
        WitnessThread(platform),
        AnchorThread(platform),
    )

    def start() -> None:
        authority_rounds.begin(platform)
        seals_reconciling.begin(platform)
        for thread in threads:
            thread.start()

    def stop() -> None:
        for thread in threads:
            thread.stop()

    return start, stop


def create_app(
    platform: Platform, *, start: Callable[[], None] | None = None, stop: Callable[[], None] | None = None
) -> FastAPI:
    """The web application of a platform. `start` and `stop` bracket its life, for background work."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if start is not None:
            start()
        try:
            yield
        finally:
            if stop is not None:
                stop()

    app = FastAPI(
        title="双印 Shuangyin",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.platform = platform
    app.add_middleware(BodyLimit, upload_bytes=platform.settings.max_upload_bytes)
    app.add_middleware(SecurityHeaders)
    install_problem_handlers(app)
    app.add_exception_handler(404, _no_such_address)
    spa.install_assets(app)
    for routes in (_health, devices_link_api.sockets, *(pages.router for pages in PAGES)):
        routes.add_to(app)
    for routes in (*(module.router for module in APIS), _fallback):
        routes.add_to(app, "/api/v1", responses=PROBLEM_RESPONSES)
    spa.install_page(app)
    return app


async def _no_such_address(request: Request, error: Exception) -> Response:
    """A page for a person at a browser, a problem document for a program."""
    reads = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
    if reads and not request.url.path.startswith("/api/"):
        return verification_pages.no_such_page(request, request.app.state.platform)
    return await on_http_error(request, error)


_health = Routes()
_fallback = Routes(include_in_schema=False)


@_health.get("/healthz", dependencies=[PublicRoute], tags=["health"])
def health(platform: PlatformOf) -> JSONResponse:
    """200 when the database answers, with the entries that wait for the log; 503 with the failing part otherwise."""
    try:
        pending = platform.view(pending_count)
    except Exception:
        # Whatever is wrong, the answer is the same: not healthy.
        _log.warning("health.database_down", exc_info=True)
        return JSONResponse({"status": "down", "database": "down"}, status_code=503)
    return JSONResponse({"status": "ok", "database": "ok", "evidence_pending": pending})


@_fallback.route("/{path:path}", "GET", "POST", "PUT", "PATCH", "DELETE", dependencies=[PublicRoute])
def unknown_address(path: str) -> None:
    """An unknown address of the API is a problem document, never the page of the application."""
    shown = path[:100]
    raise NotFound(
        "NO_SUCH_ADDRESS", f"接口地址不存在：/api/v1/{shown}", f"No such address in the API: /api/v1/{shown}"
    )
