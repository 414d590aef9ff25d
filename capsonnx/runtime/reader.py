"""The main entry point: a loaded model with its options, which reads images of every kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capsonnx.errors import InputError
from capsonnx.runtime.options import DEFAULTS, ReadingOptions
from capsonnx.runtime.page import load_page
from capsonnx.runtime.providers import DEFAULT_CUDA, Cuda
from capsonnx.runtime.session import Model, load_model
from capsonnx.runtime.sources import expand
from capsonnx.runtime.streaming import Row, read_batch, read_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capsonnx.images import Polarity
    from capsonnx.preparation import Preparation
    from capsonnx.runtime.page import Image
    from capsonnx.runtime.reading import Reading

__all__ = ["Reader", "load"]


@dataclass(frozen=True)
class Reader:
    """Reads images with one model. Get one from :func:`load`.

    Attributes:
        model: the loaded model; ``reader.model(images)`` returns the bare scores of a batch.
        options: how every image is read.
    """

    model: Model
    options: ReadingOptions = DEFAULTS

    def read(self, image: Image) -> Reading:
        """Read one image.

        Args:
            image: a path, an open file or its bytes, a Pillow image, or an array or nested lists, as
                :func:`capsonnx.images.as_grey` accepts them. An image smaller than the network's window is padded with
                black.

        Raises:
            ImageError: the file cannot be read.
            InputError: the array is not an image.
        """
        page = load_page(image, self.model.contract, self.options, size=self.model.size)
        return read_batch(self.model, [page], threshold=self.options.threshold)[0]

    def read_many(self, images: Iterable[Image], *, batch_size: int = 128, workers: int | None = None) -> Iterator[Row]:
        """Read many images, as a stream of rows in the same order; see :func:`capsonnx.runtime.streaming.read_images`.

        Raises:
            InputError: ``images`` is a single path or file, or for the reasons given there.
        """
        if (
            isinstance(images, str | bytes | bytearray | Path)
            or hasattr(images, "read")
            or not isinstance(images, Iterable)
        ):
            raise InputError(
                f"images {images!r}"[:60],
                expected="several images",
                remedy="pass a list of them; read takes a single one, and read_folder a folder",
            )
        return read_images(self.model, images, self.options, batch_size=batch_size, workers=workers)

    def read_folder(
        self, folder: str | Path, *, recursive: bool = False, batch_size: int = 128, workers: int | None = None
    ) -> Iterator[Row]:
        """Read the images of a folder, as a stream of rows in natural order.

        Raises:
            InputError: there is no such folder, or it contains no image.
        """
        if not isinstance(folder, str | Path) or not Path(folder).is_dir():
            raise InputError(f"{folder}: no such folder", expected="a folder of images", remedy="check the path")
        path = "./-" if str(folder) == "-" else str(folder)  # "-" alone would mean standard input
        return self.read_many(expand([path], recursive=recursive), batch_size=batch_size, workers=workers)


def load(
    model: str | Path | None = None,
    *,
    provider: str = "auto",
    threshold: float | None = None,
    polarity: Polarity = "auto",
    height: int | None = None,
    preparation: Preparation = "auto",
    threads: int | None = None,
    cuda: Cuda = DEFAULT_CUDA,
) -> Reader:
    """Load a model, ready to read images.

    Args:
        model: the path of an .onnx file made by ``capsonnx export``, or None for the shipped MNIST model.
        provider: ``auto`` (CUDA where it works, else the CPU), ``cpu``, ``cuda``, or another name used by ONNX Runtime.
        threshold: see :class:`capsonnx.runtime.ReadingOptions`.
        polarity: see :class:`capsonnx.runtime.ReadingOptions`.
        height: see :class:`capsonnx.runtime.ReadingOptions`.
        preparation: see :class:`capsonnx.runtime.ReadingOptions`.
        threads: the number of threads that one batch may use on a CPU, or None for one per core.
        cuda: the settings for a GPU; see :class:`capsonnx.runtime.providers.Cuda`.

    Raises:
        InputError: there is no such file, or an option has an invalid value.
        ModelError: the file is damaged or breaks the contract.
        ProviderError: a provider was asked for by name, but is not available.
    """
    options = ReadingOptions(polarity, height, preparation, threshold)
    network = load_model(model, provider=provider, threads=threads, cuda=cuda)
    return Reader(network, options)
