"""``capsonnx check``: check an exported ONNX file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from capsonnx.cli.extras import require_train
from capsonnx.cli.options import data_dir_option, json_option
from capsonnx.cli.values import complete_data
from capsonnx.errors import InputError

if TYPE_CHECKING:
    from capsonnx.datasets import Dataset
    from capsonnx.export import Inspection
    from capsonnx.model import Decoder, Network

__all__ = ["command"]


@click.command("check", short_help="Check an ONNX file.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--against", metavar="RUN|FILE", type=click.Path(path_type=Path), help="A training folder or float32 file."
)
@click.option(
    "--data",
    metavar="NAME|FOLDER",
    shell_complete=complete_data,
    help="The data to compare an int8 or fp16 file on.  [default: its training data]",
)
@data_dir_option
@json_option
def command(file: Path, against: Path | None, data: str | None, data_dir: Path | None, as_json: bool) -> None:
    """Check an exported ONNX file: contract, operators, and parity with the torch network.

    Without --against, the torch network is rebuilt from the file's own metadata and weights: this shows that the graph
    computes that network. With --against, the weights are those of the training folder or of the other file. The exit
    code is 1 if anything fails.

    Parity is not required of an int8 or fp16 file. With --against, the check measures instead how well the file reads
    the test split of the training data, and how far it agrees with the network. A file records the name of its data,
    but not where a folder lies: give that with --data.

    A decoder's file is compared only with --against, with the decoder of that training folder.

    \b
    Examples:
      capsonnx check mnist.onnx
      capsonnx check mnist.onnx --against runs/mnist
      capsonnx check mnist.int8.onnx --against mnist.onnx
      capsonnx check letters.int8.onnx --against letters.onnx --data letters/
      capsonnx check mnist.decoder.onnx --against runs/mnist
    """
    require_train("capsonnx check")
    from capsonnx.cli.inspection import print_inspection

    inspection = _inspect(file, against, data, data_dir)
    if as_json:
        click.echo(json.dumps(inspection.to_json(), indent=1))
    else:
        print_inspection(inspection)
        click.echo(f"{file}: {'all good' if inspection.passed else 'FAILED'}")
    if not inspection.passed:
        raise SystemExit(1)


def _inspect(file: Path, against: Path | None, data: str | None, data_dir: Path | None) -> Inspection:
    """Inspect the file of a network or of a decoder."""
    from capsonnx import export
    from capsonnx.export.precision import precision_of

    model = export.load_onnx(file)
    if export.is_decoder(model):
        return export.check_decoder(file, None if against is None else _decoder_of(against))
    if against is None:
        return export.check_file(file)
    return export.check_file(file, *_reference(against, data, data_dir, reduced=precision_of(model) != "fp32"))


def _decoder_of(run: Path) -> Decoder:
    from capsonnx import training

    decoder = None if run.is_file() else training.load_trained(run).decoder
    if decoder is None:
        raise InputError(
            f"{run}: {'a file' if run.is_file() else 'a run without a decoder'}",
            expected="the training folder that the decoder was exported from",
            remedy="pass that as --against, or leave it out",
        )
    return decoder


def _reference(
    against: Path, given: str | None, data_dir: Path | None, *, reduced: bool
) -> tuple[Network, Dataset | None]:
    """Return the network to compare with and, for an int8 or fp16 file, the test split to compare on."""
    from capsonnx import export, runtime, training

    if against.is_file():
        network = export.load_network(against)
        contract = runtime.load_model(against, provider="cpu").contract
        data, labels = contract.dataset, contract.labels
        if reduced and given is None:
            _require_named(data, against)
    else:
        trained = training.load_trained(against)
        network, data, labels = trained.network, trained.config.dataset, trained.config.labels
    return network, export.load_test_split(given or data, labels, data_dir=data_dir) if reduced else None


def _require_named(data: str, against: Path) -> None:
    """Check that the data is in the catalogue: of a folder, a file records the name but not the place."""
    from capsonnx.datasets import CATALOGUE

    if data not in CATALOGUE:
        raise InputError(
            f"{against}: does not say where its data '{data}' lies",
            expected="a data set that is known by name, or where its folder is",
            remedy="pass it as --data FOLDER, or the training folder as --against",
        )
