"""Check that a folder suits the request: it holds a run with the same choices to resume, or none to start a new one."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from capsonnx.errors import CheckpointError, InputError
from capsonnx.training.checkpoint import CHECKPOINT, CONFIG
from capsonnx.training.config import resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from capsonnx.training.config import TrainingConfig

__all__ = ["require_run", "require_same"]


def require_run(folder: Path, *, resume: bool) -> None:
    """Check that a folder holds a run if one is to be resumed, and none if one is to be started.

    Raises:
        InputError: it is the other way round.
        CheckpointError: the folder holds a checkpoint without a config.
    """
    has_run = (folder / CONFIG).exists()
    if not has_run and (folder / CHECKPOINT).exists():
        raise CheckpointError(
            f"{folder}: holds a {CHECKPOINT} but no {CONFIG}",
            expected="both, or neither",
            remedy="restore the missing file, or pass another --output",
        )
    if resume and not has_run:
        raise InputError(
            f"{folder}: no run there to resume",
            expected="a folder that 'capsonnx train' wrote",
            remedy="check --output, or leave out --resume to start a run",
        )
    if has_run and not resume:
        raise InputError(
            f"{folder}: holds a training run already",
            expected="a new folder",
            remedy="pass another --output, or --resume to go on with this run",
        )


def require_same(folder: Path, recorded: TrainingConfig, requested: TrainingConfig) -> None:
    """Check that a run is resumed with the choices and the images that it was started with.

    Raises:
        InputError: it is not; the message names what differs.
    """
    # A run of an older version, or of another caller, may have recorded its folder as written, and no images.
    before, now = (
        {**dataclasses.asdict(config), "dataset": resolved(config.dataset)} for config in (recorded, requested)
    )
    if recorded.images is None:
        before["images"] = requested.images
    elif recorded.images == requested.images:
        before["dataset"] = now["dataset"]  # the same images, wherever they are now
    else:
        moved = (
            "have changed since" if before["dataset"] == now["dataset"] else f"are others than {recorded.dataset} had"
        )
        raise InputError(
            f"{folder}: the images of {requested.dataset} {moved}",
            expected="the images that this run was started with, each under its name",
            remedy="restore them, or pass another --output; --start FOLDER goes on from a run's weights",
        )
    different = list(_differences(before, now))
    if different:
        raise InputError(
            f"{folder}: trained with {', '.join(f'{key}={old}, not {new}' for key, old, new in different)}",
            expected="the options that the run was started with",
            remedy="leave these options out, or pass another --output; --start FOLDER goes on from a run's weights",
        )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """The differences between two configs: name, old value and new value; parts that both have are compared inside."""
    for key, old in before.items():
        new = now[key]
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new)
        elif old != new:
            yield key, old, new
