"""Checks on an exported file that need no images: can every runtime load it?"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import onnx
from onnx import numpy_helper

from capsonnx.contract import EVIDENCE, FIELD, IMAGES, LENGTHS, POSES, Contract, DecoderContract
from capsonnx.contract.metadata import value_of
from capsonnx.errors import CapsonnxError, InputError, ModelError
from capsonnx.export.precision import precision_of
from capsonnx.model import Network, NetworkConfig, build
from capsonnx.runtime.opening import has_external_data, refuse_training

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FORBIDDEN",
    "MOST_NODES",
    "Check",
    "check_graph",
    "is_decoder",
    "load_network",
    "load_onnx",
    "network_inside",
]

FORBIDDEN = frozenset({"Loop", "Scan", "If", "Einsum", "Expand", "Shape", "Gather", "Concat"})
"""Operators that some runtimes lack, or that are signs of shape arithmetic or control flow."""

MOST_NODES = {LENGTHS: 50, POSES: 0, EVIDENCE: 15, FIELD: 6, IMAGES: 16}
"""How many nodes each output may add; ``images`` is the output of a decoder."""

ITERATION_NODES, EM_NODES = 13, 70
"""How many nodes each routing iteration after the third may add, with EM twice as many; and how many EM routing with
three iterations may add in all."""

PRECISION_NODES = {"fp32": 0, "fp16": 2, "int8": 20}
"""How many nodes a stem of fewer bits may add. For fp16: a Cast before and after it. For int8: a QuantizeLinear and a
DequantizeLinear for each of 6 activations, and a DequantizeLinear for each of 4 weights and 4 biases."""

CONVOLUTION_NODES = {"fp32": 2, "fp16": 2, "int8": 6}
"""How many nodes each convolution of the stem after the fourth may add: itself and its Relu, and for int8 four nodes as
above."""


@dataclass(frozen=True)
class Check:
    """The result of one check: its name, whether it passed, and what was found."""

    name: str
    passed: bool
    found: str


def load_onnx(path: Path) -> onnx.ModelProto:
    """Parse an ONNX file without loading external data.

    Raises:
        InputError: there is no such file.
        ModelError: it is not ONNX.
    """
    refuse_training(path)
    try:
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", expected="an .onnx file", remedy="check the path") from None
    except Exception:  # noqa: BLE001 - protobuf's errors share no base but this
        model = onnx.ModelProto()
    if not model.graph.node:
        raise ModelError(
            f"{path}: not an ONNX file, or damaged", expected="an ONNX model", remedy="copy or export the file again"
        )
    return model


def is_decoder(model: onnx.ModelProto) -> bool:
    """Whether a parsed file outputs images, as a decoder does, instead of scores."""
    return any(output.name == IMAGES for output in model.graph.output)


def check_graph(model: onnx.ModelProto, name: str) -> list[Check]:
    """Check contract, validity, operators, shapes and self-containment of a parsed file; one result per check."""
    operators = {node.op_type for node in model.graph.node}
    found = sorted(operators & FORBIDDEN)
    computed = _computed_reshapes(model)
    external = _external(model)
    domains = sorted({node.domain for node in model.graph.node} - {"", "ai.onnx"})
    opset = max(one.version for one in model.opset_import if one.domain in ("", "ai.onnx"))
    lowest = onnx.helper.find_min_ir_version_for(list(model.opset_import), ignore_unknown=True)
    return [
        _check_contract(model, name),
        _check_validity(model),
        Check("one file", not external, f"external data: {', '.join(external)}" if external else "no external data"),
        _check_sizes(model),
        _check_nodes(model),
        Check(
            "operators", not found, f"forbidden: {', '.join(found)}" if found else f"{len(operators)} kinds, all plain"
        ),
        Check("domains", not domains, f"foreign: {', '.join(domains)}" if domains else "ai.onnx only"),
        Check("reshapes", not computed, f"computed: {', '.join(computed)}" if computed else "constant shapes"),
        Check("versions", model.ir_version == lowest, f"opset {opset}, IR {model.ir_version}, lowest {lowest}"),
    ]


def _external(model: onnx.ModelProto) -> list[str]:
    """The names of the weights that are stored in other files."""
    return [one.name for one in model.graph.initializer if one.data_location == onnx.TensorProto.EXTERNAL]


def network_inside(model: onnx.ModelProto, contract: Contract, name: str = "the file") -> Network:
    """The torch network that a float32 file describes in its metadata, with the file's own weights.

    Raises:
        ModelError: the metadata describes no network, or the weights are not under their names, not in float32, or not
            in the file.
    """
    precision = precision_of(model)
    if precision != "fp32":
        raise ModelError(
            f"{name}: weights are of {precision}",
            expected="weights of float32",
            remedy="pass the float32 file, or the training folder",
        )
    if _external(model):
        raise has_external_data(name)
    weights = {one.name: numpy_helper.to_array(one).copy() for one in model.graph.initializer}
    try:
        import torch  # noqa: PLC0415

        network = build(NetworkConfig.from_json(contract.network))
        network.load_state_dict({name: torch.from_numpy(weights[name]) for name in network.state_dict()})
    except (KeyError, TypeError, RuntimeError, InputError) as error:
        raise ModelError(
            f"{name}: weights do not make the network of its metadata ({error})",
            expected="the weights under the names that the export gives them",
            remedy="compare with a training folder, by --against",
        ) from None
    return network.eval()


def load_network(path: Path) -> Network:
    """The torch network of an exported file: :func:`network_inside` with the file's own contract.

    Raises:
        InputError: there is no such file.
        ModelError: it is not ONNX, breaks the contract, or does not hold the weights of its network.
    """
    model = load_onnx(path)
    metadata = {one.key: one.value for one in model.metadata_props}
    return network_inside(model, Contract.from_metadata(metadata, name=str(path)), str(path))


def _check_contract(model: onnx.ModelProto, name: str) -> Check:
    metadata = {one.key: one.value for one in model.metadata_props}
    try:
        if is_decoder(model):
            decoder = DecoderContract.from_metadata(metadata, name=name)
            return Check("contract", True, f"{len(decoder.labels)} labels, poses of {decoder.poses_of[:8]}")
        contract = Contract.from_metadata(metadata, name=name)
    except CapsonnxError as error:
        return Check("contract", False, str(error))
    return Check("contract", True, f"{len(contract.labels)} labels, threshold {contract.threshold}")


def _check_nodes(model: onnx.ModelProto) -> Check:
    """Check that the graph is as small as can be: no more nodes than its outputs, precision and routing need."""
    precision = precision_of(model)
    most = sum(MOST_NODES.get(output.name, 0) for output in model.graph.output) + PRECISION_NODES[precision]
    metadata = {one.key: one.value for one in model.metadata_props}
    # A decoder has no network, and whether a network's file keeps the contract is for another check.
    with suppress(ModelError, TypeError):
        network = value_of(metadata, "network", dict, "")
        most += CONVOLUTION_NODES[precision] * max(0, len(network.get("widths", ())) - 4)
        is_em = network.get("routing") == "em"
        each = 2 * ITERATION_NODES if is_em else ITERATION_NODES
        most += each * max(0, network.get("routings", 3) - 3) + EM_NODES * is_em
    return Check("nodes", len(model.graph.node) <= most, f"{len(model.graph.node)}, at most {most}")


def _check_sizes(model: onnx.ModelProto) -> Check:
    """Check that any batch size fits; height and width may be fixed, by choice or by matrices that belong to places.

    A decoder's sides, those of its poses, are always fixed.
    """
    batch, *sides = (one.dim_param or one.dim_value for one in model.graph.input[0].type.tensor_type.shape.dim)
    fixed = "×".join(str(side) for side in sides if isinstance(side, int))
    only = f"poses of {fixed} only" if is_decoder(model) else f"images of {fixed} px only"
    found = only if fixed else "any height and width"
    return Check("sizes", isinstance(batch, str), f"{'any batch' if isinstance(batch, str) else batch}, {found}")


def _check_validity(model: onnx.ModelProto) -> Check:
    try:
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # noqa: BLE001 - checker and shape inference raise unrelated types
        return Check("onnx.checker", False, " ".join(str(error).split())[:200])
    return Check("onnx.checker", True, "valid, shapes inferred")


def _computed_reshapes(model: onnx.ModelProto) -> list[str]:
    constants = {one.name for one in model.graph.initializer}
    constants |= {node.output[0] for node in model.graph.node if node.op_type == "Constant"}
    return [node.name for node in model.graph.node if node.op_type == "Reshape" and node.input[1] not in constants]
