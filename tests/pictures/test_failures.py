"""A grid of failures: every image is in it, in its place, with its classes and scores."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from capsonnx.errors import InputError
from capsonnx.pictures.failures import RIGHT, WRONG, draw_failures

LABELS = tuple("0123456789")


def draw(path, count=11, size=(56, 28), digits=2, labels=LABELS, **more) -> None:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (count, *size), dtype=np.uint8)
    targets = np.stack([generator.permutation(len(labels))[:digits] for _ in range(count)])
    draw_failures(images, targets, generator.random((count, len(labels)), np.float32), labels, path, **more)


@pytest.fixture
def figures(monkeypatch) -> list[Figure]:
    """Every figure that is saved."""
    saved: list[Figure] = []
    original = Figure.savefig

    def save(figure, *arguments, **more):
        saved.append(figure)
        return original(figure, *arguments, **more)

    monkeypatch.setattr(Figure, "savefig", save)
    return saved


@pytest.mark.parametrize(("count", "size"), [(1, (28, 28)), (11, (56, 28)), (3, (28, 140)), (9, (84, 84))])
def test_a_picture_is_written(tmp_path, count, size) -> None:
    target = tmp_path / "new" / "failures.png"
    draw(target, count, size)
    with Image.open(target) as picture:
        assert picture.format == "PNG"
        assert 150 < picture.width < 1700
        assert 200 < picture.height < 1700
    assert list(target.parent.iterdir()) == [target]


def test_it_shows_the_classes_and_the_scores(tmp_path, figures) -> None:
    images = np.zeros((2, 28, 56), np.uint8)
    images[1, 3, 4] = 9
    lengths = np.array([[0.1, 0.9, 0.2, 0.7, 0.05, 0.6], [0.97, 0, 0, 0, 0.3, 0.5]], np.float32)
    targets = np.array([[3, 1], [5, 4]])
    draw_failures(images, targets, lengths, ("a", "b", "c", "d", "e", "f" * 20), tmp_path / "f.png", title="Two $of")
    [figure] = figures
    assert figure.get_suptitle() == "Two $of"
    pictures = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in pictures] == ["d b", f"{'f' * 7}… e"]
    for axes, image in zip(pictures, images, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), image)
    first, second = (axes for axes in figure.axes if axes.patches)
    assert [label.get_text() for label in first.get_xticklabels()] == ["b", "d", f"{'f' * 7}…", "c", "a"]
    assert [text.get_text() for text in first.texts] == [".90", ".70", ".60", ".20", ".10"]
    assert [text.get_text() for text in second.texts][:3] == [".97", ".50", ".30"]
    from matplotlib.colors import to_hex

    assert [to_hex(bar.get_facecolor()).upper() for bar in first.patches] == [RIGHT] * 2 + [WRONG] * 3


def test_images_without_a_symbol_and_of_every_class(tmp_path, figures) -> None:
    draw(tmp_path / "none.png", digits=0)
    draw(tmp_path / "all.png", digits=10)
    none, every = (next(axes for axes in figure.axes if axes.images).get_title() for figure in figures)
    assert none == "none"
    assert sorted(every.split()) == list(LABELS)


def test_the_threshold_is_a_line(tmp_path, figures) -> None:
    draw(tmp_path / "f.png", count=1, threshold=0.37)
    [bars] = [axes for axes in figures[0].axes if axes.patches]
    assert list(bars.lines[0].get_ydata()) == [0.37, 0.37]


@pytest.mark.parametrize(("images", "targets", "classes"), [(0, 0, 10), (2, 3, 10), (2, 2, 9)])
def test_what_does_not_fit_together_is_an_error(tmp_path, images, targets, classes) -> None:
    with pytest.raises(
        InputError, match=rf"{images} images, {targets} targets, lengths of shape \({images}, {classes}\)"
    ):
        draw_failures(
            np.zeros((images, 28, 28), np.uint8),
            np.zeros((targets, 1), np.int64),
            np.zeros((images, classes), np.float32),
            LABELS,
            tmp_path / "f.png",
        )
    assert not list(tmp_path.iterdir())
