"""Recipes: named, frozen sets of training choices."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from capsonnx.errors import InputError
from capsonnx.model import SOURCE_WIDTHS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capsonnx.model import NetworkKind, StemBias

__all__ = ["RECIPES", "Recipe", "recipe_named"]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; saved in full in the checkpoint and in the ONNX metadata.

    Attributes:
        name: its name for ``--recipe``.
        stem_bias: the biases of the stem's convolutions; see :class:`capsonnx.model.NetworkConfig`.
        widths: the channels of the stem's convolutions.
        training_routings: the number of routing iterations in training; 1: no routing; 0: as many as in reading.
        epochs: the number of passes over the training digits for the capsule network.
        pooled_epochs: the same for the baselines.
        batch_size: the number of images per step.
        learning_rate: the highest learning rate of Adam in the schedule.
        muon_rate: the same for Muon, which then trains the matrices; 0: Adam trains everything.
        weight_decay: Muon's weight decay: the share of its learning rate by which weights shrink in a step.
        averaging: the decay per step of the moving average of the weights, which is what is kept; 0: the last weights
            are kept.
        schedule: ``constant``, or ``one-cycle``: a cosine up over the first tenth, then a cosine down to zero.
        absent_weight: λ of the margin loss.
        canvas: digits lie at random places on black canvases up to this many pixels larger, of a new size each batch.
        rotation: the largest rotation either way, in degrees.
        scale: the largest relative change of size either way.
        shear: the largest slant either way, in pixels to the side per pixel down.
        stretch: the largest logarithm, either way, of the factor by which rows grow and columns shrink.
        elastic: the standard deviation, in pixels, of a smooth random displacement.
        fade: the share of these five that is left at the end, so that digits are learnt as they really are; 1: all.
        empty: the share of noise and shuffled pieces of digits, in which there is no class, among the images of a batch
            that are not crowded.
        crowded: the share of each batch that is shown between parts of other digits, to train the sliding head.
        neighbours: the probability of such a part, on either side.
        window_weight: the weight of the loss of the sliding head, relative to that of whole images.
    """

    name: str
    stem_bias: StemBias
    epochs: int
    pooled_epochs: int
    batch_size: int = 128
    widths: tuple[int, ...] = SOURCE_WIDTHS
    training_routings: int = 0
    learning_rate: float = 1e-3
    muon_rate: float = 0.0
    weight_decay: float = 0.0
    averaging: float = 0.0
    schedule: Literal["constant", "one-cycle"] = "constant"
    absent_weight: float = 0.25
    canvas: int = 0
    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    stretch: float = 0.0
    elastic: float = 0.0
    fade: float = 1.0
    empty: float = 0.0
    crowded: float = 0.0
    neighbours: float = 0.8
    window_weight: float = 1.0

    def epochs_for(self, kind: NetworkKind) -> int:
        """The number of epochs for a kind of network."""
        return self.epochs if kind == "capsule" else self.pooled_epochs

    def deforming(self, share: float) -> Recipe:
        """The same recipe with only this share of its deformation."""
        kinds = ("rotation", "scale", "shear", "stretch", "elastic")
        return replace(self, **{kind: share * getattr(self, kind) for kind in kinds})


DEFAULT = Recipe(
    "default",
    stem_bias="silent",
    widths=(32, 32, 64, 64, 96, 128),
    epochs=12,
    pooled_epochs=12,
    # Routing sharpens what is read, but need not be trained: other people's digits are read better this way.
    training_routings=1,
    learning_rate=2e-3,
    muon_rate=5e-3,
    weight_decay=0.1,
    averaging=0.999,
    schedule="one-cycle",
    canvas=8,
    rotation=10.0,
    scale=0.12,
    shear=0.2,
    stretch=0.08,
    elastic=1.0,
    fade=0.3,
    empty=0.05,
    crowded=0.25,
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        recipe.name: recipe
        for recipe in (
            # The source's own: bojone/Capsule trains the capsules for 10 epochs and the baseline for 20.
            Recipe("seed", stem_bias="free", epochs=10, pooled_epochs=20),
            DEFAULT,
            # For symbols not written by hand: half the deformation, and longer, as they are not memorised so soon.
            replace(
                DEFAULT,
                name="gentle",
                epochs=36,
                pooled_epochs=36,
                rotation=5.0,
                scale=0.06,
                shear=0.1,
                stretch=0.04,
                elastic=0.5,
            ),
            # Starts from a trained network's weights, at half the learning rate: for symbols of one's own, or touching.
            replace(
                DEFAULT,
                name="refine",
                epochs=20,
                pooled_epochs=20,
                learning_rate=1e-3,
                muon_rate=2.5e-3,
                crowded=0.5,
            ),
        )
    }
)
"""The recipes by name."""


def recipe_named(name: str) -> Recipe:
    """Look up a recipe.

    Raises:
        InputError: there is no recipe of that name.
    """
    if name not in RECIPES:
        raise InputError(
            f"recipe '{name}'", expected=f"one of {', '.join(RECIPES)}", remedy="pass one of these as --recipe"
        )
    return RECIPES[name]
