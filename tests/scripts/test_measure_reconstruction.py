"""How well a decoder draws: told of digits alone and of pairs, and less of a decoder that knows less."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from capsonnx.images import load_grey

SCRIPT = Path(__file__).parents[2] / "scripts" / "study" / "measure_reconstruction.py"


def measure(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_digits_alone_and_in_pairs_are_measured(drawing_model) -> None:
    result = measure(drawing_model, "--limit", 200, "--json")
    assert result.returncode == 0, result.stderr
    rows = json.loads(result.stdout)
    assert [(name, row["digits"]) for name, row in rows.items()] == [
        ("alone", 200),
        ("side by side", 400),
        ("one above the other", 400),
    ]
    alone = rows["alone"]
    assert alone["told"] > 0.1  # its decoder was trained on these
    assert alone["nearer"] > 0.6
    for row in rows.values():
        assert 0 < row["error"] < 0.2
        assert row["told"] <= alone["told"]
    assert "alone" in measure(drawing_model, "--limit", 50).stdout


def test_without_a_decoder_it_says_so_in_a_line(tiny_model) -> None:
    result = measure(tiny_model)
    assert result.returncode == 1
    assert "expected an output poses" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_first_pair_is_written_as_a_picture(tiny_model, tmp_path) -> None:
    assert measure(tiny_model, "--pair", tmp_path / "pair.png").returncode == 0
    assert load_grey(tmp_path / "pair.png").shape == (56, 28)
