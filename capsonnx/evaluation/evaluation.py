"""Evaluate a model: measure its accuracy on exams composed from data."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from capsonnx import __version__, datasets, exam, progress
from capsonnx.errors import InputError
from capsonnx.evaluation.choice import (
    FILES,
    chosen_exams,
    examined_files,
    note_few_images,
    note_small_symbols,
    numbered,
    undecoded,
    what_pages_lack,
    with_files,
)
from capsonnx.require import require_count
from capsonnx.runtime import page_reader, read_images
from capsonnx.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from capsonnx.exam import FilesResult, PageResult, Result
    from capsonnx.progress import Bar
    from capsonnx.runtime import Model
    from capsonnx.symbols import PageReader

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """The results of a model in exams, and the conditions under which they were measured.

    Attributes:
        model: the path of its file.
        provider: the execution provider that ran it.
        data: the name of a data set, or a folder.
        test_images: the number of test images that were used.
        batch_size: images per batch.
        threshold: the score above which a class counted as present, for ``exact`` of :class:`capsonnx.exam.Result`.
        seed: the seed of the random choices in exams.
        versions: the versions of the software.
        exams: a result for each exam on sets of classes.
        pages: a result for each exam on pages.
        files: the result for the files of a folder, or None if they were not read.
    """

    model: str
    provider: str
    data: str
    test_images: int
    batch_size: int
    threshold: float
    seed: int
    versions: Mapping[str, str]
    exams: tuple[Result, ...]
    pages: tuple[PageResult, ...]
    files: FilesResult | None

    def to_json(self) -> dict[str, object]:
        """The evaluation as JSON values, without ``files`` if that is None."""
        values = dataclasses.asdict(self)
        if self.files is None:
            del values["files"]
        return values


def evaluate(
    model: Model,
    data: str | Path | datasets.Dataset | None = None,
    names: Sequence[str] = (),
    *,
    data_dir: Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    threshold: float | None = None,
    batch_size: int = 64,
    note: Callable[[str], object] = progress.note,
) -> Evaluation:
    """Measure a model on exams: images composed of test symbols, with a seed. Shows progress on stderr.

    Args:
        model: a model loaded by :func:`capsonnx.runtime.load_model`.
        data: the name of a data set or a folder, whose test split is used; or the symbols themselves. None means the
            data set that the model was trained on, or MNIST if that was a folder.
        names: exams, or families of exams such as ``strings``; if empty, all that the model can sit with the data.
        data_dir: for a named data set, a folder that may already contain its files.
        limit: the maximum number of test images to use, from all classes in the case of a folder, or None for all.
        seed: the seed of the random choices in exams. The same seed gives the same exams on every machine.
        threshold: the score in 0..1 above which a class counts as present, for ``exact`` of
            :class:`capsonnx.exam.Result`; or None for the model's own.
        batch_size: images per batch, at least 1.
        note: receives lines for the user, for example which exams are left out, and why. By default they go to stderr.

    Raises:
        InputError: there is no such exam or data, or the model cannot sit the exam.
        DataError: the data cannot be fetched or read.
        ModelError: the model failed.
    """
    require_count("limit", limit)
    if threshold is not None and not 0 <= threshold <= 1:
        raise InputError(f"threshold {threshold!r}", expected="a number in 0..1", remedy="pass one, or None")
    if isinstance(data, Path):
        data = str(data)
    if data is None:
        data = model.contract.dataset if model.contract.dataset in datasets.CATALOGUE else "mnist"
    folder = data if with_files(names, model, data) and isinstance(data, str) else None
    labels, files = ((), []) if folder is None else examined_files(folder, limit)
    if folder is not None and set(names) == {FILES}:
        dataset = undecoded(folder, labels)
    else:
        dataset = datasets.load(data, "test", data_dir=data_dir, progress=True) if isinstance(data, str) else data
        dataset = dataset.limited(limit)
    dataset = numbered(model, dataset)
    count = len(dataset) or len(files)
    if not count:
        raise InputError(f"{dataset.name}: no test images", expected="at least one", remedy="use other data")
    note_few_images(count, note, has_more=isinstance(data, str) and data not in datasets.CATALOGUE and limit is None)
    sets, pages = chosen_exams(names, model, dataset, seed, note)
    if sets or pages:
        note_small_symbols(model, dataset, note)
    least = model.contract.threshold if threshold is None else threshold
    reader = None if what_pages_lack(model) else page_reader(model)
    looks = 1 if reader is None else 2  # passes over each image of a set: one to score it, one to read it
    with progress.progress_bar("evaluating", looks * sum(map(len, sets)) + sum(map(len, pages)) + len(files)) as bar:
        bar.log(f"{model.path}: {counted(len(sets) + len(pages) + bool(files), 'exam')} on {model.provider}")
        return Evaluation(
            model=str(model.path),
            provider=model.provider,
            data=data if isinstance(data, str) else data.name,
            test_images=count,
            batch_size=batch_size,
            threshold=least,
            seed=seed,
            versions=_versions(),
            exams=tuple(_sit(model, reader, one, least, batch_size, bar) for one in sets),
            pages=tuple(_sit_pages(model, one, batch_size, bar) for one in pages),
            files=_read_files(model, files, batch_size, bar) if files else None,
        )


def _sit(
    model: Model, reader: PageReader | None, sat: exam.Exam, threshold: float, batch_size: int, bar: Bar
) -> Result:
    bar.stage(sat.name)
    return exam.sit(
        model,
        sat,
        threshold=threshold,
        batch_size=batch_size,
        advance=bar.advance,
        reader=reader,
        labels=model.contract.labels,
    )


def _sit_pages(model: Model, sat: exam.PageExam, batch_size: int, bar: Bar) -> PageResult:
    bar.stage(sat.name)
    reader, labels = page_reader(model), model.contract.labels
    return exam.sit_pages(reader, sat, labels=labels, batch_size=batch_size, advance=bar.advance)


def _read_files(model: Model, files: Sequence[tuple[Path, str]], batch_size: int, bar: Bar) -> FilesResult:
    bar.stage(FILES)
    texts, begin = [], time.perf_counter()
    for row in read_images(model, (path for path, _ in files), batch_size=batch_size):
        texts.append(None if row.reading is None else row.reading.text)
        bar.advance()
    return exam.mark_files([(str(path), label) for path, label in files], texts, time.perf_counter() - begin)


def _versions() -> dict[str, str]:
    import onnxruntime  # noqa: PLC0415 - after it was loaded with care

    return {"capsonnx": __version__, "onnxruntime": onnxruntime.__version__, "numpy": np.__version__}
