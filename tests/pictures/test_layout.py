from __future__ import annotations

from itertools import combinations

import pytest

from capsonnx.pictures.layout import lay_out, place_label
from capsonnx.symbols import Box

SIZES = [(28, 28), (28, 224), (28, 1400), (140, 28), (512, 512), (600, 400), (1, 1)]


def overlap(one, other) -> bool:
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return across > 1e-9 and down > 1e-9


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kinds", [1, 2])
@pytest.mark.parametrize("classes", [1, 2, 5, 6, 10])
@pytest.mark.parametrize("is_twice", [False, True])
def test_nothing_overlaps_or_leaves_the_picture(size, kinds, classes, is_twice) -> None:
    layout = lay_out(size, kinds=kinds, classes=classes, is_twice=is_twice).between(1.0, 0.5)
    images = [layout.image, layout.seen] if is_twice else [layout.image]
    parts = [*images, *sum(layout.panels, ()), *sum(layout.bars, ())]
    assert len(layout.panels) == len(layout.bars) == kinds
    assert {len(panels) for panels in layout.panels} == {classes}
    assert not any(overlap(one, other) for one, other in combinations(parts, 2))
    for part in parts:
        assert part.left > 0
        assert part.top > 1
        assert part.left + part.width < layout.size[0]
        assert part.top + part.height < layout.size[1] - 0.5


@pytest.mark.parametrize("size", SIZES)
def test_images_keep_their_aspect_and_can_be_seen(size) -> None:
    layout = lay_out(size, kinds=2, classes=3, is_twice=True)
    for part in (layout.image, layout.seen, *layout.panels[0]):
        assert part.width / part.height == pytest.approx(size[1] / size[0])
        assert max(part.width, part.height) > 1.7
        assert min(part.width, part.height) > 0.2


def test_panels_of_wide_images_lie_below_each_other() -> None:
    layout = lay_out((28, 224), kinds=2, classes=3, is_twice=True)
    assert layout.is_beside
    assert len({panel.left for panel in layout.panels[0]}) == 1
    assert layout.image.left == layout.seen.left
    square = lay_out((28, 28), kinds=2, classes=3, is_twice=True)
    assert not square.is_beside
    assert square.image.top == square.seen.top
    assert lay_out((28, 28), kinds=2, classes=3).seen is None


def test_a_label_goes_where_it_hides_nothing() -> None:
    box, size = Box(40, 40, 60, 60), (100, 100)
    above, below, right = Box(40, 20, 60, 40), Box(40, 60, 60, 80), Box(60, 40, 80, 60)
    assert place_label(box, 10, 10, [], size).bottom == 40
    assert place_label(box, 10, 10, [above], size).top == 60
    assert place_label(box, 10, 10, [above, below], size).left == 60
    assert place_label(box, 10, 10, [above, below, right], size).right == 40
