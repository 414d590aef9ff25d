"""Draw the first images of an exam that a model misreads, each with its scores.

Run: .venv/bin/python scripts/figures/make_failures_figure.py exported/mnist.onnx -o failures.png
"""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from capsonnx import datasets, exam, runtime
from capsonnx.errors import CapsonnxError
from capsonnx.pictures.failures import draw_failures


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True)
@click.option("--data", default="mnist", show_default=True)
@click.option("--exam", "name", default="pairs-vertical", show_default=True)
@click.option("--most", type=click.IntRange(min=1), default=24, show_default=True, help="Images to draw at most.")
@click.option("--limit", type=click.IntRange(min=1), help="Use the first so many test digits only.")
def main(model: Path, output: Path, data: str, name: str, most: int, limit: int | None) -> None:
    """Draw and save the images of whose k highest scores one is wrong; of empty images, those with a score too high."""
    try:
        click.echo(f"{output}: {draw(model, output, data, name, most, limit)}")
    except CapsonnxError as error:
        raise click.ClickException(str(error)) from None


def draw(model: Path, output: Path, data: str, name: str, most: int, limit: int | None) -> str:
    """Draw and save the figure, and return its title."""
    network = runtime.load_model(model, provider="cpu")
    contract, digits = network.contract, datasets.load(data, "test")
    (sat,) = exam.build_exams(digits.limited(limit), [name])
    lengths = exam.score(network, sat).lengths
    silent = exam.exact_right(lengths, sat.targets, contract.threshold)
    wrong = np.flatnonzero(~(exam.top_right(lengths, sat.targets) if sat.targets.size else silent))
    shown = wrong[:most]
    title = f"{name}: the first {len(shown)} of {len(wrong)} that are wrong, of {len(sat)}"
    draw_failures(
        *(sat.images[shown], sat.targets[shown], lengths[shown], contract.labels, output),
        threshold=contract.threshold,
        title=title,
    )
    return title


if __name__ == "__main__":
    main()
