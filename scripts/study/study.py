"""Train every variant of a matrix from several seeds, and examine each through ONNX Runtime.

Run, in scripts/study, with ../../.venv/bin/python:
     study.py                               # everything that is not in exported/study/study.csv yet
     study.py --matrix seeds.toml           # … in exported/study/seeds.csv yet
     study.py --matrix seeds.toml --only whole-pooled --seeds 1 --results mine.csv
     study_report.py --matrix seeds.toml    # then: table and figures from that file

The names for --only are in the matrix, beside the titles for the tables. Each run has a folder runs/study/NAME-SEED. A
run that was stopped continues after its last epoch. A run that was examined is in the results and is not repeated. A
run whose file does not pass the gate is not counted, and this is reported.
Nothing is chosen on the test split: recipes are tried on held-out training digits, and every run of the study counts.
What was tried on the way to the default recipe is in a matrix of its own:

     study.py --matrix tried.toml --held-out

There are also matrices for what was tried on digits by other writers, hands.toml, for the variants that the article
names, variants.toml, and for training with more and fewer iterations of routing, retrained.toml.
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
        name: the name in the results and of the run folders.
        title: the title in the table.
        seeds: the number of runs, with seeds 0, 1, …
        exams: the exams that each run sits.
        data, recipe, network, routings, epochs: as for ``capsonnx train``.
        limit: train on this many digits only.
        held_out: how many training digits are held out.
        routing, squash, sharing, coupling_axis: as for ``capsonnx train``, for the capsule layer.
        changes: changed fields of the recipe.
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
    """Load the variants of a file, with the file's defaults, and all of them again for each data set of ``[again]``.

    The names of the latter are prefixed with that of the data set, and the values of its table replace theirs. A
    variant's changes to the recipe are merged over those of the defaults.

    Raises:
        InputError: the file is not a matrix.
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
    """Load the lines of a results file; none if there is no file yet."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save_results(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a results file atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    # Older rows lack measurements that were added later.
    fieldnames = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(text, fieldnames, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def trained(variant: Variant, seed: int, folder: Path, device: torch.device) -> training.Trained:
    """Train one run, resume it, or load it if it is done."""
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
    """What the exported file scores in the exams of a variant."""
    return evaluate(model, digits, variant.exams).exams


def run(
    variant: Variant, seed: int, device: torch.device, provider: str, *, held_out: bool = False
) -> list[dict[str, Any]]:
    """Train, export through the gate, and examine; return the run's lines of the results."""
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
    """The variants with these names, or all if there are no names.

    Raises:
        InputError: there is no variant with one of the names.
    """
    known = [one.name for one in variants]
    for name in names:
        if name not in known:
            raise InputError(f"--only {name}", expected=f"one of {', '.join(known)}", remedy="pass one of these")
    return [one for one in variants if not names or one.name in names]


def run_missing(
    variants: list[Variant], results: Path, make: Callable[[Variant, int], list[dict[str, Any]]], *, seeds: int
) -> None:
    """Run everything that has no results yet, and save the results of each run when it ends."""
    wanted = [(variant, seed) for seed in range(seeds) for variant in variants if seed < variant.seeds]
    done = {(row["variant"], row["seed"]) for row in load_results(results)}
    missing = [(variant, seed) for variant, seed in wanted if (variant.name, str(seed)) not in done]
    click.echo(f"{len(wanted) - len(missing)} of {len(wanted)} runs are in {results} already", err=True)
    for variant, seed in missing:
        click.echo(f"{variant.name}, seed {seed}", err=True)
        try:
            found = make(variant, seed)
        except ParityError as error:  # a run without a file to examine does not stop the others
            click.echo(f"not counted: {error}", err=True)
            continue
        save_results(results, [*load_results(results), *found])


if __name__ == "__main__":
    main()
