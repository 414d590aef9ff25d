"""Growth, on sizes that are quick."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "speed" / "bench_growth.py"


def test_growth_gives_a_figure_a_table_and_figures(field_model, tmp_path) -> None:
    command = [sys.executable, str(SCRIPT), "--model", str(field_model), "--largest", "112", "--most", "16"]
    result = subprocess.run(
        [*command, "--output", str(tmp_path / "growth")], capture_output=True, text=True, check=False, timeout=900
    )
    # So small, memory is noise: whether it is found linear is not asked here.
    assert result.returncode == 0 or "does not grow linearly" in result.stderr
    assert "Traceback" not in result.stderr
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads((tmp_path / "growth.json").read_text(encoding="utf-8"))
    shapes = [point["shape"] for points in found["points"].values() for point in points]
    assert shapes == [[1, 28, 28], [1, 56, 56], [1, 112, 112], [1, 28, 28], [4, 28, 28], [16, 28, 28]]
    for (batch, height, width), line in zip(shapes, result.stdout.splitlines()[2:], strict=False):
        assert f"| {batch}×{height}×{width} |" in line
