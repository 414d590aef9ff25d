"""Train every variant of a matrix from several seeds, and examine each through ONNX Runtime.

Run, in scripts/study, with ../../.venv/bin/python:
     study.py                               # everything that is not in exported/study/study.csv yet
     study.py --matrix seeds.toml           # … in exported/study/seeds.csv yet
     study.py --matrix seeds.toml --only whole-pooled --seeds 1 --results mine.csv
     study_report.py --matrix seeds.toml    # then: table and figures from that file

The names for --only stand in the matrix, beside the titles in the tables. Each run has a folder runs/study/NAME-SEED.
One that was stopped goes on after its last epoch; one that was examined is in the results and is not made again. One
whose file the gate refuses is not counted, and said so.
Nothing is chosen by the test split: recipes are tried on held-out training digits, and every run of the study counts.
What was tried on the way to the default recipe is a matrix of its own:

     study.py --matrix tried.toml --held-out

and so are what was tried by digits of other hands, hands.toml, the variants that the article names, variants.toml, and
trainings with more and fewer iterations of routing, retrained.toml.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx import datasets, exam, export, runtime, training
from capsonnx.benchmark import processor
from capsonnx.errors import CapsonnxError, InputError, ParityError
from capsonnx.evaluation import evaluate
from capsonnx.files import write_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

MATRICES = Path(__file__).parent
ROOT = MATRICES.parents[1]
STUDY = ROOT / "exported" / "study"
RUNS = ROOT / "runs" / "study"


@dataclasses.dataclass(frozen=True)
class Variant:
    """One row of the matrix.

    Attributes:
        name: of the run folders and in the results.
        title: in the table.
        seeds: how many runs, from seeds 0, 1, …
        exams: what each run sits.
        data, recipe, network, routings, epochs: as for ``capsonnx train``.
        limit: train on so many digits only.
        held_out: how many training digits are kept aside.
        routing, squash, sharing, coupling_axis: likewise, of the capsule layer.
        changes: of fields of the recipe.
    """

    name: str
    title: str
    seeds: int
    exams: list[str]
    data: str = "mnist"
    recipe: str = "default"
    network: Any = "capsule"
    routings: int = 3
    routing: Any = "su-normalised"
    squash: Any = "half"
    sharing: Any = "shared"
    coupling_axis: Any = "output"
    limit: int | None = None
    held_out: int | None = None
    epochs: int | None = None
    changes: dict[str, Any] = dataclasses.field(default_factory=dict)

    def config(self, dataset: datasets.Dataset, device: torch.device, seed: int) -> training.TrainingConfig:
        """The config of one run."""
        network = ("network", "routings", "routing", "squash", "sharing", "coupling_axis")
        given = {name: getattr(self, name) for name in ("recipe", *network, "epochs", "limit", "held_out")}
        config = training.make_config(self.data, dataset, device, seed=seed, **given)
        changes = {key: tuple(value) if isinstance(value, list) else value for key, value in self.changes.items()}
        recipe = dataclasses.replace(config.recipe, **changes)  # type: ignore[arg-type] # read from a matrix
        shape = dataclasses.replace(config.network, stem_bias=recipe.stem_bias, widths=recipe.widths)
        return dataclasses.replace(config, recipe=recipe, network=shape)


def load_matrix(path: Path) -> list[Variant]:
    """The variants of a file, each with the file's defaults; and all of them again on each data set of ``[again]``.

    There they have the data set's name before their own, and what stands in its table changed. A variant's changes of
    the recipe come on top of the defaults' changes.

    Raises:
        InputError: the file is no matrix.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        defaults = values["defaults"]
        variants = [
            Variant(**{**defaults, **variant, "changes": defaults.get("changes", {}) | variant.get("changes", {})})
            for variant in values["variants"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: no matrix ({error})",
            expected="a file like study.toml",
            remedy="pass one as --matrix",
        ) from None
    return variants + [
        dataclasses.replace(variant, name=f"{data}-{variant.name}", data=data, **changes)
        for data, changes in values.get("again", {}).items()
        for variant in variants
    ]


def results_of(matrix: Path, *, held_out: bool = False) -> Path:
    """Where the results of a matrix go unless another place is named."""
    return STUDY / f"{matrix.stem}{'-held-out' if held_out else ''}.csv"


def load_results(path: Path) -> list[dict[str, str]]:
    """The lines of a file of results, none where there is no file yet."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save_results(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a file of results, whole and atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    # Older rows lack what was measured first after them.
    fieldnames = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(text, fieldnames, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def trained(variant: Variant, seed: int, folder: Path, device: torch.device) -> training.Trained:
    """Train one run, or go on with it, or load it if it is done."""
    dataset = datasets.load(variant.data, "train", progress=True)
    config = variant.config(dataset, device, seed)
    training.train(config, dataset, folder, device=device, resume=(folder / "config.json").exists())
    return training.load_trained(folder)


def judge(done: training.Trained, *, held_out: bool) -> datasets.Dataset:
    """The digits to examine a run on: the test split, or those that the run held out of its training."""
    config = done.config
    if not held_out:
        return datasets.load(config.dataset, "test")
    return datasets.split_held_out(datasets.load(config.dataset, "train"), config.held_out, config.seed)[1]


def examine(variant: Variant, model: runtime.Model, digits: datasets.Dataset) -> tuple[exam.Result, ...]:
    """What the exported file scores on the exams of a variant."""
    return evaluate(model, digits, variant.exams).exams


def run(
    variant: Variant, seed: int, device: torch.device, provider: str, *, held_out: bool = False
) -> list[dict[str, Any]]:
    """Train, export through the gate, examine: one run's lines of the results."""
    folder = RUNS / f"{variant.name}-{seed}"
    done = trained(variant, seed, folder, device)
    inspection = export.export(done.network, export.contract_of(done), folder / "model.onnx")
    model = runtime.load_model(inspection.path, provider=provider)
    facts = {
        "variant": variant.name,
        "seed": seed,
        "epochs": done.config.epochs,
        "parameters": sum(weight.numel() for weight in done.network.parameters()),
        "training_seconds": round(sum(row.seconds for row in done.metrics)),
        "held_out": round(done.metrics[-1].held_out_accuracy, 5),
        "threshold": done.threshold,
        "machine": f"{os.cpu_count()} cores, {processor()}; {model.provider}",
        "nodes": len(export.load_onnx(inspection.path).graph.node),
        "parity": max(inspection.parity.differences.values()) if inspection.parity else "",
        "sha256": inspection.sha256,
    }
    results = examine(variant, model, judge(done, held_out=held_out))
    keys = ("name", "images", "digits", "top", "confident", "exact", "length", "read")
    return [{**facts, **{key: getattr(result, key) for key in keys}} for result in results]


@click.command()
@click.option(
    "--matrix",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=MATRICES / "study.toml",
    help="The variants.  [default: scripts/study/study.toml]",
)
@click.option("--only", multiple=True, help="A variant's name in the matrix; may be repeated.  [default: all]")
@click.option("--seeds", type=click.IntRange(min=1), help="How many seeds of each, if fewer than the matrix says.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="To train on.")
@click.option("--provider", default="auto", help="Of the exams.  [default: auto]")
@click.option("--held-out", is_flag=True, help="Examine on held-out training digits, as when a recipe is chosen.")
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    help="What to add to.  [default: in exported/study/, by the name of the matrix]",
)
def main(
    *,
    matrix: Path,
    only: tuple[str, ...],
    seeds: int | None,
    device: training.Device,
    provider: str,
    held_out: bool,
    results: Path | None,
) -> None:
    """Run what is missing, seed by seed, so that all variants come to a first result before any to a second."""
    try:
        variants = chosen(load_matrix(matrix), only)
        target = training.choose_device(device)
        run_missing(
            variants,
            results or results_of(matrix, held_out=held_out),
            partial(run, device=target, provider=provider, held_out=held_out),
            seeds=seeds or max(one.seeds for one in variants),
        )
    except CapsonnxError as error:
        raise click.ClickException(str(error)) from None


def chosen(variants: list[Variant], names: tuple[str, ...]) -> list[Variant]:
    """The variants of these names, or all where there are none.

    Raises:
        InputError: there is no variant of a name.
    """
    known = [one.name for one in variants]
    for name in names:
        if name not in known:
            raise InputError(f"--only {name}", expected=f"one of {', '.join(known)}", remedy="pass one of these")
    return [one for one in variants if not names or one.name in names]


def run_missing(
    variants: list[Variant], results: Path, make: Callable[[Variant, int], list[dict[str, Any]]], *, seeds: int
) -> None:
    """Run all that has no results yet, and save each run's as it ends."""
    wanted = [(variant, seed) for seed in range(seeds) for variant in variants if seed < variant.seeds]
    done = {(row["variant"], row["seed"]) for row in load_results(results)}
    missing = [(variant, seed) for variant, seed in wanted if (variant.name, str(seed)) not in done]
    click.echo(f"{len(wanted) - len(missing)} of {len(wanted)} runs are in {results} already", err=True)
    for variant, seed in missing:
        click.echo(f"{variant.name}, seed {seed}", err=True)
        try:
            found = make(variant, seed)
        except ParityError as error:  # a run without a file to examine is no reason to end all
            click.echo(f"not counted: {error}", err=True)
            continue
        save_results(results, [*load_results(results), *found])


if __name__ == "__main__":
    main()
