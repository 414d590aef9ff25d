"""``python -m capsonnx`` is the command ``capsonnx``."""

from capsonnx.cli import main

if __name__ == "__main__":
    main(prog_name="capsonnx")
