"""Choose the parameters of reading on held-out digits: the peak threshold, and how far apart symbols are.

Run: .venv/bin/python scripts/study/choose_reading.py exported/mnist.onnx
Pages are made of training digits that were held out of the training; the test split is not touched. The fields are
computed once. For each choice of parameters, the table gives the exact strings, in %, of every exam, and their mean.
"""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from capsonnx import datasets, exam, runtime
from capsonnx.contract import FIELD
from capsonnx.datasets import split_held_out
from capsonnx.exam.page_scoring import exact_strings, joined
from capsonnx.progress import progress_bar
from capsonnx.runtime.page import load_page
from capsonnx.runtime.picking import find_symbols
from capsonnx.runtime.reading import in_lines

if TYPE_CHECKING:
    from capsonnx.exam import PageExam

EXAMS = (
    "strings-2",
    "strings-5",
    "strings-8",
    "spacing--4",
    "spacing-0",
    "spacing-4",
    "lines-3",
    "scaled-0.7",
    "scaled-1.2",
)
THRESHOLDS = (0.4, 0.5, 0.6, 0.7)
ACROSS = (10.0, 12.0, 14.0)
TOUCHING = (6.0, 8.0, 10.0)
SURE = (0.8, 0.85, 0.9, 1.0)
"""With the last value, symbols are never closer than ``apart``."""


def fields(model: runtime.Model, pages: PageExam) -> list[tuple[np.ndarray, np.ndarray]]:
    """The placed image and the field of every page."""
    found = []
    for image in pages.images:
        placed = load_page(image, model.contract).levels
        field = model(placed[np.newaxis], (FIELD,)).field
        found.append((placed, np.asarray(field)[0]))
    return found


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--count", default=500, help="Pages of each exam.")
@click.option("--seed", default=0, help="Of the training, which says what digits it held out.")
def main(model: Path, count: int, seed: int) -> None:
    """Print the table."""
    network = runtime.load_model(model, provider="cpu")
    contract = network.contract
    if contract.windows is None:
        raise click.UsageError(f"{model} has no output 'field'")
    _, held_out = split_held_out(datasets.load("mnist", "train"), 5000, seed)
    exams = [
        dataclasses.replace(pages, images=pages.images[:count], truth=pages.truth[:count])
        for pages in exam.build_page_exams(held_out, EXAMS)
    ]
    with progress_bar("fields", len(exams)) as bar:
        read = []
        for pages in exams:
            read.append(fields(network, pages))
            bar.advance()
    click.echo(
        f"{'threshold':>9} {'apart':>5} {'touching':>8} {'sure':>5} "
        + " ".join(f"{name:>10}" for name in EXAMS)
        + f" {'mean':>7}"
    )
    for threshold, across, touching, sure in itertools.product(THRESHOLDS, ACROSS, TOUCHING, SURE):
        if touching >= across or (sure == 1 and touching > TOUCHING[0]):
            continue
        down = contract.windows.apart[0]
        windows = dataclasses.replace(
            contract.windows, threshold=threshold, apart=(down, across), touching=(down, touching), sure=sure
        )
        shares = []
        for pages, inputs in zip(exams, read, strict=True):
            texts = []
            for levels, field in inputs:
                [symbols] = find_symbols(field[None], levels[None], contract.labels, windows)
                lines = in_lines(symbols, height=windows.size[0])
                texts.append(joined([[symbol.label for symbol in line] for line in lines]))
            truth = [joined([[contract.labels[one.target] for one in line] for line in page]) for page in pages.truth]
            shares.append(100 * exact_strings(texts, truth))
        row = " ".join(f"{share:10.1f}" for share in shares)
        click.echo(f"{threshold:9.1f} {across:5.0f} {touching:8.0f} {sure:5.2f} {row} {np.mean(shares):7.2f}")


if __name__ == "__main__":
    main()
