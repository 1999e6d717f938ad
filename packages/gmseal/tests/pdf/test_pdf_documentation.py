"""The examples of docs/pdf.md run as they stand there."""

import re
from pathlib import Path
from typing import Any

from gmseal.trial import TrialUnit

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "pdf.md"


def test_the_examples_run(bench: Any, blueprint: Any, unit: TrialUnit) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    names = {
        "document": blueprint().table(),
        "sealer": bench.signer,
        "certificate": unit.certificate,
        "key": unit.key,
        "trust": bench.trust,
        "now": bench.now,
    }
    for block in blocks:
        exec(compile(block, DOCUMENTATION.name, "exec"), names)
