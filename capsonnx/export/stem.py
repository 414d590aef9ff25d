"""The stem in the graph of an exported file: recognising it and changing its parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import onnx
from onnx import TensorProto, helper, numpy_helper

from capsonnx.contract import IMAGES
from capsonnx.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Chain", "add_constants", "initializer", "recognise", "serialised", "splice", "weights_of"]

Chain: TypeAlias = "list[tuple[str, dict[str, Any], list[str]]]"
"""A chain of operators with one output each: the type, attributes and further inputs of each."""

_STEM = frozenset({"Conv", "Relu", "AveragePool"})


def recognise(content: bytes) -> tuple[onnx.ModelProto, list[onnx.NodeProto]]:
    """Find the stem of a file.

    Args:
        content: the bytes of a float32 file, as :func:`capsonnx.export.to_onnx` returns them.

    Returns:
        The model, and the operators of its stem from the first Conv on.

    Raises:
        ModelError: the file is not ONNX, or its stem is not recognised.
    """
    try:
        model = onnx.load_from_string(content)
    except Exception:  # noqa: BLE001 - protobuf's errors share no base but this
        model = onnx.ModelProto()
    stem = _stem(model.graph)
    weights = {one.name for one in model.graph.initializer if one.data_type == TensorProto.FLOAT}
    operators = "".join(node.op_type for node in stem)
    if not re.fullmatch("(ConvRelu(AveragePool)?)+", operators) or not weights.issuperset(weights_of(stem)):
        raise ModelError(
            "the stem of the file is not recognised",
            expected="a float32 file of 'capsonnx export': from the input on Conv, Relu and AveragePool, one by one",
            remedy="export the checkpoint again, without --precision",
        )
    return model, stem


def weights_of(stem: list[onnx.NodeProto]) -> list[str]:
    """The names of all weights and biases of a stem."""
    return [name for node in stem for name in node.input[1:] if name]


def splice(model: onnx.ModelProto, value: str, chain: Chain) -> None:
    """Insert operators after a value; its readers then read the output of the last one."""
    nodes = model.graph.node
    place = next(index for index, node in enumerate(nodes) if value in node.output)
    names = [f"{value}_exact", *(f"{value}_{kind}" for kind, _, _ in chain[:-1]), value]
    nodes[place].output[:] = [names[0] if name == value else name for name in nodes[place].output]
    for offset, (kind, attributes, inputs) in enumerate(chain):
        node = helper.make_node(kind, [names[offset], *inputs], [names[offset + 1]], **attributes)
        nodes.insert(place + 1 + offset, node)


def add_constants(model: onnx.ModelProto, constants: Mapping[str, NDArray[Any]]) -> None:
    """Add named initializers to the model."""
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())


def initializer(model: onnx.ModelProto, name: str) -> onnx.TensorProto:
    """The initializer of that name, which the model must have: the object itself, to be changed or removed."""
    found: onnx.TensorProto = next(one for one in model.graph.initializer if one.name == name)
    return found


def serialised(model: onnx.ModelProto) -> bytes:
    """The bytes of the model, with its operators renumbered."""
    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{number}"
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _stem(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The chain of operators from the first Conv after the input up to where the chain ends or branches."""
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    row, value = [], IMAGES
    while len(consumers.get(value, [])) == 1:
        [node] = consumers[value]
        if node.op_type in _STEM:
            row.append(node)
        elif row:
            break
        value = node.output[0]
    return row
