"""The server of ``capsonnx demo``: it serves the drawing page and one model, on this machine only."""

from __future__ import annotations

import functools
import os
import shlex
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from capsonnx.errors import InputError
from capsonnx.files import shipped

if TYPE_CHECKING:
    import io

__all__ = ["PORT", "page_folder", "server"]

HOST = "127.0.0.1"
PORT = 8765

MODEL = "model.onnx"
"""The name under which the page requests the model."""

RUNTIME = Path("node_modules", "onnxruntime-web", "dist", "ort-wasm-simd-threaded.wasm")
"""The largest of the files that ``npm ci`` installs in the page's folder; it stands for all of them."""

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
    ".onnx": "application/octet-stream",
    ".png": "image/png",
}
"""The types of all files that are served. Any other file, and any folder, is answered with 404."""

HEADERS = {
    # The first two isolate the page from other origins, which browsers require for threads in WebAssembly.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # browsers ask each time; the answer is mostly "not modified"
}


class PageHandler(SimpleHTTPRequestHandler):
    """Serves the files of one folder, and one model as ``/model.onnx``. Serves nothing else, and logs nothing."""

    server_version = "capsonnx"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    extensions_map = TYPES

    def __init__(self, *arguments: Any, folder: Path, model: Path) -> None:
        self.folder, self.model = folder.resolve(), model.resolve()
        super().__init__(*arguments, directory=str(folder))

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Start the response: the file, or 404 for anything that the page does not need."""
        if self._target() is None:
            self.send_error(404)
            return None
        return super().send_head()

    def translate_path(self, path: str) -> str:  # noqa: ARG002 - the signature is the standard library's
        """Return the path of the requested file; called only for files that are served."""
        return str(self._target())

    def _target(self) -> Path | None:
        name = unquote(urlsplit(self.path).path).lstrip("/") or "index.html"
        if name == MODEL:
            return self.model
        if "\0" in name or Path(name).suffix not in TYPES:
            return None
        try:
            path = (self.folder / name).resolve()  # resolves .. and links: what counts is where they lead
            return path if path.is_relative_to(self.folder) and path.is_file() else None
        except OSError:  # a name that is too long, for example
            return None

    def end_headers(self) -> None:
        """Add the headers that every response has."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the standard library's
        """Log nothing."""


class PageServer(ThreadingHTTPServer):
    """A server that fails if another program uses its port, and that can be restarted right after it was stopped."""

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would share the port with that other program
    request_queue_size = 32

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.server_address[1]}/"


def page_folder() -> Path:
    """Return the folder of the page: inside the package, or, in a checkout, beside it.

    Raises:
        InputError: it is in neither place.
    """
    folder = shipped("embed/web")
    if folder is not None:
        return folder
    raise InputError(
        "this installation holds no page", expected="capsonnx/exported/embed/web", remedy="pass a copy by --folder"
    )


def server(folder: Path, model: Path, port: int = PORT) -> PageServer:
    """Make a server of the page on 127.0.0.1. It listens, but answers only after a call of its ``serve_forever``.

    Args:
        folder: the page's folder, set up by ``npm ci``.
        model: the .onnx file that the page reads digits with.
        port: the port, or 0 for any free one.

    Raises:
        InputError: the folder is not the page's or is not set up, there is no such model, or the port is taken.
    """
    if not (folder / "index.html").is_file():
        raise InputError(f"{folder}: no index.html in it", expected="the page's folder", remedy="pass it by --folder")
    if not (folder / RUNTIME).is_file():
        raise InputError(
            f"{folder}: not set up",
            expected="onnxruntime-web in its node_modules",
            remedy=f"run: npm ci --prefix {shlex.quote(_shown(folder))}",
        )
    if not model.is_file():
        raise InputError(f"{model}: no such file", expected="an .onnx file", remedy="check the path")
    handler = functools.partial(PageHandler, folder=folder, model=model)
    try:
        return PageServer((HOST, port), cast("type[PageHandler]", handler))
    except OSError as error:
        raise InputError(
            f"port {port}: {error.strerror}", expected="a free port", remedy="pass another by --port, or 0 for any"
        ) from None


def _shown(path: Path) -> str:
    """Return a path relative to the current folder if it lies inside it, or else the absolute path."""
    path, here = path.resolve(), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) and path != here else path)
