"""The counts of a run, and what breaks it off: how paths are passed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from capsonnx.cli.tally import Tally
from capsonnx.errors import InputError

PATHS = [Path("a"), Path("b")]


def listing(error: BaseException):
    """Two paths, and what is raised in place of a third."""
    yield from PATHS
    raise error


def test_all_paths_are_passed_on() -> None:
    tally = Tally()
    assert list(tally.listed(iter(PATHS))) == PATHS
    assert not tally.is_broken_off
    assert not tally.listing


def test_an_error_ends_the_list_and_is_kept() -> None:
    tally, error = Tally(), InputError("c: locked", expected="a folder", remedy="unlock it")
    assert list(tally.listed(listing(error))) == PATHS
    assert (tally.is_broken_off, tally.error, tally.end) == (True, error, "stopped")


def test_an_error_before_the_first_path_is_the_run_s() -> None:
    def nothing():
        raise InputError("standard input: empty", expected="paths", remedy="pass some")
        yield

    with pytest.raises(InputError, match="empty"):
        list(Tally().listed(nothing()))


def test_ctrl_c_ends_the_list() -> None:
    tally = Tally()
    assert list(tally.listed(listing(KeyboardInterrupt()))) == PATHS
    assert (tally.interrupted, tally.is_broken_off, tally.end) == (True, True, "interrupted")


def test_a_run_that_is_interrupted_lists_nothing_more() -> None:
    tally = Tally()
    paths = tally.listed(iter(PATHS))
    assert next(paths) == PATHS[0]
    tally.interrupted = True
    assert list(paths) == []
