"""The gate: nothing is written unless everything holds."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from capsonnx.errors import InputError, ModelError, ParityError
from capsonnx.export import AgreementReport, checks, gate
from capsonnx.export.precision import to_half
from capsonnx.model import build

from .test_parity import perturbed
from .test_precision import coarsened

pytestmark = pytest.mark.usefixtures("small_grid")


@pytest.fixture(autouse=True)
def exported_once(monkeypatch, content) -> None:
    """Exporting takes seconds; that it gives these bytes each time, another test shows."""
    monkeypatch.setattr(gate, "to_onnx", lambda *args, **options: content)


def test_a_good_network_is_written_with_its_report(tmp_path, network, contract) -> None:
    path = tmp_path / "out" / "model.onnx"
    inspection = gate.export(network, contract, path)
    report = json.loads(gate.report_path(path).read_text())
    assert inspection.passed
    assert report["passed"]
    assert (report["precision"], report["source"], report["agreement"]) == ("fp32", None, None)
    assert report["sha256"] == inspection.sha256
    assert sorted(one.name for one in path.parent.iterdir()) == ["model.onnx", "model.parity.json"]


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_fewer_bits_are_written_with_both_parts_of_the_report(
    tmp_path, network, contract, content, calibration, precision
) -> None:
    path = tmp_path / f"model.{precision}.onnx"
    inspection = gate.export(network, contract, path, precision=precision, calibration=calibration)
    report = json.loads((tmp_path / f"model.{precision}.parity.json").read_text())
    assert inspection.passed
    assert inspection.path == path
    assert report["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert report["source"] == hashlib.sha256(content).hexdigest()
    assert (report["passed"], report["precision"]) == (True, precision)
    assert report["parity"]["passed"]
    assert [exam["images"] for exam in report["agreement"]["exams"]] == [64, 59]
    assert report["agreement"]["data"] == "mnist"
    assert "fewer than 500 images" in report["agreement"]["remark"]
    assert len(list(tmp_path.iterdir())) == 2


def test_fewer_bits_that_read_otherwise_are_not_written(tmp_path, network, contract, calibration, monkeypatch) -> None:
    original = gate.quantise
    monkeypatch.setattr(gate, "quantise", lambda *arguments: coarsened(original(*arguments)))
    with pytest.raises(ParityError, match=r"int8 reads otherwise than float32: singles right .* nothing was written"):
        gate.export(network, contract, tmp_path / "model.onnx", precision="int8", calibration=calibration)
    assert not list(tmp_path.iterdir())


def test_a_file_is_not_compared_with_another_network(onnx_file, network) -> None:
    config = dataclasses.replace(network.config, classes=3, squash="tanh")
    with pytest.raises(
        InputError, match=r"a network of classes 10, squash half; the other is of classes 3, squash tanh"
    ):
        gate.check_file(onnx_file, build(config))


def test_a_network_is_routed_as_often_as_the_file_it_is_compared_with(onnx_file, network) -> None:
    other = copy.deepcopy(network)
    other.config = dataclasses.replace(other.config, routings=1)
    other.capsules.routings = 1
    assert gate.check_file(onnx_file, other).passed
    assert other.capsules.routings == 1


@pytest.mark.parametrize("said", ["{}", '{"depth": 3}'])
def test_a_file_that_does_not_say_what_it_is_of_is_compared_all_the_same(onnx_file, network, said) -> None:
    model = onnx.load(onnx_file)
    [entry] = [one for one in model.metadata_props if one.key == "capsonnx.network"]
    entry.value = said
    onnx_file.write_bytes(model.SerializeToString())
    assert gate.check_file(onnx_file, network).parity.passed


def test_fewer_bits_need_a_calibration(tmp_path, network, contract) -> None:
    with pytest.raises(InputError, match="precision fp16 without images"):
        gate.export(network, contract, tmp_path / "model.onnx", precision="fp16")


def test_a_file_of_fewer_bits_is_checked_with_and_without_a_network(onnx_file, network, calibration) -> None:
    onnx_file.write_bytes(to_half(onnx_file.read_bytes()))
    alone = gate.check_file(onnx_file)
    assert (alone.precision, alone.parity, alone.agreement, alone.passed) == ("fp16", None, None, True)
    compared = gate.check_file(onnx_file, network, calibration.test_split)
    assert compared.passed
    assert compared.agreement is not None
    with pytest.raises(ModelError, match="weights are of fp16; expected weights of float32"):
        checks.load_network(onnx_file)


def test_a_test_split_without_pairs_is_judged_by_singles(onnx_file, network, calibration) -> None:
    onnx_file.write_bytes(to_half(onnx_file.read_bytes()))
    found = gate.check_file(onnx_file, network, calibration.test_split.take(np.array([0])))
    assert found.agreement is not None
    assert [one.exam for one in found.agreement.comparisons] == ["singles"]
    broken = dataclasses.replace(found.agreement.comparisons[0], images=1000, agreement=0.9)
    assert not dataclasses.replace(found, agreement=AgreementReport("mnist", (broken,))).passed


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("existing", [None, b"old"])
def test_a_failing_parity_writes_nothing(
    tmp_path, network, contract, calibration, monkeypatch, existing, precision
) -> None:
    path = tmp_path / "model.onnx"
    if existing:
        path.write_bytes(existing)
    original = gate.to_onnx

    def spoiled(*args, **options) -> bytes:
        path = tmp_path / "spoiled"
        path.write_bytes(original(*args, **options))
        perturbed(path, "stem.0.weight", 0.1)
        content = path.read_bytes()
        path.unlink()
        return content

    monkeypatch.setattr(gate, "to_onnx", spoiled)
    with pytest.raises(ParityError, match="nothing was written"):
        gate.export(network, contract, path, precision=precision, calibration=calibration)
    assert [one.read_bytes() for one in tmp_path.iterdir()] == ([existing] if existing else [])


def test_a_failing_check_writes_nothing(tmp_path, network, contract, monkeypatch) -> None:
    monkeypatch.setattr(checks, "MOST_NODES", {"lengths": 10})
    with pytest.raises(ModelError, match="nodes: 69, at most 14"):
        gate.export(network, contract, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_file_is_checked_against_its_own_weights(onnx_file, network) -> None:
    assert gate.check_file(onnx_file).passed
    assert gate.check_file(onnx_file, network).passed
    perturbed(onnx_file, "capsules.weight", 5.0)
    # Its own network changed with it, though not the transposed copy of the weight: that, too, is found.
    assert not gate.check_file(onnx_file).parity.passed
    assert not gate.check_file(onnx_file, network).parity.passed


def test_weights_that_make_no_network_are_refused(onnx_file) -> None:
    model = onnx.load(onnx_file)
    for node in model.graph.node:
        node.input[:] = ["renamed" if name == "stem.0.weight" else name for name in node.input]
    next(one for one in model.graph.initializer if one.name == "stem.0.weight").name = "renamed"
    onnx.save(model, onnx_file)
    with pytest.raises(ModelError, match="--against"):
        gate.check_file(onnx_file)


def drop_metadata(model: onnx.ModelProto) -> None:
    del model.metadata_props[:]


def add_shape(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Shape", ["images"], ["unused"]))


def compute_reshape(model: onnx.ModelProto) -> None:
    reshape = next(node for node in model.graph.node if node.op_type == "Reshape")
    model.graph.node.insert(0, helper.make_node("Identity", [reshape.input[1]], ["computed"], name="identity"))
    reshape.input[1] = "computed"


def raise_ir(model: onnx.ModelProto) -> None:
    model.ir_version = 10


def add_nodes(model: onnx.ModelProto) -> None:
    model.graph.node.extend(helper.make_node("Identity", ["images"], [f"copy{i}"]) for i in range(8))


def break_types(model: onnx.ModelProto) -> None:
    next(node for node in model.graph.node if node.op_type == "Conv").input[1] = "nowhere"


def use_foreign_domain(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    model.graph.node.append(helper.make_node("Custom", ["images"], ["unused"], domain="com.example"))


def test_weights_in_other_files_are_not_followed_by_a_training_either(onnx_file, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = onnx.load(onnx_file)
    onnx.save(model, "moved.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    with pytest.raises(ModelError, match="external data"):
        checks.load_network(tmp_path / "moved.onnx")


def move_weights_out(model: onnx.ModelProto) -> None:
    onnx.external_data_helper.set_external_data(model.graph.initializer[0], location="weights.bin")


@pytest.mark.parametrize(
    ("spoil", "failing"),
    [
        (drop_metadata, "contract"),
        (add_shape, "operators"),
        (compute_reshape, "reshapes"),
        (raise_ir, "versions"),
        (add_nodes, "nodes"),
        (break_types, "onnx.checker"),
        (use_foreign_domain, "domains"),
        (move_weights_out, "one file"),
    ],
)
def test_each_check_can_fail(content, spoil, failing) -> None:
    model = onnx.load_from_string(content)
    spoil(model)
    assert failing in [check.name for check in checks.check_graph(model, "spoiled") if not check.passed]


def test_what_is_no_onnx_file_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="No such file"):
        checks.load_onnx(tmp_path / "absent.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(ModelError, match="not an ONNX file"):
        checks.load_onnx(tmp_path / "text.onnx")


def test_weights_are_read_back_exactly(content, network, contract) -> None:
    inside = checks.network_inside(onnx.load_from_string(content), contract)
    for name, weight in network.state_dict().items():
        assert (inside.state_dict()[name] == weight).all()
    assert numpy_helper.to_array(onnx.load_from_string(content).graph.initializer[0]).dtype == "float32"
