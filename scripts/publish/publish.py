"""Export a finished run as a shipped model: NAME.onnx, NAME.int8.onnx, reports, exam figures, its curves, its card.

Run: .venv/bin/python scripts/publish/publish.py runs/default --name mnist
     .venv/bin/python scripts/publish/publish.py runs/fashion --name fashion-mnist --exam singles --exam pairs
Everything goes to exported/. Every figure in the card is printed by this command. If the int8 file does not pass the
gate, it is not kept, and the card says so.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from card import card
from examine_again import ROOT, examine

from capsonnx import datasets, export, training
from capsonnx.errors import ParityError
from capsonnx.files import write_bytes, write_text

if TYPE_CHECKING:
    from capsonnx.contract import Contract


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Of the files in exported/.")
@click.option("--exam", "names", multiple=True, help="Examine by these alone; may be repeated.  [default: all]")
def main(run: Path, name: str, names: tuple[str, ...]) -> None:
    """Export, examine, and write the card."""
    target = ROOT / "exported" / f"{name}.onnx"
    trained = training.load_trained(run)
    contract = export.contract_of(trained)
    inspection = export.export(trained.network, contract, target)
    reduced = export_int8(trained, contract, target.with_suffix(".int8.onnx"))
    exams = examine(target, trained.config.dataset, names)
    write_bytes(target.with_suffix(".curves.png"), (run / "curves.png").read_bytes())
    count = len(datasets.load(trained.config.dataset, "train"))
    text = card(run, name, trained, [inspection, *reduced], exams, count=count)
    write_text(target.with_suffix(".md"), text)
    print(text)


def export_int8(trained: training.Trained, contract: Contract, target: Path) -> list[export.Inspection]:
    """Export the int8 file as well. If it reads differently, keep neither it nor one of an earlier run."""
    calibration = export.calibration_of(trained.config)
    try:
        return [export.export(trained.network, contract, target, precision="int8", calibration=calibration)]
    except ParityError as error:
        for path in (target, export.report_path(target)):
            path.unlink(missing_ok=True)
        print(f"no int8 file: {error}", file=sys.stderr)
        return []


if __name__ == "__main__":
    main()
