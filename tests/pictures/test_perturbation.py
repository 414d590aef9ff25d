"""What is drawn: of each class found its own pose, moved one number at a time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from capsonnx import datasets, runtime
from capsonnx.errors import ImageError, InputError
from capsonnx.pictures import STEPS, perturb, perturb_images, perturbed


@pytest.fixture(scope="module")
def model(drawing_model):
    return runtime.load_model(drawing_model, provider="cpu", threads=1)


@pytest.fixture(scope="module")
def decoder(model):
    return runtime.load_decoder(model)


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    return datasets.load("mnist", "test").images[0]  # a seven


@pytest.fixture(scope="module")
def pair() -> np.ndarray:
    """A seven and a two, side by side."""
    return np.concatenate(list(datasets.load("mnist", "test").images[:2]), axis=1)


def test_the_steps_are_those_of_sabour() -> None:
    assert pytest.approx(np.linspace(-0.25, 0.25, 11)) == STEPS
    assert STEPS[5] == 0


def test_each_row_moves_one_number_of_the_pose(model, decoder, digit) -> None:
    found = perturbed(model, decoder, digit)
    [one] = found.classes
    assert (one.label, one.grid.shape) == ("7", (16, 11, 28, 28))
    pose = model(found.ink[None]).poses[0, 7]
    for row, col in ((0, 0), (3, 10), (15, 7)):
        moved = pose.copy()
        moved[row] += STEPS[col]
        np.testing.assert_allclose(one.grid[row, col], decoder(moved[None], "7")[0], atol=1e-6)


def test_the_middle_of_each_row_is_the_reconstruction(model, decoder, digit) -> None:
    [one] = perturbed(model, decoder, digit).classes
    np.testing.assert_allclose(one.grid[:, 5], np.broadcast_to(one.reconstruction, (16, 28, 28)), atol=1e-6)
    assert np.abs(one.grid[:, [0, 10]] - one.reconstruction).max() > 0.01


def test_the_digits_of_a_pair_are_drawn_one_by_one(model, decoder, pair) -> None:
    found = perturbed(model, decoder, pair)
    assert [one.label for one in found.classes] == ["7", "2"]  # as they stand
    poses = model(found.ink[None]).poses[0]
    for one in found.classes:
        np.testing.assert_allclose(one.reconstruction, decoder(poses[[int(one.label)]], one.label)[0], atol=1e-6)
        own = pair[:, :28] if one.label == "7" else pair[:, 28:]
        other = pair[:, 28:] if one.label == "7" else pair[:, :28]
        errors = [np.square(one.reconstruction - image / 255).mean() for image in (own, other)]
        assert errors[0] < errors[1]


def test_beside_a_drawing_is_its_symbol_of_the_image(model, decoder, pair) -> None:
    for one in perturbed(model, decoder, pair).classes:
        x, y = one.view.centre
        assert x == pytest.approx(14 if one.label == "7" else 42, abs=4)
        assert y == pytest.approx(14, abs=4)
        assert one.view.right - one.view.left == pytest.approx(28)


def test_a_class_that_stands_twice_is_shown_in_the_whole_image(model, decoder, digit) -> None:
    [one] = perturbed(model, decoder, np.concatenate([digit, digit], axis=1), labels=["7"]).classes
    assert one.view == (0, 0, 56, 28)


def test_classes_can_be_chosen(model, decoder, digit) -> None:
    found = perturbed(model, decoder, digit, labels=["3", "8"])
    assert [one.label for one in found.classes] == ["3", "8"]
    assert [one.score for one in found.classes] == [found.reading.scores["3"], found.reading.scores["8"]]


def test_where_nothing_is_found_the_highest_score_is_drawn(model, decoder, digit) -> None:
    [one] = perturbed(model, decoder, digit, runtime.ReadingOptions(threshold=0.999)).classes
    assert one.label == "7"


def test_an_unknown_class_is_refused_before_a_file_is_written(model, decoder, digit, tmp_path) -> None:
    with pytest.raises(InputError, match="label 'x'; expected one of 0, 1"):
        perturb(model, decoder, digit, tmp_path / "grid.png", labels=["x"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
@pytest.mark.parametrize("labels", [(), tuple("0123456789")])
def test_pictures_are_drawn(model, decoder, pair, tmp_path, suffix, labels) -> None:
    path = tmp_path / f"grid.{suffix}"
    reading = perturb(model, decoder, pair, path, labels=labels)
    assert set(reading.labels) == {"7", "2"}
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_labels_that_matplotlib_would_take_for_formulas_are_drawn(model, decoder, digit, tmp_path) -> None:
    labels = tuple(f"${one}^a_long_name" for one in range(10))
    renamed = dataclasses.replace(model, contract=dataclasses.replace(model.contract, labels=labels))
    drawn = dataclasses.replace(decoder, contract=dataclasses.replace(decoder.contract, labels=labels))
    assert perturb(renamed, drawn, digit, tmp_path / "grid.png").labels == (labels[7],)


def test_another_suffix_is_refused(model, decoder, digit, tmp_path) -> None:
    with pytest.raises(InputError, match="no suffix of a picture"):
        perturb(model, decoder, digit, tmp_path / "grid.txt")


def test_a_bad_image_of_many_is_a_row_with_its_error(model, decoder, tmp_path) -> None:
    (tmp_path / "bad.png").write_text("no image")
    with pytest.raises(ImageError):
        perturb(model, decoder, tmp_path / "bad.png", tmp_path / "grid.png")
    [row] = perturb_images(model, decoder, [(tmp_path / "bad.png", tmp_path / "grid.png")])
    assert row.reading is None
    assert "bad.png" in row.error
