from __future__ import annotations

import gc
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsonnx.runtime.parallel import cores, in_parallel


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("work")]


@given(st.lists(st.integers(1, 9), max_size=40), st.integers(1, 7), st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_results_come_in_the_order_of_the_sources(sources: list[int], size: int, threads: int) -> None:
    def work(part: list[int]) -> list[int]:
        assert len(part) <= size
        return [-one for one in part[: part[0]]]  # the first decides how many are taken

    assert list(in_parallel(sources, work, size=size, workers=threads)) == [-one for one in sources]


def parts_of(sources: list[int], taken: int, threads: int, *, slow: int = 0) -> list[tuple[int, ...]]:
    parts = []

    def work(part: list[int]) -> list[int]:
        time.sleep(0.001 * ((part[0] + slow) % 3))
        parts.append(tuple(part))
        return part[:taken]

    list(in_parallel(sources, work, size=8, workers=threads))
    return sorted(parts)


def test_parts_do_not_depend_on_which_thread_is_how_fast() -> None:
    assert parts_of(list(range(50)), 3, 4) == parts_of(list(range(50)), 3, 4, slow=1)


def test_the_first_parts_of_many_sources_are_unequal() -> None:
    assert [len(part) for part in parts_of(list(range(50)), 8, 3)] == [3, 6, 8, 8, 8, 8, 8, 1]
    assert [len(part) for part in parts_of(list(range(24)), 8, 1)] == [8, 8, 8]


def test_what_is_left_is_cut_for_all_threads() -> None:
    assert parts_of(list(range(8)), 3, 1) == [(0, 1, 2, 3, 4, 5, 6, 7), (3, 4, 5), (6, 7)]


def test_few_sources_are_shared_by_all_threads() -> None:
    assert parts_of(list(range(7)), 8, 3) == [(0, 1, 2), (3, 4, 5), (6,)]
    assert parts_of([5], 8, 3) == [(5,)]
    assert parts_of([], 8, 3) == []


def test_threads_work_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=10)

    def work(part: list[int]) -> list[int]:
        together.wait()
        return part

    assert list(in_parallel(range(5), work, size=2, workers=3)) == list(range(5))


def test_sources_are_taken_two_parts_a_worker_ahead(most_ahead) -> None:
    assert most_ahead(lambda sources: in_parallel(sources, list, size=8, workers=3), range(500)) <= 8 * 2 * 3


@pytest.mark.parametrize("leave", ["close", "drop"])
def test_leaving_early_stops_the_threads(leave: str) -> None:
    results = in_parallel(iter(int, 1), list, size=4, workers=2)
    next(results)
    assert workers()
    if leave == "close":
        results.close()
    else:
        del results
        gc.collect()
    assert not workers()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_work_raises_reaches_the_caller_and_ends_the_threads(error: type[BaseException]) -> None:
    def work(part: list[int]) -> list[int]:
        raise error

    with pytest.raises(error):
        list(in_parallel(range(20), work, size=2, workers=2))
    assert not workers()


def test_what_the_sources_raise_ends_the_threads() -> None:
    def sources():
        yield from range(5)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(in_parallel(sources(), list, size=2, workers=1))
    assert not workers()


def test_there_is_a_core() -> None:
    assert cores() >= 1
