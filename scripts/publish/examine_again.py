"""Examine a shipped file again, and update its NAME.exams.json and the tables of its card.

Run: .venv/bin/python scripts/publish/examine_again.py exported/mnist.onnx --all
     .venv/bin/python scripts/publish/examine_again.py exported/fashion-mnist.onnx
The exams are those of the last time, on the same data; with --all, every exam that exists by now.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from card import exams_text

from capsonnx.evaluation import evaluate
from capsonnx.files import write_text
from capsonnx.runtime import load_model

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]


def examine(model: Path, data: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """Run some or all exams of a file, as ``capsonnx evaluate`` does; save the results beside it as NAME.exams.json."""
    found = evaluate(load_model(model), data, names, batch_size=128)
    exams = {**found.to_json(), "model": str(model.resolve().relative_to(ROOT))}
    text = json.dumps(exams, indent=1) + "\n"
    write_text(model.with_suffix(".exams.json"), text)
    values: dict[str, Any] = json.loads(text)
    return values


def renewed(card: str, exams: dict[str, Any]) -> str:
    """A card with its exams replaced."""
    before, rest = card.split("## Exams\n")
    after = rest.split("## Known limits\n")[1]
    return f"{before}{exams_text(exams)}\n## Known limits\n{after}"


@click.command()
@click.argument("model", type=click.Path(exists=True, path_type=Path))
@click.option("--all", "all_exams", is_flag=True, help="Examine by every exam.  [default: those of the last time]")
def main(model: Path, *, all_exams: bool) -> None:
    """Examine MODEL, a file of exported/, again."""
    last = json.loads(model.with_suffix(".exams.json").read_text(encoding="utf-8"))
    names = [result["name"] for result in (*last["exams"], *last.get("pages", []))]
    exams = examine(model, last["data"], () if all_exams else names)
    path = model.with_suffix(".md")
    write_text(path, renewed(path.read_text(encoding="utf-8"), exams))


if __name__ == "__main__":
    main()
