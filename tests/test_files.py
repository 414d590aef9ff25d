"""Atomic writes: the old content or the new one, and no temporary file left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from capsonnx.files import replacing, write_bytes, write_text


def test_new_content_takes_the_place_of_old(tmp_path) -> None:
    path = tmp_path / "deep" / "note.txt"
    write_text(path, "old")
    write_text(path, "neu: ü\n")
    assert path.read_bytes() == "neu: ü\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_leaves_the_old_content_alone(tmp_path) -> None:
    path = tmp_path / "note.txt"
    write_text(path, "old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_file_has_the_suffix_and_the_folder(tmp_path) -> None:
    with replacing(tmp_path / "model.onnx") as temporary:
        assert (temporary.suffix, temporary.parent) == (".onnx", tmp_path)
        temporary.write_bytes(b"")


def test_many_writers_leave_one_whole_file(tmp_path) -> None:
    path = tmp_path / "shared"
    contents = [bytes([number]) * 100_000 for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_bytes(path, content), contents))
    assert path.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [path]
