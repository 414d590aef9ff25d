"""``capsonnx check``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from capsonnx.cli.extras import require_train

__all__ = ["command"]


@click.command("check", short_help="Check an ONNX file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--against", type=click.Path(path_type=Path), help="A training folder to compare with.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def command(file: Path, against: Path | None, as_json: bool) -> None:
    """Check an exported ONNX file: contract, operators, and parity with the torch network.

    Without --against, the torch network is rebuilt from the file's own metadata and weights: this shows that the
    graph computes that network. With --against, the weights are those of the training folder. Exit code 1 if
    anything fails.

    \b
    Examples:
      capsonnx check mnist.onnx
      capsonnx check mnist.onnx --against runs/mnist
    """
    require_train("capsonnx check")
    from capsonnx import export, training
    from capsonnx.cli.inspection import print_inspection

    network = training.load_trained(against).network if against else None
    inspection = export.check_file(file, network)
    if as_json:
        click.echo(json.dumps(inspection.to_json(), indent=1))
    else:
        print_inspection(inspection)
        click.echo(f"{file}: {'all good' if inspection.passed else 'FAILED'}")
    if not inspection.passed:
        raise SystemExit(1)
