"""TensorFlow, on the SavedModel that onnx2tf makes."""

from importlib.metadata import version

import onnx2tf
import tensorflow as tf
from answering import answer


def load(model, _shape):
    onnx2tf.convert(
        input_onnx_file_path=str(model),
        output_folder_path="saved_model",
        keep_shape_absolutely_input_names=["images"],
        output_signaturedefs=True,
        disable_strict_mode=True,
        non_verbose=True,
    )
    signature = tf.saved_model.load("saved_model").signatures["serving_default"]
    return lambda images: signature(images=tf.constant(images))["lengths"].numpy()


answer(load, version("tensorflow-cpu"))
