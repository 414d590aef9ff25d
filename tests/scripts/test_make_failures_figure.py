"""The picture of what a model reads wrongly: of an exam of symbols, of one without, and where nothing is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "scripts" / "figures" / "make_failures_figure.py"


def draw(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments), "--limit", "40"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("name", ["pairs-vertical", "empty-uniform"])
def test_failures_are_drawn(tiny_model, tmp_path, name) -> None:
    # A model of random weights is wrong nearly always.
    target = tmp_path / "failures.png"
    result = draw(tiny_model, "-o", target, "--exam", name, "--most", 9)
    assert result.returncode == 0, result.stderr
    assert f"{name}: the first 9 of " in result.stdout
    with Image.open(target) as picture:
        assert picture.width > picture.height / 2 > 100


def test_where_nothing_is_wrong_there_is_no_picture(tiny_model, tmp_path) -> None:
    result = draw(tiny_model, "-o", tmp_path / "failures.png", "--exam", "empty-black")
    assert result.returncode == 1
    assert "leave the picture out where nothing failed" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir())
