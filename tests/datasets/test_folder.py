from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from capsonnx.datasets import load_folder
from capsonnx.datasets.folder import fit, is_test_file
from capsonnx.errors import DataError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TEST_NAMES = ["3.png", "14.png", "20.png", "21.png", "25.png"]
"""The first five of 0.png, 1.png, ... that belong to the test split."""


def write(folder: Path, names: Iterable[str], *, size: tuple[int, int] = (28, 28)) -> None:
    """Write images with one white pixel in the middle."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        image = Image.new("L", size)
        image.putpixel((size[0] // 2, size[1] // 2), 255)
        image.save(folder / name)


def numbered(count: int) -> list[str]:
    return [f"{number}.png" for number in range(count)]


@pytest.mark.parametrize("name", ["a\nb", os.fsdecode(b"bad\xff")])
def test_a_class_whose_name_cannot_be_printed_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, numbered(12))
    with pytest.raises(InputError, match="name cannot be printed") as caught:
        load_folder(tmp_path, "train")
    assert str(caught.value).isprintable()


def test_what_is_sorted_by_class_is_limited_to_a_share_of_each(tmp_path: Path) -> None:
    for label in ("a", "b", "c"):
        write(tmp_path / label, numbered(12))
    pets = load_folder(tmp_path, "train")
    assert pets.limited(3).targets.tolist() == [0, 1, 2]
    assert pets.limited(None) is pets.limited(1000) is pets
    mixed = pets.take(np.array([5, 25, 0, 14]))
    assert mixed.limited(2).targets.tolist() == mixed.targets[:2].tolist()


def test_classes_are_the_folders_by_name(tmp_path: Path) -> None:
    for label in ("cat", "10", "9"):
        write(tmp_path / "pets" / label, numbered(12))
    pets = load_folder(tmp_path / "pets", "train")
    assert (pets.name, pets.labels) == ("pets", ("10", "9", "cat"))
    assert pets.images.shape[1:] == (28, 28)
    assert pets.images.dtype == np.uint8
    assert pets.targets.dtype == np.int64
    assert np.all(np.diff(pets.targets) >= 0)
    assert pets.images[:, 14, 14].tolist() == [255] * len(pets)


def test_without_split_folders_one_in_six_is_for_the_test(tmp_path: Path) -> None:
    for label in ("a", "b"):
        write(tmp_path / label, numbered(60))
    train, test = load_folder(tmp_path, "train"), load_folder(tmp_path, "test")
    assert len(train) + len(test) == 120
    assert len(test) == 2 * sum(is_test_file(name) for name in numbered(60))


def test_the_choice_by_name_is_fixed() -> None:
    chosen = [name for name in numbered(6000) if is_test_file(name)]
    assert 900 < len(chosen) < 1100
    assert chosen[:5] == TEST_NAMES


def test_split_folders_go_before_names(tmp_path: Path) -> None:
    for split, count in (("train", 3), ("test", 2)):
        for label in ("a", "b"):
            write(tmp_path / split / label, numbered(count))
    assert np.bincount(load_folder(tmp_path, "train").targets).tolist() == [3, 3]
    assert np.bincount(load_folder(tmp_path, "test").targets).tolist() == [2, 2]


def test_split_folders_must_agree_on_the_classes(tmp_path: Path) -> None:
    write(tmp_path / "train" / "a", numbered(1))
    write(tmp_path / "train" / "b", numbered(1))
    write(tmp_path / "test" / "a", numbered(1))
    with pytest.raises(InputError, match="b only in one of train and test"):
        load_folder(tmp_path, "train")
    assert load_folder(tmp_path, "test").labels == ("a",)


def test_a_test_split_needs_no_other(tmp_path: Path) -> None:
    write(tmp_path / "test" / "a", numbered(3))
    assert len(load_folder(tmp_path, "test")) == 3


@pytest.mark.parametrize("lone", ["train", "test"])
def test_one_split_folder_is_not_enough_to_train_on(tmp_path: Path, lone: str) -> None:
    write(tmp_path / lone / "a", numbered(3))
    with pytest.raises(InputError, match=f"folders in {lone}, but no folder"):
        load_folder(tmp_path, "train")


def test_a_class_may_be_named_as_a_split(tmp_path: Path) -> None:
    for label in ("train", "bus"):
        write(tmp_path / label, numbered(30))
    assert load_folder(tmp_path, "train").labels == ("bus", "train")


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "a", numbered(30))
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text("about")
    (tmp_path / "a" / ".hidden.png").write_text("not an image")
    (tmp_path / "a" / "notes.txt").write_text("not an image")
    assert len(load_folder(tmp_path, "train")) + len(load_folder(tmp_path, "test")) == 30


def test_images_are_fitted_to_the_size(tmp_path: Path) -> None:
    write(tmp_path / "train" / "a", ["wide.png"], size=(57, 29))
    write(tmp_path / "test" / "a", ["wide.png"])
    assert load_folder(tmp_path, "train").images.shape == (1, 28, 28)
    assert load_folder(tmp_path, "train", size=(20, 40)).images.shape == (1, 20, 40)


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    write(tmp_path / "train" / "a", numbered(1))
    write(tmp_path / "test" / "a", numbered(1))
    (tmp_path / "train" / "a" / "broken.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken\.png"):
        load_folder(tmp_path, "train")


def test_an_image_without_ink_is_named(tmp_path: Path) -> None:
    write(tmp_path / "train" / "a", numbered(2))
    write(tmp_path / "test" / "a", numbered(1))
    Image.new("L", (9, 9), 255).save(tmp_path / "train" / "a" / "white.png")
    with pytest.raises(DataError, match=r"white\.png: no ink; expected readable image files, a symbol in each"):
        load_folder(tmp_path, "train")


def test_a_folder_in_that_of_a_class_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", numbered(30))
    write(tmp_path / "a" / "more", numbered(3))
    with pytest.raises(InputError, match="more: a folder in that of a class; expected images alone"):
        load_folder(tmp_path, "train")


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    write(tmp_path, numbered(2))
    with pytest.raises(InputError, match="no sub-folder"):
        load_folder(tmp_path, "train")


def test_an_empty_class_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", numbered(2))
    (tmp_path / "b").mkdir()
    with pytest.raises(InputError, match="b: no image"):
        load_folder(tmp_path, "train")


def test_a_class_without_training_images_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", numbered(12))
    write(tmp_path / "b", TEST_NAMES[:1])
    with pytest.raises(InputError, match="no train image of b"):
        load_folder(tmp_path, "train")


def test_a_split_without_images_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a", numbered(1))
    with pytest.raises(InputError, match="no test image of a"):
        load_folder(tmp_path, "test")


def test_fit_leaves_an_image_of_the_size_alone() -> None:
    image = np.zeros((28, 28), np.uint8)
    assert fit(image, (28, 28)) is image


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [((56, 28), (0, 28), (7, 21)), ((7, 14), (7, 21), (0, 28)), ((1, 1000), (13, 14), (0, 28))],
)
def test_fit_keeps_the_proportions(shape: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]) -> None:
    expected = np.zeros((28, 28), np.uint8)
    expected[slice(*rows), slice(*columns)] = 255
    np.testing.assert_array_equal(fit(np.full(shape, 255, np.uint8), (28, 28)), expected)
