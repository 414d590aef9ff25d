"""What a picture shows: the right classes, and every cell over the pixels that it saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from capsonnx import runtime
from capsonnx.contract import Contract, Scores, Windows
from capsonnx.errors import ImageError, InputError, ModelError
from capsonnx.pictures import explain, explain_images, explanation_of, require_maps, targets
from capsonnx.runtime import ReadingOptions
from capsonnx.runtime.page import load_page
from capsonnx.symbols import Box

WINDOWS = Windows((6.0, 7.0), 2, (28, 22), 0.5, (20.0, 12.0), silent_black=True)
CONTRACT = Contract(labels=tuple("0123456789"), windows=WINDOWS)


@pytest.fixture(scope="module")
def model(maps_model):
    return runtime.load_model(maps_model, provider="cpu", threads=1)


@pytest.fixture
def ink() -> np.ndarray:
    image = np.zeros((40, 60), np.uint8)
    image[10:30, 20:34] = np.random.default_rng(0).integers(128, 256, (20, 14))
    return image


def scores_of(page, field_peak=None, evidence_peak=None, lengths=(0.0,) * 10):
    """Scores of one page, all 0 but for the lengths and one cell (class, row, col) of each map."""
    rows, cols = ((side - 14) // 2 + 1 for side in page.levels.shape)
    evidence, field = np.zeros((1, 10, rows, cols), np.float32), np.zeros((1, 10, rows + 1, cols), np.float32)
    for values, peak in ((field, field_peak), (evidence, evidence_peak)):
        if peak is not None:
            values[0][peak] = 0.9
    return Scores(np.array([lengths], np.float32), evidence=evidence, field=field)


def centre_of(one, row: int, col: int) -> tuple[float, float]:
    """The centre x, y of a cell of a map, as it is drawn."""
    height, width = one.values.shape[1:]
    return (
        one.box.left + (col + 0.5) * (one.box.right - one.box.left) / width,
        one.box.top + (row + 0.5) * (one.box.bottom - one.box.top) / height,
    )


def test_cells_lie_over_the_pixels_that_they_saw() -> None:
    image = np.zeros((100, 200), np.uint8)
    image[40:68, 150:170] = 255  # centre 160, 54
    page = load_page(image, CONTRACT, ReadingOptions(preparation="off"))
    left, top = page.origin
    field_cell = (round((54 - top - 6) / 2), round((160 - left - 7) / 2))
    evidence_cell = (round((54 - top - 7) / 2), field_cell[1])
    scores = scores_of(page, (3, *field_cell), (3, *evidence_cell))
    explanation = explanation_of(scores, page, CONTRACT, image=image)
    evidence, field = explanation.maps
    assert centre_of(field, *field_cell) == pytest.approx((160, 54), abs=1)
    assert centre_of(evidence, *evidence_cell) == pytest.approx((160, 54), abs=1)
    assert explanation.reading.text == "3"
    x, y = explanation.reading.symbols[0].box.centre
    assert (x, y) == pytest.approx((160, 54), abs=1)


def test_the_outlined_ink_lies_over_the_image() -> None:
    image = np.zeros((100, 200), np.uint8)
    image[40:68, 150:170] = 255
    page = load_page(image, CONTRACT, ReadingOptions(preparation="off"))
    explanation = explanation_of(scores_of(page), page, CONTRACT, image=image)
    rows, cols = np.nonzero(explanation.ink)
    box = explanation.ink_box
    assert (box.left + cols.min(), box.top + rows.min()) == (150, 40)
    assert (box.right - box.left, box.bottom - box.top) == explanation.ink.shape[::-1]


def test_a_scaled_page_is_laid_back_over_the_image() -> None:
    page = runtime.page.Page(np.zeros((28, 28), np.uint8), (100, 100), (10, 40), 0.5)
    explanation = explanation_of(scores_of(page), page, CONTRACT, image=np.zeros((100, 100), np.uint8))
    assert explanation.ink_box == Box(20.0, 80.0, 76.0, 136.0)
    assert centre_of(explanation.maps[0], 0, 0) == (34.0, 94.0)
    assert centre_of(explanation.maps[1], 0, 0) == (34.0, 92.0)


def test_a_small_image_stays_in_the_middle_of_its_padding() -> None:
    contract = Contract(labels=CONTRACT.labels)
    page = load_page(np.eye(10, dtype=np.uint8), contract, ReadingOptions(polarity="light-on-dark"))
    scores = Scores(np.zeros((1, 10), np.float32), evidence=np.zeros((1, 10, 1, 1), np.float32))
    explanation = explanation_of(scores, page, contract, image=np.eye(10, dtype=np.uint8))
    assert explanation.ink_box == Box(-2.0, -2.0, 12.0, 12.0)
    assert centre_of(explanation.maps[0], 0, 0) == (5.0, 5.0)


def test_an_image_is_prepared_if_the_network_saw_anything_else(ink) -> None:
    def is_prepared(image, **options) -> bool:
        page = load_page(image, CONTRACT, ReadingOptions(**options))
        return explanation_of(scores_of(page), page, CONTRACT, image=image).is_prepared

    assert not is_prepared(ink)
    assert is_prepared(255 - ink)
    assert not is_prepared(255 - ink, polarity="light-on-dark", preparation="off")
    assert is_prepared(ink // 2 + 40)
    assert is_prepared(np.repeat(np.repeat(ink, 2, axis=0), 2, axis=1))


@pytest.mark.parametrize(
    ("lengths", "threshold", "shown"),
    [
        ((0.1, 0.2, 0.9, 0.0, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0), 0.5, ("3", "2", "4")),  # the text first, then the scores
        ((0.1, 0.2) + (0.0,) * 8, 0.5, ("3",)),
        ((1.0,) * 10, 0.5, tuple("3012456789")),
        ((1.0,) * 10, None, ("3",)),
    ],
)
def test_the_classes_found_are_shown(lengths, threshold, shown) -> None:
    options = ReadingOptions(polarity="light-on-dark", preparation="off")
    page = load_page(np.full((40, 40), 255, np.uint8), CONTRACT, options)
    scores = scores_of(page, (3, 8, 8), lengths=lengths)
    explanation = explanation_of(scores, page, CONTRACT, image=page.levels, threshold=threshold)
    assert explanation.shown == shown
    assert explanation.classes == tuple(map(int, shown))


def test_at_most_ten_classes_are_shown_and_without_any_the_best() -> None:
    contract = Contract(labels=tuple("abcdefghijkl"))
    page = load_page(np.full((14, 14), 255, np.uint8), contract, ReadingOptions(polarity="light-on-dark"))
    evidence = np.zeros((1, 12, 1, 1), np.float32)
    every = Scores(np.linspace(0.6, 0.9, 12, dtype=np.float32)[None], evidence=evidence)
    assert explanation_of(every, page, contract, image=page.levels).shown == tuple("lkjihgfedc")
    none = Scores(np.linspace(0, 0.4, 12, dtype=np.float32)[None], evidence=evidence)
    assert explanation_of(none, page, contract, image=page.levels).shown == ("l",)


def test_a_picture_is_written_and_the_reading_is_the_readers(model, ink, tmp_path) -> None:
    target = tmp_path / "new" / "why.png"
    reading = explain(model, 255 - ink, target)  # prepared: so with what the network saw
    assert reading == runtime.Reader(model).read(ink)
    assert reading.text
    with Image.open(target) as picture:
        assert picture.format == "PNG"
        assert 500 < picture.width < 2500
        assert 500 < picture.height < 3500
        assert len(picture.convert("L").getcolors(256)) > 50
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("shape", [(1, 1), (14, 14), (28, 224), (20, 1000), (300, 20)])
def test_every_shape_can_be_drawn(model, tmp_path, shape) -> None:
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    options = ReadingOptions(polarity="light-on-dark", preparation="off")
    explain(model, image, tmp_path / "why.png", options)
    with Image.open(tmp_path / "why.png") as picture:
        assert min(picture.size) > 300
        assert max(picture.size) < 6000


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_other_formats(model, ink, tmp_path, suffix, start) -> None:
    target = (tmp_path / "why").with_suffix(suffix)
    explain(model, ink, target)
    assert target.read_bytes().startswith(start)


def test_an_unknown_suffix_is_an_error(model, ink, tmp_path) -> None:
    with pytest.raises(InputError, match=r"why\.txt: no suffix of a picture; expected one of \.png"):
        explain(model, ink, tmp_path / "why.txt")


def test_a_model_without_maps_is_an_error(tiny_model, ink, tmp_path) -> None:
    model = runtime.load_model(tiny_model, provider="cpu")
    with pytest.raises(ModelError, match="export it with all --outputs"):
        explain(model, ink, tmp_path / "why.png")
    with pytest.raises(ModelError, match="all --outputs"):
        list(explain_images(model, [(Path("no-such.png"), tmp_path / "why.png")]))
    with pytest.raises(ModelError):
        require_maps(model)


def test_a_bad_image_is_a_row(model, ink, tmp_path) -> None:
    (tmp_path / "bad.png").write_text("no image")
    Image.fromarray(ink).save(tmp_path / "good.png")
    with pytest.raises(ImageError):
        explain(model, tmp_path / "bad.png", tmp_path / "why.png")
    pairs = targets([tmp_path / "bad.png", tmp_path / "good.png"], tmp_path / "out")
    bad, good = explain_images(model, pairs)
    assert "bad.png" in bad.error
    assert bad.reading is None
    assert good.reading.text
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.png"]


def test_pictures_replace_no_image(tmp_path) -> None:
    image = tmp_path / "1.png"
    image.touch()
    with pytest.raises(InputError, match="is one of the images"):
        targets([tmp_path / "1.jpg", image], tmp_path)
    with pytest.raises(InputError, match="is one of the images"):
        targets([image], image, is_file=True)
    for output in (image, tmp_path / "new.png"):
        with pytest.raises(InputError, match="would be, a file; expected a folder"):
            targets([tmp_path / "2.png", tmp_path / "3.png"], output)
