"""Anchors at the port and at a time-stamp authority; tests/integration holds the ones on a real chain."""

from __future__ import annotations

import pytest
from platform_fixtures import KEK
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from evidencelog.anchors import AnchorResult, parse_receipt, verify_receipt
from evidencelog.note import parse_note
from gmseal.sm.timestamps import TrialTimestampAuthority
from gmseal.sm.timestamps.trial_server import Misbehaviour, TrialTimestampServer
from gmseal.trial import TrialAuthority
from shuangyin.cli import app as commands
from shuangyin.composition import compose
from shuangyin.core.actor import system_actor
from shuangyin.core.clock import ManualClock, SystemClock, to_datetime
from shuangyin.core.errors import Unavailable
from shuangyin.core.platform import Platform
from shuangyin.core.settings import Settings
from shuangyin.core.unit_of_work import UnitOfWork
from shuangyin.evidence import anchor_queries, queries
from shuangyin.evidence.anchoring import anchor_round
from shuangyin.evidence.commands import record
from shuangyin.evidence.ports import Anchors
from shuangyin.evidence.reconciling import reconcile
from shuangyin.evidence.schemas import AnchorOut, EntryAnchorOut
from shuangyin.evidence.sequencer import sequence_pending

ORGANIZATION = "0" * 31 + "1"


def write(platform: Platform) -> None:
    platform.transact(
        lambda work: record(
            work,
            system_actor(ORGANIZATION),
            kind="test.noted",
            subject_type="test",
            subject_id="t1",
            facts={},
        )
    )


def served(settings: Settings, clock: ManualClock, url: str) -> Platform:
    """A platform whose settings name one authority."""
    anchors: list[dict[str, object]] = [
        {"name": "tsa", "kind": "rfc3161", "url": url, "period_seconds": 60, "timeout_seconds": 2}
    ]
    return compose(settings.model_copy(update={"log_anchors": anchors}), clock=clock)


def round_of(platform: Platform, clock: ManualClock, *, after_s: float = 400) -> AnchorOut:
    clock.advance(seconds=after_s)
    anchor_round(platform, platform.port(Anchors).members[0])
    return platform.view(anchor_queries.anchor_states)[0]


def of_entry(platform: Platform) -> tuple[str, list[EntryAnchorOut]]:
    def query(work: UnitOfWork) -> tuple[str, list[EntryAnchorOut]]:
        placed = queries.entries_for(work, ORGANIZATION, [("test", "t1")])[:1]
        found = list(anchor_queries.anchors_of(work, placed)[placed[0].entry.id])
        return anchor_queries.state_of_entry(found), found

    return platform.view(query)


@pytest.fixture
def stamping() -> TrialTimestampAuthority:
    return TrialAuthority.create(to_datetime(SystemClock().now_ms())).timestamps()


@pytest.mark.database_full
class TestTimestampAuthority:
    def test_the_newest_head_is_stamped_and_the_receipt_proves_it(
        self, settings: Settings, clock: ManualClock, stamping: TrialTimestampAuthority
    ) -> None:
        with TrialTimestampServer(stamping) as server:
            platform = served(settings, clock, server.url)
            write(platform)
            assert of_entry(platform)[0] == "waiting"
            sequence_pending(platform)
            state = round_of(platform, clock)
            assert (state.state, state.problem) == ("anchored", None)
            overall, anchors = of_entry(platform)
            assert overall == "anchored"
            receipt_id, size = str(anchors[0].receipt_id), anchors[0].size

            def proof(work: UnitOfWork) -> tuple[bytes, str]:
                head = queries.newest_checkpoint(work)
                assert head is not None
                assert head.size == size
                return anchor_queries.receipt_body(work, receipt_id), parse_note(head.note.encode()).text

            body, head_text = platform.view(proof)
            checks = verify_receipt(parse_receipt(body), head_text)
            assert {check.result for check in checks} == {AnchorResult.PASS, AnchorResult.NOT_CHECKED}
            # Nothing new: no second token.
            round_of(platform, clock)
            assert len(platform.view(lambda work: anchor_queries.receipts_of(work, "tsa", 9))) == 1
            platform.database.dispose()

    @pytest.mark.parametrize(
        ("misbehaviour", "code"),
        [
            (Misbehaviour.WRONG_IMPRINT, "anchor.refused"),
            (Misbehaviour.REJECTION, "anchor.refused"),
            (Misbehaviour.HANG_UP, "anchor.unreachable"),
        ],
    )
    def test_an_authority_that_misbehaves_is_a_problem_and_nothing_else(
        self,
        settings: Settings,
        clock: ManualClock,
        stamping: TrialTimestampAuthority,
        misbehaviour: Misbehaviour,
        code: str,
    ) -> None:
        with TrialTimestampServer(stamping, misbehaviour=misbehaviour) as server:
            platform = served(settings, clock, server.url)
            write(platform)
            sequence_pending(platform)
            state = round_of(platform, clock)
            assert (state.state, state.problem_code, state.last_size) == ("failed", code, None)
            assert of_entry(platform)[0] == "failed"
            write(platform)
            before = platform.view(queries.pending_count)
            sequence_pending(platform)
            assert platform.view(queries.pending_count) < before
            platform.database.dispose()

    def test_receipts_are_never_changed(
        self, settings: Settings, clock: ManualClock, stamping: TrialTimestampAuthority
    ) -> None:
        with TrialTimestampServer(stamping) as server:
            platform = served(settings, clock, server.url)
            write(platform)
            sequence_pending(platform)
            round_of(platform, clock)
            for act in ("UPDATE log_anchor_receipt SET size = 1", "DELETE FROM log_anchor_transaction"):
                with pytest.raises(DBAPIError):
                    platform.transact(lambda work, act=act: work.session.execute(text(act)))  # type: ignore[misc]  # the default binds the loop's value
            platform.database.dispose()

    def test_a_receipt_reconciles_the_log(
        self, settings: Settings, clock: ManualClock, stamping: TrialTimestampAuthority
    ) -> None:
        with TrialTimestampServer(stamping) as server:
            platform = served(settings, clock, server.url)
            write(platform)
            sequence_pending(platform)
            round_of(platform, clock)
            receipt_id = str(of_entry(platform)[1][0].receipt_id)
            body = platform.view(lambda work: anchor_queries.receipt_body(work, receipt_id))
            assert reconcile(platform, [body]).size > 0
            platform.database.dispose()


class TestSettings:
    @pytest.mark.parametrize(
        "anchors",
        [
            [{"name": "a", "kind": "carrier-pigeon"}],
            [{"name": "a", "kind": "rfc3161", "url": "ftp://tsa.example"}],
            [{"name": "a", "kind": "rfc3161", "url": "http://tsa.example"}] * 2,
            [{"name": "A b", "kind": "rfc3161", "url": "http://tsa.example"}],
            [{"name": "a", "kind": "ethereum", "url": "http://x", "contract": "0x1", "key_file": "none"}],
        ],
    )
    def test_what_cannot_be_joined_is_refused_at_start(
        self, settings: Settings, anchors: list[dict[str, object]]
    ) -> None:
        with pytest.raises(Unavailable) as caught:
            compose(settings.model_copy(update={"log_anchors": anchors}))
        assert caught.value.code == "ANCHOR_SETTINGS"


def test_the_command_line_shows_audits_and_reconciles(settings: Settings, platform: Platform) -> None:
    if settings.database_url:
        pytest.skip("the command finds an embedded database by its folder")
    write(platform)
    sequence_pending(platform)
    head = settings.data_dir.parent / "head.txt"

    def note(work: UnitOfWork) -> bytes:
        newest = queries.newest_checkpoint(work)
        assert newest is not None
        return newest.note.encode()

    head.write_bytes(platform.view(note))

    def run(*arguments: str) -> int:
        folder = ["--data-dir", str(settings.data_dir)]
        return (
            CliRunner().invoke(commands, ["log", *arguments, *folder], env={"SHUANGYIN_KEK": KEK}).exit_code
        )

    assert run("anchors") == 0
    assert run("audit") == 0
    assert run("reconcile", "--head", str(head)) == 0
    assert run("reconcile") == 2
    assert run("confirm-anchor", "nobody") == 2
