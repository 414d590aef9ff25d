"""Make exported/samples: images with several MNIST test digits, in sizes, inks and formats that occur in practice.

Run: .venv/bin/python scripts/publish/make_samples.py
The name of every file says what is in it, in reading order. Every run makes the same files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from capsonnx import datasets

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER = Path(__file__).parents[2] / "exported" / "samples"


class Digits:
    """Test digits on demand, drawn at random and never twice."""

    def __init__(self) -> None:
        self.test = datasets.load("mnist", "test")
        self.generator = np.random.default_rng(2026)
        self.used: set[int] = set()

    def __call__(self, label: str) -> NDArray[np.uint8]:
        """A digit of this class, (28, 28) uint8."""
        candidates = [int(i) for i in np.flatnonzero(self.test.targets == int(label)) if i not in self.used]
        chosen = int(self.generator.choice(candidates))
        self.used.add(chosen)
        digit: NDArray[np.uint8] = self.test.images[chosen]
        return digit

    def row(self, labels: str) -> NDArray[np.uint8]:
        """Digits side by side."""
        return np.concatenate([self(label) for label in labels], axis=1)

    def scattered(self, labels: str, height: int, width: int) -> NDArray[np.uint8]:
        """Digits at random places that do not overlap."""
        canvas = np.zeros((height, width), np.uint8)
        taken = np.zeros_like(canvas, bool)
        for label in labels:
            while True:
                top, left = (int(self.generator.integers(0, side - 27)) for side in (height, width))
                window = np.s_[top : top + 28, left : left + 28]
                if not taken[window].any():
                    break
            canvas[window], taken[window] = self(label), True
        return canvas


def paper(image: NDArray[np.uint8], ink: tuple[int, int, int], ground: tuple[int, int, int]) -> Image.Image:
    """Convert light-on-dark levels to coloured ink on coloured paper."""
    share = image[..., None] / 255
    return Image.fromarray(np.rint(share * np.array(ink) + (1 - share) * np.array(ground)).astype(np.uint8))


def main() -> None:
    """Write every sample."""
    digits = Digits()
    FOLDER.mkdir(parents=True, exist_ok=True)
    grey = Image.fromarray
    transparent = Image.new("RGBA", (84, 84))
    transparent.putalpha(grey(np.pad(digits.row("40"), ((28, 28), (14, 14)))))
    samples = {
        "2-over-7.png": grey(np.concatenate([digits("2"), digits("7")])),
        "3-8-side-by-side.png": grey(digits.row("38")),
        "5-1-4-9-6-row.png": grey(digits.row("51496")),
        "0-2-6-scattered.png": grey(digits.scattered("026", 96, 130)),
        "9-alone-on-a-page.png": grey(digits.scattered("9", 200, 260)),
        "7-3-blue-ink.jpg": paper(np.pad(digits.row("73"), 12), (24, 40, 140), (244, 240, 228)),
        "6-1-palette.gif": paper(digits.row("61"), (0, 0, 0), (255, 255, 255)).quantize(8),
        "8-5-16-bit.png": grey(digits.row("85").astype(np.uint16) * 257),
        "1-4-one-bit.tif": grey(digits.row("14")).convert("1"),
        "4-0-transparent.png": transparent,
        "2-9-soft.webp": grey(np.pad(digits.row("29"), 8)).filter(ImageFilter.GaussianBlur(0.7)),
        "blank.png": grey(np.zeros((40, 60), np.uint8)),
    }
    for name, image in samples.items():
        image.save(FOLDER / name)
    (FOLDER / "broken.png").write_bytes((FOLDER / "3-8-side-by-side.png").read_bytes()[:100])
    print(f"{FOLDER}: {len(samples)} images, and one broken on purpose")


if __name__ == "__main__":
    main()
