"""Train every variant of scripts/study.toml from several seeds, and examine each through ONNX Runtime.

Run: .venv/bin/python scripts/study.py                 # everything that is not in exported/study/results.csv yet
     .venv/bin/python scripts/study.py --only default-capsule --seeds 1
Then: .venv/bin/python scripts/study_report.py         # table and figures from that file

A run that was stopped goes on after its last epoch; a run that was examined is in results.csv and is not made again.
One whose file the gate refuses is not counted, and said so.
Nothing is chosen by the test split: recipes are tried on held-out training digits, and every run of the study counts.
What was tried on the way to the default recipe is a matrix of its own:

     .venv/bin/python scripts/study.py --matrix scripts/tried.toml --held-out --results exported/study/tried.csv
     .venv/bin/python scripts/study_report.py --matrix scripts/tried.toml --results exported/study/tried.csv

and so are what was tried by digits of other hands, scripts/hands.toml, the variants that the article names,
scripts/variants.toml, and trainings with more and fewer iterations of routing, scripts/retrained.toml.
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
from capsonnx.contract import FIELD
from capsonnx.errors import ParityError
from capsonnx.files import write_text
from capsonnx.progress import progress_bar

if TYPE_CHECKING:
    import torch

SCRIPTS = Path(__file__).parent
RESULTS = SCRIPTS.parent / "exported" / "study" / "results.csv"
RUNS = SCRIPTS.parent / "runs" / "study"


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
        recipe = dataclasses.replace(config.recipe, **changes)
        shape = dataclasses.replace(config.network, stem_bias=recipe.stem_bias, widths=recipe.widths)
        return dataclasses.replace(config, recipe=recipe, network=shape)


def load_matrix(path: Path) -> list[Variant]:
    """The variants of a file, each with the file's defaults; and all of them again on each data set of ``[again]``.

    There they have the data set's name before their own, and what stands in its table changed. A variant's changes of
    the recipe come on top of the defaults' changes.
    """
    values = tomllib.loads(path.read_text(encoding="utf-8"))
    defaults = values["defaults"]
    variants = [
        Variant(**{**defaults, **variant, "changes": defaults.get("changes", {}) | variant.get("changes", {})})
        for variant in values["variants"]
    ]
    return variants + [
        dataclasses.replace(variant, name=f"{data}-{variant.name}", data=data, **changes)
        for data, changes in values.get("again", {}).items()
        for variant in variants
    ]


def load_results(path: Path) -> list[dict[str, str]]:
    """The lines of results.csv, none where there is no file yet."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def save_results(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write results.csv, whole and atomically."""
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


def examine(variant: Variant, model: runtime.Model, digits: datasets.Dataset) -> list[exam.Result]:
    """What the exported file scores on the exams of a variant."""
    exams = exam.build_exams(digits, variant.exams)
    reader = runtime.page_reader(model) if FIELD in model.outputs else None
    sit = partial(exam.sit, threshold=model.contract.threshold, reader=reader, labels=model.contract.labels)
    with progress_bar("exams", sum(map(len, exams)) * (1 if reader is None else 2)) as bar:
        return [sit(model, one, advance=bar.advance) for one in exams]


def run(
    variant: Variant, seed: int, device: torch.device, provider: str, *, held_out: bool = False
) -> list[dict[str, Any]]:
    """Train, export through the gate, examine: the lines of results.csv of one run."""
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
@click.option("--matrix", type=click.Path(exists=True, path_type=Path), default=SCRIPTS / "study.toml")
@click.option("--only", multiple=True, help="Names of variants; may be repeated.  [default: all]")
@click.option("--seeds", type=int, help="How many seeds of each, if fewer than the matrix says.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--provider", default="auto", help="Of the exams.")
@click.option("--held-out", is_flag=True, help="Examine on held-out training digits, as when a recipe is chosen.")
@click.option("--results", type=click.Path(path_type=Path), default=RESULTS)
def main(
    *,
    matrix: Path,
    only: tuple[str, ...],
    seeds: int | None,
    device: training.Device,
    provider: str,
    held_out: bool,
    results: Path,
) -> None:
    """Run what is missing, seed by seed, so that all variants come to a first result before any to a second."""
    variants = [one for one in load_matrix(matrix) if not only or one.name in only]
    target = training.choose_device(device)
    for seed in range(seeds or max(one.seeds for one in variants)):
        for variant in variants:
            rows = load_results(results)
            is_done = any((row["variant"], row["seed"]) == (variant.name, str(seed)) for row in rows)
            if seed < variant.seeds and not is_done:
                click.echo(f"{variant.name}, seed {seed}", err=True)
                try:
                    found = run(variant, seed, target, provider, held_out=held_out)
                except ParityError as error:  # a run without a file to examine is no reason to end all
                    click.echo(f"not counted: {error}", err=True)
                    continue
                save_results(results, [*load_results(results), *found])


if __name__ == "__main__":
    main()
