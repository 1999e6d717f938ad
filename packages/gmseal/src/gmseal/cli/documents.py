"""gmseal verify: one document."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gmseal.cli.console import (
    FILE,
    parse_instant,
    prefers_chinese,
    show_error,
    show_json,
)
from gmseal.errors import GmsealError
from gmseal.policy import DEFAULT, POLICIES, Policy

if TYPE_CHECKING:
    from gmseal.report import Report, TrustStore

# What a command does not need is imported inside it: this one must start quickly.

_EXIT_STATUS = {"valid": 0, "invalid": 1, "indeterminate": 3}
_UNREADABLE = 2


@click.command()
@click.argument("file", type=FILE)
@click.option("--trust", type=FILE, help="Directory of trusted roots; otherwise GMSEAL_TRUST.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@click.option("--at", help="Judge as of this time (ISO 8601); now.")
@click.option(
    "--policy",
    "policy_name",
    type=click.Choice(sorted(POLICIES)),
    default=DEFAULT.name,
    show_default=True,
    help="What is accepted; strict counts every deviation of form.",
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Language of the report; otherwise the locale's."
)
def verify(
    *,
    file: Path,
    trust: Path | None,
    as_json: bool,
    at: str | None,
    policy_name: str,
    lang: str | None,
) -> None:
    """Verify. Exit status: 0 valid, 1 not valid, 2 unreadable, 3 indeterminate."""
    from gmseal.cli.show import report_lines  # noqa: PLC0415 - see above
    from gmseal.report import TrustStore  # noqa: PLC0415 - see above

    try:
        store = TrustStore.from_directory(trust) if trust else TrustStore.from_environment()
        report = verify_file(file, store, parse_instant(at), POLICIES[policy_name])
    except (GmsealError, OSError) as error:
        _show_unreadable(error, as_json=as_json)
        click.get_current_context().exit(_UNREADABLE)
    if as_json:
        show_json(report.to_dict())
    else:
        for line in report_lines(report, file.name, chinese=prefers_chinese(lang)):
            click.echo(line)
    click.get_current_context().exit(_EXIT_STATUS[report.verdict.value])


def verify_file(file: Path, trust: "TrustStore", at: datetime | None, policy: Policy = DEFAULT) -> "Report":
    """Judge a file by what it contains, not by its name. Raises ``GmsealError`` when unreadable."""
    from gmseal.batch.documents import verify_document  # noqa: PLC0415 - see above

    return verify_document(file, trust, at, policy)


def _show_unreadable(error: GmsealError | OSError, *, as_json: bool) -> None:
    from gmseal.batch.documents import failure_of  # noqa: PLC0415 - see above

    code = failure_of(error).code
    if as_json:
        show_json({"verdict": "unreadable", "code": code, "message": str(error)})
    else:
        show_error(code, str(error))
