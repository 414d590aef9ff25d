from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from capsonnx.cli import extras, main


@pytest.fixture
def images(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    folder = tmp_path / "images"
    folder.mkdir()
    for number in (1, 2, 10):
        image = np.zeros((30, 40), np.uint8)
        image[5:25, 10:24] = rng.integers(128, 256, (20, 14))
        Image.fromarray(image).save(folder / f"{number}.png")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def explain(images, maps_model):
    def run(*arguments, model=maps_model):
        return CliRunner().invoke(main, ["explain", "-m", str(model), "--provider", "cpu", *map(str, arguments)])

    return run


def is_png(path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG")


def test_one_image_gives_a_file(explain, images) -> None:
    result = explain("images/1.png", "-o", "why.png")
    assert result.exit_code == 0
    path, _, text = result.stdout.strip().partition(": ")
    assert path == "images/1.png"
    assert set(text) <= set("0123456789⏎ ")
    assert text
    assert result.stderr == ""
    assert is_png(images.parent / "why.png")


def test_a_name_cannot_drive_the_terminal(explain, images) -> None:
    (images / "2.png").rename(images / "\x1b[31mred.png")
    result = explain("images", "-o", "why")
    assert result.exit_code == 0
    assert "images/\\x1b[31mred.png: " in result.stdout


def test_a_folder_gives_a_folder(explain, images) -> None:
    result = explain("images", "-o", "new/why")
    assert result.exit_code == 0
    assert [line.partition(": ")[0] for line in result.stdout.splitlines()] == [f"images/{n}.png" for n in (1, 2, 10)]
    pictures = sorted((images.parent / "new" / "why").iterdir())
    assert [path.name for path in pictures] == ["1.png", "10.png", "2.png"]
    assert all(map(is_png, pictures))


def test_one_image_into_a_folder_that_is_there(explain, images) -> None:
    (images.parent / "why").mkdir()
    assert explain("images/1.png", "-o", "why").exit_code == 0
    assert is_png(images.parent / "why" / "1.png")


def test_a_bad_image_is_reported_and_exit_code_3(explain, images) -> None:
    (images / "1.png").write_text("no image")
    (images / "10.png").unlink()
    result = explain("images", "-o", "why")
    assert result.exit_code == 3
    assert result.stdout.startswith("images/2.png: ")
    assert result.stderr.startswith("error: images/1.png: ")
    assert result.stderr.count("\n") == 1
    assert [path.name for path in (images.parent / "why").iterdir()] == ["2.png"]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["images"], "--output"),
        (["images", "-o", "images"], "is one of the images"),
        (["images/1.png", "-o", "images/1.png"], "is one of the images"),
        (["images/1.png", "-o", "why.txt"], "no suffix of a picture"),
        (["gone.png", "-o", "why.png"], "no such file"),
        (["images", "-o", "why", "--height", "no"], "neither 'native'"),
    ],
)
def test_wrong_usage(explain, images, arguments, part) -> None:
    result = explain(*arguments)
    assert result.exit_code == 2
    assert part in result.stderr
    assert [path.name for path in images.parent.iterdir()] == ["images"]


def test_a_model_without_maps_is_one_line(explain, tiny_model) -> None:
    result = explain("images", "-o", "why", model=tiny_model)
    assert result.exit_code == 1
    assert "export it with all --outputs" in result.stderr
    assert result.stderr.count("\n") == 1


def test_without_matplotlib_the_extra_is_named(explain, monkeypatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    result = explain("images", "-o", "why")
    assert result.exit_code == 2
    assert "needs the package matplotlib" in result.stderr
    assert "'.[pictures]'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_infer_imports_no_matplotlib(images, maps_model) -> None:
    program = "import sys; from capsonnx.cli import main; main.main(sys.argv[1:], standalone_mode=False); "
    program += "assert not {'matplotlib', 'torch', 'onnx'} & set(sys.modules)"
    arguments = ["infer", "-m", str(maps_model), "--provider", "cpu", "images"]
    subprocess.run([sys.executable, "-c", program, *arguments], cwd=images.parent, check=True, timeout=60)
