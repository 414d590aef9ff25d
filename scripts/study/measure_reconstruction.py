"""Measure how well a decoder draws test digits from their poses: alone, and each digit of a pair from its own pose.

Run: .venv/bin/python scripts/study/measure_reconstruction.py mnist.onnx
Drawings are compared with the original digit, 28×28 pixels in 0..1. The baseline is to draw the mean digit of the
class, over the same test digits. 'told' is the share of the baseline's squared error that the pose removes: 100 % is a
perfect drawing, 0 % one that says no more than the class does. 'nearer' is the share of drawings that are nearer to
their digit than the baseline is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from PIL import Image

from capsonnx import datasets, runtime
from capsonnx.errors import CapsonnxError
from capsonnx.exam.compose import column, row
from capsonnx.exam.draws import different, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--decoder", type=click.Path(path_type=Path), help="[default: beside the model]")
@click.option("--data", default="mnist", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Use the first so many test digits only.")
@click.option("--pair", type=click.Path(path_type=Path), help="Write the first pair, for 'capsonnx perturb', and stop.")
@click.option("--json", "as_json", is_flag=True)
def main(model: Path, decoder: Path | None, data: str, limit: int | None, pair: Path | None, as_json: bool) -> None:
    """Print a line for each way that the digits stand."""
    try:
        if pair is not None:
            digits = datasets.load(data, "test")
            Image.fromarray(column(digits.images[different(digits.targets, 2, stream(0, "pairs"))[:1]])[0]).save(pair)
            return
        network = runtime.load_model(model, provider="cpu")
        rows = measure(network, runtime.load_decoder(network, decoder), datasets.load(data, "test"), limit)
    except CapsonnxError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    click.echo("DIGITS              COUNT  SQUARED ERROR  TOLD     NEARER")
    for name, one in rows.items():
        click.echo(f"{name:<18} {one['digits']:>6}  {one['error']:>13.4f}  {one['told']:>6.1%}  {one['nearer']:>6.1%}")


def measure(
    model: runtime.Model, decoder: runtime.Decoder, digits: datasets.Dataset, limit: int | None = None
) -> dict[str, dict[str, float]]:
    """Measure how near drawings come to their digits: alone, side by side, and one above the other."""
    digits = digits.limited(limit)
    places = different(digits.targets, 2, stream(0, "pairs"))
    pairs = digits.images[places]
    ways = {
        "alone": (digits.images, places[:, :1]),
        "side by side": (row(pairs), places),
        "one above the other": (column(pairs), places),
    }
    return {name: _compare(model, decoder, digits, *way) for name, way in ways.items()}


def _compare(
    model: runtime.Model,
    decoder: runtime.Decoder,
    digits: datasets.Dataset,
    images: NDArray[np.uint8],
    places: NDArray[Any],
) -> dict[str, float]:
    poses = np.concatenate([model(images[start : start + 100]).poses for start in range(0, len(images), 100)])
    errors, means = [], []
    for label, name in enumerate(model.contract.labels):
        which, place = np.nonzero(digits.targets[places] == label)
        if not len(which):
            continue
        own = digits.images[places[which, place]] / 255
        drawn = decoder(poses[which, label], name)
        errors.append(np.square(drawn - own).mean(axis=(1, 2)))
        mean = digits.images[digits.targets == label].mean(axis=0) / 255
        means.append(np.square(mean - own).mean(axis=(1, 2)))
    error, mean_error = np.concatenate(errors), np.concatenate(means)
    return {
        "digits": len(error),
        "error": float(error.mean()),
        "told": float(1 - error.mean() / mean_error.mean()),
        "nearer": float((error < mean_error).mean()),
    }


if __name__ == "__main__":
    main()
