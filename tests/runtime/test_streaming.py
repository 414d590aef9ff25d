from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from capsonnx.contract import Contract, Scores
from capsonnx.errors import InputError, ModelError
from capsonnx.runtime import ReadingOptions, load_model, page, page_reader, read_images, streaming


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_model(tiny_model, provider="cpu", threads=1)


class Recorder:
    """A model that scores an image by its brightest pixel, and notes the shapes of its batches."""

    contract = Contract(labels=("bright",), smallest=14)
    size = None

    def __init__(self, seconds=0.0):
        self.shapes = []
        self.seconds = seconds

    def for_threads(self):
        return self

    def __call__(self, images, outputs=()):
        self.shapes.append(images.shape)
        time.sleep(self.seconds)
        return Scores((images.max(axis=(1, 2)) / 255).astype(np.float32)[:, None])


def image_of(height, width, level):
    image = np.zeros((height, width), np.uint8)
    image[height // 2, width // 2] = level
    return image


shapes = st.tuples(st.sampled_from([3, 14, 20]), st.sampled_from([3, 14, 30]))
corpora = st.lists(st.tuples(shapes, st.integers(0, 255)), max_size=40)


@given(corpora, st.integers(1, 7), st.integers(1, 4))
@settings(deadline=None, max_examples=50)
def test_rows_come_in_order_whatever_the_batch(corpus, batch_size, workers):
    images = [image_of(*shape, level) for shape, level in corpus]
    recorder = Recorder()
    options = ReadingOptions(polarity="light-on-dark")
    rows = list(read_images(recorder, images, options, batch_size=batch_size, workers=workers))
    assert [row.path for row in rows] == [f"image {number}" for number in range(1, len(images) + 1)]
    assert [(row.reading.height, row.reading.width) for row in rows] == [shape for shape, _ in corpus]
    levels = [round(row.reading.scores["bright"] * 255) for row in rows]
    assert levels == [level for _, level in corpus]
    assert sum(shape[0] for shape in recorder.shapes) == len(images)
    assert max((shape[0] for shape in recorder.shapes), default=0) <= batch_size


def test_scores_do_not_depend_on_the_batch_size(model):
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (14 + 2 * (n % 3), 20), np.uint8) for n in range(30)]
    runs = [[row.reading for row in read_images(model, images, batch_size=size)] for size in (1, 4, 64)]
    for run in runs[1:]:
        for one, other in zip(runs[0], run, strict=True):
            np.testing.assert_allclose(list(one.scores.values()), list(other.scores.values()), atol=1e-6)


def test_images_of_one_shape_share_a_batch():
    recorder = Recorder()
    list(read_images(recorder, [image_of(14, 14 + n % 2, 9) for n in range(32)], batch_size=16, workers=1))
    assert sorted(recorder.shapes) == [(16, 14, 14), (16, 14, 15)]


def test_large_images_share_no_batch(monkeypatch):
    monkeypatch.setattr(streaming, "BATCH_PIXELS", 600)
    recorder = Recorder()
    list(read_images(recorder, [image_of(14, 14, 9)] * 7 + [image_of(30, 30, 9)] * 2, workers=1))
    assert recorder.shapes == [(3, 14, 14), (3, 14, 14), (1, 14, 14), (1, 30, 30), (1, 30, 30)]


def test_unreadable_images_are_rows(model, tmp_path):
    paths = [tmp_path / f"{n}.png" for n in range(6)]
    for path in paths[1::2]:
        Image.fromarray(image_of(20, 20, 255)).save(path)
    paths[2].write_text("no image")
    rows = list(read_images(model, [str(path) for path in paths], batch_size=2))
    assert [row.path for row in rows] == [str(path) for path in paths]
    assert [row.error is None for row in rows] == [False, True] * 3
    assert [row.reading is None for row in rows] == [True, False] * 3
    assert "known format" in rows[2].error
    assert "no such file" in rows[4].error


def test_an_image_that_the_network_cannot_take_is_a_row():
    class Model(Recorder):
        def __call__(self, images, outputs=()):
            if images.shape[1] > 20:
                raise ModelError("no memory", expected="less", remedy="shrink it")
            return super().__call__(images, outputs)

    rows = list(read_images(Model(), [image_of(side, side, 9) for side in (14, 40, 14)]))
    assert [row.error for row in rows] == [None, "no memory; expected less; shrink it", None]


def test_an_array_that_is_no_image_ends_the_run(model):
    with pytest.raises(InputError, match="shape"):
        list(read_images(model, [image_of(14, 14, 1), np.zeros(3)]))


@pytest.mark.parametrize("option", [{"batch_size": 0}, {"workers": 0}])
def test_bad_options_are_refused_at_once(model, option):
    with pytest.raises(InputError, match="whole number from 1"):
        read_images(model, [], **option)


def test_sources_are_taken_no_more_than_four_batches_a_thread_ahead(model, most_ahead):
    images = [image_of(14, 14, 5)] * 2000
    assert most_ahead(lambda sources: read_images(model, sources, batch_size=8, workers=3), images) <= 4 * 8 * 3


def test_a_thread_holds_few_pixels_or_one_image(monkeypatch):
    monkeypatch.setattr(streaming, "PART_PIXELS", 1000)
    held = []
    real = page.load_pages

    def load(*arguments, **options):
        pages = real(*arguments, **options)
        held.append(sum(one.size[0] * one.size[1] for one in pages[:-1]))
        return pages

    monkeypatch.setattr(streaming, "load_pages", load)
    images = [image_of(*shape, 9) for shape in [(14, 14)] * 9 + [(50, 50)] * 4 + [(20, 20)] * 5]
    assert len(list(read_images(Recorder(), images, workers=2))) == len(images)
    assert max(held) < 1000
    assert len(held) > 4


def test_large_pages_take_turns_with_all_threads_of_the_model(monkeypatch):
    """In memory there is room for one of them; small ones go on meanwhile, each thread on its own."""
    monkeypatch.setattr(streaming, "BATCH_PIXELS", 2 * 900)
    at_once, most, lock = 0, 0, threading.Lock()

    class Whole(Recorder):
        def __call__(self, images, outputs=()):
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            try:
                return super().__call__(images, outputs)
            finally:
                with lock:
                    at_once -= 1

        def for_threads(self):
            return shared

    whole, shared = Whole(seconds=0.002), Recorder()
    monkeypatch.setattr(streaming, "PART_PIXELS", 1)  # so that each image is a part of its own
    images = [image_of(40, 40, 9), image_of(20, 20, 9)] * 8
    assert len(list(read_images(whole, images, workers=2))) == 16
    assert set(whole.shapes) == {(1, 40, 40)}
    assert set(shared.shapes) == {(1, 20, 20)}
    assert most == 1


def test_a_single_image_has_all_threads_of_the_model():
    class Whole(Recorder):
        def for_threads(self):
            raise AssertionError

    assert len(list(read_images(Whole(), [image_of(20, 20, 9)], workers=2))) == 1


def test_an_unexpected_failure_in_a_thread_reaches_the_caller(monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(page, "as_grey", fail)
    with pytest.raises(MemoryError):
        list(read_images(Recorder(), [image_of(14, 14, 9)]))


@pytest.fixture(scope="module")
def locating(field_model):
    return load_model(field_model, provider="cpu", threads=1)


def test_pages_of_exams_are_read_as_images_are(locating):
    pages = np.zeros((5, 30, 50), np.uint8)
    pages[:, 9:21, 9:41] = np.random.default_rng(0).integers(0, 256, (5, 12, 32))
    pages[2] = 0
    lines = page_reader(locating)(pages)
    assert lines == [row.reading.lines for row in read_images(locating, pages, batch_size=5)]
    assert [bool(page) for page in lines] == [True, True, False, True, True]
    assert page_reader(locating)(pages[:0]) == []


def test_a_model_that_does_not_locate_is_no_page_reader(model):
    with pytest.raises(ModelError, match="no output field; expected a model that locates symbols"):
        page_reader(model)


def test_a_page_that_cannot_be_read_is_an_error(locating, monkeypatch):
    def fail(*_):
        raise ModelError("no memory", expected="less", remedy="shrink it")

    monkeypatch.setattr(type(locating), "__call__", fail)
    with pytest.raises(ModelError, match="image 1: no memory"):
        page_reader(locating)(np.ones((2, 30, 30), np.uint8))
