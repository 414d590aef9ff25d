from __future__ import annotations

import os
from pathlib import Path

import pytest

from capsonnx.errors import InputError
from capsonnx.runtime import expand


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in [
        "10.png",
        "2.png",
        "2.JPG",
        "notes.txt",
        ".hidden.png",
        "b/1.png",
        "a/9.tif",
        "a/c/x.gif",
        "empty/y.md",
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "folder.png").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*paths, **options):
    return [path.as_posix() for path in expand(paths, **options)]


@pytest.mark.usefixtures("folder")
def test_a_folder_is_its_images_in_natural_order():
    assert names(".") == ["2.JPG", "2.png", "10.png"]
    assert names(".", recursive=True) == ["2.JPG", "2.png", "10.png", "a/9.tif", "a/c/x.gif", "b/1.png"]


@pytest.mark.usefixtures("folder")
def test_a_file_is_itself_whatever_its_suffix():
    assert names("notes.txt", "2.png", "2.png") == ["notes.txt", "2.png", "2.png"]


@pytest.mark.usefixtures("folder")
def test_a_pattern_is_its_files():
    assert names("*.png") == ["2.png", "10.png"]
    assert names("**/*.[pt]*") == ["2.png", "10.png", "a/9.tif", "b/1.png", "notes.txt"]


def test_a_file_whose_name_looks_like_a_pattern(folder):
    (folder / "[1].png").touch()
    assert names("[1].png") == ["[1].png"]


def test_a_listing_is_taken_as_it_is():
    assert names("-", listing=["a b.png\n", "\n", "none.png\r\n", " x"]) == ["a b.png", "none.png", " x"]


def test_a_listing_is_a_stream():
    def endless():
        number = 0
        while True:
            yield f"{number}.png\n"
            number += 1

    stream = expand(["-"], listing=endless())
    assert [next(stream) for _ in range(3)] == [Path("0.png"), Path("1.png"), Path("2.png")]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.png", "no such file or folder"),
        ("*.bmp", "no file matches"),
        ("b*", "no file matches"),
        ("empty", "no image in this folder"),
        ("x" * 5000, "no such file or folder"),
        ("", "no such file or folder"),
    ],
)
def test_what_cannot_be_is_refused_at_once(path, message):
    with pytest.raises(InputError, match=message):
        expand(["2.png", path])


@pytest.mark.usefixtures("folder")
def test_an_empty_folder_is_refused_below_too():
    with pytest.raises(InputError, match="or below"):
        expand(["empty"], recursive=True)


def test_an_empty_listing_is_refused():
    with pytest.raises(InputError, match="standard input: empty"):
        list(expand(["-"], listing=["\n"]))


@pytest.mark.skipif(os.name == "nt", reason="links need privileges there")
def test_links_to_files_are_followed_and_links_to_folders_are_not(folder):
    (folder / "b/link.png").symlink_to(folder / "2.png")
    (folder / "b/loop").symlink_to(folder)
    (folder / "b/broken.png").symlink_to(folder / "none.png")
    assert names("b", recursive=True) == ["b/1.png", "b/link.png"]
