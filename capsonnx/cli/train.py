"""``capsonnx train``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from capsonnx.cli.extras import require_train

if TYPE_CHECKING:
    from capsonnx.training import TrainingConfig

__all__ = ["command"]


@click.command("train", short_help="Train a network on single symbols.")
@click.option("--data", help="mnist, fashion-mnist, or a folder with one sub-folder per class.  [default: mnist]")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where the data set's own files lie already.")
@click.option("--recipe", help="seed (the source's own) or default.  [default: default]")
@click.option("--network", type=click.Choice(["capsule", "pooled"]), help="pooled: the baseline.  [default: capsule]")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the digits.  [default: the recipe's]")
@click.option("--seed", type=click.IntRange(min=0), help="Of all random choices.  [default: 0]")
@click.option("--precision", type=click.Choice(["auto", "fp32", "bf16"]), help="Of the stem.  [default: auto]")
@click.option(
    "--held-out",
    type=click.IntRange(min=1),
    help="Training digits kept aside to measure.  [default: a tenth, at most 5000]",
)
@click.option("--limit", type=click.IntRange(min=1), help="Train on so many digits only.  [default: all]")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for the run.  [default: in runs/]")
@click.option("--resume", is_flag=True, help="Go on after the last finished epoch; start if there is none.")
def command(output: Path | None, data_dir: Path | None, device: Any, resume: bool, **choices: Any) -> None:
    """Train a network on single symbols and leave it in a folder.

    The folder, by default runs/DATA-RECIPE-NETWORK-SEED, holds config.json, checkpoint.safetensors (replaced after
    every epoch), metrics.jsonl and curves.png. A run stopped at any moment goes on with --resume; options left out
    are then the recorded ones. Accuracy is measured on digits held out of the training split: the test split is not
    looked at.

    \b
    Examples:
      capsonnx train
      capsonnx train -o runs/mnist
      capsonnx train --resume -o runs/mnist
      capsonnx train --recipe seed --network pooled --seed 1 -o runs/baseline
      capsonnx train --data letters/ --epochs 50 -o runs/letters
    """
    require_train("capsonnx train")
    from capsonnx import datasets, training

    target = training.choose_device(device)
    given = {name: value for name, value in choices.items() if value is not None}
    output = output or _default_output(given)
    if resume and (output / "config.json").exists():
        given = {**_choices(training.load_config(output)), **given}
    data = given.pop("data", "mnist")
    dataset = datasets.load(data, "train", data_dir=data_dir, progress=True)
    config = training.make_config(data, dataset, target, **given)
    last = training.train(config, dataset, output, device=target, resume=resume)[-1]
    click.echo(f"{output}: {last.epoch} epochs, held-out accuracy {100 * last.held_out_accuracy:.2f} %")
    click.echo(f"next: capsonnx export {output} -o {output.name}.onnx", err=True)


def _default_output(given: dict[str, Any]) -> Path:
    """A folder that tells runs apart by what is most often chosen."""
    choices = {"data": "mnist", "recipe": "default", "network": "capsule", "seed": 0, **given}
    data = Path(choices["data"]).resolve().name
    return Path("runs", f"{data}-{choices['recipe']}-{choices['network']}-{choices['seed']}")


def _choices(config: TrainingConfig) -> dict[str, Any]:
    """The options that give this config again."""
    return {
        "data": config.dataset,
        "recipe": config.recipe.name,
        "network": config.network.kind,
        "epochs": config.epochs,
        "seed": config.seed,
        "precision": config.precision,
        "held_out": config.held_out,
        "limit": config.limit,
    }
