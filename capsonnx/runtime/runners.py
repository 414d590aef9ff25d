"""Run a batch through a session: on a CPU from main memory, in pieces; on a GPU through buffers that are kept there.

No runner keeps more memory than the current pages need, unless it records graphs: when a batch has at most a quarter of
the pixels of the largest one before it, the session's arena releases what it does not use.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from capsonnx.contract import IMAGES
from capsonnx.runtime.buckets import bucketed, cropped

if TYPE_CHECKING:
    from collections.abc import Sequence

    import onnxruntime
    from numpy.typing import NDArray

    from capsonnx.contract import Contract

__all__ = ["CpuRunner", "DeviceRunner", "HostRunner", "Runner"]

SHRINK = "memory.enable_memory_arena_shrinkage"

GRAPH = "gpu_graph_id"

PIECE = 25_600
"""Pixels of a piece, unless a single image has more. The output of a layer of 32 channels is then 3 MB in float32, or
0.8 MB in int8. From 18,000 to 36,000 there is little difference."""

MOST_BUFFERS = 32
"""Maximum number of shapes, the most recently used, for which a device keeps buffers; recorded graphs keep all
theirs."""


class Runner(Protocol):
    """Maps images (batch, height, width), in the type of the input, to the named outputs, in the order of the names."""

    def __call__(self, images: NDArray[Any], names: Sequence[str]) -> list[NDArray[Any]]:
        """Run a batch."""


@dataclass
class Sizes:
    """Decides when to shrink the arena.

    Attributes:
        most: the largest number of pixels in a batch since the arena was last shrunk.
    """

    most: int = 0

    def shrinks(self, pixels: int) -> bool:
        """Record a batch of ``pixels`` pixels, and return whether it is small enough for the arena to be shrunk.

        >>> sizes = Sizes()
        >>> [sizes.shrinks(pixels) for pixels in (100, 400, 101, 100, 100)]
        [False, False, False, True, False]
        """
        is_smaller = 0 < pixels <= self.most // 4
        self.most = pixels if is_smaller else max(self.most, pixels)
        return is_smaller


def run_options(shrink: str | None = None, graph: int | None = None) -> onnxruntime.RunOptions:
    """Make the options of a run: the arena to shrink after it (``cpu:0``, ``gpu:0``), and the number of its graph."""
    import onnxruntime  # noqa: PLC0415 - see providers.check_installation

    options = onnxruntime.RunOptions()
    if shrink is not None:
        options.add_run_config_entry(SHRINK, shrink)
    if graph is not None:
        options.add_run_config_entry(GRAPH, str(graph))
    return options


class HostRunner:
    """Runs batches on a provider that takes them from main memory. Threads may share it."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._sizes = Sizes()

    def __call__(self, images: NDArray[Any], names: Sequence[str]) -> list[NDArray[Any]]:
        """Run a batch; see :class:`Runner`."""
        options = run_options("cpu:0") if self._sizes.shrinks(images.size) else None
        values: list[NDArray[Any]] = self._session.run(list(names), {IMAGES: images}, options)
        return values


class CpuRunner:
    """Runs batches on a CPU, large ones in pieces. Threads may share it.

    The output of each layer for a whole batch is written to memory and read back by the next layer. For a piece, it
    stays in the caches. On an idle machine a batch is a tenth faster in pieces, and twice as fast where other work uses
    up the memory bandwidth. The pieces run in parallel, each in one thread, so that no thread waits for another before
    the end of the batch. A single piece uses all threads.

    Args:
        whole: runs a session of ``threads`` threads.
        single: runs a session of one thread; may be the same as ``whole``.
        threads: the number of pieces that run in parallel, at least 1.
    """

    def __init__(self, whole: HostRunner, single: HostRunner, *, threads: int) -> None:
        self._whole = whole
        self._single = single
        self._threads = threads
        self._map = ThreadPoolExecutor(threads, thread_name_prefix="piece").map if threads > 1 else map

    def for_threads(self) -> CpuRunner:
        """Return a runner with one thread per batch, for several threads that each run batches."""
        return CpuRunner(self._single, self._single, threads=1)

    def __call__(self, images: NDArray[Any], names: Sequence[str]) -> list[NDArray[Any]]:
        """Run a batch; see :class:`Runner`."""
        pieces = pieces_of(images, self._threads)
        if len(pieces) == 1:
            return self._whole(images, names)
        found = self._map(partial(self._single, names=names), pieces)
        return [np.concatenate(values) for values in zip(*found, strict=True)]


def pieces_of(images: NDArray[Any], threads: int) -> list[NDArray[Any]]:
    """Split a batch (batch, height, width) into pieces of nearly equal size.

    A batch of few pixels remains one piece. Otherwise all threads get the same number, if there are enough images.

    >>> [len(piece) for piece in pieces_of(np.zeros((128, 28, 56)), 2)]
    [16, 16, 16, 16, 16, 16, 16, 16]
    >>> [len(piece) for piece in pieces_of(np.zeros((16, 28, 56)), 2)], len(pieces_of(np.zeros((3, 500, 500)), 2))
    ([16], 3)
    """
    count = math.ceil(images.size / PIECE)
    if count > 1:
        count = min(len(images), threads * math.ceil(count / threads))
    return np.array_split(images, max(1, count))


@dataclass
class Buffers:
    """What is kept for one shape.

    Attributes:
        images: the input on the device.
        binding: the session's binding of its input and outputs.
        graph: the number of the shape's recorded graph, from 1.
        outputs: the outputs on the device, if graphs are recorded.
    """

    images: Any
    binding: Any
    graph: int
    outputs: list[Any] = field(default_factory=list)


class DeviceRunner:
    """Runs batches on a GPU. Threads may share it; they take turns.

    Batches run whole and one after another. On an H200, two threads in one session of ONNX Runtime 1.31 ended in a CUDA
    error, and two sessions in parallel, one copying while the other computes, were slower than one.

    The images are copied, in the type of the input, into a buffer that stays on the device, one for each shape. Of the
    outputs, only those asked for are copied back. Shapes are rounded up to a few (:mod:`capsonnx.runtime.buckets`),
    since each new one costs a choice of algorithms. With ``graphs``, the outputs have permanent buffers, too, and the
    kernels of a shape are recorded on its second run.

    Args:
        session: a session on that device.
        contract: the contract of the file.
        graphs: whether to record the kernels of each shape, as above.
        device: ONNX Runtime's name of the device. On ``cpu``, for tests, recorded outputs are not copied from their
            buffers.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        contract: Contract,
        *,
        graphs: bool = False,
        device: str = "cuda",
    ) -> None:
        self._session = session
        self._contract = contract
        self._one_size = any(isinstance(side, int) for side in session.get_inputs()[0].shape[1:])
        self._graphs = graphs
        self._device = device
        self._arena = "cpu:0" if device == "cpu" else "gpu:0"
        self._kept: OrderedDict[tuple[Any, ...], Buffers] = OrderedDict()
        self._sizes = Sizes()
        self._lock = threading.Lock()

    def __call__(self, images: NDArray[Any], names: Sequence[str]) -> list[NDArray[Any]]:
        """Run a batch; see :class:`Runner`."""
        padded = bucketed(images, self._contract, one_size=self._one_size)
        with self._lock:
            buffers = self._buffers(padded, tuple(names))
            buffers.images.update_inplace(padded)
            self._session.run_with_iobinding(buffers.binding, self._options(padded.size, buffers))
            values = [np.asarray(value.numpy()) for value in buffers.binding.get_outputs()]
        return [cropped(value, name, images.shape, self._contract) for name, value in zip(names, values, strict=True)]

    def _options(self, pixels: int, buffers: Buffers) -> onnxruntime.RunOptions:
        if self._graphs:  # their memory must stay where it is
            return run_options(graph=buffers.graph)
        return run_options(self._arena if self._sizes.shrinks(pixels) else None)

    def _buffers(self, images: NDArray[Any], names: tuple[str, ...]) -> Buffers:
        key = (images.shape, names)
        if key not in self._kept:
            self._kept[key] = self._new_buffers(images, names)
            if not self._graphs and len(self._kept) > MOST_BUFFERS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _new_buffers(self, images: NDArray[Any], names: tuple[str, ...]) -> Buffers:
        import onnxruntime  # noqa: PLC0415 - see providers.check_installation

        place = onnxruntime.OrtValue.ortvalue_from_shape_and_type
        binding = self._session.io_binding()
        buffers = Buffers(place(list(images.shape), images.dtype.type, self._device, 0), binding, len(self._kept) + 1)
        binding.bind_ortvalue_input(IMAGES, buffers.images)
        for name in names:
            binding.bind_output(name, self._device)
        if self._graphs:
            # A run that is not recorded (-1) shows the shapes; its outputs become the buffers of all later runs.
            buffers.images.update_inplace(images)
            self._session.run_with_iobinding(binding, run_options(graph=-1))
            buffers.outputs = binding.get_outputs()
            for name, value in zip(names, buffers.outputs, strict=True):
                binding.bind_ortvalue_output(name, value)
        return buffers
