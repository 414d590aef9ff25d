from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from capsonnx.datasets import load
from capsonnx.errors import InputError


def test_the_embedded_test_split_is_mnist() -> None:
    digits = load("mnist", "test")
    assert digits.name == "mnist"
    assert digits.labels == tuple("0123456789")
    assert digits.images.shape == (10000, 28, 28)
    assert digits.images.dtype == np.uint8
    assert digits.targets.dtype == np.int64
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(digits.targets).tolist() == counts


def test_the_embedded_test_split_needs_neither_cache_nor_extra() -> None:
    """It loads with numpy alone: whatever else would be imported is replaced by None, which cannot be."""
    code = """if True:
        import sys
        sys.modules.update(dict.fromkeys(("pooch", "platformdirs", "PIL", "torch", "onnx", "onnxruntime")))
        from capsonnx.datasets import load
        assert len(load("mnist", "test")) == 10000
    """
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"^minst: no data set.*mnist, fashion-mnist.*folder"):
        load("minst", "test")


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(InputError, match="'validation'"):
        load("mnist", "validation")  # type: ignore[arg-type]


def test_a_path_is_always_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="mnist: no data set"):
        load(Path("mnist"), "test")
    for part in ("train", "test"):
        Path("mnist", part, "only").mkdir(parents=True)
        Image.linear_gradient("L").save(Path("mnist", part, "only", "0.png"))
    assert load(Path("mnist"), "test").labels == load("./mnist", "test").labels == ("only",)
