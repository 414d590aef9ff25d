"""From images to files of pictures: of one image, and of many, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capsonnx.contract import EVIDENCE, FIELD, LENGTHS
from capsonnx.errors import ImageError, InputError, ModelError
from capsonnx.pictures.explanation import explanation_of, require_maps
from capsonnx.pictures.perturbation import perturbed
from capsonnx.runtime.options import DEFAULTS, ReadingOptions
from capsonnx.runtime.page import grey, load_page
from capsonnx.runtime.streaming import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from capsonnx.runtime import Decoder, Model, Reading
    from capsonnx.runtime.page import Image

__all__ = ["SUFFIXES", "explain", "explain_images", "perturb", "perturb_images", "targets"]

SUFFIXES = (".png", ".svg", ".pdf")
"""The supported file formats, by suffix."""


def _draw_each(images: Iterable[tuple[Path, Path]], draw_one: Callable[[Path, Path], Reading]) -> Iterator[Row]:
    """Draw a picture of each image in turn.

    Args:
        images: pairs of the paths of an image and of its picture.
        draw_one: draws the picture of an image and returns what was read.

    Returns:
        One row for each image, in order, as soon as its picture is complete; with an error if it could not be read.
    """
    for source, target in images:
        try:
            reading = draw_one(source, target)
        except (ImageError, ModelError) as error:
            yield Row(str(source), None, str(error))
        else:
            yield Row(str(source), reading, None)


def targets(sources: Iterable[Path], output: Path, *, is_file: bool = False) -> list[tuple[Path, Path]]:
    """Name a picture for each image: NAME.png in a folder, or NAME-2.png if an earlier image has taken that name.

    Args:
        sources: the images.
        output: the folder, or the picture of a single image.
        is_file: whether ``output`` is the picture.

    Raises:
        InputError: a picture would replace one of the images, or ``output`` should be a folder but is a file or has the
            suffix of one.

    >>> from pathlib import Path
    >>> [target.name for _, target in targets([Path("a/1.jpg"), Path("b/1.jpg"), Path("2.tif")], Path("out"))]
    ['1.png', '1-2.png', '2.png']
    """
    if not is_file and not output.is_dir() and (output.is_file() or output.suffix.lower() in SUFFIXES):
        raise InputError(f"{output}: is, or would be, a file", expected="a folder for the pictures", remedy="name one")
    pairs: list[tuple[Path, Path]] = []
    taken: set[str] = set()
    for source in sources:
        name, number = f"{source.stem}.png", 1
        while name.lower() in taken:
            number += 1
            name = f"{source.stem}-{number}.png"
        taken.add(name.lower())
        pairs.append((source, output if is_file else output / name))
    images = {source.resolve() for source, _ in pairs}
    for _, target in pairs:
        if target.resolve() in images:
            raise InputError(
                f"{target}: is one of the images", expected="another place for the picture", remedy="choose one"
            )
    return pairs


def _require_suffix(path: Path) -> None:
    """Check that a picture can be drawn to a file of this name.

    Raises:
        InputError: its suffix is not one of :data:`SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}: no suffix of a picture", expected=f"one of {', '.join(SUFFIXES)}", remedy="name it so"
        )


def explain(model: Model, image: Image, path: Path, options: ReadingOptions = DEFAULTS) -> Reading:
    """Read one image and draw it with its symbols and, for each class, heat maps of where it was seen.

    The image is on top, with a box, a label and a score for each symbol. What the network saw is beside or below it, if
    that differs. Then come heat maps of the classes found, at most 10, or of the class with the highest score if none
    was found: ``evidence``, what each place added to the score of the whole image, and ``field``, the score of the
    window around each place. Needs matplotlib.

    Args:
        model: a loaded model with an output ``evidence`` or ``field``; both are drawn if it has both.
        image: whatever :meth:`capsonnx.Reader.read` accepts.
        path: the file to write: .png, .svg or .pdf. It is replaced once the picture is complete.
        options: how to read the image.

    Raises:
        ImageError: the file cannot be read.
        InputError: the array is not an image, an option has an invalid value, or ``path`` has another suffix.
        ModelError: the model has neither output, or failed.
    """
    require_maps(model)
    _require_suffix(path)
    from capsonnx.pictures.drawing import draw  # noqa: PLC0415 - it imports matplotlib

    shown = grey(image, polarity="light-on-dark")  # whatever its polarity: not inverted
    page = load_page(shown, model.contract, options, size=model.size)
    scores = model(page.levels[None], (LENGTHS, EVIDENCE, FIELD))
    explanation = explanation_of(scores, page, model.contract, image=shown, threshold=options.threshold)
    draw(explanation, path)
    return explanation.reading


def explain_images(
    model: Model, images: Iterable[tuple[Path, Path]], options: ReadingOptions = DEFAULTS
) -> Iterator[Row]:
    """Draw many images, each to its own file; see :func:`explain`.

    Args:
        model: as for :func:`explain`.
        images: pairs of the paths of an image and of its picture; :func:`targets` names pictures.
        options: how to read each image.

    Returns:
        One row for each image, in order, as soon as its picture is complete. An image that cannot be read has a row
        with an error.

    Raises:
        InputError: an option has an invalid value.
        ModelError: the model has neither output.
    """
    require_maps(model)
    return _draw_each(images, lambda source, target: explain(model, source, target, options))


def perturb(
    model: Model,
    decoder: Decoder,
    image: Image,
    path: Path,
    options: ReadingOptions = DEFAULTS,
    *,
    labels: Sequence[str] = (),
) -> Reading:
    """Read one image and draw, for each class in it, a grid of what each number of its pose does. Needs matplotlib.

    Args:
        model: a loaded model with an output ``poses``.
        decoder: the decoder trained with it, from :func:`capsonnx.runtime.load_decoder`.
        image: whatever :meth:`capsonnx.Reader.read` accepts.
        path: the file to write: .png, .svg or .pdf. It is replaced once the picture is complete.
        options: how to read the image.
        labels: the classes to draw. If empty, those found in the image, in the order of its text, or the class with the
            highest score if none was found.

    Raises:
        ImageError: the file cannot be read.
        InputError: the array is not an image, an option has an invalid value, there is no such class, or ``path`` has
            another suffix.
        ModelError: the model failed.
    """
    _require_suffix(path)
    from capsonnx.pictures.grids import draw  # noqa: PLC0415 - it imports matplotlib

    perturbation = perturbed(model, decoder, image, options, labels=labels)
    draw(perturbation, path)
    return perturbation.reading


def perturb_images(
    model: Model,
    decoder: Decoder,
    images: Iterable[tuple[Path, Path]],
    options: ReadingOptions = DEFAULTS,
    *,
    labels: Sequence[str] = (),
) -> Iterator[Row]:
    """Draw many images, each to its own file; see :func:`perturb`.

    Args:
        model: as for :func:`perturb`.
        decoder: as for :func:`perturb`.
        images: pairs of the paths of an image and of its picture; :func:`capsonnx.pictures.targets` names pictures.
        options: how to read each image.
        labels: as for :func:`perturb`.

    Returns:
        One row for each image, in order, as soon as its picture is complete. An image that cannot be read has a row
        with an error.

    Raises:
        InputError: an option has an invalid value, or there is no such class.
    """

    def draw_one(source: Path, target: Path) -> Reading:
        return perturb(model, decoder, source, target, options, labels=labels)

    return _draw_each(images, draw_one)
