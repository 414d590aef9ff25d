"""Print the text of a page of one line: python read_text.py MODEL IMAGE. Needs a file with the output field.

The image is as for read.py. For pages of many lines, and boxes around symbols: capsonnx.load(MODEL).read(IMAGE).
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

if len(sys.argv) != 3:
    sys.exit("usage: python read_text.py MODEL IMAGE")
model, image = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

metadata = session.get_modelmeta().custom_metadata_map
if metadata["capsonnx.format"] != "1":
    sys.exit(f"{model}: format {metadata['capsonnx.format']}; expected format 1; use a reader made for it")
labels = json.loads(metadata["capsonnx.labels"])
windows = json.loads(metadata.get("capsonnx.windows", "null"))
if windows is None or "field" not in [output.name for output in session.get_outputs()]:
    sys.exit(f"{model}: no output field; it tells classes, not where they are; use read.py")
if not windows["silent_black"]:
    sys.exit(f"{model}: reads something in black, which is laid around images here; use capsonnx.load(MODEL)")

try:
    pixels = np.asarray(Image.open(image).convert("L"))
except OSError as error:
    sys.exit(f"{image}: {error}")
edge = 28  # black for windows to lie on that reach beyond the image; to the network it says nothing
[field] = session.run(["field"], {"images": np.pad(pixels, edge)[np.newaxis]})

scores = field[0].max(axis=0)  # (rows, cols): of the highest class of each window
around = np.lib.stride_tricks.sliding_window_view(np.pad(scores, 1), (3, 3)).max(axis=(2, 3))
scores = np.where(scores < around, 0, scores)  # only peaks are candidates


def near(distances, row, col):
    """Cells within so many pixels, down and to the side."""
    down, across = (int(np.ceil(distance / windows["stride"])) - 1 for distance in distances)
    return np.s_[max(0, row - down) : max(0, row + down + 1), max(0, col - across) : max(0, col + across + 1)]


found = []
while scores.max() > windows["threshold"]:  # the highest window left is a symbol; those near it see the same one
    row, col = np.unravel_index(scores.argmax(), scores.shape)
    found.append((col, labels[field[0, :, row, col].argmax()]))
    nearby = scores[near(windows["apart"], row, col)]
    nearby[nearby <= windows.get("sure", 1)] = 0
    scores[row, col] = 0
    scores[near(windows.get("touching", (0, 0)), row, col)] = 0
space = " " if any(len(label) > 1 for label in labels) else ""
print(space.join(label for _, label in sorted(found)))
