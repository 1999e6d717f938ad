"""Shows the steps as they happen and keeps them for `summary.json`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console


class StepFailed(Exception):
    """A step did not come out as the demonstration demands; the message says what was seen."""


@dataclass
class StepRecord:
    """One step: its name, whether it came out, how long it took, and what it found."""

    name: str
    ok: bool = False
    seconds: float = 0.0
    found: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "ok": self.ok, "seconds": round(self.seconds, 3), **self.found}


class Report:
    """The steps of one run, on the console and in `summary.json`."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder = folder
        self.console = console
        self.steps: list[StepRecord] = []
        self.files: dict[str, str] = {}
        self.facts: dict[str, Any] = {}

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    def chapter(self, zh: str, en: str) -> None:
        self.console.print(f"\n[bold]{zh}[/bold]  [dim]{en}[/dim]")

    def say(self, zh: str, en: str) -> None:
        """Say something that is no step."""
        self.console.print(f"  [yellow]·[/yellow] {zh} [dim]{en}[/dim]", highlight=False)

    @contextmanager
    def step(self, name: str, text: str) -> Iterator[dict[str, Any]]:
        """Time one step. What the body puts into the yielded dict is kept and, under "say", shown."""
        record = StepRecord(name)
        self.steps.append(record)
        started = time.monotonic()
        try:
            with self.console.status(text):
                yield record.found
            record.ok = True
        except Exception as error:
            record.found["error"] = str(error)[:2000]
            self.console.print(f"  [red]✗[/red] {text}\n    [red]{error}[/red]", highlight=False)
            raise
        finally:
            record.seconds = time.monotonic() - started
            said = record.found.pop("say", "")
            if record.ok:
                tail = f" [dim]{said}[/dim]" if said else ""
                self.console.print(f"  [green]✓[/green] {text}{tail}", highlight=False)
            self.write()

    def save(self, name: str, content: bytes) -> Path:
        """Keep a result under its file name and list it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files[name] = str(path)
        return path

    def write(self) -> None:
        summary = {
            "ok": self.ok,
            **self.facts,
            "steps": [s.to_dict() for s in self.steps],
            "files": self.files,
        }
        text = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
        temporary = self.folder / ".summary.json"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self.folder / "summary.json")


def demand(condition: object, message: str) -> None:
    """Raises StepFailed unless the condition holds."""
    if not condition:
        raise StepFailed(message)
