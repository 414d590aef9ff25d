"""``capsonnx demo``: serve the drawing page on this machine, and open it."""

from __future__ import annotations

import threading
import webbrowser
from pathlib import Path

import click

from capsonnx.cli.options import model_option
from capsonnx.cli.page import PORT, page_folder, server

__all__ = ["command"]


@click.command("demo", short_help="Serve the drawing page on this machine.")
@model_option
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, help="Where to listen; 0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Do not open the page, only print its address.")
@click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The page's folder, for a copy of it. [default: the shipped page]",
)
def command(*, model: Path | None, port: int, no_browser: bool, folder: Path | None) -> None:
    """Serve the drawing page on this machine, and open it in the browser.

    The page reads digits that you draw, drop or paste, with the same .onnx file, all inside the browser. It is served
    on 127.0.0.1 only, and loads nothing from elsewhere. ONNX Runtime for the web has to be set up once, with 'npm ci'
    in the page's folder. If that folder is read-only, copy it, set up the copy, and pass --folder.

    \b
    Examples:
      capsonnx demo                          serve the page, and open it
      capsonnx demo --model letters.onnx     with another model and its labels
      capsonnx demo --no-browser --port 0    print the address of any free port
    """
    from capsonnx.runtime import default_model_path

    with server(folder or page_folder(), model or default_model_path(), port) as page:
        click.echo(page.url)
        click.echo("press Ctrl-C to stop", err=True)
        if not no_browser:
            threading.Thread(target=webbrowser.open, args=(page.url,), daemon=True).start()
        try:
            page.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
