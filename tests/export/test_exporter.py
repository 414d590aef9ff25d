"""The exported graph: what is in it, and that it is always the same."""

from __future__ import annotations

import dataclasses
from functools import partial

import numpy as np
import onnx
import pytest
import torch

from capsonnx.contract import Contract, Windows
from capsonnx.errors import InputError
from capsonnx.export import contract_of, measure_parity, to_onnx, tracing, with_routings
from capsonnx.export.checks import check_graph
from capsonnx.export.parity import grid_of
from capsonnx.model import NetworkConfig, build, scorer
from capsonnx.runtime import load_model

GRID = [(1, 14, 14), (2, 15, 14), (3, 28, 56)]

OPERATORS = (
    "Cast Unsqueeze Div Conv Relu Conv Relu AveragePool Conv Relu Conv Relu Conv Relu Conv Relu "
    "Reshape ReduceSum ReduceSum Mul MatMul "
    "ReduceL2 Clip Div MatMul Transpose MatMul Softmax Transpose MatMul Transpose MatMul "
    "ReduceL2 Clip Div MatMul Transpose MatMul Softmax MatMul Transpose MatMul "
    "ReduceL2 Mul Add Div Mul Transpose ReduceL2"
)
"""The graph of lengths and poses, routing twice refined. A change of it is no error, but should be meant."""

MAPS = (
    "Transpose Clip Div MatMul Transpose Unsqueeze MatMul Relu Transpose Unsqueeze MatMul Softmax Mul Transpose "
    "Conv AveragePool Mul Conv Add Div"
)
"""What evidence and field add to it."""


def operators(model: onnx.ModelProto) -> str:
    return " ".join(node.op_type for node in model.graph.node)


def test_the_graph_is_this(content) -> None:
    assert operators(onnx.load_from_string(content)) == f"{OPERATORS} {MAPS}"


def test_fewer_outputs_take_fewer_operators(network, contract) -> None:
    contract = dataclasses.replace(contract, windows=Windows((6, 7), 2, (28, 22), 0.5, (20, 12), silent_black=True))
    model = onnx.load_from_string(to_onnx(network, contract, outputs=("poses", "lengths")))
    assert [output.name for output in model.graph.output] == ["lengths", "poses"]
    assert operators(model) == OPERATORS
    assert not [check for check in check_graph(model, "lean") if not check.passed]
    assert windows(model) == contract.windows  # they also say how large symbols are, and that black is silent


def windows(model: onnx.ModelProto) -> Windows | None:
    return Contract.from_metadata({one.key: one.value for one in model.metadata_props}, name="model").windows


def test_windows_are_told_of_where_there_can_be_a_field(content, contract) -> None:
    found = windows(onnx.load_from_string(content))
    assert found is not None
    assert (found.size, found.stride, found.silent_black) == ((28, 26), 2, True)
    model = onnx.load_from_string(to_onnx(build(NetworkConfig(kind="pooled")), contract))
    assert windows(model) is None


@pytest.mark.parametrize(
    ("kind", "outputs", "expected"),
    [
        ("capsule", ("poses",), "lengths, and any of poses, evidence, field"),
        ("capsule", (), "outputs none"),
        ("capsule", ("lengths", "boxes"), "outputs lengths, boxes"),
        ("pooled", ("lengths", "evidence"), "no others: what this network has"),
    ],
)
def test_outputs_that_cannot_be_had_are_refused(contract, kind, outputs, expected) -> None:
    with pytest.raises(InputError, match=expected):
        to_onnx(build(NetworkConfig(kind=kind)), contract, outputs=outputs)


def test_exporting_again_gives_the_same_bytes(network, contract, content) -> None:
    assert to_onnx(network, contract) == content


def test_every_check_on_the_graph_passes(content) -> None:
    assert [check for check in check_graph(onnx.load_from_string(content), "model") if not check.passed] == []


def test_the_signature_is_the_contracts(content) -> None:
    model = onnx.load_from_string(content)

    def shape(value) -> list[str | int]:
        return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]

    assert [(one.name, shape(one)) for one in model.graph.input] == [("images", ["batch", "height", "width"])]
    assert [(one.name, shape(one)) for one in model.graph.output] == [
        ("lengths", ["batch", 10]),
        ("poses", ["batch", 10, 16]),
        ("evidence", ["batch", 10, "rows", "cols"]),
        ("field", ["batch", 10, "field_rows", "field_cols"]),
    ]
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert (model.ir_version, model.opset_import[0].version, model.producer_name) == (8, 18, "capsonnx")


def test_nothing_of_the_tracer_is_left(content) -> None:
    model = onnx.load_from_string(content)
    assert not model.graph.value_info
    assert not model.functions
    assert b"torch.export" not in content
    assert b"site-packages" not in content


@pytest.mark.parametrize(
    ("options", "config"),
    [
        ({"input_type": "float32"}, {}),
        ({"opset": 23}, {}),
        ({"opset": 17}, {}),
        ({"opset": 13}, {}),
        ({"opset": 13, "input_type": "float32"}, {"kind": "pooled"}),
        ({}, {"routings": 1}),
        ({}, {"routings": 5}),
        ({}, {"kind": "pooled"}),
        ({}, {"routing": "hinton", "squash": "hinton", "routings": 4}),
        ({}, {"sharing": "full", "size": (28, 28), "routing": "em", "routings": 2}),
        ({"size": (28, 56)}, {}),
        ({}, {"stem_bias": "free", "classes": 3, "dimension": 5}),
    ],
)
def test_variants_export_and_agree(tmp_path, options, config) -> None:
    """The other capsule layers are exported, and agree, in tests/end_to_end/test_variants.py."""
    torch.manual_seed(1)
    network = build(NetworkConfig(**config))
    labels = tuple("abcdefghij")[: network.config.classes]
    path = tmp_path / "variant.onnx"
    path.write_bytes(to_onnx(network, Contract(labels=labels, network=dataclasses.asdict(network.config)), **options))
    model = load_model(path, provider="cpu")
    assert model.outputs == network.output_names
    reference = scorer(network, exact=True, outputs=model.outputs)
    grid = GRID if model.size is None else grid_of(size=model.size)
    report = measure_parity(reference, partial(model, outputs=model.outputs), grid=grid)
    assert report.passed, report.differences
    assert not [check for check in check_graph(onnx.load(path), "variant") if not check.passed]


def test_a_file_of_one_size_says_so_and_takes_no_other(tmp_path, network, contract) -> None:
    path = tmp_path / "fixed.onnx"
    path.write_bytes(to_onnx(network, contract, size=(28, 56)))
    model = load_model(path, provider="cpu")
    assert model.size == (28, 56)
    assert model(np.zeros((5, 28, 56), np.uint8), outputs=model.outputs).evidence.shape == (5, 10, 4, 18)
    with pytest.raises(InputError, match="28, 56"):
        model(np.zeros((1, 28, 28), np.uint8))
    [check] = [one for one in check_graph(onnx.load(path), "fixed") if one.name == "sizes"]
    assert check.found == "any batch, images of 28×56 px only"


@pytest.mark.parametrize("size", ["dynamic", (28, 56)])
def test_a_network_of_full_sharing_has_no_other_size(contract, size) -> None:
    network = build(NetworkConfig(sharing="full", size=(28, 28)))
    with pytest.raises(InputError, match=r"sharing 'full'.*28×28.*--sharing shared"):
        to_onnx(network, contract, size=size)


def test_a_size_below_the_smallest_is_refused(network, contract) -> None:
    with pytest.raises(InputError, match="22×22"):
        to_onnx(network, contract, size=(21, 28))


@pytest.fixture(scope="module")
def traces():
    return {}


@pytest.fixture
def traced_once(monkeypatch, traces) -> None:
    """Tracing takes seconds, and those opsets that are converted down are traced as one."""
    trace = tracing._traced

    def traced(module, example, names, sides, opset):
        if opset not in traces:
            traces[opset] = trace(module, example, names, sides, opset).SerializeToString()
        return onnx.load_from_string(traces[opset])

    monkeypatch.setattr(tracing, "_traced", traced)


@pytest.mark.usefixtures("traced_once")
@pytest.mark.parametrize(
    ("opset", "ir_version"), [(13, 7), (14, 7), (15, 8), (16, 8), (17, 8), (18, 8), (19, 9), (21, 10), (23, 11)]
)
def test_every_opset_has_the_same_operators_and_the_lowest_ir_version(network, contract, opset, ir_version) -> None:
    model = onnx.load_from_string(to_onnx(network, contract, opset=opset))
    assert (model.opset_import[0].version, model.ir_version) == (opset, ir_version)
    assert operators(model) == f"{OPERATORS} {MAPS}"
    onnx.checker.check_model(model, full_check=True)


@pytest.mark.parametrize("opset", [12, 24])
def test_an_opset_out_of_range_is_refused(network, contract, opset) -> None:
    with pytest.raises(InputError, match="from 13 to 23"):
        to_onnx(network, contract, opset=opset)


def test_the_contract_says_what_was_trained(trained) -> None:
    contract = contract_of(trained)
    assert contract.labels == tuple("0123456789")
    assert contract.dataset == "mine/"  # a path would tell of the machine, and a bare name may be of the catalogue
    assert contract.accuracy == {"held_out": 0.75}
    assert contract.recipe["name"] == "default"
    assert contract.network["routings"] == 3
    assert {"capsonnx", "torch", "onnx", "onnxscript", "python"} <= contract.software.keys()


def test_routings_can_be_chosen_again(trained) -> None:
    changed = with_routings(trained, 1)
    images = np.random.default_rng(0).integers(0, 256, (2, 28, 28), dtype=np.uint8)
    assert contract_of(changed).network["routings"] == 1
    assert trained.network.config.routings == 3
    assert not np.array_equal(scorer(changed.network)(images).lengths, scorer(trained.network)(images).lengths)


def test_a_network_without_capsules_has_no_routings(trained) -> None:
    pooled = dataclasses.replace(trained, network=build(NetworkConfig(kind="pooled")))
    with pytest.raises(InputError, match="--routings 2 for a pooled network"):
        with_routings(pooled, 2)
