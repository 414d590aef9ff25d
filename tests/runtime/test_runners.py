"""Both ways through a session; that of the GPU on the CPU, which takes the same calls."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from capsonnx.contract import Windows
from capsonnx.runtime import load_model
from capsonnx.runtime.runners import (
    GRAPH,
    MOST_BUFFERS,
    PIECE,
    SHRINK,
    DeviceRunner,
    HostRunner,
    pieces_of,
    run_options,
)


@pytest.fixture(scope="module")
def model(maps_model):
    return load_model(maps_model, provider="cpu", threads=1)


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("graphs", [False, True])
def test_kept_buffers_give_what_a_plain_run_gives(model, graphs) -> None:
    runner = DeviceRunner(model._run._single._session, model.contract, graphs=graphs, device="cpu")
    for shape in [(3, 28, 41), (1, 28, 41), (3, 28, 41), (5, 60, 30)]:
        given = images(*shape)
        for names in (model.outputs, ("lengths",)):
            expected, found = model._run(given, names), runner(given, names)
            for wanted, value in zip(expected, found, strict=True):
                np.testing.assert_allclose(value, wanted, atol=1e-6)


def test_buffers_are_reused_and_bounded(model) -> None:
    runner = DeviceRunner(model._run._single._session, model.contract, device="cpu")
    runner(images(2, 28, 28), ["lengths"])
    [kept] = runner._kept.values()
    runner(images(2, 28, 28), ["lengths"])
    assert list(runner._kept.values()) == [kept]
    for width in range(30, 30 + MOST_BUFFERS):
        runner(images(1, 20, width), ["lengths"])
    assert len(runner._kept) == MOST_BUFFERS
    assert kept not in runner._kept.values()


class Recorder:
    """A session that notes the options of its runs."""

    def __init__(self, session) -> None:
        self._session = session
        self.options: list[object] = []

    def get_inputs(self):
        return self._session.get_inputs()

    def io_binding(self):
        return self._session.io_binding()

    def run(self, names, feed, options):
        self.options.append(options)
        return self._session.run(names, feed, options)

    def run_with_iobinding(self, binding, options):
        self.options.append(options)
        self._session.run_with_iobinding(binding, options)

    def entries(self, key: str) -> list[str | None]:
        return [None if one is None else entry(one, key) for one in self.options]


def entry(options, key: str) -> str | None:
    try:
        return options.get_run_config_entry(key)
    except RuntimeError:  # there is none
        return None


def test_pieces_are_few_even_and_together_the_batch() -> None:
    for count, side, threads in [(1, 28, 2), (33, 28, 3), (128, 56, 2), (7, 300, 4), (0, 28, 2)]:
        batch = images(count, side, side)
        pieces = pieces_of(batch, threads)
        np.testing.assert_array_equal(np.concatenate(pieces), batch)
        sizes = [len(piece) for piece in pieces]
        assert max(sizes) - min(sizes) <= 1
        assert all(piece.size <= PIECE or len(piece) == 1 for piece in pieces)
        assert len(pieces) in (1, count) or len(pieces) % threads == 0


@pytest.mark.parametrize("threads", [1, 3])
def test_a_batch_in_pieces_gives_what_it_gives_whole(maps_model, model, threads) -> None:
    batch = images(40, 42, 37)
    in_pieces = load_model(maps_model, provider="cpu", threads=threads)
    assert len(pieces_of(batch, threads)) >= 3
    for name in model.outputs:
        [wanted], [value] = HostRunner(model._run._single._session)(batch, [name]), in_pieces._run(batch, [name])
        np.testing.assert_allclose(value, wanted, atol=1e-6)


def test_threads_share_sessions_of_one_thread(maps_model) -> None:
    model = load_model(maps_model, provider="cpu", threads=2)
    one = model.for_threads()
    assert one._run._whole is one._run._single is model._run._single is not model._run._whole
    batch = images(30, 40, 40)
    np.testing.assert_allclose(one(batch).lengths, model(batch).lengths, atol=1e-6)


def test_the_arena_shrinks_when_pages_get_much_smaller(model) -> None:
    session = Recorder(model._run._single._session)
    runner = HostRunner(session)
    for side in (28, 56, 30, 28, 28):
        runner(images(1, side, side), ["lengths"])
    assert session.entries(SHRINK) == [None, None, None, "cpu:0", None]


def test_a_gpu_shrinks_its_own_arena(model) -> None:
    session = Recorder(model._run._single._session)
    runner = DeviceRunner(session, model.contract, device="cpu")
    assert runner._arena == "cpu:0"
    assert DeviceRunner(session, model.contract)._arena == "gpu:0"
    for side in (64, 32):
        runner(images(1, side, side), ["lengths"])
    assert session.entries(SHRINK) == [None, "cpu:0"]


def test_a_file_of_one_size_is_given_that_on_a_device_too(make_onnx, tmp_path) -> None:
    path = tmp_path / "fixed.onnx"
    path.write_bytes(make_onnx(sizes=("batch", 50, 100)).SerializeToString())
    model = load_model(path, provider="cpu", threads=1)
    windows = Windows((7, 7), 2, (14, 14), 0.5, (14, 14), silent_black=True)
    contract = dataclasses.replace(model.contract, windows=windows)
    runner = DeviceRunner(model._run._single._session, contract, device="cpu")
    images = np.zeros((3, 50, 100), np.uint8)  # whose lower and right edges are black
    [lengths] = runner(images, ["lengths"])
    np.testing.assert_allclose(lengths, model(images).lengths, atol=1e-6)


def test_each_shape_is_recorded_as_a_graph_of_its_own_after_a_run_that_is_not(model) -> None:
    session = Recorder(model._run._single._session)
    runner = DeviceRunner(session, model.contract, graphs=True, device="cpu")
    for side in (64, 64, 32, 64):
        runner(images(1, side, side), ["lengths"])
    assert session.entries(GRAPH) == ["-1", "1", "1", "-1", "2", "1"]
    assert set(session.entries(SHRINK)) == {None}  # a recorded graph's memory must stay


def test_a_session_on_cuda_gets_kept_buffers(tiny_model, monkeypatch) -> None:
    monkeypatch.setattr("capsonnx.runtime.providers.taken", lambda *_: "CUDAExecutionProvider")
    severities = []
    monkeypatch.setattr("onnxruntime.set_default_logger_severity", severities.append)
    model = load_model(tiny_model, provider="cpu")
    assert severities == [4]  # while it runs, too: cuDNN tells of what it has not as of an error
    assert isinstance(model._run, DeviceRunner)
    assert model.for_threads() is model


def test_run_options_hold_what_was_asked_for() -> None:
    assert entry(run_options("gpu:0"), SHRINK) == "gpu:0"
    assert entry(run_options(graph=7), GRAPH) == "7"
    assert entry(run_options(), SHRINK) is None
