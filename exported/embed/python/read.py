"""Print the labels that an exported file sees in an image: python read.py MODEL IMAGE.

The image has light ink on black, digits about 20 pixels high, and both sides at least 22 pixels.
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

if len(sys.argv) != 3:
    sys.exit("usage: python read.py MODEL IMAGE")
model, image = sys.argv[1:]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

metadata = session.get_modelmeta().custom_metadata_map
file_format = metadata["capsonnx.format"]
if file_format != "1":
    sys.exit(f"{model}: format {file_format}; expected format 1; use a reader made for it")
labels = json.loads(metadata["capsonnx.labels"])
threshold = json.loads(metadata["capsonnx.threshold"])

try:
    pixels = np.asarray(Image.open(image).convert("L"))
except OSError as error:
    sys.exit(f"{image}: {error}")
[lengths] = session.run(["lengths"], {"images": pixels[np.newaxis]})

scores = dict(zip(labels, lengths[0], strict=True))
found = sorted((label for label in labels if scores[label] > threshold), key=scores.__getitem__, reverse=True)
print("  ".join(f"{label} {scores[label]:.2f}" for label in found))
