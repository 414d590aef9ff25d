"""Atomic writes: the old content or the new one, and no temporary file left."""

from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from capsonnx import files
from capsonnx.errors import InputError
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


def test_of_a_link_what_it_leads_to_is_replaced(tmp_path):
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_who_may_read_the_old_file_may_read_the_new(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("old")
    path.chmod(0o600)
    write_text(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_file_is_left_alone(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(InputError, match="is not a regular file"):
            write_text(path, "new")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    with pytest.raises(OSError, match="No space") as raised, replacing(tmp_path / "note.txt") as temporary:
        raise OSError(errno.ENOSPC, "No space left", str(temporary))
    assert raised.value.filename == str(tmp_path / "note.txt")


def test_a_folder_that_cannot_be_made_is_told_before_any_work(tmp_path) -> None:
    (tmp_path / "note").write_text("a file")
    with (
        pytest.raises(InputError, match=r"note: a file; expected a folder"),
        replacing(tmp_path / "note" / "a" / "b.txt"),
    ):
        raise AssertionError("the work was begun")
    assert [one.name for one in tmp_path.iterdir()] == ["note"]


def test_a_link_that_leads_nowhere_is_named(tmp_path) -> None:
    (tmp_path / "runs").symlink_to(tmp_path / "unmounted")
    with (
        pytest.raises(InputError, match="runs: a link that leads nowhere"),
        replacing(tmp_path / "runs" / "x" / "a.txt"),
    ):
        raise AssertionError("the work was begun")


def test_folders_that_a_failure_has_made_are_removed(tmp_path) -> None:
    with pytest.raises(InputError, match="no"), replacing(tmp_path / "a" / "b" / "c.txt"):
        raise InputError("no", expected="yes", remedy="none")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "d" / "c.txt") as temporary:
        temporary.rename(temporary.with_name("other.txt"))
    assert [path.name for path in tmp_path.rglob("*")] == ["d", "other.txt"]
    write_text(tmp_path / "a" / "b" / "c.txt", "kept")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "kept"


def test_a_shipped_file_lies_in_the_package_or_beside_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(files, "__file__", str(tmp_path / "capsonnx" / "files.py"))
    assert files.shipped("mnist.onnx") is None
    for place in (tmp_path, tmp_path / "capsonnx"):  # a checkout's, and, before it, the package's own
        (place / "exported").mkdir(parents=True)
        (place / "exported" / "mnist.onnx").touch()
        assert files.shipped("mnist.onnx") == place / "exported" / "mnist.onnx"
