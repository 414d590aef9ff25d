"""Choose the exams that a model sits, either the requested ones or all that it can, and report those left out."""

from __future__ import annotations

from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from capsonnx.contract import FIELD
from capsonnx.datasets import CATALOGUE, Dataset, evenly, files_of, symbol_size
from capsonnx.errors import InputError
from capsonnx.exam import EXAMS, PAGE_EXAMS, build_exams, build_page_exams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from capsonnx.exam import Exam, PageExam
    from capsonnx.runtime import Model

__all__ = [
    "FILES",
    "chosen_exams",
    "exam_family",
    "exam_names",
    "examined_files",
    "note_few_images",
    "note_small_symbols",
    "numbered",
    "undecoded",
    "what_pages_lack",
    "with_files",
]

Note: TypeAlias = "Callable[[str], object]"
"""Receives a line of text for the user."""

FILES = "files"
"""The exam on the files of a folder. It is in neither catalogue, since it is not composed."""

FEW = 50
"""The number of images below which a single one is several per cent of all."""

SMALL = 0.7
"""Symbols are noted as too small below this share of the length of those that the model was trained on."""

WHY = "for want of digits, classes or room"
"""Why an exam is left out, as said in a note."""


def numbered(network: Model, dataset: Dataset) -> Dataset:
    """The data set with the model's class numbers. It may lack some of the model's classes but have no others."""
    labels = network.contract.labels
    try:
        return dataset.among(labels)
    except InputError as error:
        raise InputError(
            f"{str(error).partition('; expected')[0]}, which {network.path} does not read",
            expected=f"data of its classes, {_listed(labels)}, or of some of them",
            remedy="pass such data with --data, or a model of these classes; of a folder, the sub-folders' names are "
            "the classes",
        ) from None


def exam_family(name: str) -> str:
    """The name of the family of an exam, by which similar exams are requested together.

    >>> exam_family("spacing--4"), exam_family("pairs-vertical"), exam_family("blank")
    ('spacing', 'pairs', 'blank')
    """
    return name.partition("-")[0]


def exam_names() -> list[str]:
    """The names of all exams, those of a family after the name of the family, and last the exam on files."""
    words = (word for name in (*EXAMS, *PAGE_EXAMS) for word in (exam_family(name), name))
    return [*dict.fromkeys(words), FILES]


def note_few_images(count: int, note: Note, *, has_more: bool) -> None:
    """Note when there are too few images for meaningful results; if a folder may have more, say where they belong."""
    if count < FEW:
        others = "; all images in a sub-folder test/ would be used" if has_more else ""
        note(f"only {count} test images: one of them is {100 / count:.0f} %{others}")


def note_small_symbols(network: Model, dataset: Dataset, note: Note) -> None:
    """Note when most symbols are much smaller than those that the model was trained on."""
    windows, found = network.contract.windows, symbol_size(dataset.images)
    if windows is not None and 0 < found < SMALL * windows.symbol:
        height, width = dataset.images.shape[1:]
        note(
            f"at {height}×{width} pixels most symbols of {dataset.name} are {found:.0f} pixels long, and "
            f"{network.path} was trained on {windows.symbol:.0f}: crop the images to their symbols; the exam "
            f"'{FILES}' reads them as they are"
        )


def with_files(names: Sequence[str], network: Model, data: str | Dataset) -> bool:
    """Whether to read the files of a folder as they are: if requested, or if possible when no exam is named."""
    is_folder, locates = isinstance(data, str) and data not in CATALOGUE, FIELD in network.outputs
    if FILES in names and not (is_folder and locates):
        name = data if isinstance(data, str) else data.name
        raise InputError(
            f"exam '{FILES}' of {name if locates else network.path}",
            expected="a folder with a sub-folder of images per class, and a model that locates symbols",
            remedy="pass such a folder as --data, or choose other exams",
        )
    return FILES in names or (not names and is_folder and locates)


def examined_files(data: str, limit: int | None) -> tuple[tuple[str, ...], list[tuple[Path, str]]]:
    """The classes of a folder, and its test images with their labels, at most ``limit``, spread evenly over them."""
    labels, files = files_of(Path(data), "test")
    return labels, files if limit is None else [files[place] for place in evenly(len(files), limit)]


def undecoded(data: str, labels: tuple[str, ...]) -> Dataset:
    """A data set with the classes of a folder but without images.

    It is enough if only the exam on files is sat, in which a file that cannot be decoded just counts as misread.
    """
    return Dataset(Path(data).resolve().name, labels, np.empty((0, 28, 28), np.uint8), np.empty(0, np.int64))


def what_pages_lack(network: Model) -> str:
    """What a model lacks to read every image, or an empty string: in a single size the ink of some finds no room."""
    if FIELD not in network.outputs:
        return "the output field in the model"
    return "" if network.size is None else "a model of free sizes"


def chosen_exams(
    names: Sequence[str], network: Model, dataset: Dataset, seed: int, note: Note
) -> tuple[list[Exam], list[PageExam]]:
    """The requested exams of both catalogues, or all that this model can sit with this data."""
    lack = what_pages_lack(network)
    if names:
        _require_known(names)
        names = [name for name in names if name != FILES]
        if not names:
            return [], []
        pages = _named(names, PAGE_EXAMS)
        if pages and lack:
            # The family 'scattered' is in both catalogues.
            refused = _named([name for name in names if not _named([name], EXAMS)], PAGE_EXAMS)
            if refused:
                raise _no_reader_of_pages(network, refused)
            _note_no_pages(lack, note)
            pages = []
        asked = {exam.name: exam for name in names for exam in _sets_of(name, dataset, seed, note)}
        return _of_its_size(network, list(asked.values()), note), build_page_exams(dataset, pages, seed=seed)
    sets = build_exams(dataset, seed=seed)
    _note_left_out(EXAMS, sets, WHY, note)
    sets = _of_its_size(network, sets, note)
    if lack:
        _note_no_pages(lack, note)
        return sets, []
    built = build_page_exams(dataset, seed=seed)
    _note_left_out(PAGE_EXAMS, built, "for digits that are too large", note)
    return sets, built


def _require_known(names: Sequence[str]) -> None:
    """Raise an InputError for a name that is neither an exam nor a family of exams, and suggest the closest one."""
    known = exam_names()
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise InputError(
                f"exam '{name}'",
                expected="one of those that 'capsonnx evaluate --help' lists, or a family of them",
                remedy=f"did you mean '{near[0]}'?" if near else "look there for its name",
            )


def _sets_of(name: str, dataset: Dataset, seed: int, note: Note) -> list[Exam]:
    """The exam of that name, or the exams of that family that can be built from the data, at least one."""
    if name in EXAMS:
        return build_exams(dataset, [name], seed=seed)
    built: list[Exam] = []
    members = _named([name], EXAMS)
    for member in members:
        with suppress(InputError):
            built += build_exams(dataset, [member], seed=seed)
    if not built:
        return build_exams(dataset, members, seed=seed)  # raises the error that says what they lack
    _note_left_out(members, built, WHY, note)
    return built


def _of_its_size(network: Model, exams: list[Exam], note: Note) -> list[Exam]:
    """The exams whose images have the size that the model takes; all exams if it takes any size."""
    if network.size is None:
        return exams
    fitting = [exam for exam in exams if exam.images.shape[1:] == network.size]
    if exams and not fitting:
        height, width = network.size
        raise InputError(
            f"{network.path}: cannot sit {_listed([exam.name for exam in exams])}",
            expected=f"exams of images of {height}×{width} pixels, the only size that it takes",
            remedy="choose --exam singles, or a model of free sizes",
        )
    _note_left_out([exam.name for exam in exams], fitting, "for images of another size than the model takes", note)
    return fitting


def _named(names: Iterable[str], catalogue: Iterable[str]) -> list[str]:
    """The exams of a catalogue that were requested by name or by family."""
    return [known for name in names for known in catalogue if name in (known, exam_family(known))]


def _no_reader_of_pages(network: Model, pages: Sequence[str]) -> InputError:
    return InputError(
        f"{network.path}: cannot sit {_listed(pages)}",
        expected="a model of free sizes with the output field, which says where symbols stand",
        remedy="choose other exams, or a model that locates symbols; of routing em or sharing full there is none",
    )


def _note_left_out(catalogue: Iterable[str], built: Sequence[Exam | PageExam], why: str, note: Note) -> None:
    missing = set(catalogue) - {exam.name for exam in built}
    if missing:
        note(f"left out, {why}: {', '.join(sorted(missing))}")


def _note_no_pages(lack: str, note: Note) -> None:
    note(f"left out, for want of {lack}: the exams of pages")


def _listed(labels: Sequence[str]) -> str:
    """The labels as text; if there are more than four, only the first three and the last."""
    return ", ".join(labels if len(labels) <= 4 else [*labels[:3], "…", labels[-1]])
