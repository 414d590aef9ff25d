"""The counts of a run over many images, and what may end it early."""

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
    """Counts the rows of a run, and records what ended it early: Ctrl-C, or a path that cannot be listed."""

    images: int = 0
    failed: int = 0
    interrupted: bool = False
    error: CapsonnxError | None = None
    listing: bool = False

    @property
    def is_broken_off(self) -> bool:
        """Whether the run ended early, so that there may be more images than rows."""
        return self.interrupted or self.error is not None

    @property
    def end(self) -> str:
        """How a run ended early, in one word."""
        return "interrupted" if self.error is None else "stopped"

    def listed(self, sources: Iterator[Path]) -> Iterator[Path]:
        """Pass paths on until there are no more or the next one fails; those before still get their rows.

        If the first one fails, its error is raised. On standard input, a path may take long to arrive; Ctrl-C ends that
        wait, too.
        """
        for number in count():
            try:
                self.listing = True  # set before the check below, to miss no Ctrl-C
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
        """Pass rows on, and count them here and on the progress bar, until the last one or an interruption."""
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
        """On the first Ctrl-C, let the rows end properly; a second one aborts, as usual."""
        before = signal.getsignal(signal.SIGINT)

        def interrupt(_number: int, _frame: object) -> None:
            self.interrupted = True
            signal.signal(signal.SIGINT, before)
            if self.listing:
                raise KeyboardInterrupt

        if before is signal.default_int_handler:  # otherwise Ctrl-C is ignored, as in the background
            signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
