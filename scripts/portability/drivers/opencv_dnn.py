"""OpenCV's DNN module."""

import cv2
from answering import answer


def load(model, _shape):
    network = cv2.dnn.readNetFromONNX(str(model))

    def run(images):
        network.setInput(images, "images")
        return network.forward("lengths")

    return run


answer(load, cv2.__version__)
