"""Make ``python -m capsonnx`` run the command ``capsonnx``."""

from capsonnx.cli import main

if __name__ == "__main__":
    main(prog_name="capsonnx")
