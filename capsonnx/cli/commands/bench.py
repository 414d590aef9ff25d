"""``capsonnx bench``: measure models and their peers in one run, and print tables or JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from capsonnx.cli.options import json_option, provider_option, tf32_option
from capsonnx.cli.values import names_of, size_of

__all__ = ["command"]


@click.command("bench", short_help="Measure how fast models are, beside their peers.")
@click.argument("models", nargs=-1, metavar="[MODEL]...", type=click.Path(path_type=Path))
@provider_option("The execution provider; torch uses CUDA too if this does.")
@tf32_option
@click.option("--batch", type=click.IntRange(min=1), default=128, help="Images per batch, for throughput.")
@click.option("--size", metavar="HxW", default="28x56", callback=size_of, help="Height and width in pixels.")
@click.option("--threads", type=click.IntRange(min=1), help="Threads per batch on a CPU.  [default: each system's own]")
@click.option(
    "--against",
    metavar="NAMES",
    multiple=True,
    callback=names_of,
    help="Peers from the list above, separated by commas.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), default=5.0, help="Seconds to spend on each measurement."
)
@click.option(
    "--files", type=click.IntRange(min=0), default=1024, help="Number of image files to read end to end; 0 for none."
)
@json_option
def command(
    *,
    models: tuple[Path, ...],
    provider: str,
    tf32: bool,
    batch: int,
    size: tuple[int, int],
    threads: int | None,
    against: tuple[str, ...],
    seconds: float,
    files: int,
    as_json: bool,
) -> None:
    """Measure how fast models are, compared with other ways to run them, in one run on this machine.

    MODEL is an .onnx file made by 'capsonnx export'; the default is the shipped digit model. Every system gets the same
    images and computes all outputs of the file. The systems take turns, so that anything that slows the machine down
    affects all of them. The tables give medians, and ratios with their minimum and maximum over the turns.

    \b
    Peers, for --against:
      torch           the network inside the float32 file, eager
      torch-compile   the same through torch.compile
      torch-graphs    the same with CUDA graphs
      openvino        each file, in float32 precision
      onnxruntime     each file, with none of this package's settings

    "Of the roof" compares with multiplying square float32 matrices, measured in the same turns. "From image files"
    compares 'capsonnx infer' on PNG files with the bare model on the same pages in memory. Decoding needs the same
    cores, so the next column says what would be reached if all of them were busy all the time. "First row" is the time
    from the start of the program to its first row. "Of the time" is the share of each operator, for 16 images in one
    thread, by ONNX Runtime's own profile.

    \b
    Examples:
      capsonnx bench
      capsonnx bench mnist.onnx mnist.int8.onnx --against torch,openvino
      capsonnx bench --size 512x512 --batch 1 --threads 2 --json
    """
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)  # read on import by NumPy's BLAS, which measures the roof
    from capsonnx import benchmark, runtime
    from capsonnx.benchmark.tables import to_json, to_markdown
    from capsonnx.progress import progress_bar

    settings = benchmark.Settings(batch, size, provider, threads, against, seconds, files, runtime.Cuda(tf32=tf32))
    with progress_bar("measuring", None) as bar:
        comparison = benchmark.compare(models or [runtime.default_model_path()], settings, tell=bar.describe)
    click.echo(json.dumps(to_json(comparison), indent=2) if as_json else to_markdown(comparison))
