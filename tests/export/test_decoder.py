"""The decoder's file: what is in it, that it is always the same, and that no other one gets its name."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from capsonnx.contract import DecoderContract
from capsonnx.errors import InputError, ModelError, ParityError
from capsonnx.export import (
    check_decoder,
    checks,
    decoder,
    decoder_contract_of,
    decoder_to_onnx,
    export_decoder,
    require_decoder,
)
from capsonnx.export.checks import check_graph
from capsonnx.export.gate import report_path
from capsonnx.model import Decoder, DecoderConfig

LABELS = tuple("0123456789")


@pytest.fixture(scope="module")
def network() -> Decoder:
    torch.manual_seed(0)
    decoder = Decoder(DecoderConfig(10, 16, (28, 20), hidden=(32, 48)))
    for weight in decoder.parameters():  # fresh biases are zero, and would be left out
        torch.nn.init.normal_(weight, std=0.2)
    return decoder


@pytest.fixture(scope="module")
def contract(network) -> DecoderContract:
    return decoder_contract_of(network, LABELS, "a" * 64)


@pytest.fixture(scope="module")
def content(network, contract) -> bytes:
    return decoder_to_onnx(network, contract)


def shape(value) -> list[str | int]:
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def test_the_signature_is_the_contracts(content, contract) -> None:
    model = onnx.load_from_string(content)
    assert [(one.name, shape(one)) for one in model.graph.input] == [("poses", ["batch", 10, 16])]
    assert [(one.name, shape(one)) for one in model.graph.output] == [("images", ["batch", 28, 20])]
    assert (model.ir_version, model.opset_import[0].version, model.producer_name) == (8, 18, "capsonnx")
    metadata = {one.key: one.value for one in model.metadata_props}
    assert DecoderContract.from_metadata(metadata, name="x") == contract
    assert (contract.size, contract.dimension, contract.poses_of) == ((28, 20), 16, "a" * 64)


def test_the_graph_is_this(content) -> None:
    model = onnx.load_from_string(content)
    operators = " ".join(node.op_type for node in model.graph.node)
    assert operators == "Reshape Gemm Relu Gemm Relu Gemm Sigmoid Reshape"
    assert [check for check in check_graph(model, "decoder") if not check.passed] == []


def test_exporting_again_gives_the_same_bytes(network, contract, content) -> None:
    assert decoder_to_onnx(network, contract) == content


@pytest.mark.parametrize("opset", [13, 18, 23])
def test_it_passes_the_gate_and_is_written_with_its_report(tmp_path, network, contract, opset) -> None:
    path = tmp_path / "out" / "model.decoder.onnx"
    inspection = export_decoder(network, contract, path, opset=opset)
    report = json.loads(report_path(path).read_text())
    assert inspection.passed
    assert report["passed"]
    assert report["parity"]["differences"]["images"] <= 1e-5
    assert report["sha256"] == inspection.sha256
    assert {case["content"] for case in report["parity"]["cases"]} == set(decoder.CONTENTS)
    assert sorted(one.name for one in path.parent.iterdir()) == ["model.decoder.onnx", "model.decoder.parity.json"]
    assert onnx.load(path).opset_import[0].version == opset


@pytest.mark.parametrize("name", ["layers.0.weight", "layers.2.bias", "layers.4.weight"])
@pytest.mark.parametrize("existing", [None, b"old"])
def test_one_changed_weight_keeps_it_from_its_name(tmp_path, network, contract, monkeypatch, name, existing) -> None:
    path = tmp_path / "model.decoder.onnx"
    if existing:
        path.write_bytes(existing)
    original = decoder.decoder_to_onnx

    def spoiled(*args, **options) -> bytes:
        model = onnx.load_from_string(original(*args, **options))
        weight = next(one for one in model.graph.initializer if one.name == name)
        array = numpy_helper.to_array(weight).copy()
        array.flat[array.size // 2] += 0.1
        weight.CopyFrom(numpy_helper.from_array(array, name))
        return model.SerializeToString()

    monkeypatch.setattr(decoder, "decoder_to_onnx", spoiled)
    with pytest.raises(
        ParityError, match=r"differs from the torch network: images by .*; nothing was written"
    ) as error:
        export_decoder(network, contract, path)
    assert "top class" not in str(error.value)
    assert [one.read_bytes() for one in tmp_path.iterdir()] == ([existing] if existing else [])


def test_a_failing_check_writes_nothing(tmp_path, network, contract, monkeypatch) -> None:
    monkeypatch.setattr(checks, "MOST_NODES", {"images": 3})
    with pytest.raises(ModelError, match="nodes: 8, at most 3"):
        export_decoder(network, contract, tmp_path / "model.decoder.onnx")
    assert not list(tmp_path.iterdir())


def test_metadata_of_a_network_are_found_out(content) -> None:
    model = onnx.load_from_string(content)
    del model.metadata_props[:]
    assert [check.name for check in check_graph(model, "decoder") if not check.passed] == ["contract"]


@pytest.mark.parametrize("found", [np.zeros((1, 2, 3), np.float32), np.full((1, 28, 20), np.nan, np.float32)])
def test_what_is_no_image_of_numbers_does_not_agree(network, found) -> None:
    report = decoder.measure_decoder_parity(network, lambda poses: np.repeat(found, len(poses), axis=0))
    assert not report.passed
    assert report.differences == {"images": np.inf}


def test_a_file_is_checked_alone_and_against_a_decoder(tmp_path, network, content) -> None:
    path = tmp_path / "model.decoder.onnx"
    path.write_bytes(content)
    alone, compared = check_decoder(path), check_decoder(path, network)
    assert (alone.parity, alone.passed, compared.passed) == (None, True, True)
    assert alone.checks == compared.checks
    assert {one.name: one.found for one in alone.checks}["sizes"] == "any batch, poses of 10×16 only"
    assert compared.parity.differences["images"] <= 1e-5
    torch.manual_seed(1)
    assert not check_decoder(path, Decoder(network.config)).passed  # of another training
    with pytest.raises(InputError, match=r"10 classes in 16 numbers, drawn as 28×20 .*; expected poses of 2 classes"):
        check_decoder(path, Decoder(DecoderConfig(2, 16, (28, 20))))


def test_a_network_is_not_checked_as_a_decoder(tiny_model) -> None:
    with pytest.raises(ModelError, match="not a decoder"):
        check_decoder(tiny_model)


def test_an_opset_out_of_range_is_refused(network, contract) -> None:
    with pytest.raises(InputError, match="from 13 to 23"):
        decoder_to_onnx(network, contract, opset=12)


def test_a_run_without_a_decoder_says_how_to_get_one(trained, network) -> None:
    with pytest.raises(InputError, match="capsonnx train --decoder"):
        require_decoder(trained)
    both = dataclasses.replace(trained, decoder=network)
    assert require_decoder(both) is network
    assert require_decoder(both, ["lengths", "poses"]) is network
    with pytest.raises(InputError, match="--decoder for a file of lengths; expected poses among the outputs"):
        require_decoder(both, ["lengths"])
