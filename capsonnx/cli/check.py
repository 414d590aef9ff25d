"""``capsonnx check``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from capsonnx.cli.extras import require_train
from capsonnx.errors import InputError

if TYPE_CHECKING:
    from capsonnx.datasets import Dataset
    from capsonnx.model import Network

__all__ = ["command"]


@click.command("check", short_help="Check an ONNX file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--against", metavar="RUN|FILE", type=click.Path(path_type=Path), help="A training folder or float32 file."
)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the data set's own files lie already.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def command(file: Path, against: Path | None, data_dir: Path | None, as_json: bool) -> None:
    """Check an exported ONNX file: contract, operators, and parity with the torch network.

    Without --against, the torch network is rebuilt from the file's own metadata and weights: this shows that the
    graph computes that network. With --against, the weights are those of the training folder or of the other file.
    Exit code 1 if anything fails.

    Of a file of int8 or fp16, parity is not asked. With --against it is measured instead how well it reads the test
    split of the training data, and whether it reads the same.

    \b
    Examples:
      capsonnx check mnist.onnx
      capsonnx check mnist.onnx --against runs/mnist
      capsonnx check mnist.int8.onnx --against mnist.onnx
    """
    require_train("capsonnx check")
    from capsonnx import export
    from capsonnx.cli.inspection import print_inspection

    network, judge = (None, None) if against is None else _reference(against, data_dir, reduced=_is_reduced(file))
    inspection = export.check_file(file, network, judge)
    if as_json:
        click.echo(json.dumps(inspection.to_json(), indent=1))
    else:
        print_inspection(inspection)
        click.echo(f"{file}: {'all good' if inspection.passed else 'FAILED'}")
    if not inspection.passed:
        raise SystemExit(1)


def _is_reduced(file: Path) -> bool:
    from capsonnx.export.checks import load_onnx
    from capsonnx.export.precision import precision_of

    return precision_of(load_onnx(file)) != "fp32"


def _reference(against: Path, data_dir: Path | None, *, reduced: bool) -> tuple[Network, Dataset | None]:
    """The network to compare with, and for a file of fewer bits the test split to compare on."""
    from capsonnx import export, runtime, training

    if against.is_file():
        network = export.load_network(against)
        contract = runtime.load_model(against, provider="cpu").contract
        data, labels = contract.dataset, contract.labels
        if reduced:
            _require_named(data, against)
    else:
        trained = training.load_trained(against)
        network, data, labels = trained.network, trained.config.dataset, trained.config.labels
    return network, export.load_judge(data, labels, data_dir=data_dir) if reduced else None


def _require_named(data: str, against: Path) -> None:
    """Check that data is in the catalogue: of a folder, a file says the name but not the place."""
    from capsonnx.datasets import CATALOGUE

    if data not in CATALOGUE:
        raise InputError(
            f"{against}: does not say where its data '{data}' lies",
            expected="a training folder, or a file of a data set that is known by name",
            remedy="pass the training folder as --against",
        )
