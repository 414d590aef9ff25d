"""The counts of a run over many images, and what may break it off."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from capsonnx.errors import CapsonnxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from capsonnx.progress import Bar
    from capsonnx.runtime import Row

__all__ = ["Tally"]


@dataclass
class Tally:
    """Counts of the rows that went by, and what broke them off: a person, or a path that cannot be listed."""

    images: int = 0
    failed: int = 0
    interrupted: bool = False
    error: CapsonnxError | None = None
    listing: bool = False

    @property
    def is_broken_off(self) -> bool:
        """Whether there may be more images than rows."""
        return self.interrupted or self.error is not None

    @property
    def end(self) -> str:
        """How a run ended that was broken off, in a word."""
        return "interrupted" if self.error is None else "stopped"

    def listed(self, sources: Iterator[Path]) -> Iterator[Path]:
        """Pass paths on, until there are no more, or none can be had: the images before have their rows all the same.

        On standard input it may take long until one comes. Ctrl-C ends that, too.
        """
        for number in count():
            try:
                self.listing = True  # before the look at what may have come just now
                source = None if self.interrupted else next(sources, None)
            except KeyboardInterrupt:
                self.interrupted = True
                return
            except CapsonnxError as error:
                if not number:
                    raise
                self.error = error
                return
            finally:
                self.listing = False
            if source is None:
                return
            yield source

    def of(self, rows: Iterable[Row], bar: Bar | None) -> Iterator[Row]:
        """Pass rows on, counting them, here and on the progress bar, until there are no more or no more are wanted."""
        for row in rows:
            self.images += 1
            self.failed += row.error is not None
            if bar is not None:
                bar.advance()
            yield row
            if self.interrupted:
                return

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let the rows end well at the first Ctrl-C; a second one aborts, as always."""
        before = signal.getsignal(signal.SIGINT)

        def interrupt(_number: int, _frame: object) -> None:
            self.interrupted = True
            signal.signal(signal.SIGINT, before)
            if self.listing:
                raise KeyboardInterrupt

        if before is signal.default_int_handler:  # else it is ignored, as in the background
            signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
