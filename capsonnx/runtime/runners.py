"""How a batch goes through a session: from main memory, in pieces, on the CPU; through buffers kept on a GPU.

All ways hold no more memory than the pages at hand need: when a batch has at most a quarter of the pixels of the
largest one before it, the session's arena gives back what it does not use.
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
"""Pixels of a piece, unless an image has more: a layer of 32 channels then is 3 MB in float32, or 0.8 MB in int8. From
18,000 to 36,000 there is little difference."""

MOST_BUFFERS = 32
"""For how many shapes a device keeps buffers, unless they belong to recorded graphs: the ones used last."""


class Runner(Protocol):
    """Images (batch, height, width), of the type of the input, to the named outputs, in their order."""

    def __call__(self, images: NDArray[Any], names: Sequence[str]) -> list[NDArray[Any]]:
        """Run a batch."""


@dataclass
class Sizes:
    """When the arena is to be shrunk: the greatest number of pixels since it was last."""

    most: int = 0

    def shrinks(self, pixels: int) -> bool:
        """Whether a batch of so many pixels begins a smaller class of sizes.

        >>> sizes = Sizes()
        >>> [sizes.shrinks(pixels) for pixels in (100, 400, 101, 100, 100)]
        [False, False, False, True, False]
        """
        is_smaller = 0 < pixels <= self.most // 4
        self.most = pixels if is_smaller else max(self.most, pixels)
        return is_smaller


def run_options(shrink: str | None = None, graph: int | None = None) -> onnxruntime.RunOptions:
    """The options of one run: which arena to shrink after it (``cpu:0``, ``gpu:0``), which recorded graph it is."""
    import onnxruntime  # noqa: PLC0415 - see providers.check_installation

    options = onnxruntime.RunOptions()
    if shrink is not None:
        options.add_run_config_entry(SHRINK, shrink)
    if graph is not None:
        options.add_run_config_entry(GRAPH, str(graph))
    return options


class HostRunner:
    """Runs on a provider that takes main memory. Threads may share it."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._sizes = Sizes()

    def __call__(self, images: NDArray[Any], names: Sequence[str]) -> list[NDArray[Any]]:
        """Run; see :class:`Runner`."""
        options = run_options("cpu:0") if self._sizes.shrinks(images.size) else None
        values: list[NDArray[Any]] = self._session.run(list(names), {IMAGES: images}, options)
        return values


class CpuRunner:
    """Runs on the CPU, large batches in pieces. Threads may share it.

    Of a batch, each layer's output is written to memory, and read again by the next one. That of a piece stays in the
    caches: on an idle machine a batch is a tenth faster in pieces, and twice as fast where other work takes the
    memory's bandwidth. They run side by side, each in one thread, so that no thread waits for another before the end
    of the batch. A single piece has all threads.

    Args:
        whole: runs a session of so many threads.
        single: runs a session of one thread; may be the same.
        threads: how many pieces run side by side, from 1.
    """

    def __init__(self, whole: HostRunner, single: HostRunner, *, threads: int) -> None:
        self._whole = whole
        self._single = single
        self._threads = threads
        self._map = ThreadPoolExecutor(threads, thread_name_prefix="piece").map if threads > 1 else map

    def for_threads(self) -> CpuRunner:
        """The same with one thread to a batch, for several threads that each run batches."""
        return CpuRunner(self._single, self._single, threads=1)

    def __call__(self, images: NDArray[Any], names: Sequence[str]) -> list[NDArray[Any]]:
        """Run; see :class:`Runner`."""
        pieces = pieces_of(images, self._threads)
        if len(pieces) == 1:
            return self._whole(images, names)
        found = self._map(partial(self._single, names=names), pieces)
        return [np.concatenate(values) for values in zip(*found, strict=True)]


def pieces_of(images: NDArray[Any], threads: int) -> list[NDArray[Any]]:
    """A batch (batch, height, width) in pieces of nearly one size: one of few pixels, else as many for each thread.

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
    """What is kept of one shape: the input on the device, and the binding, of which run it is the how many-th."""

    images: Any
    binding: Any
    graph: int
    outputs: list[Any] = field(default_factory=list)


class DeviceRunner:
    """Runs on a GPU. Threads may share it; they take turns.

    Batches go whole, and one after the other: on an H200, two threads in one session of ONNX Runtime 1.31 ended in an
    error of CUDA, and two sessions side by side, to copy from one while the other computes, were slower than one.

    The images are copied as uint8 into a buffer that stays on the device, one for each shape, and of the outputs only
    those asked for are copied back. Shapes are rounded up to few (:mod:`capsonnx.runtime.buckets`), since each new
    one costs a choice of algorithms. With ``graphs`` the outputs have buffers that stay, too, and the kernels of a
    shape are recorded on its second run.

    Args:
        session: on that device.
        contract: of the file.
        graphs: as above.
        device: as ONNX Runtime names it; on ``cpu``, for tests, recorded outputs are not copied from their buffers.
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
        """Run; see :class:`Runner`."""
        padded = bucketed(images, self._contract, one_size=self._one_size)
        with self._lock:
            buffers = self._buffers(padded, tuple(names))
            buffers.images.update_inplace(padded)
            self._session.run_with_iobinding(buffers.binding, self._options(padded.size, buffers))
            values = [np.asarray(value.numpy()) for value in buffers.binding.get_outputs()]
        return [cropped(value, name, images.shape, self._contract) for name, value in zip(names, values, strict=True)]

    def _options(self, pixels: int, buffers: Buffers) -> onnxruntime.RunOptions:
        if self._graphs:  # whose memory must stay where it is
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
            # A run that is not recorded (-1) tells the shapes; what it gave becomes the buffers of all later runs.
            buffers.images.update_inplace(images)
            self._session.run_with_iobinding(binding, run_options(graph=-1))
            buffers.outputs = binding.get_outputs()
            for name, value in zip(names, buffers.outputs, strict=True):
                binding.bind_ortvalue_output(name, value)
        return buffers
