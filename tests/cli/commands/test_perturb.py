"""``capsonnx perturb`` as a user types it."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from capsonnx import datasets
from capsonnx.runtime import decoder_path


@pytest.fixture
def here(tmp_path, drawing_model):
    """A folder with a model, its decoder, a digit, and a folder of two pairs."""
    for path in (drawing_model, decoder_path(drawing_model)):
        shutil.copy(path, tmp_path)
    digits = datasets.load("mnist", "test").images
    Image.fromarray(digits[0]).save(tmp_path / "seven.png")
    (tmp_path / "pairs").mkdir()
    for number in (1, 2):
        Image.fromarray(np.concatenate(list(digits[:2]), axis=number - 1)).save(tmp_path / "pairs" / f"{number}.png")
    return tmp_path


def perturb(here, *arguments, code=0, model="digits.onnx"):
    command = [sys.executable, "-m", "capsonnx", "perturb", "-m", model, "--provider", "cpu", *arguments]
    result = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    if code in (1, 2) and "Usage" not in result.stderr:
        assert result.stderr.count("\n") == 1
    return result


def is_png(path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG")


def test_one_image_gives_a_file(here) -> None:
    result = perturb(here, "seven.png", "-o", "grid.png")
    assert result.stdout == "seven.png: 7\n"
    assert result.stderr == ""
    assert is_png(here / "grid.png")


def test_a_folder_gives_a_folder_and_bad_images_exit_code_3(here) -> None:
    (here / "pairs" / "3.png").write_text("no image")
    result = perturb(here, "pairs", "-o", "grids", code=3)
    assert result.stdout == "pairs/1.png: 7 ⏎ 2\npairs/2.png: 72\n"
    assert result.stderr.startswith("error: pairs/3.png: ")
    assert sorted(path.name for path in (here / "grids").iterdir()) == ["1.png", "2.png"]
    assert all(map(is_png, (here / "grids").iterdir()))


def test_a_class_and_a_decoder_can_be_named(here) -> None:
    (here / "digits.decoder.onnx").rename(here / "drawer.onnx")
    perturb(here, "seven.png", "-o", "grid.pdf", "--decoder", "drawer.onnx", "--label", "1", "--label", "7")
    assert (here / "grid.pdf").read_bytes().startswith(b"%PDF")


def test_it_needs_no_training_framework(here) -> None:
    program = "import sys; from capsonnx.cli import main; main.main(sys.argv[1:], standalone_mode=False); "
    program += "assert not {'torch', 'onnx', 'onnxscript'} & set(sys.modules)"
    arguments = ["perturb", "-m", "digits.onnx", "--provider", "cpu", "seven.png", "-o", "grid.png"]
    subprocess.run([sys.executable, "-c", program, *arguments], cwd=here, check=True, timeout=120)
    assert is_png(here / "grid.png")


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["seven.png"], 2, "--output"),
        (["gone.png", "-o", "grid.png"], 2, "no such file"),
        (["seven.png", "-o", "grid.txt"], 2, "no suffix of a picture"),
        (["seven.png", "-o", "seven.png"], 2, "is one of the images"),
        (["seven.png", "-o", "grid.png", "--label", "x"], 2, "label 'x'; expected one of 0, 1"),
        (["seven.png", "-o", "grid.png", "--decoder", "none.onnx"], 2, "none.onnx: no such file"),
        (["seven.png", "-o", "grid.png", "--decoder", "digits.onnx"], 1, "not a decoder"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(here, arguments, code, part) -> None:
    before = sorted(here.rglob("*"))
    assert part in perturb(here, *arguments, code=code).stderr
    assert sorted(here.rglob("*")) == before


def test_without_a_decoder_beside_the_model_it_says_how_to_get_one(here) -> None:
    (here / "digits.decoder.onnx").unlink()
    result = perturb(here, "seven.png", "-o", "grid.png", code=2)
    assert "digits.decoder.onnx: no such file" in result.stderr
    assert "export with --decoder" in result.stderr


def test_a_model_without_poses_is_one_line(here, tiny_model) -> None:
    result = perturb(here, "seven.png", "-o", "grid.png", code=1, model=str(tiny_model))
    assert "gives lengths; expected an output poses" in result.stderr


def test_the_decoder_of_another_network_is_one_line(here) -> None:
    with (here / "digits.onnx").open("ab") as file:
        file.write(b"\xa2\x06\x01x")  # an unknown field of the protobuf: the same network in another file
    result = perturb(here, "seven.png", "-o", "grid.png", code=1)
    assert "takes the poses of another file than digits.onnx" in result.stderr
