"""Export a finished run as a shipped model: NAME.onnx, its parity report, its exam figures, its curves, its card.

Run: .venv/bin/python scripts/publish.py runs/default --name mnist
Everything goes to exported/. Every figure in the card is printed by this command.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx import export, training

if TYPE_CHECKING:
    from capsonnx.contract import Contract

ROOT = Path(__file__).parents[1]

CARD = """\
# {name}.onnx

A shared-weight capsule network for handwritten digits: {parameters:,} parameters, {megabytes:.1f} MB, trained on
**single** digits, reads images of any size that hold several. Input and outputs: see `capsonnx/contract.py`.

| | |
|---|---|
| data | {dataset}: {trained_on:,} digits of the training split; {held_out:,} more held out; test split unseen |
| recipe | `{recipe}`: {epochs} epochs, batch {batch_size}, Adam to {learning_rate:g}, {schedule}, {precision} stem |
| augmentation | canvas +{canvas} px, rotation ±{rotation:g}°, scale ±{scale:.0%}, elastic {elastic:g} px |
| command | `capsonnx train --output {run}`, seed {seed}; then `python scripts/publish.py {run} --name {name}` |
| training | {minutes:.0f} minutes on {cores} CPU cores, other work beside it |
| held-out accuracy | {accuracy:.2f} % |
| parity with torch | max \\|Δ\\| {parity} over {cases} cases |
| threshold | {threshold:g} |
| SHA-256 | `{sha256}` |

## Exams

Share of images in %, by `capsonnx evaluate exported/{name}.onnx`: {provider}, batch {exam_batch}, float32, {cores} CPU
cores ({machine}). *top k*: the k highest scores are the right classes. *confident*: and all of them above the
threshold. *exact*: the classes above the threshold are the right ones, no k given.

| exam | images | top k | confident | exact |
|---|---:|---:|---:|---:|
{rows}

## Known limits

- It names classes, not positions or order, and cannot count: two equal digits are one class.
- With more ink, wrong classes creep above the threshold: see *exact* of the rows. The ranking stays right for longer.
- Digits should be about 20 px high, light on dark after `infer` has done its conversion: `--height` brings them there.
- It knows digits only: letters and clutter get the digits they resemble.
"""


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Of the files in exported/.")
def main(run: Path, name: str) -> None:
    """Export, examine, and write the card."""
    target = ROOT / "exported" / f"{name}.onnx"
    trained = training.load_trained(run)
    contract = export.contract_of(trained)
    inspection = export.export(trained.network, contract, target)
    command = [
        sys.executable,
        "-m",
        "capsonnx",
        "evaluate",
        str(target.relative_to(ROOT)),
        "--batch-size",
        "128",
        "--json",
    ]
    exams = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)
    (target.with_suffix(".exams.json")).write_text(json.dumps(exams, indent=1) + "\n")
    shutil.copyfile(run / "curves.png", target.with_suffix(".curves.png"))
    card = CARD.format(**facts(run, name, trained, contract, inspection, exams))
    target.with_suffix(".md").write_text(card, encoding="utf-8")
    print(card)


def facts(
    run: Path,
    name: str,
    trained: training.Trained,
    contract: Contract,
    inspection: export.Inspection,
    exams: dict[str, Any],
) -> dict[str, Any]:
    """What the card says."""
    config = trained.config
    recipe = config.recipe
    return {
        **{key: getattr(recipe, key) for key in ("batch_size", "learning_rate", "schedule")},
        **{key: getattr(recipe, key) for key in ("canvas", "rotation", "scale", "elastic")},
        "name": name,
        "run": run,
        "parameters": sum(weight.numel() for weight in trained.network.parameters()),
        "megabytes": (ROOT / "exported" / f"{name}.onnx").stat().st_size / 1e6,
        "dataset": config.dataset,
        "trained_on": (config.limit or 60_000 - config.held_out),
        "held_out": config.held_out,
        "recipe": recipe.name,
        "epochs": config.epochs,
        "precision": config.precision,
        "seed": config.seed,
        "minutes": sum(row.seconds for row in trained.metrics) / 60,
        "cores": os.cpu_count(),
        "machine": machine(),
        "accuracy": 100 * contract.accuracy["held_out"],
        "parity": ", ".join(f"{key} {value:.1e}" for key, value in inspection.parity.differences.items()),
        "cases": len(inspection.parity.cases),
        "threshold": contract.threshold,
        "sha256": inspection.sha256,
        "provider": exams["provider"],
        "exam_batch": exams["batch_size"],
        "rows": "\n".join(row(result) for result in exams["exams"]),
    }


def row(result: dict[str, Any]) -> str:
    """One exam as a line of the table."""
    shares = " | ".join(f"{100 * result[key]:.2f}" for key in ("top", "confident", "exact"))
    return f"| {result['name']} | {result['images']} | {shares} |"


def machine() -> str:
    """The kind of processor."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
