"""Training into a folder: resumable after any kill, and on a CPU bit for bit the same as an uninterrupted run."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import TYPE_CHECKING

from capsonnx.datasets import split_held_out
from capsonnx.errors import CheckpointError, InputError
from capsonnx.model import scorer
from capsonnx.progress import progress_bar
from capsonnx.training.checkpoint import (
    EpochMetrics,
    load_config,
    load_metrics,
    load_state,
    save_config,
    save_metrics,
    save_state,
)
from capsonnx.training.curves import draw_curves
from capsonnx.training.resuming import require_run, require_same
from capsonnx.training.run import Run
from capsonnx.training.threshold import choose_threshold
from capsonnx.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

    from capsonnx.datasets import Dataset
    from capsonnx.model import Network, NetworkConfig
    from capsonnx.training.config import TrainingConfig

__all__ = ["train"]

FEW, ENOUGH = 200, 1000
"""In fewer than ``FEW`` steps from random weights a network learns hardly anything, whatever the data, because the
learning rate has to rise and fall within them. ``ENOUGH`` is the number of steps to suggest instead."""


def train(
    config: TrainingConfig,
    dataset: Dataset,
    folder: Path,
    *,
    device: torch.device,
    resume: bool = False,
    start: Network | None = None,
) -> list[EpochMetrics]:
    """Train a network and leave it in a folder; :mod:`capsonnx.training.checkpoint` says what is written there.

    Args:
        config: all choices.
        dataset: the training split; ``config.held_out`` of its digits are only measured on, never trained on.
        folder: created if needed.
        device: where to compute.
        resume: continue the run in the folder after its last finished epoch, or from its start if there is none yet.
        start: the network whose weights to start from, if ``config.start`` names one; only the stem's weights are taken
            if its number of classes differs. None: random weights.

    Returns:
        The metrics of all epochs.

    Raises:
        InputError: the folder holds a run and ``resume`` is false, or it holds no run or a different one and ``resume``
            is true; or there is too little data; or ``start`` is missing, or is another kind of network.
        CheckpointError: the folder's files are damaged.
    """
    training, held_out = _parts(config, dataset)
    run = Run(config, training, device)
    if start is not None:
        _take_weights(run, start)
    metrics = _open(folder, config, run, resume=resume)
    if config.start is not None and start is None and not metrics:
        raise InputError(
            f"{folder}: starts from the weights of a file, and has no epoch of its own yet",
            expected="that file",
            remedy="pass it as --start again",
        )
    with progress_bar("training", run.steps, done=run.step) as bar:
        bar.log(_opening(config, training, held_out, device, done=len(metrics)))
        if start is not None and start.config.classes != len(config.labels):
            other = f"the start has {start.config.classes} classes, not {len(config.labels)}"
            bar.log(f"{other}: of its weights those of the convolutions are taken, and the capsules learn anew")
        if run.steps < FEW and config.start is None and not metrics:
            epochs = math.ceil(ENOUGH / run.steps_per_epoch)
            few = f"only {counted(run.steps, 'step')} in all, hardly enough to learn from"
            bar.log(f"{few}: begin with the weights of a model, by --start, or make {ENOUGH} with --epochs {epochs}")
        for epoch in range(len(metrics) + 1, config.epochs + 1):
            bar.describe(f"epoch {epoch}/{config.epochs}")
            metrics.append(_epoch(run, epoch, held_out, bar.advance))
            # In this order: if a kill leaves the metrics ahead of the state, resuming cuts them off again.
            save_metrics(folder, metrics)
            save_state(folder, run.capture())
            draw_curves(folder / "curves.png", metrics, f"{config.recipe.name} recipe on {dataset.name}")
            bar.log(_line(metrics, config.epochs))
        if metrics[-1].threshold is None:  # only after the last epoch is saved: it takes a while and may be stopped
            bar.log(f"choosing the threshold on pages of the {len(held_out)} that are held out, for up to a minute")
            threshold = choose_threshold(scorer(run.averaged), held_out)
            metrics[-1] = dataclasses.replace(metrics[-1], threshold=threshold)
            save_metrics(folder, metrics)
    return metrics


def _parts(config: TrainingConfig, dataset: Dataset) -> tuple[Dataset, Dataset]:
    """The images to train on, and those held out to measure on."""
    training, held_out = split_held_out(dataset, config.held_out, config.seed)
    if len(config.labels) < 2:
        raise InputError(
            f"{config.dataset}: {len(config.labels)} class", expected="two classes or more", remedy="add another"
        )
    if not len(training) or not len(held_out):
        raise InputError(
            f"{config.dataset}: {len(training)} images to train on, {len(held_out)} held out",
            expected="at least one image for either purpose",
            remedy="add images, or choose another --held-out",
        )
    return training.limited(config.limit), held_out


def _epoch(run: Run, number: int, held_out: Dataset, advance: Callable[[], None]) -> EpochMetrics:
    """Train one epoch and measure it."""
    begin = time.monotonic()
    loss = run.epoch(advance)
    accuracy, reconstruction = run.measure(held_out)
    rate = run.optimizers[-1][0].param_groups[0]["lr"]
    seconds = round(time.monotonic() - begin, 1)
    return EpochMetrics(number, rate, loss, accuracy, seconds, reconstruction=reconstruction)


def _take_weights(run: Run, start: Network) -> None:
    """Give a run the weights of another network, or only its stem's if the number of classes differs."""
    if _but_for_classes(start.config) != _but_for_classes(run.network.config):
        raise InputError(
            f"--start: a {start.config.kind} network of {len(start.config.widths)} convolutions",
            expected=f"a {run.network.config.kind} network of the same recipe",
            remedy="choose another file, or the --recipe and --network that it was trained by",
        )
    is_whole = start.config.classes == run.network.config.classes
    for network in (run.network, run.averaged):
        (network if is_whole else network.stem).load_state_dict((start if is_whole else start.stem).state_dict())


def _but_for_classes(config: NetworkConfig) -> NetworkConfig:
    """A config without its routings and classes: two networks can share a stem if these are equal."""
    return dataclasses.replace(config, routings=1, classes=1)


def _open(folder: Path, config: TrainingConfig, run: Run, *, resume: bool) -> list[EpochMetrics]:
    """Start or resume a run in its folder, and return the metrics of its finished epochs."""
    require_run(folder, resume=resume)
    if not resume:
        save_config(folder, config)
        return []
    recorded = load_config(folder)
    require_same(folder, recorded, config)
    if recorded.dataset != config.dataset:  # the data was moved, and an export has to find it
        save_config(folder, config)
    state = load_state(folder)
    if state is None:
        return []
    metrics = load_metrics(folder)[: state.epoch]
    try:
        if len(metrics) != state.epoch:
            raise KeyError("metrics.jsonl has too few lines")
        run.restore(state)
    except (KeyError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            f"{folder}: files do not fit each other ({error})",
            expected="the files of one run",
            remedy="train again in a new folder",
        ) from error
    return metrics


def _opening(config: TrainingConfig, training: Dataset, held_out: Dataset, device: torch.device, *, done: int) -> str:
    """A description of the run."""
    epochs = counted(config.epochs, "epoch")
    network = f"{config.network.kind} network" + (" and decoder" if config.decoder else "")
    return (
        f"{training.name}: {len(config.labels)} classes, {len(training)} to train on, {len(held_out)} held out "
        f"({config.recipe.name} recipe, {network}, {device.type}, {config.precision}); "
        + (f"{done} of {epochs} done" if done else epochs)
    )


def _line(metrics: list[EpochMetrics], epochs: int) -> str:
    """A description of the last epoch, with the time that the rest will take at the pace of the last epochs."""
    last = metrics[-1]
    recent = [row.seconds for row in metrics[-3:]]
    left = (epochs - last.epoch) * sum(recent) / len(recent)
    drawn = "" if last.reconstruction is None else f"reconstruction error {last.reconstruction:.4f}  "
    return (
        f"epoch {last.epoch}/{epochs}  loss {last.loss:.5f}  held-out {100 * last.held_out_accuracy:.2f} %  {drawn}"
        f"{last.seconds:.0f} s" + (f"  about {_duration(left)} left" if left else "")
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
