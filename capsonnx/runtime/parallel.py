"""Work on a stream, by threads, in parts whose size the work itself decides; results come in order."""

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
"""Parts of the sources, and what comes of them."""


def in_parallel(
    sources: Iterable[Source], work: Callable[[list[Source]], list[Result]], *, size: int, workers: int
) -> Iterator[Result]:
    """Work on sources, many at a time, and give the results in the order of the sources.

    A thread is given ``size`` sources and may leave the last ones, when the first have taken enough of its memory; what
    is left is cut into parts of as many sources as it took, so that all threads have their share of it; and so they
    have where there are fewer sources than a part for each. Of many, the first parts rise to ``size`` by equal steps,
    so that threads take turns in Python and in what lets go of its lock. How the sources are cut is up to them, the
    work and the number of threads alone, not to which thread is how fast.

    Args:
        sources: taken one by one, in the caller's thread, for two parts a worker ahead.
        work: a part to the results of its first sources, of one at least; runs in the threads.
        size: how many sources a part has at most, from 1.
        workers: how many threads, from 1.

    Returns:
        One result for each source. Whatever ``sources`` or ``work`` raise ends the run. So does closing the iterator,
        or dropping it: the threads then end with the parts at hand.

    >>> list(in_parallel(range(7), lambda part: [-number for number in part[:2]], size=3, workers=2))
    [0, -1, -2, -3, -4, -5, -6]
    """
    remaining = iter(sources)
    ahead = list(islice(remaining, workers * size))
    sizes: Iterator[int]
    if len(ahead) < workers * size:  # these are all
        sizes = repeat(max(1, math.ceil(len(ahead) / workers)))
    else:
        # The first are unequal: else all threads are busy with Python at one time, for each other's lock, ever after.
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
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
