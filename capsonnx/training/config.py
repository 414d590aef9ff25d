"""All choices of one training run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from capsonnx.contract import WIDEST
from capsonnx.datasets import CATALOGUE, symbol_size, widest_symbol
from capsonnx.datasets.ink import FAINT
from capsonnx.errors import InputError
from capsonnx.model import DecoderConfig, NetworkConfig
from capsonnx.require import require_count
from capsonnx.training.device import Precision, choose_precision
from capsonnx.training.recipes import Recipe, recipe_named

if TYPE_CHECKING:
    import torch

    from capsonnx.datasets import Dataset
    from capsonnx.model import CouplingAxis, NetworkKind, RoutingName, Sharing, SquashName

__all__ = ["TrainingConfig", "fitted", "make_config", "resolved"]


@dataclass(frozen=True)
class TrainingConfig:
    """All choices of one run; with the same software, data and number of threads, they fix the weights bit for bit.

    Attributes:
        dataset: the name of the training data, or the absolute path of its folder.
        labels: the class names, in the order of the class axis.
        recipe: the training recipe.
        network: the network's config.
        seed: the seed of the initial weights, the order of the digits, and their augmentation.
        epochs: the number of passes over the training digits.
        precision: what the stem computes in during training; the weights are float32 either way.
        held_out: the number of training digits that are kept aside to measure accuracy on.
        limit: train on this many digits only; None: on all.
        start: the SHA-256 of the file whose weights the training starts from; None: random weights.
        symbol: the longer side in pixels of a typical training symbol.
        widest: the width of a wide symbol divided by its height, at least :data:`capsonnx.contract.WIDEST`.
        decoder: the config of the decoder that is trained with the network; None: no decoder.
        images: the SHA-256 of the data as it was loaded; None: not known, as in older runs.
    """

    dataset: str
    labels: tuple[str, ...]
    recipe: Recipe
    network: NetworkConfig
    seed: int
    epochs: int
    precision: Literal["fp32", "bf16"]
    held_out: int
    limit: int | None = None
    start: str | None = None
    symbol: float = 20.0
    widest: float = WIDEST
    decoder: DecoderConfig | None = None
    images: str | None = None


def make_config(
    data: str,
    dataset: Dataset,
    device: torch.device,
    *,
    recipe: str = "default",
    network: NetworkKind = "capsule",
    routing: RoutingName = "su-normalised",
    squash: SquashName = "half",
    sharing: Sharing = "shared",
    coupling_axis: CouplingAxis = "output",
    routings: int = 3,
    epochs: int | None = None,
    seed: int = 0,
    precision: Precision = "auto",
    held_out: int | None = None,
    limit: int | None = None,
    start: str | None = None,
    decoder: bool = False,
    decoder_weight: float | None = None,
) -> TrainingConfig:
    """Make a run's config from the few choices that a user makes, filling in the rest.

    Args:
        data: the name or the folder that ``dataset`` was loaded from; recorded, so that a run can resume.
        dataset: the training split.
        device: decides what the precision ``auto`` means.
        recipe: the name of a recipe.
        network: ``capsule``, or ``pooled`` or ``summed`` for a baseline.
        routing: the routing of the capsule layer; for this and the next four, see
            :class:`capsonnx.model.NetworkConfig`. A routing other than the default is also used in training, whatever
            the recipe says.
        squash: the function that keeps lengths below one.
        sharing: ``full`` networks take images of one size only, so no larger canvases are made for them.
        coupling_axis: the capsules over which coupling coefficients sum to one.
        routings: the number of routing iterations.
        epochs: the number of epochs; None: as the recipe says for this network.
        seed: the seed of all random choices.
        precision: what the stem computes in during training.
        held_out: how many digits to keep aside; None: a tenth, at most 5000.
        limit: train on this many digits only; None: on all.
        start: the SHA-256 of the file whose weights are passed to :func:`capsonnx.training.train`, if there is one.
        decoder: whether to train a decoder with the network; it draws images of the size of the training images.
        decoder_weight: the weight of the reconstruction loss; None: the default of
            :class:`capsonnx.model.DecoderConfig`. Passing a weight also asks for a decoder.

    Raises:
        InputError: there is no such recipe; a choice is invalid, or choices do not go together; most images are too
            faint to tell the size of their symbols, or the images are too small for the network; or a decoder is asked
            for and the network has no capsules.
    """
    for name, value in (("epochs", epochs), ("held_out", held_out), ("limit", limit)):
        require_count(name, value)
    require_count("seed", seed, least=0)
    symbol = symbol_size(dataset.images) if len(dataset) else 0.0
    if not symbol:
        raise InputError(
            f"{dataset.name}: most images have no ink above level {FAINT} of 255",
            expected="symbols that stand out clearly from their ground",
            remedy="strengthen their contrast",
        )
    chosen = _for_routing(recipe_named(recipe), routing)
    if sharing == "full":
        chosen = replace(chosen, canvas=0)
    shape = NetworkConfig(
        kind=network,
        classes=len(dataset.labels),
        stem_bias=chosen.stem_bias,
        widths=chosen.widths,
        routings=routings,
        routing=routing,
        squash=squash,
        sharing=sharing,
        coupling_axis=coupling_axis,
        size=(dataset.images.shape[1], dataset.images.shape[2]) if sharing == "full" else None,
    )
    if min(dataset.images.shape[1:]) < shape.receptive_field:
        raise InputError(
            f"{dataset.name}: images of {dataset.images.shape[1]}×{dataset.images.shape[2]} pixels",
            expected=f"at least {shape.receptive_field} each way, which the {chosen.name} recipe looks at at once",
            remedy="pad or enlarge them",
        )
    return TrainingConfig(
        dataset=resolved(data),
        labels=dataset.labels,
        recipe=chosen,
        network=shape,
        seed=seed,
        epochs=chosen.epochs_for(network) if epochs is None else epochs,
        precision=choose_precision(precision, device),
        held_out=min(5000, len(dataset) // 10) if held_out is None else held_out,
        limit=limit,
        start=start,
        symbol=symbol,
        widest=widest_symbol(dataset.images),
        decoder=_decoder_of(shape, dataset, decoder_weight) if decoder or decoder_weight is not None else None,
        images=dataset.sha256(),
    )


def _decoder_of(network: NetworkConfig, dataset: Dataset, weight: float | None) -> DecoderConfig:
    if network.kind != "capsule":
        raise InputError(
            f"--decoder with a {network.kind} network",
            expected="a capsule network: a decoder draws poses, and no other network has them",
            remedy="leave --decoder or --network out",
        )
    height, width = dataset.images.shape[1:]
    if weight is not None and not 0 <= weight < math.inf:
        raise InputError(f"decoder weight {weight}", expected="a number from 0", remedy="pass one")
    config = DecoderConfig(network.classes, network.dimension, (height, width))
    return config if weight is None else replace(config, weight=weight)


def fitted(config: TrainingConfig, network: NetworkConfig) -> TrainingConfig:
    """The same choices for a network like the one that the run starts from, except for kind, classes and routings."""
    ours = config.network
    return replace(
        config,
        recipe=replace(
            _for_routing(config.recipe, network.routing), stem_bias=network.stem_bias, widths=network.widths
        ),
        network=replace(network, kind=ours.kind, classes=ours.classes, routings=ours.routings),
    )


def _for_routing(recipe: Recipe, routing: RoutingName) -> Recipe:
    """The recipe, except that it trains with any non-default routing: only the default was tried without."""
    return recipe if routing == "su-normalised" else replace(recipe, training_routings=0)


def resolved(data: str) -> str:
    """How training data is recorded: a name as it is, a folder by its absolute path, however it was written.

    >>> resolved("mnist"), resolved("letters/") == resolved("./letters")
    ('mnist', True)
    """
    return data if data in CATALOGUE else str(Path(data).resolve())
