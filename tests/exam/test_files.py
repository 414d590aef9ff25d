from __future__ import annotations

from capsonnx.exam import Misread, mark_files


def test_only_the_label_alone_is_right() -> None:
    files = [(f"{label}.png", label) for label in ("a", "b", "c", "left arrow")]
    found = mark_files(files, ["a", "bb", None, "left arrow"], 2.0)
    assert (found.images, found.right, found.images_per_second) == (4, 0.5, 2.0)
    assert found.misread == (Misread("b.png", "b", "bb"), Misread("c.png", "c", None))


def test_a_clock_may_stand_still() -> None:
    assert mark_files([("a.png", "a")], [""], 0.0).images_per_second > 0
