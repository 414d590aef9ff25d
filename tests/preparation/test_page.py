from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw, ImageFilter

from capsonnx.errors import InputError
from capsonnx.exam.degrade import degrade
from capsonnx.exam.stationery import STATIONERY, printed
from capsonnx.images import as_grey
from capsonnx.preparation import Prepared, needs_preparation, prepare, prepare_all

if TYPE_CHECKING:
    from numpy.typing import NDArray


def scanned(pages: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [as_grey(page) for page in degrade(pages, np.random.default_rng(3))]


def resized(page: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    height, width = (round(side * scale) for side in page.shape)
    return np.array(Image.fromarray(page).resize((width, height), Image.Resampling.BILINEAR))


def noise(mean: NDArray[np.floating] | float, deviation: float) -> NDArray[np.uint8]:
    drawn = np.random.default_rng(0).normal(mean, deviation, (120, 160))
    return np.rint(drawn.clip(0, 255)).astype(np.uint8)


def test_clean_pages_are_left_alone(pages: NDArray[np.uint8]) -> None:
    for page in pages:
        assert prepare(page).levels is page
        assert prepare(page).scale == 1
        inverted = as_grey(255 - page)
        np.testing.assert_array_equal(prepare(inverted).levels, page)


def test_off_is_off() -> None:
    page = noise(80, 20)
    assert prepare(page, mode="off").levels is page


def test_scanned_pages_become_clean(pages: NDArray[np.uint8]) -> None:
    for page, scan in zip(pages, scanned(pages), strict=True):
        prepared = prepare(scan)
        assert prepared.scale == 1
        assert np.abs(prepared.levels.astype(int) - page).mean() < 8
        assert np.abs(scan.astype(int) - page).mean() > 20
        assert not prepared.levels[:8].any()


def test_preparing_a_prepared_page_changes_nothing(pages: NDArray[np.uint8]) -> None:
    for scan in scanned(pages):
        levels = prepare(scan).levels
        assert prepare(levels).levels is levels


def test_rules_vanish_from_clean_pages_and_from_most_scans(pages: NDArray[np.uint8]) -> None:
    forms = printed(pages, 14, 28, np.random.default_rng(1))
    for page, form in zip(pages, forms, strict=True):
        assert np.abs(form.astype(int) - page).mean() > 2
        assert np.abs(prepare(form).levels.astype(int) - page).mean() < 2
    found = [prepare(scan) for scan in scanned(forms)]
    alike = [
        np.abs(one.levels.astype(int) - page).mean() < 8
        for one, page in zip(found, pages, strict=True)
        if one.scale == 1
    ]
    assert np.count_nonzero(alike) >= 11


def letter(height: int, resample: Image.Resampling) -> NDArray[np.uint8]:
    """An E that lies askew, as a picture program draws it: soft edges, and with some filters a haze about them."""
    drawn = Image.new("L", (160, 160))
    for box in ((50, 30, 62, 130), (50, 30, 115, 40), (50, 75, 105, 85), (50, 120, 115, 130), (105, 30, 115, 50)):
        drawn.paste(255, box)
    turned = drawn.rotate(-6, resample).resize((height, height), Image.Resampling.LANCZOS)
    return np.array(turned)


@pytest.mark.parametrize("height", [50, 80, 120, 200])
@pytest.mark.parametrize("resample", [Image.Resampling.BILINEAR, Image.Resampling.BICUBIC])
def test_the_strokes_of_a_large_letter_are_no_rules(height: int, resample: Image.Resampling) -> None:
    page = letter(height, resample)
    assert not needs_preparation(page)
    assert prepare(page, symbol=None).levels is page
    ink = prepare(page).levels
    # Of the stem, all of it.
    assert np.count_nonzero((ink > 128).any(axis=1)) >= 16


def test_large_digits_lose_nothing(digits: NDArray[np.uint8]) -> None:
    for number, digit in enumerate(digits[:300]):
        scale = (2, 3, 5, 8)[number % 4]
        image = Image.fromarray(digit).resize((28 * scale, 28 * scale), Image.Resampling.BICUBIC)
        page = np.array(image)
        assert prepare(page, symbol=None).levels is page


def test_squares_vanish_from_large_scans(pages: NDArray[np.uint8]) -> None:
    kinds = list(STATIONERY)
    forms = printed(np.repeat(pages, len(kinds), axis=0), 14, 28, np.random.default_rng(3))
    squared = [Image.fromarray(form).resize((672, 224)) for form in forms[kinds.index("squared") :: len(kinds)]]
    far = []
    for page, scan in zip(pages, scanned(np.stack(list(map(np.asarray, squared)))), strict=True):
        levels = np.asarray(Image.fromarray(prepare(scan).levels).resize(page.shape[::-1]))
        away = np.asarray(Image.fromarray(page).filter(ImageFilter.MaxFilter(5))) == 0
        far.append(np.count_nonzero(levels[away] > 128))
    assert max(far) < 10


def test_a_slope_under_the_ink_changes_little(pages: NDArray[np.uint8]) -> None:
    slope = np.linspace(0, 60, pages.shape[2])
    flat = prepare((40 + pages[0] * 0.5).astype(np.uint8)).levels
    sloped = prepare((20 + slope + pages[0] * 0.5).astype(np.uint8)).levels
    assert np.abs(flat.astype(int) - sloped).mean() < 2


@pytest.mark.parametrize("deviation", [0, 1, 5, 20])
def test_a_blank_page_becomes_black(deviation: float) -> None:
    slope = np.linspace(20, 90, 160)
    for mean in (60.0, slope, slope[:120, None]):
        assert not prepare(noise(mean, deviation), mode="on").levels.any()


def test_specks_vanish_and_strokes_stay() -> None:
    page = noise(40, 3)
    page[20:60, 50:53] += 60  # a faint stroke
    page[20:60, 80:83] += 150
    page[90:92, 20:22] += 150  # a speck
    levels = prepare(page, symbol=None).levels
    assert levels[22:58, 51].all()
    assert not levels[80:100].any()


@pytest.mark.parametrize("scale", [0.6, 0.8, 1.5, 2.0, 4.0])
def test_symbols_get_the_size_asked_for(pages: NDArray[np.uint8], scale: float) -> None:
    large = np.stack([resized(page, scale) for page in pages])
    found = np.array([prepare(scan).scale for scan in scanned(large)])
    assert np.median(found) * scale == pytest.approx(1, abs=0.12)
    assert prepare(scanned(large[:1])[0], symbol=None).scale == 1


def test_clean_digits_a_fifth_too_large_get_their_size(pages: NDArray[np.uint8]) -> None:
    scales = [prepare(resized(page, 1.2)).scale for page in pages]
    np.testing.assert_allclose(scales, 1 / 1.2, atol=0.05)


def test_digits_that_touch_are_not_taken_for_large_ones(digits: NDArray[np.uint8]) -> None:
    # Without the columns between their ink: joined ones are wider than digits, and higher, as not all stand on a line.
    lines = [np.hstack([digit[:, digit.any(axis=0)] for digit in five]) for five in digits[:100].reshape(20, 5, 28, 28)]
    assert [prepare(np.pad(line, 8)).scale for line in lines] == [1] * len(lines)


@pytest.mark.parametrize("is_scan", [False, True])
def test_what_is_wide_is_one_symbol_if_symbols_may_be_so_wide(is_scan: bool) -> None:
    page = np.zeros((140, 200), np.uint8)
    page[66:74, 40:150] = 255
    page[56:84, 130:138] = 255
    if is_scan:
        [scan] = degrade(page[None], np.random.default_rng(0))
        page = as_grey(scan)
    as_one, as_two = prepare(page, widest=5.0), prepare(page)
    assert as_one.scale == pytest.approx(20 / 110, rel=0.1)
    assert as_two.scale == pytest.approx(20 / 28, rel=0.15)
    assert prepare_all([page, page], widest=5.0)[1].scale == as_one.scale


def test_places_map_back_by_the_scale() -> None:
    page = np.full((200, 300), 30, np.uint8)
    page[60:140, 100:110] = 200  # 80 pixels high
    prepared = prepare(page)
    rows, columns = prepared.levels.nonzero()
    edges = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    np.testing.assert_allclose(edges / prepared.scale, (100, 60, 110, 140), atol=1.5 / prepared.scale)


def test_thin_strokes_are_thickened() -> None:
    page = np.full((56, 168), 30, np.uint8)
    for left in range(20, 150, 28):
        page[18:38, left] = 160  # one pixel wide
    levels = prepare(page).levels
    assert ((levels[28] > 127).sum() == 3 * 5).all()


def test_the_page_itself_is_not_changed(pages: NDArray[np.uint8]) -> None:
    scan = scanned(pages[:1])[0]
    before = scan.copy()
    prepare(scan)
    np.testing.assert_array_equal(scan, before)


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 255)),
    st.sampled_from(["auto", "on"]),
)
def test_any_image_can_be_prepared(page: NDArray[np.uint8], mode: str) -> None:
    prepared = prepare(page, mode=mode)
    assert prepared.levels.dtype == np.uint8
    assert prepared.levels.ndim == 2
    assert prepared.levels.size
    assert prepared.scale > 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (2, 700), (13, 13)])
def test_any_shape_can_be_prepared(shape: tuple[int, int]) -> None:
    page = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert isinstance(prepare(page, mode="on"), Prepared)


def test_wrong_options() -> None:
    page = np.zeros((3, 3), np.uint8)
    with pytest.raises(InputError, match="preparation 'maybe'; expected one of auto, on, off"):
        prepare(page, mode="maybe")
    with pytest.raises(InputError, match="symbol 0"):
        prepare(page, symbol=0)


@pytest.mark.parametrize("width", [1, 2, 20])
def test_strokes_of_large_symbols_are_bright_when_the_page_has_shrunk(width: int) -> None:
    image = Image.new("L", (300, 300))
    ImageDraw.Draw(image).ellipse((80, 50, 220, 250), outline=255, width=width)
    found = prepare(np.array(image))
    assert found.scale == pytest.approx(0.1, abs=0.01)
    assert np.percentile(found.levels[found.levels > 0], 80) > 200
