"""The text of a model card: what was trained and how, its files, and its exams."""

from __future__ import annotations

import dataclasses
import os
from typing import TYPE_CHECKING, Any

from capsonnx.benchmark import processor

if TYPE_CHECKING:
    from pathlib import Path

    from capsonnx import export, training

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
images of any size that hold several. Input and outputs: see `capsonnx/contract/`.

| | |
|---|---|
| data | {dataset}: {trained_on:,} images of the training split; {held_out:,} more held out; test split unseen |
| stem | {widths} channels, biases: {stem_bias} |
| routing | {routing} |
| recipe | `{recipe}`: {epochs} epochs, batch {batch_size}, {optimizer}, {schedule}, {precision} stem |
| augmentation | {augmentation} |
| without a symbol | {empty:.0%} of each batch: noise, and shuffled pieces of images |
| crowds | {crowds} |
| started from | {start} |
| command | `{command}`; then `python scripts/publish/publish.py {run} --name {name}` |
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

{exams}
## Known limits

- `lengths` tell which classes are present, not where or in which order, and cannot count: two equal digits are one
  class.
- The more ink, the more wrong classes rise above the threshold: see *exact* of the rows. The ranking stays right for
  longer, and reading is not affected: see *read*.
- Symbols should be about {symbol:g} px long, light on dark after `infer` has done its conversion; `--height` resizes.
- It knows its {classes} classes only: anything else is read as the class that it resembles most.
"""

EXAMS = """\
## Exams

Share of images in %, by `capsonnx evaluate {model}{data}`: {provider}, batch {batch_size}, float32,
on {cores} CPU cores ({machine}).

*top k*: the k highest scores are those of the right classes;
*confident*: and all of them are above 0.5. Without knowing k:
*read*: the classes that `capsonnx infer` reads are exactly the right ones;
*exact*: the classes that score above {threshold:g} are (in empty images, none do).
*length*: the mean score of the right classes, in 0..1.

| exam | images | top k | confident | read | exact | length |
|---|---:|---:|---:|---:|---:|---:|
{rows}
"""

PAGES = """
## Pages

Pages read without any knowledge of how many digits there are or where, by the same command. *exact*: pages whose
whole text is right, in %. *errors*: character error rate, in %.
*precision*: the share of the digits found that are right, in %. *recall*: the share of the digits present that are
found, in %. *false*: false digits per million pixels.

| exam | pages | digits | exact | errors | precision | recall | false |
|---|---:|---:|---:|---:|---:|---:|---:|
{rows}
"""

SUBJECTS = {"mnist": "handwritten digits", "fashion-mnist": "pictures of clothes"}


def card(
    run: Path,
    name: str,
    trained: training.Trained,
    inspections: list[export.Inspection],
    exams: dict[str, Any],
    *,
    count: int,
) -> str:
    """Write the whole card for the files of a run. The first file must be the float32 one.

    Args:
        run: the folder of the run.
        name: the name of the files, up to the first dot.
        trained: the contents of the folder.
        inspections: one for each file.
        exams: what ``capsonnx evaluate --json`` found for the first file.
        count: the number of images in the training split.
    """
    inspection = inspections[0]
    assert inspection.parity is not None  # noqa: S101 - of a float32 file it is always measured
    return CARD.format(
        **recipe_facts(run, trained, count),
        name=name,
        files="\n".join(file_row(one) for one in inspections),
        agreement=agreement_text(inspections[1:]),
        parity=", ".join(f"{key} {value:.1e}" for key, value in inspection.parity.differences.items()),
        cases=len(inspection.parity.cases),
        sha256=inspection.sha256,
        exams=exams_text(exams),
    )


def recipe_facts(run: Path, trained: training.Trained, count: int) -> dict[str, Any]:
    """What was trained, on what, and how."""
    config, recipe = trained.config, trained.config.recipe
    return {
        **{key: getattr(recipe, key) for key in ("batch_size", "schedule", "stem_bias", "empty")},
        **{key: getattr(config, key) for key in ("dataset", "epochs", "held_out", "precision", "symbol")},
        "augmentation": AUGMENTATION.format(**dataclasses.asdict(recipe)),
        "crowds": CROWDS.format(**dataclasses.asdict(recipe)),
        "widths": ", ".join(map(str, recipe.widths)),
        "routing": routing_text(config),
        "optimizer": optimizer_text(recipe),
        "subject": SUBJECTS.get(config.dataset, "symbols"),
        "classes": len(config.labels),
        "parameters": sum(weight.numel() for weight in trained.network.parameters()),
        "start": f"the weights in the file of SHA-256 `{config.start}`" if config.start else "random weights",
        "run": run,
        "command": train_command(run, config),
        "recipe": recipe.name,
        "minutes": sum(row.seconds for row in trained.metrics) / 60,
        "cores": os.cpu_count(),
        "trained_on": min(config.limit or count, count - config.held_out),
        "accuracy": 100 * trained.metrics[-1].held_out_accuracy,
        "threshold": trained.threshold,
    }


def exams_text(exams: dict[str, Any]) -> str:
    """The sections of a card with the results of ``capsonnx evaluate --json``."""
    return EXAMS.format(
        **{key: exams[key] for key in ("model", "provider", "batch_size", "threshold")},
        data=data_option(exams["data"]),
        cores=os.cpu_count(),
        machine=processor(),
        rows="\n".join(row(result) for result in exams["exams"]),
    ) + pages_text(exams.get("pages", []))


def optimizer_text(recipe: training.Recipe) -> str:
    """Describe the optimizers of the weights, with their highest rates."""
    muon = f"Muon to {recipe.muon_rate:g}, Adam for the rest" if recipe.muon_rate else "Adam"
    averaged = f", weights averaged with decay {recipe.averaging:g}" if recipe.averaging else ""
    return f"{muon} to {recipe.learning_rate:g}{averaged}"


def routing_text(config: training.TrainingConfig) -> str:
    """Describe the routing of the network and its number of iterations."""
    network, trained = config.network, config.recipe.training_routings
    while_trained = f", {trained} while it was trained" if trained else ""
    return f"{network.routing}, {network.routings} iterations{while_trained}"


def data_option(data: str) -> str:
    """The option that names the data to a command, or nothing for the default data."""
    return "" if data == "mnist" else f" --data {data}"


def train_command(run: Path, config: training.TrainingConfig) -> str:
    """The command that trains such a run, as far as a card needs it."""
    start = " --start FILE" if config.start else ""
    epochs = "" if config.epochs == config.recipe.epochs_for(config.network.kind) else f" --epochs {config.epochs}"
    choices = f"{data_option(config.dataset)} --recipe {config.recipe.name}{epochs} --seed {config.seed}{start}"
    return f"capsonnx train{choices} --output {run}"


def file_row(inspection: export.Inspection) -> str:
    """One file as a line of the table."""
    size = f"{inspection.path.stat().st_size / 1e6:.2f} MB"
    return f"| `{inspection.path.name}` | {inspection.precision} | {size} | `{inspection.sha256}` |"


def agreement_text(reduced: list[export.Inspection]) -> str:
    """Describe how the readings of the int8 file compare with those of the float32 file."""
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
    """The section on exams of pages, or nothing for a model that does not locate symbols."""
    return PAGES.format(rows="\n".join(page_row(result) for result in results)) if results else ""


def page_row(result: dict[str, Any]) -> str:
    """One exam of pages as a line of the table, with a dash for missing values."""
    keys = ("exact", "character_errors", "precision", "recall")
    shares = ["–" if result.get(key) is None else f"{100 * result[key]:.2f}" for key in keys]
    counts = [result["name"], str(result["pages"]), str(result["symbols"])]
    false = result.get("false_per_megapixel")
    return f"| {' | '.join([*counts, *shares, '–' if false is None else f'{false:.1f}'])} |"


def row(result: dict[str, Any]) -> str:
    """One exam as a line of the table, with a dash for values that do not apply to images without a symbol."""
    keys = ("top", "confident", "read", "exact")
    shares = ["–" if result[key] is None else f"{100 * result[key]:.2f}" for key in keys]
    length = "–" if result["length"] is None else f"{result['length']:.3f}"
    return f"| {' | '.join([result['name'], str(result['images']), *shares, length])} |"
