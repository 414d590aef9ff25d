"""From a torch module to a graph of plain operators: traced, cleaned up, and converted to the requested opset."""

from __future__ import annotations

import logging
import platform
import warnings
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

import onnx
import onnx.version_converter
import onnx_ir as ir
import torch

from capsonnx import __version__
from capsonnx.errors import InputError
from capsonnx.export.cleanup import clean_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["OPSETS", "software", "trace"]

OPSETS = range(13, 24)
"""The supported opsets: from the lowest that the graph can be converted down to, to the newest that the parity tests
cover."""

TRACED_OPSET = 18
"""The lowest opset that torch exports; lower ones are converted down from it."""


def software() -> dict[str, str]:
    """The versions of the software that a file is made with."""
    others = {name: version(name) for name in ("torch", "onnx", "onnxscript")}
    return {"python": platform.python_version(), "capsonnx": __version__, **others}


def trace(
    module: torch.nn.Module, example: torch.Tensor, names: Sequence[str], sides: dict[int, str], opset: int
) -> onnx.ModelProto:
    """The cleaned-up graph of a module, as a model without metadata.

    Args:
        module: with float32 weights.
        example: an input to trace with.
        names: the names of the input and of each output.
        sides: the dynamic axes of the input, and their names.
        opset: one of :data:`OPSETS`.

    Raises:
        InputError: the opset is not supported.
    """
    if opset not in OPSETS:
        raise InputError(
            f"opset {opset}",
            expected=f"an opset from {OPSETS.start} to {OPSETS.stop - 1}",
            remedy="leave --opset out for the one that most runtimes know",
        )
    traced = _traced(module, example, names, sides, max(opset, TRACED_OPSET))
    model = _convert_down(traced, opset)
    model.ir_version = onnx.helper.find_min_ir_version_for(list(model.opset_import))
    model.producer_name, model.producer_version = "capsonnx", __version__
    model.graph.name = "capsonnx"
    del model.graph.value_info[:]  # readers infer shapes; the tracer's symbols say less
    return model


def _traced(
    module: torch.nn.Module, example: torch.Tensor, names: Sequence[str], sides: dict[int, str], opset: int
) -> onnx.ModelProto:
    """The graph as traced by torch, cleaned up."""
    with _quiet_exporter():
        program = torch.onnx.export(
            module.eval(),
            (example,),
            input_names=names[:1],
            output_names=names[1:],
            dynamic_shapes=(sides,),
            opset_version=opset,
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # noqa: S101 - the dynamo exporter always returns one
    return ir.to_proto(clean_up(program.model))


def _convert_down(model: onnx.ModelProto, opset: int) -> onnx.ModelProto:
    """The same graph in an older opset; the gate finds out whether it is valid there and computes the same.

    From 18 to 17 the axes of ReduceL2 become an attribute; down to 14 nothing else in this graph changes. From 14 to 13
    the converter has no rules for Add, Div, Mul, Relu and Reshape, which gained types and an option in 14 that this
    graph does not use, so only the version number is lowered.
    """
    if opset >= TRACED_OPSET:
        return model
    for node in model.graph.node:
        # It is 0, the default; ReduceL2 has had this attribute only since opset 18, and the converter leaves it in.
        kept = [one for one in node.attribute if one.name != "noop_with_empty_axes"]
        del node.attribute[:]
        node.attribute.extend(kept)
    model = onnx.version_converter.convert_version(model, max(opset, 14))
    model.opset_import[0].version = opset
    return model


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Hide from the user the exporter's remarks on packages it could use, and its own deprecation warnings."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
