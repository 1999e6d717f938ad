"""Run the benchmarks, print a table and write JSON."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import (
    approval_inbox,
    authority,
    cold_start,
    device_broker,
    device_events,
    document_batches,
    evidence_log,
    large_file,
    leaving,
    list_simulation,
    pdf_sealing,
    scenario_decisions,
    seal_use,
    sm2_engine,
    verification_parts,
)

BENCHMARKS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "approval_inbox": approval_inbox.run,
    "authority": authority.run,
    "cold_start": cold_start.run,
    "device_broker": device_broker.run,
    "device_events": device_events.run,
    "document_batches": document_batches.run,
    "evidence_log": evidence_log.run,
    "large_file": large_file.run,
    "leaving": leaving.run,
    "list_simulation": list_simulation.run,
    "pdf_sealing": pdf_sealing.run,
    "scenario_decisions": scenario_decisions.run,
    "seal_use": seal_use.run,
    "sm2_engine": sm2_engine.run,
    "verification_parts": verification_parts.run,
}


def main() -> None:
    """Measure what was asked for; JSON goes to the output folder and, with --json, to standard output."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--only", choices=sorted(BENCHMARKS), action="append", help="Run only this one; repeatable."
    )
    parser.add_argument("--output", type=Path, help="Folder for a JSON file per benchmark.")
    parser.add_argument("--json", action="store_true", help="Print JSON instead of tables.")
    arguments = parser.parse_args()
    console = Console()
    for name in arguments.only or sorted(BENCHMARKS):
        result = {"benchmark": name, "python": platform.python_version(), "rows": BENCHMARKS[name]()}
        text = json.dumps(result, ensure_ascii=False, indent=1)
        if arguments.output:
            arguments.output.mkdir(parents=True, exist_ok=True)
            (arguments.output / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        if arguments.json:
            print(text)
        else:
            console.print(_table(name, result["rows"]))


def _table(name: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=name)
    # Rows of one benchmark may tell different things: every column that any of them has, in the order of appearance.
    columns = list({column: None for row in rows for column in row})
    for column in columns:
        numbers = any(isinstance(row.get(column), int | float) for row in rows)
        table.add_column(column, justify="right" if numbers else "left")
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    return table


if __name__ == "__main__":
    main()
