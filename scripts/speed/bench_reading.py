"""Measure what reading costs besides inference: picking symbols out of the field, and preparing scans and photos.

Run: .venv/bin/python scripts/speed/bench_reading.py [--model FILE] [--output exported/reading-speed.md]
Each is measured on the same pages as inference, in turns with it, on the CPU. Prints two tables. The exit code is 1 if
picking takes more than 10 % of the time of inference.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from capsonnx import datasets, exam, runtime
from capsonnx.benchmark import cores, processor
from capsonnx.benchmark.tables import markdown_table
from capsonnx.benchmark.timing import measure, ratio
from capsonnx.contract import FIELD, LENGTHS
from capsonnx.files import write_text
from capsonnx.preparation import prepare
from capsonnx.runtime.page import grey, load_page
from capsonnx.runtime.picking import find_symbols
from capsonnx.runtime.reading import in_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

EXAMS = ("strings-1", "strings-2", "strings-5", "strings-10", "lines-3", "scattered-512")
SCANS = ("strings-5", "ruled-5", "degraded-5", "ruled-degraded-5", "shadowed-5", "photo-5")
PAGES, BATCH, FEW = 200, 32, 8
MOST = 0.1


def batch_of(pages: exam.PageExam, model: runtime.Model) -> NDArray[np.uint8]:
    """The pages of the most common shape, as ``infer`` would batch them: (batch, height, width)."""
    placed = [load_page(image, model.contract).levels for image in pages.images[:PAGES]]
    [(shape, _)] = Counter(page.shape for page in placed).most_common(1)
    return np.stack([page for page in placed if page.shape == shape][:BATCH])


def read(model: runtime.Model, images: NDArray[np.uint8], fields: NDArray[np.float32]) -> None:
    """Pick the symbols of every page."""
    windows = model.contract.windows
    assert windows is not None  # noqa: S101 - main has looked
    for symbols in find_symbols(fields, images, model.contract.labels, windows):
        in_lines(symbols, height=windows.size[0])


def prepared(model: runtime.Model, seconds: float) -> str:
    """A table of the time it takes to prepare one page after the other, and then to infer it."""
    rows = []
    for pages in exam.build_page_exams(datasets.load("mnist", "test"), SCANS):
        given = [grey(image) for image in pages.images[:FEW]]
        placed = [load_page(image, model.contract).levels[np.newaxis] for image in pages.images[:FEW]]
        calls = {
            "prepare": lambda given=given: [prepare(page) for page in given],
            "infer": lambda placed=placed: [model(page, (LENGTHS, FIELD)) for page in placed],
        }
        timings = measure(calls, seconds=seconds)
        each = (f"{1000 * timings[key].median / FEW:.1f}" for key in calls)
        rows.append([pages.name, "{}×{}".format(*given[0].shape), *each])
    return markdown_table(["pages", "pixels", "preparation, ms a page", "inference, ms a page"], rows)


@click.command()
@click.option("--model", "path", type=click.Path(path_type=Path), help="The .onnx file.  [default: shipped]")
@click.option("--seconds", default=3.0, help="To measure each, on each kind of page.")
@click.option("--output", type=click.Path(path_type=Path), help="Write the table there, too.")
def main(path: Path | None, seconds: float, output: Path | None) -> None:
    """Print the tables."""
    model = runtime.load_model(path or runtime.default_model_path(), provider="cpu")
    if model.contract.windows is None:
        raise click.UsageError(f"{model.path} has no output 'field'")
    rows, worst = [], 0.0
    for pages in exam.build_page_exams(datasets.load("mnist", "test"), EXAMS):
        images = batch_of(pages, model)
        fields = model(images, (FIELD,)).field
        assert fields is not None  # noqa: S101 - it was asked for
        calls: dict[str, Callable[[], object]] = {
            "infer": partial(model, images, (LENGTHS, FIELD)),
            "read": partial(read, model, images, fields),
        }
        timings = measure(calls, seconds=seconds)
        share = ratio(timings["infer"], timings["read"])  # picking time over inference time, so less than one
        worst = max(worst, share.median)
        each = (f"{1000 * timings[key].median / len(images):.2f}" for key in ("infer", "read"))
        spread = f"{share.least:.1%} to {share.greatest:.1%}"
        rows.append([pages.name, "{}×{}×{}".format(*images.shape), *each, f"{share.median:.1%} ({spread})"])
    headings = ["pages", "batch", "inference, ms a page", "picking, ms a page", "picking by inference"]
    tables = [markdown_table(headings, rows), prepared(model, seconds)]
    machine = f"{processor()}, {cores()} cores, {model.provider}; medians over {seconds:g} s each, in turns."
    text = "\n\n".join([*tables, machine])
    click.echo(text)
    if output is not None:
        write_text(output, text + "\n")
    if worst > MOST:
        raise click.ClickException(f"picking takes {worst:.1%} of the time of inference; expected at most {MOST:.0%}")


if __name__ == "__main__":
    main()
