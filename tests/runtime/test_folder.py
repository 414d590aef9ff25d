from __future__ import annotations

import gc
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from capsonnx.contract import Contract, Scores
from capsonnx.errors import InputError, ModelError
from capsonnx.runtime import ReadingOptions, folder, load_model, page, page_reader, read_images
from capsonnx.runtime.decoding import Window
from capsonnx.runtime.page import Page


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_model(tiny_model, provider="cpu", threads=1)


class Recorder:
    """A model that scores an image by its brightest pixel, and notes the shapes of its batches."""

    contract = Contract(labels=("bright",), smallest=14)

    def __init__(self, seconds=0.0):
        self.shapes = []
        self.seconds = seconds

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
    list(read_images(recorder, [image_of(14, 14 + n % 2, 9) for n in range(32)], batch_size=16))
    assert sorted(recorder.shapes) == [(16, 14, 14), (16, 14, 15)]


def test_large_images_share_no_batch(monkeypatch):
    monkeypatch.setattr(folder, "BATCH_PIXELS", 600)
    recorder = Recorder()
    list(read_images(recorder, [image_of(14, 14, 9)] * 7 + [image_of(30, 30, 9)] * 2))
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
    assert "No such file" in rows[4].error


def test_an_image_that_the_network_cannot_take_is_a_row():
    def model(images, outputs):
        if images.shape[1] > 20:
            raise ModelError("no memory", expected="less", remedy="shrink it")
        return Scores(np.ones((len(images), 1), np.float32))

    model.contract = Recorder.contract
    rows = list(read_images(model, [image_of(side, side, 9) for side in (14, 40, 14)]))
    assert [row.error for row in rows] == [None, "no memory; expected less; shrink it", None]


def test_an_array_that_is_no_image_ends_the_run(model):
    with pytest.raises(InputError, match="shape"):
        list(read_images(model, [image_of(14, 14, 1), np.zeros(3)]))


@pytest.mark.parametrize("option", [{"batch_size": 0}, {"workers": 0}])
def test_bad_options_are_refused_at_once(model, option):
    with pytest.raises(InputError, match="whole number from 1"):
        read_images(model, [], **option)


def test_sources_are_taken_no_more_than_four_batches_ahead(model):
    taken = handed_out = most = 0

    def sources():
        nonlocal taken, most
        for _ in range(2000):
            taken += 1
            most = max(most, taken - handed_out)
            yield image_of(14, 14, 5)

    for _ in read_images(model, sources(), batch_size=8):
        handed_out += 1
    assert handed_out == 2000
    assert most <= 4 * 8 + 8  # the rows of a batch are handed out one by one


@pytest.mark.parametrize("pixels", [0, 1, 500])
def test_decoded_pixels_are_bounded_but_for_one_image_a_thread(pixels):
    held = most = 0
    lock = threading.Lock()

    def decode(number):
        nonlocal held, most
        time.sleep(0.001 * (number % 3))
        with lock:
            held += 200
            most = max(most, held)
        return Page(image_of(10, 20, number), (10, 20))

    handed_out = []
    with Window(range(40), decode, capacity=16, workers=3, pixels=pixels) as window:
        while window.fill():
            for slot in window.decoded(8)[:2]:
                if not slot.is_done:
                    window.settle(slot, f"reading {slot.source}")
                    with lock:
                        held -= 200
            handed_out += [slot.source for slot in window.take_done()]
    assert handed_out == list(range(40))
    assert most <= pixels + 200 * 4


def decoders():
    return [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


@pytest.mark.parametrize("leave", ["close", "drop"])
def test_leaving_early_stops_the_threads(tmp_path, leave):
    path = tmp_path / "x.png"
    Image.fromarray(image_of(14, 14, 9)).save(path)
    rows = read_images(Recorder(), (path for _ in iter(int, 1)), batch_size=4)
    next(rows)
    assert decoders()
    if leave == "close":
        rows.close()
    else:
        del rows
        gc.collect()
    assert not decoders()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_whatever_ends_a_run_ends_the_threads(error):
    def model(images, outputs):
        raise error

    model.contract = Recorder.contract
    with pytest.raises(error):
        list(read_images(model, [image_of(14, 14, 9)] * 20, batch_size=2))
    assert not decoders()


def test_an_unexpected_failure_in_a_thread_reaches_the_caller(monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(page, "as_grey", fail)
    with pytest.raises(MemoryError):
        list(read_images(SimpleNamespace(contract=Recorder.contract), [image_of(14, 14, 9)]))
    assert not decoders()


def test_decoding_goes_on_while_the_network_scores(monkeypatch):
    decoded, window_is_decoded = [], threading.Event()

    def slow(source, **_):
        time.sleep(0.005)
        decoded.append(source)
        if len(decoded) == 16:
            window_is_decoded.set()
        return source

    def model(images, outputs):
        assert window_is_decoded.wait(10)  # by other threads: this one is in here
        return Scores(np.ones((len(images), 1), np.float32))

    model.contract = Recorder.contract
    monkeypatch.setattr(page, "as_grey", slow)
    assert len(list(read_images(model, [image_of(14, 14, 9)] * 16, batch_size=4, workers=1))) == 16


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
