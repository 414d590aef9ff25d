"""Process a stream with threads, in parts whose size the work itself decides; results come in order."""

from __future__ import annotations

import math
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["cores", "in_parallel"]

Source = TypeVar("Source")
Result = TypeVar("Result")

Parts: TypeAlias = deque[tuple[list[Source], Future[list[Result]]]]
"""Parts of the sources, each with its pending results."""


def in_parallel(
    sources: Iterable[Source], work: Callable[[list[Source]], list[Result]], *, size: int, workers: int
) -> Iterator[Result]:
    """Process sources, many at a time, and yield the results in the order of the sources.

    A thread is given ``size`` sources and may leave the last ones, for example when the first have taken enough of its
    memory. What is left is cut into parts of as many sources as it took, so that all threads share them. If there are
    fewer than ``size`` sources per thread, they are divided evenly. Otherwise the first parts rise to ``size`` in equal
    steps, so that threads alternate between Python and code that releases its lock. How the sources are cut depends
    only on them, the work and the number of threads, not on how fast each thread is.

    Args:
        sources: taken one by one, in the caller's thread, two parts per worker ahead.
        work: maps a part to the results of its first sources, at least one; runs in the threads.
        size: the maximum number of sources in a part, at least 1.
        workers: the number of threads, at least 1.

    Returns:
        One result for each source. Any exception from ``sources`` or ``work`` ends the run. So does closing or dropping
        the iterator: the threads then end after the parts at hand.

    >>> list(in_parallel(range(7), lambda part: [-number for number in part[:2]], size=3, workers=2))
    [0, -1, -2, -3, -4, -5, -6]
    """
    remaining = iter(sources)
    ahead = list(islice(remaining, workers * size))
    sizes: Iterator[int]
    if len(ahead) < workers * size:  # there are no more
        sizes = repeat(max(1, math.ceil(len(ahead) / workers)))
    else:
        # The first parts differ in size. Otherwise all threads would run Python at the same time, and keep waiting for
        # its lock.
        sizes = chain((math.ceil(size * number / workers) for number in range(1, workers + 1)), repeat(size))
    remaining = chain(ahead, remaining)
    with ThreadPoolExecutor(workers, thread_name_prefix="work") as threads:
        waiting: Parts[Source, Result] = deque()
        try:
            while True:
                while len(waiting) < 2 * workers and (part := list(islice(remaining, next(sizes)))):
                    waiting.append((part, threads.submit(work, part)))
                if not waiting:
                    return
                part, future = waiting.popleft()
                results = future.result()
                taken = len(results)
                left = [part[start : start + taken] for start in range(taken, len(part), taken)]
                waiting.extendleft(reversed([(part, threads.submit(work, part)) for part in left]))
                yield from results
        finally:
            threads.shutdown(cancel_futures=True)


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
