from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from capsonnx.contract import Contract, Windows
from capsonnx.errors import ImageError, InputError
from capsonnx.runtime import ReadingOptions
from capsonnx.runtime.page import load_page, load_pages, place
from capsonnx.symbols import Box

WINDOWS = Windows((7.0, 7.0), 2, (14, 14), threshold=0.3, apart=(14.0, 14.0), silent_black=True)
LOCATES = Contract(labels=("a",), windows=WINDOWS)
SEES_BLACK = Contract(labels=("a",), windows=Windows((7.0, 7.0), 2, (14, 14), 0.3, (14.0, 14.0), silent_black=False))

inks = arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30)))
frames = st.tuples(st.tuples(st.integers(0, 41), st.integers(0, 41)), st.tuples(st.integers(0, 41), st.integers(0, 41)))


@given(inks, frames)
def test_black_around_the_ink_changes_nothing_but_the_origin(ink, frame):
    (above, _), (before, _) = frame
    placed, (x, y) = place(ink)
    framed, origin = place(np.pad(ink, frame))
    np.testing.assert_array_equal(framed, placed)
    if ink.any():
        assert origin == (x + before, y + above)


@given(inks, st.integers(1, 64))
def test_a_placed_page_holds_all_ink_with_room_around_it(ink, smallest):
    placed, (x, y) = place(ink, smallest)
    rows, cols = np.nonzero(placed)
    assert sorted(placed[rows, cols]) == sorted(ink[ink > 0])
    assert min(placed.shape) >= smallest
    if rows.size:
        np.testing.assert_array_equal(placed[rows, cols], ink[rows + y, cols + x])
        assert min(rows.min(), placed.shape[0] - 1 - rows.max()) >= 6
        assert min(cols.min(), placed.shape[1] - 1 - cols.max()) >= 10


def test_a_blank_page_is_small_and_black():
    placed, _ = place(np.zeros((500, 700), np.uint8))
    assert placed.shape == (16, 24)
    assert not placed.any()
    assert load_page(np.zeros((500, 700)), LOCATES).size == (500, 700)


def test_boxes_map_back_to_the_image():
    image = np.zeros((80, 90), np.uint8)
    image[41:61, 33:45] = 255
    page = load_page(image, LOCATES)
    rows, cols = np.nonzero(page.levels)
    assert page.original(Box(cols.min(), rows.min(), cols.max() + 1, rows.max() + 1)) == Box(33, 41, 45, 61)


def test_boxes_of_a_page_that_was_scaled_map_back_too():
    image = np.zeros((200, 240), np.uint8)
    image[81:141, 100:110] = 200
    page = load_page(image, LOCATES, ReadingOptions(preparation="on"))
    rows, cols = np.nonzero(page.levels > 100)
    assert page.scale == pytest.approx(1 / 3, rel=0.1)
    box = page.original(Box(cols.min(), rows.min(), cols.max() + 1, rows.max() + 1))
    np.testing.assert_allclose([box.top, box.bottom], [81, 141], atol=4)
    np.testing.assert_allclose(sum(box.centre), 105 + 111, atol=4)


@pytest.mark.parametrize("margin", [0, 4, 8, 12, 16])
def test_black_around_a_page_that_is_scaled_moves_no_box(margin):
    image = np.zeros((1200, 1200), np.uint8)
    image[300 + margin : 700 + margin, 400 + margin : 460 + margin] = 255
    page = load_page(image, LOCATES)
    assert page.scale < 0.1
    rows, cols = np.nonzero(page.levels)
    box = page.original(Box(cols.min(), rows.min(), cols.max() + 1, rows.max() + 1))
    np.testing.assert_allclose([box.left, box.top], [400 + margin, 300 + margin], atol=1e-6)


def test_a_network_that_sees_black_gets_the_image_as_it_is():
    image = np.zeros((20, 9), np.uint8)
    image[3:9, 2:4] = 255
    page = load_page(image, SEES_BLACK)
    assert page.levels.shape == (20, 14)
    assert page.original(Box(4, 3, 6, 9)) == Box(2, 3, 4, 9)


def test_a_height_keeps_preparation_from_scaling():
    image = np.full((60, 60), 20, np.uint8)
    image[10:50, 28:32] = 220
    page = load_page(image, LOCATES, ReadingOptions(height=30, preparation="on"))
    assert (page.size, page.scale) == ((30, 30), 1.0)


def test_the_ink_is_laid_on_a_page_of_the_only_size_with_margins_where_there_is_room():
    image = np.zeros((100, 300), np.uint8)
    image[40:68, 100:120] = 255
    for size, origin in (((56, 64), (90, 34)), ((28, 22), (99, 40)), ((30, 20), (100, 39))):
        page = load_page(image, LOCATES, ReadingOptions(preparation="off"), size=size)
        assert page.levels.shape == size
        assert page.origin == origin
        assert np.count_nonzero(page.levels) == np.count_nonzero(image)


def test_ink_that_does_not_fit_the_only_size_is_that_images_error():
    image = np.zeros((100, 300), np.uint8)
    image[40:68, 100:120] = image[40:68, 200:220] = 255
    options = ReadingOptions(preparation="off")
    with pytest.raises(ImageError, match="ink of 28×120 pixels, height × width, for a model of one size"):
        load_page(image, LOCATES, options, size=(56, 64))
    misfit, page = load_pages([image, image[:, :150]], LOCATES, options, pixels=1 << 20, size=(56, 64))
    assert isinstance(misfit, ImageError)
    assert page.levels.shape == (56, 64)
    with pytest.raises(ImageError, match="an image of 100×300 pixels"):
        load_page(image, SEES_BLACK, size=(56, 64))
    assert load_page(image, SEES_BLACK, size=(100, 300)).origin == (0, 0)


def test_a_network_that_reads_black_cannot_have_pages_prepared():
    with pytest.raises(InputError, match="preparation 'on', with a network that reads something in black"):
        load_page(np.zeros((28, 28), np.uint8), SEES_BLACK, ReadingOptions(preparation="on"))
    with pytest.raises(InputError, match="preparation 'sometimes'"):
        load_page(np.zeros((28, 28), np.uint8), SEES_BLACK, ReadingOptions(preparation="sometimes"))
