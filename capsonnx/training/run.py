"""The parts of a training run that change from step to step, and the step itself."""

from __future__ import annotations

import copy
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from capsonnx.model import (
    NOTHING,
    CapsuleNetwork,
    Decoder,
    build,
    margin_loss,
    mask,
    reconstruction_loss,
    scorer,
    window_loss,
)
from capsonnx.training.augmentation import augment, crowd, cut_out, without_symbols
from capsonnx.training.checkpoint import State
from capsonnx.training.optimizer import make_optimizers
from capsonnx.training.schedule import deformation, learning_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from capsonnx.datasets import Dataset
    from capsonnx.model import Network
    from capsonnx.training.config import TrainingConfig
    from capsonnx.training.recipes import Recipe

__all__ = ["Run"]

TRAINING = {"network": "training.", "decoder": "training_decoder."}
"""By module, the prefix of its weights' names in a checkpoint that also holds their moving averages."""


class Run:
    """Network, decoder, optimizers and random state of one training run; everything else in it is constant.

    All random numbers are drawn on the CPU, so that a seed means the same on every device.
    """

    def __init__(self, config: TrainingConfig, dataset: Dataset, device: torch.device) -> None:
        self.recipe = config.recipe
        self.precision = config.precision
        self.device = device
        self.images = torch.from_numpy(dataset.images).to(device)
        self.targets = torch.from_numpy(dataset.targets).to(device)
        self.steps_per_epoch = math.ceil(len(self.images) / self.recipe.batch_size)
        self.steps = self.steps_per_epoch * config.epochs
        self.step = 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.network: Network = build(config.network).to(device)
            # After the network, so that its initial weights are the same with and without a decoder.
            self.decoder = None if config.decoder is None else Decoder(config.decoder).to(device)
        self.slides = isinstance(self.network, CapsuleNetwork) and self.network.capsules.explains
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.optimizers = make_optimizers(self.network, self.recipe, self.decoder)
        self.averaged = copy.deepcopy(self.network) if self.recipe.averaging else self.network
        self.averaged_decoder = copy.deepcopy(self.decoder) if self.recipe.averaging else self.decoder
        self.generator = torch.Generator().manual_seed(config.seed)

    def epoch(self, advance: Callable[[], None]) -> float:
        """Train one epoch, calling ``advance`` after each step, and return the mean loss."""
        self.network.train()
        order = torch.randperm(len(self.images), generator=self.generator).to(self.device)
        total = torch.zeros((), device=self.device)
        with self._training_routings():
            for chosen in torch.split(order, self.recipe.batch_size):
                total += len(chosen) * self._train_step(self.images[chosen], self.targets[chosen])
                advance()
        return float(total) / len(self.images)

    @contextmanager
    def _training_routings(self) -> Iterator[None]:
        """Route with the recipe's number of training iterations, and restore the network's own number afterwards."""
        network, routings = self.network, self.recipe.training_routings
        if not (isinstance(network, CapsuleNetwork) and routings):
            yield
            return
        network.capsules.routings = routings
        try:
            yield
        finally:
            network.capsules.routings = network.config.routings

    def _train_step(self, images: Tensor, targets: Tensor) -> Tensor:
        for optimizer, highest in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(self.step, self.steps, highest, self.recipe.schedule)
        recipe = self.recipe.deforming(deformation(self.step, self.steps, self.recipe.fade))
        crowded = round(recipe.crowded * len(images)) if self.slides else 0
        empty = round(recipe.empty * (len(images) - crowded))
        loss = self._canvas_loss(*self._emptied(images[crowded:], targets[crowded:], empty), recipe)
        if crowded:
            views, centres = crowd(images[:crowded], recipe, self.generator)
            loss = loss + self._window_loss(self._features(views), centres, targets[:crowded])
        for _, module, _ in self._modules():
            module.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer, _ in self.optimizers:
            optimizer.step()
        self._settle()
        self.step += 1
        return loss.detach()

    @torch.no_grad()
    def _settle(self) -> None:
        """After a step, bring the weights back into their allowed ranges and update their moving averages."""
        self.network.constrain()
        if self.recipe.averaging:
            # At the start the average is over the steps so far, so that the initial weights are soon forgotten.
            share = max(1 - self.recipe.averaging, 9 / (10 + self.step))
            for _, module, averaged in self._modules():
                for average, weight in zip(averaged.parameters(), module.parameters(), strict=True):
                    average.lerp_(weight, share)

    def _emptied(self, images: Tensor, targets: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """The batch with its first ``count`` images replaced by images without a class."""
        if not count:
            return images, targets
        nothing = without_symbols(images[:count], self.generator)
        return torch.cat([nothing, images[count:]]), torch.cat(
            [torch.full_like(targets[:count], NOTHING), targets[count:]]
        )

    def _canvas_loss(self, images: Tensor, targets: Tensor, recipe: Recipe) -> Tensor:
        """The loss for single digits on canvases: whole images and, if the sliding head is trained, their windows."""
        canvases, centres = augment(images, recipe, self.generator)
        features = self._features(canvases)
        lengths, *poses = self.network.classify(features)
        loss = margin_loss(lengths, targets, absent_weight=recipe.absent_weight)
        if self.decoder is not None:
            size = self.decoder.config.size
            loss = loss + self._reconstruction_loss(poses[0], cut_out(canvases, centres, size), targets)
        if recipe.crowded and self.slides:
            centres = centres.masked_fill((targets == NOTHING).view(-1, 1, 1).cpu(), torch.inf)
            loss = loss + self._window_loss(features, centres, targets)
        return loss

    def _reconstruction_loss(self, poses: Tensor, images: Tensor, targets: Tensor) -> Tensor:
        """The loss of drawing the deformed images from the right poses, which should encode the deformation too."""
        assert self.decoder is not None  # noqa: S101 - the caller has looked
        drawn = self.decoder(mask(poses, targets))
        # The weight is meant for a margin loss summed over the classes, but here that loss is a mean over them.
        weight = self.decoder.config.weight / self.decoder.config.classes
        return weight * reconstruction_loss(drawn, images / 255, targets)

    def _window_loss(self, features: Tensor, centres: Tensor, targets: Tensor) -> Tensor:
        assert isinstance(self.network, CapsuleNetwork)  # noqa: S101 - both callers have looked
        capsules = self.network.capsules
        lengths, centres = capsules.slide(features), centres.to(self.device)
        loss = window_loss(lengths, centres, targets, capsules.window, absent_weight=self.recipe.absent_weight)
        return self.recipe.window_weight * loss

    def _features(self, images: Tensor) -> Tensor:
        # Only the stem is worth bfloat16: routing is one hundredth of the work, and its softmax needs the precision.
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            features = self.network.features(images)
        return features.float()

    def measure(self, dataset: Dataset) -> tuple[float, float | None]:
        """Measure the averaged weights on a data set, in float32.

        Returns:
            The share of its images, in 0..1, whose longest capsule is the right one; and, for a run with a decoder, the
            mean squared difference, per pixel in 0..1, between an image and what is drawn from its pose.
        """
        score = scorer(self.averaged)
        right, squares = 0, 0.0
        for start in range(0, len(dataset.images), 500):
            batch = slice(start, start + 500)
            scores, targets = score(dataset.images[batch]), dataset.targets[batch]
            right += int((scores.lengths.argmax(axis=1) == targets).sum())
            if self.averaged_decoder is not None and scores.poses is not None:
                squares += self._squares(self.averaged_decoder, scores.poses, dataset.images[batch], targets)
        error = None if self.decoder is None else squares / dataset.images.size
        return right / len(dataset.images), error

    @torch.inference_mode()
    def _squares(
        self, decoder: Decoder, poses: NDArray[np.float32], images: NDArray[np.uint8], targets: NDArray[np.int64]
    ) -> float:
        given, wanted, kept = (torch.from_numpy(values).to(self.device) for values in (poses, images, targets))
        return float(reconstruction_loss(decoder(mask(given, kept)), wanted / 255, kept)) * len(images)

    def _modules(self) -> list[tuple[str, nn.Module, nn.Module]]:
        """Each module's name, the module in training, and the one with its averaged weights, which may be the same."""
        found: list[tuple[str, nn.Module, nn.Module]] = [("network", self.network, self.averaged)]
        if self.decoder is not None and self.averaged_decoder is not None:
            found.append(("decoder", self.decoder, self.averaged_decoder))
        return found

    def capture(self) -> State:
        """Everything that changes, as named CPU tensors; call it between two epochs."""
        tensors: dict[str, Tensor] = {}
        for part, module, averaged in self._modules():
            tensors |= {f"{part}.{name}": tensor for name, tensor in averaged.state_dict().items()}
            if self.recipe.averaging:
                tensors |= {TRAINING[part] + name: tensor for name, tensor in module.state_dict().items()}
        for number, (optimizer, _) in enumerate(self.optimizers):
            for index, state in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{number}.{index}.{key}": tensor for key, tensor in state.items()}
        tensors["random"] = self.generator.get_state()
        return State(self.step // self.steps_per_epoch, {name: tensor.cpu() for name, tensor in tensors.items()})

    def restore(self, state: State) -> None:
        """Restore a state that :meth:`capture` returned.

        Raises:
            KeyError, RuntimeError, ValueError: the state belongs to another network.
        """
        for part, module, averaged in self._modules():
            averaged.load_state_dict(state.named(f"{part}."))
            if self.recipe.averaging:
                module.load_state_dict(state.named(TRAINING[part]))
        for number, (optimizer, _) in enumerate(self.optimizers):
            states: dict[int, dict[str, Tensor]] = {}
            for name, tensor in state.named(f"optimizer.{number}.").items():
                index, _, key = name.partition(".")
                states.setdefault(int(index), {})[key] = tensor
            optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
        self.generator.set_state(state.tensors["random"])
        self.step = state.epoch * self.steps_per_epoch
