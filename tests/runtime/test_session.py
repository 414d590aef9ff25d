from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper

from capsonnx.errors import InputError, ModelError
from capsonnx.runtime import load_model, providers

ON_CPU = {"provider": "cpu", "threads": 1}


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_model(tiny_model, **ON_CPU)


def random_images(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_scores_of_any_batch_and_size(model):
    for shape in [(1, 14, 14), (3, 28, 56), (2, 31, 17)]:
        lengths = model(random_images(*shape)).lengths
        assert lengths.shape == (shape[0], 10)
        assert lengths.dtype == np.float32
        assert (lengths >= 0).all()
        assert (lengths <= 1).all()


def test_a_model_knows_its_file(model, tiny_model):
    assert model.path == tiny_model
    assert model.contract.labels == tuple("0123456789")
    assert model.provider == providers.CPU
    assert model.outputs == ("lengths",)
    assert model(random_images(1, 14, 14)).poses is None


@pytest.mark.parametrize(
    "images",
    [
        random_images(28, 28),
        random_images(1, 28, 28).astype(np.float32),
        random_images(1, 1, 28, 28),
        random_images(1, 13, 28),
        random_images(1, 28, 13),
    ],
)
def test_images_that_are_not_of_the_contract_are_refused(model, images):
    with pytest.raises(InputError, match="images of"):
        model(images)


def saved(model, tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    return path


def test_a_file_that_takes_floats_scores_the_same(model, make_onnx, tmp_path):
    floats = load_model(saved(make_onnx(input_type="float32"), tmp_path), **ON_CPU)
    images = random_images(2, 20, 24)
    np.testing.assert_allclose(floats(images).lengths, model(images).lengths, atol=1e-6)


def test_a_file_of_fixed_size_takes_just_that(make_onnx, tmp_path):
    fixed = load_model(saved(make_onnx(sizes=("batch", 28, 28)), tmp_path), **ON_CPU)
    assert fixed(random_images(2, 28, 28)).lengths.shape == (2, 10)
    with pytest.raises(InputError, match="28, 28"):
        fixed(random_images(2, 28, 30))


def test_poses_are_given_where_the_file_has_them(make_onnx, tmp_path):
    proto = make_onnx()
    proto.graph.node.append(helper.make_node("Unsqueeze", ["lengths", "last"], ["poses"]))
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.array([2], np.int64), "last"))
    proto.graph.output.append(helper.make_tensor_value_info("poses", onnx.TensorProto.FLOAT, ["batch", 10, 1]))
    assert load_model(saved(proto, tmp_path), **ON_CPU)(random_images(2, 14, 14)).poses.shape == (2, 10, 1)


def without_metadata(proto):
    del proto.metadata_props[:]


def other_input(proto):
    proto.graph.input[0].name = proto.graph.node[0].input[0] = "x"


def other_output(proto):
    proto.graph.output[0].name = proto.graph.node[-1].output[0] = "y"


def fewer_labels(proto):
    entry = next(entry for entry in proto.metadata_props if entry.key == "capsonnx.labels")
    entry.value = '["a", "b"]'


def field_without_columns(proto):
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.array([0, 10, 1]), "shape"))
    proto.graph.node.append(helper.make_node("Reshape", ["lengths", "shape"], ["field"]))
    proto.graph.output.append(helper.make_tensor_value_info("field", onnx.TensorProto.FLOAT, ["batch", 10, "rows"]))


def of_the_future(proto):
    proto.ir_version = 99


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_metadata, "no metadata key"),
        (other_input, "takes x tensor.uint8. of rank 3"),
        (other_output, "gives y"),
        (fewer_labels, "gives lengths of 10 classes for 2 labels"),
        (field_without_columns, "gives field of rank 3; expected rank 4"),
        (of_the_future, "upgrade onnxruntime"),
    ],
)
def test_a_file_that_breaks_the_contract_is_refused(make_onnx, tmp_path, spoil, message, capfd):
    proto = make_onnx()
    spoil(proto)
    with pytest.raises(ModelError, match=message) as caught:
        load_model(saved(proto, tmp_path), **ON_CPU)
    assert "onnxruntime_src" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_failing_run_is_a_model_error(model, monkeypatch):
    def run(*_):
        raise RuntimeError("[ONNXRuntimeError] : 6 : RUNTIME_EXCEPTION : no\nmemory")

    monkeypatch.setattr(model._run._whole._session, "run", run)
    with pytest.raises(ModelError, match="no memory"):
        model(random_images(1, 14, 14))
