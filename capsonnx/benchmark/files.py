"""End to end, from files to rows: what reading a folder costs beyond the model, and how long the first row takes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from capsonnx.benchmark.images import digits
from capsonnx.benchmark.timing import Ratio, Timing, measure, ratio
from capsonnx.contract import FIELD, LENGTHS
from capsonnx.errors import ImageError, ModelError
from capsonnx.runtime import load_model, read_images
from capsonnx.runtime.page import Page, load_pages
from capsonnx.runtime.parallel import cores
from capsonnx.runtime.streaming import PART_PIXELS, batches_of, read_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from capsonnx.contract import Scores
    from capsonnx.runtime import Model

__all__ = ["FirstRow", "FolderResult", "measure_first_row", "measure_folder"]


@dataclass(frozen=True)
class FolderResult:
    """A folder of image files against the same pages in memory, which the bare model gets in batches.

    Attributes:
        images: the number of files.
        cores: the number of cores that everything shared.
        files: the seconds to read all files: decoding, preparing, scoring and picking symbols.
        memory: the seconds to score all pages.
        ratio: the speed from files relative to memory; 1 if everything else is hidden behind the model.
        decode_seconds: the processor seconds to decode and prepare all files, measured alone in one thread.
        reading_seconds: the processor seconds to turn all scores into readings, measured in the same way.
    """

    images: int
    cores: int
    files: Timing
    memory: Timing
    ratio: Ratio
    decode_seconds: float
    reading_seconds: float

    @property
    def attainable(self) -> float:
        """The ratio if every core were always busy: everything else needs the same cores that the model runs on."""
        rest = (self.decode_seconds + self.reading_seconds) / self.cores
        return self.memory.median / (self.memory.median + rest)


@dataclass(frozen=True)
class FirstRow:
    """The seconds from starting ``capsonnx infer`` to its first row, for several starts."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median."""
        return median(self.seconds)


def measure_folder(
    model: Model, size: tuple[int, int], *, count: int = 1024, batch_size: int = 128, seconds: float = 5.0
) -> FolderResult:
    """Write PNG files of digits to a temporary folder, and read them in turns from there and from memory.

    Args:
        model: a loaded model.
        size: height and width of the images.
        count: the number of files.
        batch_size: the batch size for both.
        seconds: how long to measure each of the two.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = _written(Path(folder), count, size)
        begin = time.process_time()
        pages = {path: page for path, page in _loaded(paths, model) if isinstance(page, Page)}
        decode_seconds = time.process_time() - begin
        paths = list(pages)  # without those whose digits, cut at the edge, do not fit a model of one size
        numbered = dict(enumerate(pages.values()))
        batches = [[numbered[number] for number in batch] for batch in batches_of(numbered, batch_size)]
        stacks = [np.stack([page.levels for page in batch]) for batch in batches]

        def from_memory() -> list[Scores]:
            return [model(stack, (LENGTHS, FIELD)) for stack in stacks]

        def from_files() -> int:
            return sum(row.error is None for row in read_images(model, paths, batch_size=batch_size))

        scores = from_memory()
        begin = time.process_time()
        for batch, one in zip(batches, scores, strict=True):
            read_pages(one, batch, model.contract)
        reading_seconds = time.process_time() - begin
        found = measure({"files": from_files, "memory": from_memory}, seconds=seconds, rounds=5)
    files, memory = found["files"], found["memory"]
    return FolderResult(len(paths), cores(), files, memory, ratio(files, memory), decode_seconds, reading_seconds)


def measure_first_row(path: Path, *, provider: str = "auto", starts: int = 5) -> FirstRow:
    """Start ``capsonnx infer`` on one small image and wait for its row. The first start, with cold files, is left out.

    Raises:
        ModelError: the command failed.
    """
    size = load_model(path, provider=provider).size
    with tempfile.TemporaryDirectory() as folder:
        [image] = _written(Path(folder), 1, size or (28, 56))
        command = [sys.executable, "-m", "capsonnx", "infer", str(image), "--format", "jsonl"]
        command += ["--model", str(path), "--provider", provider]
        return FirstRow(tuple(_seconds_to_a_line(command) for _ in range(starts + 1))[1:])


def _seconds_to_a_line(command: Sequence[str]) -> float:
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - ours
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = process.stdout.readline()
        seconds = time.perf_counter() - begin
        _, said = process.communicate()
    if not line:
        raise ModelError(
            f"capsonnx infer failed: {said.decode(errors='replace').strip()[-200:]}",
            expected="a row",
            remedy="run it by itself",
        )
    return seconds


def _written(folder: Path, count: int, size: tuple[int, int]) -> list[Path]:
    paths = [folder / f"{number}.png" for number in range(count)]
    for path, image in zip(paths, digits(count, *size), strict=True):
        Image.fromarray(image).save(path)
    return paths


def _loaded(paths: list[Path], model: Model) -> Iterator[tuple[Path, Page | ImageError]]:
    """Load pages as a thread of :func:`capsonnx.runtime.read_images` does, several at a time."""
    while paths:
        pages = load_pages(paths, model.contract, size=model.size, pixels=PART_PIXELS)
        yield from zip(paths, pages, strict=False)
        paths = paths[len(pages) :]
