"""The images that a file of fewer bits is calibrated with, and those it is judged by, from a training run's data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from capsonnx import datasets
from capsonnx.datasets import evenly, split_held_out
from capsonnx.errors import InputError
from capsonnx.exam.compose import centred, fits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from capsonnx.datasets import Dataset
    from capsonnx.training import TrainingConfig

__all__ = ["CALIBRATION_IMAGES", "Calibration", "calibration_of", "load_test_split"]

CALIBRATION_IMAGES = 512
"""The number of images that a file is calibrated with, if there are enough."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """What :func:`capsonnx.export.export` needs for a file of fewer bits.

    Attributes:
        images: (count, height, width) uint8 of the training split, to calibrate with.
        test_split: the test split, to compare the file with the float32 network on.
    """

    images: NDArray[np.uint8]
    test_split: Dataset

    def for_size(self, size: tuple[int, int]) -> Calibration:
        """The same calibration images, centred in the one size that a file takes.

        Raises:
            InputError: the images are larger than that.
        """
        own = self.test_split.images.shape[1:]
        if not fits(self.test_split.images, size):
            raise InputError(
                f"size {size[0]}×{size[1]} for a file of fewer bits",
                expected=f"room for the {own[0]}×{own[1]} pixels of the images that it is calibrated with",
                remedy="pass a larger --size, or leave out --precision",
            )
        return dataclasses.replace(self, images=centred(self.images, size))


def calibration_of(config: TrainingConfig, *, data_dir: Path | None = None) -> Calibration:
    """The images of a run's own data: at most 512 of those that its seed held out of the training, and its test split.

    They are spread evenly over the held-out images, which may be sorted by class.

    Args:
        config: the config of the run.
        data_dir: for a data set given by name, a folder that may already hold its files.

    Raises:
        InputError: the data is no longer there, now has other classes, or has no test split.
        DataError: the data cannot be fetched or read.
    """
    _require_there(config.dataset)
    training = datasets.load(config.dataset, "train", data_dir=data_dir, progress=True)
    _, held_out = split_held_out(training, config.held_out, config.seed)
    places = evenly(len(held_out), CALIBRATION_IMAGES)
    return Calibration(held_out.images[places], load_test_split(config.dataset, config.labels, data_dir=data_dir))


def _require_there(data: str) -> None:
    """Check that a data folder is still where the run recorded it."""
    if data not in datasets.CATALOGUE and not Path(data).is_dir():
        raise InputError(
            f"{data}: no such folder, and the network was trained on it",
            expected="the folder of its images",
            remedy="put it back, or say where it is now: --data of 'check', or of 'train --resume', which records it",
        )


def load_test_split(data: str, labels: tuple[str, ...], *, data_dir: Path | None = None) -> Dataset:
    """Load the test split of a network's data.

    Args:
        data: the name of the data set, or its folder.
        labels: the classes of the network.
        data_dir: for a data set given by name, a folder that may already hold its files.

    Raises:
        InputError: there is no such data, or it has other classes or no test split.
        DataError: it cannot be fetched or read.
    """
    _require_there(data)
    test_split = datasets.load(data, "test", data_dir=data_dir, progress=True)
    if test_split.labels != labels:
        raise InputError(
            f"{data}: {len(test_split.labels)} classes, other than the {len(labels)} of the network",
            expected="the data that the network was trained on",
            remedy="restore the folder, or train again",
        )
    return test_split
