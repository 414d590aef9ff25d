from __future__ import annotations

import numpy as np
import pytest

from capsonnx.exam.stationery import STATIONERY, printed

SHAPE = (56, 168)
KINDS = list(STATIONERY)


def blank(count: int = 50, seed: int = 0) -> np.ndarray:
    """Printed pages without digits."""
    return printed(np.zeros((count, *SHAPE), np.uint8), 14, 28, np.random.default_rng(seed))


def test_ink_stays_and_lines_show_beside_it() -> None:
    ink = np.random.default_rng(1).integers(0, 256, (20, *SHAPE), dtype=np.uint8)
    np.testing.assert_array_equal(printed(ink, 14, 28, np.random.default_rng(0)), np.maximum(ink, blank(20)))
    assert ink.max(initial=0) == 255  # and the pages given are not drawn on


def test_each_page_has_lines_of_one_level_and_pages_go_by_the_generator() -> None:
    assert all(len(np.unique(page)) == 2 for page in blank())
    np.testing.assert_array_equal(blank(7), blank()[:7])
    assert (blank(seed=1) != blank()).any()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_what_it_is_called(kind: str) -> None:
    for page in blank()[KINDS.index(kind) :: len(KINDS)] > 0:
        rows, cols = page.mean(axis=1), page.mean(axis=0)
        lines = np.count_nonzero(np.diff(rows > 0.7, prepend=False) & (rows > 0.7))
        if kind == "underline":
            assert lines == 1
            assert not page[:38].any()
        elif kind == "ruled":
            assert 1 <= lines <= 3
            assert (rows[rows > 0] == 1).all()
        elif kind == "squared":
            assert lines >= 4
            assert np.count_nonzero(cols == 1) >= 11
        elif kind == "boxes":
            assert lines == 2
            assert np.count_nonzero(np.diff(cols > 0.4, prepend=False) & (cols > 0.4)) == 6
        else:
            assert lines == 2
            assert not page[18:38, 18:150].any()  # where the ink is
