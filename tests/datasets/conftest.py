"""A small data set in the form of MNIST, and servers on this machine that stand in for mirrors."""

from __future__ import annotations

import hashlib
import threading
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pytest

from capsonnx.datasets import idx
from capsonnx.datasets.catalogue import Collection, file_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of every test here is its own; returns the folder of the small data set in it."""
    monkeypatch.setenv("CAPSONNX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "datasets" / "small"


@pytest.fixture(scope="session")
def contents() -> dict[str, bytes]:
    """Four IDX files: 12 training and 6 test images of 28×28."""
    generator = np.random.default_rng(0)
    made = {}
    for split, count in (("train", 12), ("test", 6)):
        images, labels = file_names(split)
        made[images] = idx.encode(generator.integers(0, 256, (count, 28, 28), dtype=np.uint8))
        made[labels] = idx.encode(generator.integers(0, 2, count, dtype=np.uint8))
    return made


@pytest.fixture
def small(contents: dict[str, bytes]) -> Collection:
    """The small data set, without any source."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    return Collection("small", ("no", "yes"), digests, torchvision="Small", mirrors=(), packages={})


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], str]]:
    """Serves a folder by HTTP on this machine, until the test ends; gives its address, with a slash at the end."""
    monkeypatch.setenv("NO_PROXY", "*")
    with ExitStack() as stack:

        def start(folder: Path) -> str:
            server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            return f"http://127.0.0.1:{server.server_port}/"

        yield start
