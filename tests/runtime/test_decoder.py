"""A decoder through ONNX Runtime: it draws the class it is asked for, and refuses what is not its network's."""

from __future__ import annotations

import shutil

import numpy as np
import onnx
import pytest

from capsonnx import datasets
from capsonnx.errors import InputError, ModelError
from capsonnx.runtime import decoder_path, load_decoder, load_model


@pytest.fixture(scope="module")
def model(drawing_model):
    return load_model(drawing_model, provider="cpu", threads=1)


@pytest.fixture(scope="module")
def decoder(model):
    return load_decoder(model)


def digits_and_poses(model, label: int, count: int):
    digits = datasets.load("mnist", "test")
    images = digits.images[:300][digits.targets[:300] == label][:count]
    return images / 255, model(images).poses[:, label]


def test_it_draws_the_digits_that_the_poses_are_of(model, decoder) -> None:
    """Nearer to each digit than the mean of its class is: so the pose tells more than the class."""
    for label in (0, 7):
        images, poses = digits_and_poses(model, label, 20)
        drawn = decoder(poses, str(label))
        assert drawn.shape == (20, 28, 28)
        assert drawn.dtype == np.float32
        assert drawn.min() >= 0
        assert drawn.max() <= 1
        assert np.square(drawn - images).mean() < 0.95 * np.square(images.mean(axis=0) - images).mean()


def test_a_class_is_drawn_from_its_own_pose(model, decoder) -> None:
    _, poses = digits_and_poses(model, 3, 1)
    assert np.abs(decoder(poses, "3") - decoder(poses, "8")).max() > 0.2


@pytest.mark.parametrize("shape", [(16,), (1, 15), (1, 10, 16)])
def test_poses_of_another_shape_are_refused(decoder, shape) -> None:
    with pytest.raises(InputError, match=r"poses of shape .*; expected \(batch, 16\)"):
        decoder(np.zeros(shape, np.float32), "3")


def test_a_class_that_there_is_not_is_refused(decoder) -> None:
    with pytest.raises(InputError, match="label 'x'; expected one of 0, 1"):
        decoder(np.zeros((1, 16), np.float32), "x")


def test_a_model_without_poses_is_refused(tiny_model) -> None:
    with pytest.raises(ModelError, match=r"gives lengths; expected an output poses"):
        load_decoder(load_model(tiny_model, provider="cpu"))


def test_a_missing_decoder_says_how_to_get_one(model, drawing_model, tmp_path) -> None:
    with pytest.raises(InputError, match=r"none\.onnx: no such file; expected the decoder of .*digits\.onnx; .*export"):
        load_decoder(model, tmp_path / "none.onnx")
    assert decoder_path(drawing_model).name == "digits.decoder.onnx"


def test_the_decoder_of_another_network_is_refused(drawing_model, tmp_path) -> None:
    other = onnx.load(drawing_model)
    other.producer_version = "other"  # the same poses even; but who can know
    onnx.save(other, tmp_path / "other.onnx")
    with pytest.raises(ModelError, match="takes the poses of another file than"):
        load_decoder(load_model(tmp_path / "other.onnx", provider="cpu"), decoder_path(drawing_model))


def test_a_network_is_no_decoder_and_a_decoder_no_network(model, drawing_model) -> None:
    with pytest.raises(ModelError, match=r"digits\.onnx: not a decoder"):
        load_decoder(model, drawing_model)
    with pytest.raises(ModelError, match=r"digits\.decoder\.onnx: a decoder, which reads nothing"):
        load_model(decoder_path(drawing_model), provider="cpu")


def test_what_is_no_onnx_file_is_refused(model, tmp_path) -> None:
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(ModelError, match="not an ONNX file"):
        load_decoder(model, tmp_path / "text.onnx")


@pytest.mark.parametrize(("key", "value"), [("dimension", "8"), ("size", "[28, 27]")])
def test_a_signature_that_does_not_fit_its_metadata_is_refused(model, drawing_model, tmp_path, key, value) -> None:
    path = tmp_path / "odd.onnx"
    shutil.copy(decoder_path(drawing_model), path)
    spoiled = onnx.load(path)
    next(one for one in spoiled.metadata_props if one.key == f"capsonnx.{key}").value = value
    onnx.save(spoiled, path)
    with pytest.raises(ModelError, match=r"of shape .*; expected .*, float32, of shape \[batch, "):
        load_decoder(model, path)
