"""Makes the conformance corpus anew: python packages/gmseal/tests/vectors/build.py [FOLDER]

Signatures of SM2 are never the same twice, so every file changes; what a verifier has to say of it does not.
Without a folder the files beside this script are replaced. Nothing is replaced when a judgement is not the one
that the recipe states.
"""

import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[3] / "tests" / "support"))

from corpus import INDEX, TABLE, VECTORS, as_json, as_table, describe, write_corpus  # noqa: E402 - found through the line above


def main() -> int:
    """0 when everything was written."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    with tempfile.TemporaryDirectory() as name:
        fresh = Path(name)
        write_corpus(fresh)
        entries = describe(fresh)
        wrong = 0
        for vector, entry in zip(VECTORS, entries, strict=True):
            told = entry["policies"]["default"]
            stated = (vector.verdict, sorted(vector.fails), sorted(vector.findings))
            judged = (told["verdict"], told["fails"], entry["findings"])
            if stated != judged or not set(vector.warns) <= set(entry["warnings"]):
                wrong += 1
                told_of = f"stated {stated} {vector.warns}, judged {judged} {entry['warnings']}"
                sys.stderr.write(f"{vector.name}: {told_of}\n")
        if wrong:
            return 1
        (fresh / INDEX).write_text(as_json(entries), "utf-8")
        (fresh / TABLE).write_text(as_table(entries), "utf-8")
        _replace(fresh, target)
    sys.stdout.write(f"{target}: {len(entries)} files\n")
    return 0


def _replace(fresh: Path, target: Path) -> None:
    """Everything in the target but this script gives way to what is fresh."""
    target.mkdir(exist_ok=True)
    for old in target.iterdir():
        if old.is_dir() and (old.name == "trust" or old.name.startswith("trust-")):
            shutil.rmtree(old)
        elif old.suffix in {".esl", ".dat", ".ofd", ".pdf"}:
            old.unlink()
    shutil.copytree(fresh, target, dirs_exist_ok=True)


if __name__ == "__main__":
    sys.exit(main())
