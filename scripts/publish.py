"""Export a finished run as a shipped model: NAME.onnx, NAME.int8.onnx, reports, exam figures, its curves, its card.

Run: .venv/bin/python scripts/publish.py runs/default --name mnist
     .venv/bin/python scripts/publish.py runs/fashion --name fashion-mnist --exam singles --exam pairs
Everything goes to exported/. Every figure in the card is printed by this command. Where the int8 file does not pass the
gate there is none, and the card says so.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx import export, training
from capsonnx.benchmark import processor
from capsonnx.errors import ParityError

if TYPE_CHECKING:
    from capsonnx.contract import Contract

ROOT = Path(__file__).parents[1]

AUGMENTATION = (
    "canvas +{canvas} px, rotation ±{rotation:g}°, scale ±{scale:.0%}, slant ±{shear:g}, stretch ±{stretch:.0%}, "
    "elastic {elastic:g} px; of all but the first {fade:.0%} are left at the end"
)

CROWDS = (
    "{crowded:.0%} of each batch, with a neighbour at {neighbours:.0%} on either side; windows weigh {window_weight:g}"
)

CARD = """\
# {name}.onnx

A shared-weight capsule network for {subject}: {parameters:,} parameters, trained on **single** ones, reads
images of any size that hold several. Input and outputs: see `capsonnx/contract.py`.

| | |
|---|---|
| data | {dataset}: {trained_on:,} images of the training split; {held_out:,} more held out; test split unseen |
| stem | {widths} channels, biases: {stem_bias} |
| recipe | `{recipe}`: {epochs} epochs, batch {batch_size}, {optimizer}, {schedule}, {precision} stem |
| augmentation | {augmentation} |
| without a symbol | {empty:.0%} of each batch: noise, and shuffled pieces of images |
| crowds | {crowds} |
| started from | {start} |
| command | `{command}`; then `python scripts/publish.py {run} --name {name}` |
| training | {minutes:.0f} minutes on {cores} CPU cores, other work beside it |
| held-out accuracy | {accuracy:.2f} % |
| parity with torch | max \\|Δ\\| {parity} over {cases} cases |
| threshold | {threshold:g} |
| SHA-256 | `{sha256}` |

## Files

| file | precision of the stem | size | SHA-256 |
|---|---|---:|---|
{files}

{agreement}

## Exams

Share of images in %, by `capsonnx evaluate exported/{name}.onnx{data}`: {provider}, batch {exam_batch}, float32,
{cores} CPU cores ({machine}). *top k*: the k highest scores are the right classes. *confident*: and all of them are
above 0.5. *exact*: the classes above {exam_threshold:g} are the right ones, no k given; of empty images, there are
none. *length*: the mean score of the right classes, in 0..1.

| exam | images | top k | confident | exact | length |
|---|---:|---:|---:|---:|---:|
{rows}
{pages}
## Known limits

- `lengths` name classes, not positions or order, and cannot count: two equal digits are one class.
- With more ink, wrong classes creep above the threshold: see *exact* of the rows. The ranking stays right for longer.
- Symbols should be about {symbol:g} px long, light on dark after `infer` has done its conversion; `--height` resizes.
- It knows its {classes} classes only: anything else gets the class that it resembles.
"""

SUBJECTS = {"mnist": "handwritten digits", "fashion-mnist": "pictures of clothes"}

PAGES = """
## Pages

Pages read with nothing known of how many digits they hold, or where, by the same command. *exact*: pages whose text is
right, in %. *errors*: wrong characters, in % of the right text. *precision* and *recall*: of the digits found, and of
those there, in %. *false*: digits found that are not there, in a million pixels.

| exam | pages | digits | exact | errors | precision | recall | false |
|---|---:|---:|---:|---:|---:|---:|---:|
{rows}
"""


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Of the files in exported/.")
@click.option("--exam", "names", multiple=True, help="Examine by these alone; may be repeated.  [default: all]")
def main(run: Path, name: str, names: tuple[str, ...]) -> None:
    """Export, examine, and write the card."""
    target = ROOT / "exported" / f"{name}.onnx"
    trained = training.load_trained(run)
    contract = export.contract_of(trained)
    inspection = export.export(trained.network, contract, target)
    reduced = export_int8(trained, contract, target.with_suffix(".int8.onnx"))
    command = [
        sys.executable,
        "-m",
        "capsonnx",
        "evaluate",
        str(target.relative_to(ROOT)),
        "--data",
        trained.config.dataset,
        "--batch-size",
        "128",
        "--json",
        *itertools.chain.from_iterable(("--exam", one) for one in names),
    ]
    exams = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)
    (target.with_suffix(".exams.json")).write_text(json.dumps(exams, indent=1) + "\n")
    shutil.copyfile(run / "curves.png", target.with_suffix(".curves.png"))
    card = CARD.format(**facts(run, name, trained, contract, [inspection, *reduced], exams))
    target.with_suffix(".md").write_text(card, encoding="utf-8")
    print(card)


def export_int8(trained: training.Trained, contract: Contract, target: Path) -> list[export.Inspection]:
    """Export the int8 file too; none, and none left of an earlier run, where it reads otherwise."""
    calibration = export.calibration_of(trained.config)
    try:
        return [export.export(trained.network, contract, target, precision="int8", calibration=calibration)]
    except ParityError as error:
        for path in (target, export.report_path(target)):
            path.unlink(missing_ok=True)
        print(f"no int8 file: {error}", file=sys.stderr)
        return []


def facts(
    run: Path,
    name: str,
    trained: training.Trained,
    contract: Contract,
    inspections: list[export.Inspection],
    exams: dict[str, Any],
) -> dict[str, Any]:
    """What the card says."""
    config = trained.config
    recipe = config.recipe
    inspection = inspections[0]
    parity = inspection.parity
    assert parity is not None  # noqa: S101 - of a float32 file it is always measured
    return {
        **{key: getattr(recipe, key) for key in ("batch_size", "schedule", "stem_bias", "empty")},
        "augmentation": AUGMENTATION.format(**dataclasses.asdict(recipe)),
        "crowds": CROWDS.format(**dataclasses.asdict(recipe)),
        "widths": ", ".join(map(str, recipe.widths)),
        "optimizer": optimizer_text(recipe),
        "name": name,
        "data": data_option(config),
        "subject": SUBJECTS.get(config.dataset, "symbols"),
        "symbol": config.symbol,
        "classes": len(config.labels),
        "run": run,
        "parameters": sum(weight.numel() for weight in trained.network.parameters()),
        "start": f"the weights in the file of SHA-256 `{config.start}`" if config.start else "random weights",
        "command": train_command(run, config),
        "files": "\n".join(file_row(one) for one in inspections),
        "agreement": agreement_text(inspections[1:]),
        "dataset": config.dataset,
        "trained_on": (config.limit or 60_000 - config.held_out),
        "held_out": config.held_out,
        "recipe": recipe.name,
        "epochs": config.epochs,
        "precision": config.precision,
        "minutes": sum(row.seconds for row in trained.metrics) / 60,
        "cores": os.cpu_count(),
        "machine": processor(),
        "accuracy": 100 * contract.accuracy["held_out"],
        "parity": ", ".join(f"{key} {value:.1e}" for key, value in parity.differences.items()),
        "cases": len(parity.cases),
        "threshold": contract.threshold,
        "sha256": inspection.sha256,
        "provider": exams["provider"],
        "exam_batch": exams["batch_size"],
        "exam_threshold": exams["threshold"],
        "rows": "\n".join(row(result) for result in exams["exams"]),
        "pages": pages_text(exams.get("pages", [])),
    }


def optimizer_text(recipe: training.Recipe) -> str:
    """What trains the weights, with the highest rates."""
    muon = f"Muon to {recipe.muon_rate:g}, Adam for the rest" if recipe.muon_rate else "Adam"
    averaged = f", weights averaged with decay {recipe.averaging:g}" if recipe.averaging else ""
    return f"{muon} to {recipe.learning_rate:g}{averaged}"


def data_option(config: training.TrainingConfig) -> str:
    """What names the data to a command, where it is not its default."""
    return "" if config.dataset == "mnist" else f" --data {config.dataset}"


def train_command(run: Path, config: training.TrainingConfig) -> str:
    """The command that trains such a run, as far as a card needs it."""
    start = " --start FILE" if config.start else ""
    epochs = "" if config.epochs == config.recipe.epochs_for(config.network.kind) else f" --epochs {config.epochs}"
    choices = f"{data_option(config)} --recipe {config.recipe.name}{epochs} --seed {config.seed}{start}"
    return f"capsonnx train{choices} --output {run}"


def file_row(inspection: export.Inspection) -> str:
    """One file as a line of the table."""
    size = f"{inspection.path.stat().st_size / 1e6:.2f} MB"
    return f"| `{inspection.path.name}` | {inspection.precision} | {size} | `{inspection.sha256}` |"


def agreement_text(reduced: list[export.Inspection]) -> str:
    """How the int8 file reads next to the float32 file."""
    agreement = reduced[0].agreement if reduced else None
    if agreement is None:
        return "There is no int8 file: it does not read as the float32 file does."
    exams = "; ".join(
        f"{one.exam}, {one.images} images: {one.candidate:.2%} right, float32 {one.reference:.2%}, the same classes in "
        f"{one.agreement:.2%}"
        for one in agreement.comparisons
    )
    return f"int8 next to float32, on the test split (top k): {exams}."


def pages_text(results: list[dict[str, Any]]) -> str:
    """The exams of pages, or nothing of a model that locates no symbols."""
    return PAGES.format(rows="\n".join(page_row(result) for result in results)) if results else ""


def page_row(result: dict[str, Any]) -> str:
    """One exam of pages as a line of the table; what an exam does not have is a dash."""
    keys = ("exact", "character_errors", "precision", "recall")
    shares = ["–" if result.get(key) is None else f"{100 * result[key]:.2f}" for key in keys]
    counts = [result["name"], str(result["pages"]), str(result["symbols"])]
    false = result.get("false_per_megapixel")
    return f"| {' | '.join([*counts, *shares, '–' if false is None else f'{false:.1f}'])} |"


def row(result: dict[str, Any]) -> str:
    """One exam as a line of the table; what does not apply to images without a symbol is a dash."""
    shares = ["–" if result[key] is None else f"{100 * result[key]:.2f}" for key in ("top", "confident", "exact")]
    length = "–" if result["length"] is None else f"{result['length']:.3f}"
    return f"| {' | '.join([result['name'], str(result['images']), *shares, length])} |"


if __name__ == "__main__":
    main()
