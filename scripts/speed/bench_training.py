"""Measure the seconds per epoch of the training step as trained, and with its choices changed in every combination.

Run: .venv/bin/python scripts/speed/bench_training.py [--device cuda] [--json]
Each combination trains a network of its own on the same digits, drawn and augmented alike, for a few steps in turns
with the others. The first row is a plain loop: eager, float32, images with channels first.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import click
import torch

from capsonnx import datasets
from capsonnx.benchmark import cores, measure, processor, ratio
from capsonnx.benchmark.tables import markdown_table, timing_json
from capsonnx.datasets import split_held_out
from capsonnx.errors import CapsonnxError
from capsonnx.training import choose_device, choose_precision, make_config
from capsonnx.training.optimizer import make_optimizers
from capsonnx.training.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from capsonnx.datasets import Dataset
    from capsonnx.training import TrainingConfig

Stem = Literal["fp32", "bf16"]
Choice = tuple[Stem, str, str]
"""The precision of the stem, the memory format, and whether the stem is compiled."""

STEMS: tuple[Stem, ...] = ("fp32", "bf16")
PLAIN: Choice = ("fp32", "contiguous", "eager")


@click.command()
@click.option("--device", "name", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--recipe", default="default", show_default=True)
@click.option("--steps", type=click.IntRange(min=1), default=8, show_default=True, help="In a turn.")
@click.option("--rounds", type=click.IntRange(min=1), default=7, show_default=True)
@click.option("--compiled/--eager-only", default=True, help="Whether to try torch.compile.", show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(name: Any, recipe: str, steps: int, rounds: int, compiled: bool, as_json: bool) -> None:
    """Measure the training step."""
    try:
        device = choose_device(name)
        dataset = datasets.load("mnist", "train", progress=True)
        config = make_config("mnist", dataset, device, recipe=recipe, epochs=1)
    except CapsonnxError as error:
        raise click.ClickException(str(error)) from None
    training, _ = split_held_out(dataset, config.held_out, config.seed)
    few = training.limited(steps * config.recipe.batch_size)
    choices = list(itertools.product(STEMS, ("contiguous", "channels_last"), ("eager", "compiled")[: 1 + compiled]))
    calls = {choice: training_of(choice, config, few, device) for choice in choices}
    found = measure(calls, seconds=1e-9, rounds=rounds)  # so that each turn is one call
    epoch = math.ceil(len(training) / config.recipe.batch_size) / math.ceil(len(few) / config.recipe.batch_size)
    trained = (choose_precision("auto", device), "channels_last", "eager")
    rows = [
        {
            "choice": " ".join(choice),
            "as_trained": choice == trained,
            "times_as_fast_as_plain": vars(ratio(timing, found[PLAIN])),
            "seconds_per_epoch": {key: value * epoch for key, value in timing_json(timing).items() if key != "calls"},
        }
        for choice, timing in found.items()
    ]
    facts = {
        "device": torch.cuda.get_device_name() if device.type == "cuda" else f"{processor()}, {cores()} cores",
        "torch": torch.__version__,
        "recipe": recipe,
        "digits": len(training),
        "steps_a_turn": math.ceil(len(few) / config.recipe.batch_size),
        "rounds": rounds,
    }
    click.echo(json.dumps({**facts, "choices": rows}, indent=2) if as_json else to_markdown(rows, facts))


def training_of(choice: Choice, config: TrainingConfig, few: Dataset, device: torch.device) -> Callable[[], object]:
    """A function that trains a new network, with these choices, on a few digits once more at each call."""
    precision, memory, mode = choice
    run = Run(replace(config, precision=precision), few, device)
    layout = torch.channels_last if memory == "channels_last" else torch.contiguous_format
    run.network.to(memory_format=layout)  # type: ignore[call-overload] # the stubs know it with tensors only
    run.optimizers = make_optimizers(run.network, config.recipe)  # for the weights in their new layout
    run.steps = 1 << 30  # the schedule never ends
    if mode == "compiled":
        run.network.stem.compile(dynamic=True)  # the canvas size varies between batches

    def call() -> None:
        run.epoch(lambda: None)  # reads the loss, so it waits for the GPU

    return call


def to_markdown(rows: list[dict[str, Any]], facts: dict[str, Any]) -> str:
    lines = []
    for row in rows:
        times, seconds = row["times_as_fast_as_plain"], row["seconds_per_epoch"]
        lines.append(
            (
                row["choice"] + (" (as trained)" if row["as_trained"] else ""),
                f"{times['median']:.2f} ({times['least']:.2f} to {times['greatest']:.2f})",
                f"{seconds['median']:.0f} ({seconds['least']:.0f} to {seconds['greatest']:.0f})",
            )
        )
    table = markdown_table(["choice", "times as fast as plain", "seconds an epoch"], lines)
    return table + "\n\n" + "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in facts.items())


if __name__ == "__main__":
    main()
