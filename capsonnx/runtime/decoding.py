"""Images decoded ahead, by threads, in a window that is bounded in images and in pixels."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from threading import Condition
from typing import TYPE_CHECKING, Generic, TypeVar

from capsonnx.errors import CapsonnxError, ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from capsonnx.runtime.page import Page
    from capsonnx.runtime.reading import Reading

__all__ = ["Slot", "Window"]

Source = TypeVar("Source")

PIXELS = 1 << 26
"""How many decoded pixels (of a byte each) may wait for the network before the threads pause."""


@dataclass(eq=False)
class Slot(Generic[Source]):
    """One image on its way through the window.

    Attributes:
        source: what is decoded.
        is_decoded: whether decoding has ended, well or not.
        page: the decoded image between decoding and scoring, else None.
        error: why the image could not be decoded or scored, or None.
        failure: an exception that ends the run, or None.
        reading: what was read, once scored.
    """

    source: Source
    is_decoded: bool = False
    page: Page | None = None
    error: CapsonnxError | None = None
    failure: BaseException | None = None
    reading: Reading | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do but to hand it out."""
        return self.reading is not None or self.error is not None


class Window(Generic[Source]):
    """A queue of slots in the order of their sources, decoded by threads while its owner does other work.

    Only its owner's thread calls its methods; it is a context manager, and leaving it stops the threads.

    Args:
        sources: are taken one by one, in the owner's thread, and never more than ``capacity`` ahead.
        decode: source to page; runs in the threads. Its ImageError is the slot's, any other ends
            the run.
        capacity: how many slots there are at most.
        workers: how many threads, or None for one a core, 8 at most.
        pixels: how many decoded pixels may wait; one image a thread may come on top.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        decode: Callable[[Source], Page],
        *,
        capacity: int,
        workers: int | None = None,
        pixels: int = PIXELS,
    ) -> None:
        self._sources = iter(sources)
        self._decode = decode
        self._capacity = capacity
        self._pixels = pixels
        self._slots: deque[Slot[Source]] = deque()
        self._waiting_pixels = 0
        self._is_closed = False
        self._changed = Condition()
        self._threads = ThreadPoolExecutor(workers or min(8, os.cpu_count() or 1), thread_name_prefix="decode")

    def __enter__(self) -> Window[Source]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._threads.shutdown(cancel_futures=True)  # waits for the images that are being decoded, no more

    def fill(self) -> bool:
        """Take sources up to the capacity; whether the window now holds any."""
        for source in islice(self._sources, self._capacity - len(self._slots)):
            slot = Slot(source)
            with self._changed:
                self._slots.append(slot)
            self._threads.submit(self._run, slot)
        return bool(self._slots)

    def decoded(self, count: int) -> list[Slot[Source]]:
        """Wait for the first ``count`` slots; where the pixels are used up before, for the first slot at least.

        Returns:
            Those of the first ``count`` slots that are decoded, the first one among them.
        """
        with self._changed:
            ahead = list(islice(self._slots, count))
            self._changed.wait_for(
                lambda: all(slot.is_decoded for slot in ahead) or (ahead[0].is_decoded and self._is_full())
            )
            ahead = [slot for slot in ahead if slot.is_decoded]
        for slot in ahead:
            if slot.failure is not None:
                raise slot.failure
        return ahead

    def settle(self, slot: Slot[Source], result: Reading | CapsonnxError) -> None:
        """Note what became of a slot and let go of its image."""
        with self._changed:
            self._waiting_pixels -= 0 if slot.page is None else slot.page.levels.size
            slot.page = None
            if isinstance(result, CapsonnxError):
                slot.error = result
            else:
                slot.reading = result
            self._changed.notify_all()

    def take_done(self) -> list[Slot[Source]]:
        """Remove and return the leading slots that are done."""
        taken = []
        with self._changed:
            while self._slots and self._slots[0].is_done:
                taken.append(self._slots.popleft())
            self._changed.notify_all()  # there is another first slot, which may pass without pixels to spare
        return taken

    def _is_full(self) -> bool:
        return self._waiting_pixels >= self._pixels

    def _may_start(self, slot: Slot[Source]) -> bool:
        # The first slot always may: the owner cannot free any pixels before it has scored that one.
        return self._is_closed or not self._is_full() or self._slots[0] is slot

    def _run(self, slot: Slot[Source]) -> None:
        """Decode one slot, in a thread."""
        with self._changed:
            self._changed.wait_for(lambda: self._may_start(slot))
            if self._is_closed:
                return
        page, error, failure = None, None, None
        try:
            page = self._decode(slot.source)
        except ImageError as raised:
            error = raised
        except BaseException as raised:  # noqa: BLE001 - raised again in the owner's thread
            failure = raised
        with self._changed:
            slot.page, slot.error, slot.failure, slot.is_decoded = page, error, failure, True
            self._waiting_pixels += 0 if page is None else page.levels.size
            self._changed.notify_all()
