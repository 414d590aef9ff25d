"""What the Python drivers share: questions in, answers out.

A driver is called as ``DRIVER MODEL QUESTIONS ANSWERS``. It answers each QUESTIONS/NAME.npy, uint8 images (batch,
height, width), with ANSWERS/NAME.npy, float32 lengths (batch, class), and, if it can, those of the grid also with
ANSWERS/NAME.field.npy, float32 (batch, class, rows, cols). It ends by printing its version as JSON. This file runs
under old Pythons too, because the oldest runtimes do.
"""

import json
import sys
from pathlib import Path

import numpy as np

ALL = ("lengths", "poses", "evidence", "field")  # the outputs of a file, in their order; the last two it may not have
WANTED = ("lengths", "field")


def wanted(names):
    """Of the names of a file's outputs, those to be asked for."""
    return [name for name in WANTED if name in names]


def answer(load, version, dynamic=True):
    """Answer every question; a question that fails is noted in ANSWERS/errors.json, and the next one asked.

    Args:
        load: given the path of the model and the shape of the images, gives a function of images to lengths, or to a
            dict of outputs.
        version: of the runtime.
        dynamic: load once for all shapes; or else once for each shape.
    """
    model, questions, answers = (Path(argument) for argument in sys.argv[1:4])
    errors, loaded_for, run = {}, None, None
    for path in sorted(questions.glob("*.npy")):
        images = np.load(str(path))
        try:
            if run is None or (not dynamic and loaded_for != images.shape):
                run, loaded_for = load(model, images.shape), images.shape
            found = run(images)
            found = found if isinstance(found, dict) else {"lengths": found}
            np.save(str(answers / path.name), np.asarray(found["lengths"], np.float32))
            if "field" in found and not path.stem.startswith("pairs-"):
                np.save(str(answers / (path.stem + ".field.npy")), np.asarray(found["field"], np.float32))
        except Exception as error:  # noqa: BLE001 - whatever a runtime raises is what the table tells
            errors[path.stem] = f"{type(error).__name__}: {error}"
            if run is None and dynamic:  # it will not load for the next question either
                break
    (answers / "errors.json").write_text(json.dumps(errors))
    print(json.dumps({"version": version}))
