from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


@pytest.fixture
def most_ahead() -> Callable[[Callable[[Iterator[Any]], Iterable[Any]], Sequence[Any]], int]:
    """A function of a run, sources to results, and of its sources: how many it takes ahead of its results, at most."""

    def count(run: Callable[[Iterator[Any]], Iterable[Any]], sources: Sequence[Any]) -> int:
        taken = handed_out = most = 0

        def counted() -> Iterator[Any]:
            nonlocal taken, most
            for source in sources:
                taken += 1
                most = max(most, taken - handed_out)
                yield source

        for _ in run(counted()):
            handed_out += 1
        assert handed_out == len(sources)
        return most

    return count
