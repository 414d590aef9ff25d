"""The same network in fewer bits: an int8 stem for CPUs, or a float16 stem for GPUs.

Only the stem is changed, from the scaled image to the feature columns, since it has nearly all of the work and the
weights; in int8 also the votes of the sliding head, a Conv that reads these columns. Routing sums over columns, divides
by norms and takes softmaxes, so it stays in float32. Input and outputs keep their types, too.

**int8** is static quantisation in ONNX's QDQ format: QuantizeLinear and DequantizeLinear around operators that are
themselves unchanged. Any runtime can therefore run the file, and one that knows the pattern, like ONNX Runtime,
computes each Conv from uint8 and int8 numbers. Every quantised tensor is an image in 0..1 or an activation that is
never negative, with the uint8 zero point 0, or holds votes of either sign, with the zero point 128. So black is exactly
zero, and votes for nothing.

Three things are written in the way that is fastest in ONNX Runtime, and none of them changes a number. The pool is a
depthwise convolution. uint8 images, already multiples of 1/255, are not quantised again. The last DequantizeLinear is
followed by a Relu, whose input is never negative, because it would otherwise be computed again for each of its readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from capsonnx.contract import IMAGES
from capsonnx.errors import InputError
from capsonnx.export.rounding import round_rows, second_moments
from capsonnx.export.stem import add_constants, initializer, recognise, serialised, splice, weights_of
from capsonnx.runtime import providers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from capsonnx.export.stem import Chain

__all__ = ["WEIGHT_STEPS", "Precision", "precision_of", "quantise", "to_half"]

Precision: TypeAlias = Literal["fp32", "fp16", "int8"]

WEIGHT_STEPS = 64
"""Weights are stored in -64..64, one bit less than int8 holds. CPUs with AVX2 or AVX-512 but without VNNI add two
products of an activation (0..255) and a weight in int16, which saturates: 2·255·127 is too large, 2·255·64 just fits.
So sums are exact, and the same, on every CPU."""

_CALIBRATION_BATCH = 64

_ROUNDING_IMAGES = 32


def precision_of(model: onnx.ModelProto) -> Precision:
    """The precision of the stem of a file that this package exported."""
    if any(node.op_type == "QuantizeLinear" for node in model.graph.node):
        return "int8"
    halves = any(weight.data_type == TensorProto.FLOAT16 for weight in model.graph.initializer)
    return "fp16" if halves else "fp32"


def to_half(content: bytes) -> bytes:
    """Convert the stem of an exported file to float16; the same bytes each time.

    Args:
        content: the bytes of a float32 file, as :func:`capsonnx.export.to_onnx` returns them.

    Returns:
        The file with float16 weights in its stem, a Cast before it and a Cast after it.

    Raises:
        ModelError: the file is not ONNX, or its stem is not recognised.
    """
    model, stem = recognise(content)
    for name in weights_of(stem):
        weight = initializer(model, name)
        weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), name))
    splice(model, stem[0].input[0], [("Cast", {"to": TensorProto.FLOAT16}, [])])
    splice(model, stem[-1].output[0], [("Cast", {"to": TensorProto.FLOAT}, [])])
    return serialised(model)


def quantise(content: bytes, images: NDArray[np.uint8]) -> bytes:
    """Quantise the stem of an exported file to int8; the same bytes each time.

    Weights are quantised per output channel, and rounded by :mod:`capsonnx.export.rounding`. Activations, and the votes
    of the sliding head, are quantised per tensor, with a scale from the largest magnitude on the calibration images.

    Args:
        content: the bytes of a float32 file, as :func:`capsonnx.export.to_onnx` returns them.
        images: (count, height, width) uint8, the calibration images, of the kind that the file is for: training images,
            not those that it will be judged by.

    Returns:
        The file with int8 weights, a QuantizeLinear and a DequantizeLinear after each activation of its stem, and its
        pool as a Conv.

    Raises:
        InputError: there are no calibration images, or there is nothing to see in them.
        ModelError: the file is not ONNX, or its stem is not recognised.
    """
    model, stem = recognise(content)
    features = stem[-1].output[0]
    voting = [node for node in model.graph.node if node.op_type == "Conv" and node.input[0] == features]
    votes = [node.output[0] for node in voting]
    activations = [stem[0].input[0], *(node.output[0] for node in stem if node.op_type != "Conv")]
    peaks = _peaks(model, [*activations, *votes], images)
    convolutions = [node for node in [*stem, *voting] if node.op_type == "Conv"]
    names = [node.input[0] for node in convolutions]
    few = images[:: max(1, len(images) // _ROUNDING_IMAGES)][:_ROUNDING_IMAGES]
    inputs = _values(_session_with_outputs(model, names), names, few)
    for name, peak in peaks.items():
        chain = _rounding(model, name, *((peak / 127, 128) if name in votes else (peak / 255, 0)))
        splice(model, name, [*chain, ("Relu", {}, [])] if name == features else chain)
    for node in voting:
        node.input[0] = f"{features}_DequantizeLinear"  # not the Relu after it
    for pool in (node for node in stem if node.op_type == "AveragePool"):
        _pool_by_convolution(model, pool, stem)
    for node, planes in zip(convolutions, inputs, strict=True):
        _quantise_weights(model, node, planes)
    if model.graph.input[0].type.tensor_type.elem_type == TensorProto.UINT8:
        _take_images_as_they_are(model, stem[0].input[0])
    return serialised(model)


def _rounding(model: onnx.ModelProto, name: str, scale: float, zero: int) -> Chain:
    """The operators that round a tensor to uint8 and convert it back to float32."""
    constants: dict[str, NDArray[Any]] = {
        f"{name}_scale": np.array(scale, np.float32),
        f"{name}_zero": np.array(zero, np.uint8),
    }
    add_constants(model, constants)
    return [("QuantizeLinear", {}, [*constants]), ("DequantizeLinear", {}, [*constants])]


def _peaks(model: onnx.ModelProto, names: list[str], images: NDArray[np.uint8]) -> dict[str, float]:
    """The largest magnitude of each tensor to be quantised, over the calibration images."""
    peaks = np.zeros(len(names))
    session = _session_with_outputs(model, names)
    for start in range(0, len(images), _CALIBRATION_BATCH):
        values = _values(session, names, images[start : start + _CALIBRATION_BATCH])
        peaks = np.maximum(peaks, [np.abs(value).max() for value in values])
    if not peaks.all():
        raise InputError(
            f"{len(images)} calibration images, in which nothing is to be seen",
            expected="training images, a few hundred",
            remedy="pass other images",
        )
    return dict(zip(names, peaks.tolist(), strict=True))


def _values(session: Any, names: list[str], images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    element = np.uint8 if "uint8" in session.get_inputs()[0].type else np.float32
    values: list[NDArray[np.float32]] = session.run(names, {IMAGES: images.astype(element)})
    return values


def _session_with_outputs(model: onnx.ModelProto, names: list[str]) -> Any:
    """A single-threaded ONNX Runtime session of the model with additional outputs."""
    providers.check_installation()
    import onnxruntime  # noqa: PLC0415 - after check_installation

    extended = onnx.ModelProto()
    extended.CopyFrom(model)
    extended.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(extended.SerializeToString(), options, providers=[providers.CPU])


def _quantise_weights(model: onnx.ModelProto, conv: onnx.NodeProto, planes: NDArray[np.float32]) -> None:
    """Replace the weight of a Conv, and its bias, by integers and a DequantizeLinear whose output has the old name."""
    name = conv.input[1]
    weight = numpy_helper.to_array(initializer(model, name))
    moments = second_moments(planes, weight.shape[2:])
    steps, scale = round_rows(weight.reshape(len(weight), -1), moments, WEIGHT_STEPS)
    _store(model, name, steps.reshape(weight.shape), scale)
    if len(conv.input) > 2:
        bias = numpy_helper.to_array(initializer(model, conv.input[2]))
        # The bias is added to sums of products, so its scale is the product of the two scales.
        scale = scale * numpy_helper.to_array(initializer(model, f"{conv.input[0]}_scale"))
        _store(model, conv.input[2], np.rint(bias / scale).astype(np.int32), scale)


def _pool_by_convolution(model: onnx.ModelProto, pool: onnx.NodeProto, stem: list[onnx.NodeProto]) -> None:
    """Turn an AveragePool into a depthwise Conv, whose weights are all equal and therefore exact in int8."""
    above = [node for node in stem[: stem.index(pool)] if node.op_type == "Conv"]
    channels = initializer(model, above[-1].input[1]).dims[0]
    kept = [one for one in pool.attribute if one.name in ("kernel_shape", "strides")]
    height, width = next(one.ints for one in kept if one.name == "kernel_shape")
    name = f"{pool.output[0]}_mean"
    scale = np.full(channels, 1 / (height * width * WEIGHT_STEPS), np.float32)
    constants = {
        f"{name}_steps": np.full((channels, 1, height, width), WEIGHT_STEPS, np.int8),
        f"{name}_scale": scale,
        f"{name}_zero": np.zeros(channels, np.int8),
    }
    add_constants(model, constants)
    model.graph.node.insert(0, helper.make_node("DequantizeLinear", [*constants], [name], axis=0))
    pool.op_type = "Conv"
    pool.input.append(name)
    del pool.attribute[:]
    pool.attribute.extend([*kept, helper.make_attribute("group", channels)])


def _take_images_as_they_are(model: onnx.ModelProto, ink: str) -> None:
    """Let the first DequantizeLinear, which outputs the scaled images, read the uint8 images directly.

    The operators in between, Cast, Unsqueeze, Div and QuantizeLinear, reduce to the Unsqueeze: 255·(n / 255) is n.
    """
    nodes = model.graph.node
    makers = {name: node for node in nodes for name in node.output}
    row = [makers[ink]]
    while row[-1].input[0] != IMAGES:
        row.append(makers[row[-1].input[0]])
    dequantise, *between = row
    [shape] = (node for node in between if node.op_type == "Unsqueeze")
    between.remove(shape)
    unused = {name for node in between for name in node.input[1:]} - set(dequantise.input)
    for node in between:
        nodes.remove(node)
    for name in unused:
        model.graph.initializer.remove(initializer(model, name))
    shape.input[0], dequantise.input[0] = IMAGES, shape.output[0]
    initializer(model, dequantise.input[1]).CopyFrom(
        numpy_helper.from_array(np.array(1 / 255, np.float32), dequantise.input[1])
    )


def _store(model: onnx.ModelProto, name: str, steps: NDArray[Any], scale: NDArray[np.float32]) -> None:
    model.graph.initializer.remove(initializer(model, name))
    constants = {f"{name}_steps": steps, f"{name}_scale": scale, f"{name}_zero": np.zeros_like(scale, steps.dtype)}
    add_constants(model, constants)
    model.graph.node.insert(0, helper.make_node("DequantizeLinear", [*constants], [name], axis=0))
