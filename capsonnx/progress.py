"""Progress on stderr: a bar on a terminal, plain lines elsewhere. Results never pass through here.

Rich takes a while to import, so commands import this module only when they run.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import TaskID

__all__ = ["Bar", "note", "progress_bar"]


class Bar:
    """One progress bar with an ETA. If stderr is not a terminal, only :meth:`log` and :meth:`stage` print."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, count: int = 1) -> None:
        """Report that ``count`` more steps are done."""
        self._progress.advance(self._task, count)

    def describe(self, text: str) -> None:
        """Change the text before the bar."""
        self._progress.update(self._task, description=text)

    def stage(self, text: str) -> None:
        """Say what comes next: in the text before the bar or, if there is no bar, on a line of its own."""
        self.describe(text)
        if self._progress.disable:
            self.log(text)

    def log(self, text: str) -> None:
        """Print a line to stderr, above the bar if there is one."""
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


def note(text: str) -> None:
    """Print a line to stderr."""
    Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress_bar(description: str, total: int | None, *, done: int = 0) -> Iterator[Bar]:
    """Show progress towards ``total`` steps (None: unknown), starting from ``done``."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("· left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield Bar(progress, progress.add_task(description, total=total, completed=done))
