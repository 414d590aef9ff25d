"""From a torch network to one ONNX file: dynamic batch, height and width, and routing unrolled into plain operators."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import onnx
import torch

from capsonnx.contract import EVIDENCE, FIELD, IMAGES, LENGTHS, WIDEST, Contract, Windows
from capsonnx.datasets import CATALOGUE
from capsonnx.errors import InputError
from capsonnx.export.tracing import software, trace
from capsonnx.model import APART, PEAK, STRIDE, SURE, TOUCHING, VIEW, CapsuleNetwork, Network, origin_of, window_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from capsonnx.training import Trained

__all__ = ["InputType", "Size", "check_size", "contract_of", "to_onnx", "with_routings"]

InputType: TypeAlias = Literal["uint8", "float32"]

Size: TypeAlias = tuple[int, int] | Literal["dynamic"]
"""Height and width in pixels, or ``dynamic`` for any."""

TRACED_SHAPE = (3, 31, 44)
"""The batch, height and width to trace with: at least 2 each, and unequal, so that none is taken for a constant."""


def contract_of(trained: Trained) -> Contract:
    """The contract of an exported file: the config, the accuracy after the last epoch, the software versions."""
    config = trained.config
    return Contract(
        labels=config.labels,
        smallest=trained.network.config.receptive_field,
        stride=STRIDE,
        receptive_field=trained.network.config.receptive_field,
        threshold=trained.threshold,
        network=dataclasses.asdict(trained.network.config),
        recipe={
            **dataclasses.asdict(config.recipe),
            "epochs": config.epochs,
            "seed": config.seed,
            "precision": config.precision,
        },
        # For a folder, only its name, with a slash that distinguishes it from the name of a data set.
        dataset=config.dataset if config.dataset in CATALOGUE else f"{Path(config.dataset).name}/",
        accuracy={"held_out": trained.metrics[-1].held_out_accuracy},
        windows=windows_of(trained.network, symbol=config.symbol, widest=config.widest),
        software=software(),
    )


def with_routings(trained: Trained, routings: int) -> Trained:
    """The same weights in a capsule network with another number of routing iterations.

    Raises:
        InputError: the network has no capsules, or ``routings`` is below 1.
    """
    network = trained.network
    if not isinstance(network, CapsuleNetwork) or routings < 1:
        raise InputError(
            f"--routings {routings} for a {network.config.kind} network",
            expected="a number from 1 on, for a capsule network",
            remedy="leave --routings out",
        )
    return dataclasses.replace(trained, network=network.with_routings(routings))


def to_onnx(
    network: Network,
    contract: Contract,
    *,
    opset: int = 18,
    input_type: InputType = "uint8",
    outputs: Sequence[str] | None = None,
    size: Size | None = None,
) -> bytes:
    """Export a network, on the CPU, as the bytes of one ONNX file; the same bytes each time.

    Args:
        network: with float32 weights.
        contract: becomes the file's metadata.
        opset: the ONNX operator set, one of :data:`capsonnx.export.tracing.OPSETS`; the IR version is the lowest that
            has it.
        input_type: the type of the input ``images``, whose values are 0..255 either way.
        outputs: names from :data:`capsonnx.contract.OUTPUTS`, including lengths; None: all that the network has.
        size: the size of the images; None: any, unless the network takes only one. The batch is always dynamic.

    Raises:
        InputError: the opset, an output or the size is not supported.
    """
    names = _check_outputs(outputs, network)
    size = check_size(size, network)
    traced = TRACED_SHAPE if size == "dynamic" else (TRACED_SHAPE[0], *size)
    sides = {0: "batch", 1: "height", 2: "width"} if size == "dynamic" else {0: "batch"}
    example = torch.zeros(traced, dtype=getattr(torch, input_type))
    model = trace(_Outputs(network, names), example, (IMAGES, *names), sides, opset)
    _name_sizes(model)
    # Also for a file without the field: the windows also say how large symbols are, and that black may be cut off.
    windows = contract.windows or windows_of(network)
    contract = dataclasses.replace(contract, windows=windows if FIELD in network.output_names else None)
    onnx.helper.set_model_props(model, contract.to_metadata())
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _name_sizes(model: onnx.ModelProto) -> None:
    """Give the dynamic sides of the maps plain names: the tracer names them by formulas of height and width."""
    sides = {EVIDENCE: ("rows", "cols"), FIELD: ("field_rows", "field_cols")}
    for output in model.graph.output:
        for dimension, name in zip(output.type.tensor_type.shape.dim[2:], sides.get(output.name, ()), strict=False):
            if dimension.HasField("dim_param"):
                dimension.dim_param = name


class _Outputs(torch.nn.Module):
    """A network that returns only the named outputs; its parts keep their own names in the file."""

    def __init__(self, network: Network, names: Sequence[str]) -> None:
        super().__init__()
        for part, module in network.named_children():
            self.add_module(part, module)
        self._compute = network.features, network.outputs
        self._names = names

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features, outputs = self._compute
        return tuple(outputs(features(images), self._names).values())


def _check_outputs(outputs: Sequence[str] | None, network: Network) -> tuple[str, ...]:
    """The outputs to export, in the order of the contract."""
    possible = network.output_names
    chosen = possible if outputs is None else outputs
    if LENGTHS not in chosen or not set(chosen) <= set(possible):
        raise InputError(
            f"outputs {', '.join(chosen) or 'none'}",
            expected=f"{LENGTHS}, and any of {', '.join(possible[1:]) or 'no others'}: what this network has",
            remedy="leave --outputs out for all of them",
        )
    return tuple(name for name in possible if name in chosen)


def check_size(size: Size | None, network: Network) -> Size:
    """The size to export for."""
    own = network.config.size
    if size is None or size == own:
        return own or "dynamic"
    if own is not None:
        given = size if size == "dynamic" else "×".join(map(str, size))
        raise InputError(
            f"size {given} for a network of sharing 'full', where every place has matrices of its own",
            expected=f"the size {own[0]}×{own[1]} that it was trained on",
            remedy="leave --size out, or train with --sharing shared, whose matrices fit any place and so any size",
        )
    smallest = network.config.receptive_field
    if size != "dynamic" and min(size) < smallest:
        raise InputError(
            f"size {size[0]}×{size[1]}",
            expected=f"at least {smallest}×{smallest} pixels",
            remedy="pass a larger --size, or leave it out for any",
        )
    return size


def windows_of(network: Network, *, symbol: float = 20.0, widest: float = WIDEST) -> Windows:
    """What the output ``field`` means; see :mod:`capsonnx.model.field`.

    Args:
        network: with or without biases in its stem.
        symbol: the longer side in pixels of the symbols that it was trained on.
        widest: the greatest width of a symbol divided by its height.
    """
    return Windows(
        origin=origin_of(window_of(network.config.receptive_field)),
        stride=STRIDE,
        size=VIEW,
        threshold=PEAK,
        apart=APART,
        silent_black=network.config.is_silent,
        symbol=symbol,
        widest=widest,
        touching=TOUCHING,
        sure=SURE,
    )
