"""The training folder: what a run writes, and how it is read back. Nothing in it is ever unpickled.

- ``config.json``: the frozen TrainingConfig, written before the first step, and again only if the data has moved
- ``checkpoint.safetensors``: weights (``network.``, and ``decoder.`` if there is one), optimizer state and random state
  after the last finished epoch, replaced atomically
- ``metrics.jsonl``: one line per finished epoch
- ``curves.png``: the metrics as a picture
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from capsonnx.errors import CheckpointError, InputError
from capsonnx.files import write_bytes, write_text
from capsonnx.model import SOURCE_WIDTHS, Decoder, DecoderConfig, Network, NetworkConfig, build
from capsonnx.training.config import TrainingConfig
from capsonnx.training.recipes import Recipe

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

__all__ = [
    "CHECKPOINT",
    "CONFIG",
    "METRICS",
    "EpochMetrics",
    "State",
    "Trained",
    "load_config",
    "load_metrics",
    "load_state",
    "load_trained",
    "save_config",
    "save_metrics",
    "save_state",
]

CONFIG = "config.json"
CHECKPOINT = "checkpoint.safetensors"
METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class EpochMetrics:
    """The results of one epoch: mean training loss, and accuracy in 0..1 on the held-out digits after it.

    The last epoch also has the threshold, which is chosen on the held-out digits. With a decoder there is a
    reconstruction error: the mean squared difference, per pixel in 0..1, between held-out digits and what is drawn from
    their poses.
    """

    epoch: int
    learning_rate: float
    loss: float
    held_out_accuracy: float
    seconds: float
    threshold: float | None = None
    reconstruction: float | None = None


@dataclass(frozen=True)
class State:
    """A run between two epochs: the number of finished epochs, and named tensors for everything that changes."""

    epoch: int
    tensors: dict[str, Tensor]

    def named(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with the prefix, by the rest of their names."""
        return {name.removeprefix(prefix): tensor for name, tensor in self.tensors.items() if name.startswith(prefix)}


@dataclass(frozen=True)
class Trained:
    """The usable contents of a training folder: a network in evaluation mode, its config, the metrics of its epochs.

    If a decoder was trained with the network, it is there too, also in evaluation mode.
    """

    network: Network
    config: TrainingConfig
    metrics: list[EpochMetrics]
    decoder: Decoder | None = None

    @property
    def threshold(self) -> float:
        """The length above which a class is in an image; the source's 0.5 until the last epoch has chosen one."""
        chosen = self.metrics[-1].threshold
        return 0.5 if chosen is None else chosen


def save_config(folder: Path, config: TrainingConfig) -> None:
    """Write ``config.json``, atomically."""
    write_text(folder / CONFIG, json.dumps(dataclasses.asdict(config), indent=2, ensure_ascii=False) + "\n")


def load_config(folder: Path) -> TrainingConfig:
    """Read ``config.json`` back.

    Raises:
        InputError: there is no such folder, or it is a file.
        CheckpointError: the file is missing, or is not what :func:`save_config` writes.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: {'a file' if folder.exists() else 'no such folder'}",
            expected="a folder that 'capsonnx train' wrote",
            remedy="pass that folder" if folder.exists() else "check the spelling",
        )
    try:
        values: dict[str, Any] = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        widths = values["recipe"].get("widths", SOURCE_WIDTHS)  # older runs had no choice
        values["recipe"] = Recipe(**{**values["recipe"], "widths": tuple(widths)})
        values["network"] = NetworkConfig.from_json(values["network"])
        values["labels"] = tuple(values["labels"])
        if values.get("decoder") is not None:  # older runs have no such key
            values["decoder"] = DecoderConfig.from_json(values["decoder"])
        return TrainingConfig(**values)
    except FileNotFoundError:
        problem = f"{folder}: no {CONFIG} in it"
    except (OSError, ValueError, TypeError, KeyError, AttributeError, InputError) as error:
        problem = f"{folder / CONFIG}: not a training config ({error})"
    raise _not_a_run(problem)


def save_metrics(folder: Path, metrics: list[EpochMetrics]) -> None:
    """Write all of ``metrics.jsonl``, atomically."""
    lines = [json.dumps(dataclasses.asdict(row)) for row in metrics]
    write_text(folder / METRICS, "".join(line + "\n" for line in lines))


def load_metrics(folder: Path) -> list[EpochMetrics]:
    """Read ``metrics.jsonl`` back; an empty list if there is none yet.

    Raises:
        CheckpointError: a line is not what :func:`save_metrics` writes.
    """
    path = folder / METRICS
    if not path.exists():
        return []
    try:
        return [EpochMetrics(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except (ValueError, TypeError) as error:
        raise _not_a_run(f"{path}: not a metrics file ({error})") from error


def save_state(folder: Path, state: State) -> None:
    """Write ``checkpoint.safetensors``, atomically: a kill at any moment leaves the old file or the new one."""
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    # Not with safetensors' save_file, which makes files that only their owner can read.
    write_bytes(folder / CHECKPOINT, save(tensors, metadata={"epoch": str(state.epoch)}))


def load_state(folder: Path) -> State | None:
    """Read ``checkpoint.safetensors`` back onto the CPU; None if no epoch has finished yet.

    Raises:
        CheckpointError: the file is damaged.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            # Copies, as the tensors themselves lie in the file, which will be replaced while they are in use.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 - it is no mapping
            return State(int(file.metadata()["epoch"]), tensors)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise _not_a_run(f"{path}: damaged ({error})") from error


def load_trained(folder: Path) -> Trained:
    """Load the network of a training folder onto the CPU, with the weights of its last finished epoch.

    Raises:
        InputError: there is no such folder.
        CheckpointError: the folder holds no finished epoch, or its files are damaged or do not match.
    """
    config = load_config(folder)
    state = load_state(folder)
    if state is None:
        raise CheckpointError(
            f"{folder}: no {CHECKPOINT} in it",
            expected="a run with at least one finished epoch",
            remedy=f"continue it with: capsonnx train --resume --output {folder}",
        )
    metrics = load_metrics(folder)[: state.epoch]
    if len(metrics) != state.epoch:
        raise _not_a_run(f"{folder}: {state.epoch} epochs in {CHECKPOINT}, {len(metrics)} in {METRICS}")
    with torch.random.fork_rng(devices=[]):  # the initial weights are overwritten: drawing them leaves no trace
        network = build(config.network).eval()
        decoder = None if config.decoder is None else Decoder(config.decoder).eval()
    try:
        network.load_state_dict(state.named("network."))
        if decoder is not None:
            decoder.load_state_dict(state.named("decoder."))
    except RuntimeError as error:
        raise _not_a_run(f"{folder / CHECKPOINT}: weights do not fit {CONFIG}") from error
    return Trained(network, config, metrics, decoder)


def _not_a_run(problem: str) -> CheckpointError:
    return CheckpointError(
        problem, expected="a folder that 'capsonnx train' wrote", remedy="pass such a folder, or train again"
    )
