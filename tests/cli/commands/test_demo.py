"""The page's server: what it serves and as what, what it refuses, and its one-line errors. No browser, no Node.js."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from capsonnx.cli import main
from capsonnx.cli import page as pages
from capsonnx.cli.commands import demo
from capsonnx.errors import InputError

from .conftest import sends_ctrl_c


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page's folder that is set up, beside a file that is none of the page's."""
    folder = tmp_path / "web"
    runtime = folder / pages.RUNTIME
    runtime.parent.mkdir(parents=True)
    runtime.write_bytes(b"\0asm")
    (runtime.parent / "ort.mjs").write_text("export {};")
    for name in ("index.html", "app.js", "style.css", "package.json"):
        (folder / name).write_text(name)
    (tmp_path / "secret.js").write_text("secret")
    (folder / "link.js").symlink_to(tmp_path / "secret.js")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "some-name.onnx"
    path.write_bytes(b"a model")
    return path


@pytest.fixture
def get(page, model):
    """Ask the running server; the path goes out as it is, which urllib would not promise."""
    with pages.server(page, model, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)

        def get(path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            return response, response.read()

        yield get
        connection.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("/", "text/html; charset=utf-8", b"index.html"),
        ("/app.js?v=1", "text/javascript; charset=utf-8", b"app.js"),
        ("/style.css", "text/css; charset=utf-8", b"style.css"),
        ("/node_modules/onnxruntime-web/dist/ort.mjs", "text/javascript; charset=utf-8", b"export {};"),
        (f"/{pages.RUNTIME.as_posix()}", "application/wasm", b"\0asm"),
        ("/model.onnx", "application/octet-stream", b"a model"),
    ],
)
def test_serves_the_page_the_runtime_and_the_model(get, path, kind, content) -> None:
    response, body = get(path)
    assert (response.status, body) == (200, content)
    assert response.headers["Content-Type"] == kind


def test_isolates_the_page_so_that_threads_work(get) -> None:
    headers = get("/")[0].headers
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert headers.get_all("Content-Type") == ["text/html; charset=utf-8"]


def test_a_file_that_has_not_changed_is_not_sent_again(get) -> None:
    modified = get("/app.js")[0].headers["Last-Modified"]
    response, body = get("/app.js", **{"If-Modified-Since": modified})
    assert (response.status, body) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.js",
        "/%2e%2e/secret.js",
        "/..%2fsecret.js",
        "/node_modules/../../secret.js",
        "//etc/passwd",
        "/link.js",  # a link that leads outside
        "/node_modules/",  # a folder: no listing
        "/node_modules",
        "/package.json",  # a kind of file that the page does not need
        "/app.js%00.html",
        "/no-such.js",
        "/web/index.html",
    ],
)
def test_refuses_everything_else(get, path) -> None:
    response, body = get(path)
    assert response.status == 404
    assert b"secret" not in body
    assert get("/")[0].status == 200


def test_takes_no_other_method(get) -> None:
    assert get("/", "HEAD")[0].status == 200
    assert get("/", "POST")[0].status == 501


def test_listens_on_this_machine_only(page, model) -> None:
    with pages.server(page, model, 0) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_a_page_that_is_not_set_up_says_the_one_command(page, model, monkeypatch) -> None:
    (page / pages.RUNTIME).unlink()
    monkeypatch.chdir(page.parent)
    result = CliRunner().invoke(main, ["demo", "--folder", "web", "--model", str(model)])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.endswith(f"run: npm ci --prefix {Path('web')}\n")


def test_a_folder_that_is_no_page_is_an_error(tmp_path, model) -> None:
    with pytest.raises(InputError, match=r"no index\.html in it"):
        pages.server(tmp_path, model)


def test_a_missing_model_is_an_error(page) -> None:
    with pytest.raises(InputError, match=r"gone\.onnx: no such file"):
        pages.server(page, Path("gone.onnx"))


def test_a_busy_port_is_an_error(page, model) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = CliRunner().invoke(
            main, ["demo", "--folder", str(page), "--model", str(model), "--port", str(port), "--no-browser"]
        )
    assert result.exit_code == 2
    assert f"port {port}: " in result.stderr
    assert "--port" in result.stderr


def test_the_checkout_has_the_page_with_its_pinned_dependency() -> None:
    folder = pages.page_folder()
    names = {path.name for path in folder.iterdir()}
    assert {"index.html", "app.js", "style.css", "package.json", "package-lock.json"} <= names
    assert '"resolved"' not in (folder / "package-lock.json").read_text()  # any registry will do


@sends_ctrl_c
def test_the_command_prints_the_address_serves_and_stops(page, model) -> None:
    command = [sys.executable, "-u", "-m", "capsonnx", "demo", "--folder", page, "--model", model]
    command += ["--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        connection.request("GET", "/model.onnx")
        assert connection.getresponse().read() == b"a model"
        connection.close()
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=10)
    assert process.returncode == 0
    assert messages == "press Ctrl-C to stop\nstopped\n"


def test_the_browser_is_opened_unless_told_otherwise(page, model, monkeypatch) -> None:
    opened = threading.Event()
    monkeypatch.setattr(demo.webbrowser, "open", lambda url: opened.set())

    def serve(server: pages.PageServer) -> None:
        opened.wait(10)
        raise KeyboardInterrupt

    monkeypatch.setattr(pages.PageServer, "serve_forever", serve)
    arguments = ["demo", "--folder", str(page), "--model", str(model), "--port", "0"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert opened.is_set()
