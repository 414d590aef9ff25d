"""The whole chain as a user types it: train, export, check, evaluate, infer, on a few real digits."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from capsonnx import datasets

if TYPE_CHECKING:
    from pathlib import Path

DIGITS = 2400
SHORT = ["--epochs", "4", "--limit", "1700", "--held-out", "60", "--precision", "fp32"]


def capsonnx(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "capsonnx", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert result.returncode == code, result.stderr
    return result


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory) -> Path:
    """A folder per class of real digits, as a user would have: the embedded test split, so that nothing is fetched."""
    root = tmp_path_factory.mktemp("digits")
    digits = datasets.load("mnist", "test")
    for number in range(DIGITS):
        folder = root / str(digits.targets[number])
        folder.mkdir(exist_ok=True)
        Image.fromarray(digits.images[number]).save(folder / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def run(tmp_path_factory, data_dir: Path) -> Path:
    """A short training."""
    folder = tmp_path_factory.mktemp("runs") / "short"
    capsonnx("train", "--data", data_dir, "--decoder", *SHORT, "-o", folder)
    return folder


@pytest.fixture(scope="module")
def other(tmp_path_factory, data_dir: Path) -> Path:
    """A shorter one from another seed, without a decoder."""
    folder = tmp_path_factory.mktemp("runs") / "other"
    capsonnx("train", "--data", data_dir, *SHORT, "--epochs", 1, "--limit", 200, "--seed", 9, "-o", folder)
    return folder


@pytest.fixture(scope="module")
def onnx_file(run: Path) -> Path:
    """Its export, through the whole gate."""
    path = run.parent / "short.onnx"
    result = capsonnx("export", run, "-o", path, "--decoder")
    assert "FAILED" not in result.stdout
    return path


def test_training_learns_and_reports(run: Path) -> None:
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert len(rows) == 4
    assert rows[-1]["loss"] < rows[0]["loss"] / 1.5
    assert rows[-1]["held_out_accuracy"] > 0.5
    with Image.open(run / "curves.png") as curves:
        assert curves.size[0] > 500


def test_a_killed_training_resumes_bit_for_bit(run: Path, data_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    command = [
        sys.executable,
        "-m",
        "capsonnx",
        "train",
        "--data",
        str(data_dir),
        "--decoder",
        *SHORT,
        "-o",
        str(folder),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 200
        while not (folder / "checkpoint.safetensors").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert len((folder / "metrics.jsonl").read_text().splitlines()) < 4
    capsonnx("train", "--resume", "-o", folder)
    content = (folder / "checkpoint.safetensors").read_bytes()
    assert content == (run / "checkpoint.safetensors").read_bytes()


def test_check_passes_alone_and_against_the_run(run: Path, onnx_file: Path) -> None:
    report = json.loads(onnx_file.with_suffix(".parity.json").read_text())
    assert report["passed"]
    assert len({tuple(case["shape"]) for case in report["parity"]["cases"]}) >= 60
    result = json.loads(capsonnx("check", onnx_file, "--against", run, "--json").stdout)
    assert result["passed"]
    assert result["sha256"] == report["sha256"]
    drawing = onnx_file.with_suffix(".decoder.onnx")
    assert json.loads(capsonnx("check", drawing, "--json").stdout)["parity"] is None
    assert json.loads(capsonnx("check", drawing, "--against", run, "--json").stdout)["parity"]["passed"]


def test_check_against_another_training_fails(onnx_file: Path, other: Path) -> None:
    result = capsonnx("check", onnx_file, "--against", other, code=1)
    assert "FAILED" in result.stdout
    assert "Traceback" not in result.stderr


def test_evaluate_gives_the_same_numbers_every_time(onnx_file: Path) -> None:
    command = ["evaluate", onnx_file, "--limit", 400, "--exam", "singles", "--exam", "pairs-vertical", "--json"]
    first, again = (json.loads(capsonnx(*command).stdout)["exams"] for _ in range(2))
    timings = ("seconds", "images_per_second")
    strip = [{key: value for key, value in exam.items() if key not in timings} for exam in first]
    assert strip == [{key: value for key, value in exam.items() if key not in timings} for exam in again]
    assert first[0]["top"] > 0.5


def test_infer_reads_a_folder_of_pairs(onnx_file: Path, tmp_path: Path) -> None:
    digits = datasets.load("mnist", "test").images[:20]
    for number in range(0, 20, 2):
        pair = np.concatenate([digits[number], digits[number + 1]], axis=number // 2 % 2)
        Image.fromarray(pair).save(tmp_path / f"{number}.png")
    rows = [
        json.loads(line) for line in capsonnx("infer", tmp_path, "-m", onnx_file, "-f", "jsonl").stdout.splitlines()
    ]
    assert [os.path.basename(row["path"]) for row in rows] == [f"{number}.png" for number in range(0, 20, 2)]  # noqa: PTH119
    assert all(row["error"] is None and len(row["scores"]) == 10 for row in rows)
    assert {(row["width"], row["height"]) for row in rows} == {(28, 56), (56, 28)}


def test_a_file_of_one_size_reads_what_fits_it(run: Path, tmp_path: Path) -> None:
    path, images = tmp_path / "fixed.onnx", tmp_path / "images"
    capsonnx("export", run, "-o", path, "--size", "40x64", "--precision", "fp16")
    exams = json.loads(path.with_suffix(".parity.json").read_text())["agreement"]["exams"]
    assert [exam["exam"] for exam in exams] == ["singles", "pairs-horizontal"]
    images.mkdir()
    digits = datasets.load("mnist", "test").images
    for count in (1, 2, 4):
        Image.fromarray(np.concatenate(digits[:count], axis=1)).save(images / f"{count}.png")
    lines = capsonnx("infer", images, "-m", path, "-f", "jsonl", code=3).stdout.splitlines()
    one, two, four = (json.loads(line) for line in lines)
    assert [len(row["scores"]) for row in (one, two)] == [10, 10]
    assert [row["width"] for row in (one, two)] == [28, 56]
    assert "for a model of one size; expected what fits 40×64" in four["error"]


def test_an_export_of_an_unfinished_run_says_so(run: Path, tmp_path: Path) -> None:
    copy = tmp_path / "unfinished"
    shutil.copytree(run, copy)
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"epochs": 9}))
    said = capsonnx("export", copy, "-o", tmp_path / "x.onnx", "--size", "28x28", "--outputs", "lengths").stderr
    assert "an unfinished training, after 4 of 9 epochs" in said


def test_perturb_draws_each_digit_of_a_pair_by_the_decoder_beside_the_model(onnx_file: Path, tmp_path: Path) -> None:
    digits = datasets.load("mnist", "test").images
    Image.fromarray(np.concatenate([digits[0], digits[1]], axis=1)).save(tmp_path / "pair.png")
    report = json.loads((onnx_file.parent / "short.decoder.parity.json").read_text())
    assert report["passed"]
    labels = ["--label", "7", "--label", "2"]
    capsonnx("perturb", tmp_path / "pair.png", "-m", onnx_file, *labels, "-o", tmp_path / "grid.png")
    with Image.open(tmp_path / "grid.png") as grid:
        assert grid.width > 1000  # two grids


def test_a_decoder_that_was_not_trained_is_not_exported(other: Path, tmp_path: Path) -> None:
    result = capsonnx("export", other, "-o", tmp_path / "plain.onnx", "--decoder", code=2)
    assert "capsonnx train --decoder" in result.stderr
    assert not (tmp_path / "plain.onnx").exists()


def test_python_in_three_lines(onnx_file: Path) -> None:
    import capsonnx

    reader = capsonnx.load(onnx_file, provider="cpu")
    digit = datasets.load("mnist", "test").images[0]
    assert reader.read(digit).scores == pytest.approx(reader.read(digit.tolist()).scores)
