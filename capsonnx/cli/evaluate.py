"""``capsonnx evaluate``: measure a model on exams, and print a table or JSON."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx import __version__
from capsonnx.cli.values import complete_data, complete_exam, complete_provider
from capsonnx.cli.wording import counted
from capsonnx.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capsonnx.datasets import Dataset
    from capsonnx.exam import Exam, Result
    from capsonnx.runtime import Model

__all__ = ["command"]


@click.command("evaluate", short_help="Measure a model on exams of one and several symbols.")
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option(
    "--data",
    metavar="NAME|FOLDER",
    default="mnist",
    shell_complete=complete_data,
    help="mnist, fashion-mnist, or a folder per class.",
)
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the data set's own files lie already.")
@click.option(
    "--provider",
    metavar="auto|cpu|cuda|NAME",
    default="auto",
    shell_complete=complete_provider,
    help="What to run on.",
)
@click.option("--batch-size", type=click.IntRange(min=1), default=64, help="Images scored at once.")
@click.option(
    "--exam",
    "names",
    metavar="NAME",
    multiple=True,
    shell_complete=complete_exam,
    help="One exam; may be repeated.  [default: all]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of the choices that exams make.")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Least score of a label.  [default: the model's own]")
@click.option("--limit", type=click.IntRange(min=1), help="Use the first so many test digits only.  [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def command(
    *,
    model: Path | None,
    data: str,
    data_dir: Path | None,
    provider: str,
    batch_size: int,
    names: tuple[str, ...],
    seed: int,
    threshold: float | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """Measure a model on exams: images composed of test digits, by a seed.

    MODEL is an .onnx file made by 'capsonnx export'; left out, it is the shipped digit model. The same seed gives the
    same exams on every machine. Exams that need more classes than the data has are left out. Only the test split is
    measured on: of a folder with a sub-folder per class about one image in six, chosen by a hash of its file name, or
    all of its sub-folder test/ where it holds train/ and test/.

    \b
    Exams:
      singles                 every test digit as it is
      pairs-vertical          two different digits, one above the other
      pairs-horizontal        two different digits, side by side
      padded-14, padded-42    one digit, so many pixels of black on every side
      row-3, row-5            so many different digits side by side

    For an image of k digits the table says how often the k highest scores are the right ones; how often, besides, all
    of them are above the threshold; and how often the scores above the threshold are exactly the right ones.

    \b
    Examples:
      capsonnx evaluate                                 the shipped model
      capsonnx evaluate --exam pairs-vertical           one exam
      capsonnx evaluate --limit 500 --json              a quick look, for machines
      capsonnx evaluate letters.onnx --data letters/    one's own model and images
    """
    from capsonnx import datasets, exam, runtime

    network = runtime.load_model(model, provider=provider)
    dataset = _first(datasets.load(data, "test", data_dir=data_dir, progress=True), limit)
    _check_labels(network, dataset)
    threshold = network.contract.threshold if threshold is None else threshold
    exams = exam.build_exams(dataset, names or None, seed=seed)
    if not names and len(exams) < len(exam.EXAMS):
        left_out = exam.EXAMS.keys() - {one.name for one in exams}
        click.echo(f"left out, for want of classes: {', '.join(sorted(left_out))}", err=True)
    results = _sit(network, exams, threshold, batch_size)
    facts = {
        "model": str(network.path),
        "provider": network.provider,
        "data": data,
        "test_digits": len(dataset),
        "batch_size": batch_size,
        "threshold": threshold,
        "seed": seed,
        "versions": _versions(),
    }
    if as_json:
        click.echo(json.dumps({**facts, "exams": [dataclasses.asdict(result) for result in results]}, indent=2))
    else:
        _print(results, facts)


def _first(dataset: Dataset, limit: int | None) -> Dataset:
    import numpy as np

    return dataset if limit is None else dataset.take(np.arange(min(limit, len(dataset))))


def _check_labels(network: Model, dataset: Dataset) -> None:
    if network.contract.labels != dataset.labels:
        raise InputError(
            f"{network.path}: reads {_listed(network.contract.labels)}, {dataset.name} holds {_listed(dataset.labels)}",
            expected="a model and data of the same classes",
            remedy="pass the data that the model was trained for with --data",
        )


def _listed(labels: Sequence[str]) -> str:
    """The labels, or of many the first ones."""
    return ", ".join(labels if len(labels) <= 4 else [*labels[:3], "…", labels[-1]])


def _sit(network: Model, exams: Sequence[Exam], threshold: float, batch_size: int) -> list[Result]:
    from capsonnx.exam import sit
    from capsonnx.progress import progress_bar

    results = []
    with progress_bar("evaluating", sum(map(len, exams))) as bar:
        bar.log(f"{network.path}: {counted(len(exams), 'exam')} on {network.provider}")
        for exam in exams:
            bar.describe(exam.name)
            results.append(sit(network, exam, threshold=threshold, batch_size=batch_size, advance=bar.advance))
    return results


def _versions() -> dict[str, str]:
    import numpy as np
    import onnxruntime

    return {"capsonnx": __version__, "onnxruntime": onnxruntime.__version__, "numpy": np.__version__}


def _print(results: Sequence[Result], facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("exam", no_wrap=True)
    for heading in ("images", "top k right", f"and above {facts['threshold']:g}", "exact set", "images/s"):
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        shares = [f"{100 * share:.2f} %" for share in (result.top, result.confident, result.exact)]
        table.add_row(result.name, str(result.images), *shares, f"{result.images_per_second:.1f}")
    # Wide enough for every line, whatever the terminal or COLUMNS says: rich would cut numbers short.
    console = Console(width=10_000, highlight=False, markup=False)
    console.print(table)
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    console.print()
    for name, value in {**facts, "versions": versions}.items():
        console.print(f"{name.replace('_', ' '):<11}  {value}", soft_wrap=True)
