"""Apache TVM: the file imported into Relax and compiled for this processor, once for all sizes."""

import onnx
import tvm
from answering import ALL, answer
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx
from tvm.s_tir import Schedule


def load(model, _shape):
    module = scheduled(relax.get_pipeline("zero")(from_onnx(onnx.load(model))))
    processor = tvm.target.codegen.llvm_get_system_cpu()
    compiled = tvm.compile(module, target=tvm.target.Target({"kind": "llvm", "mcpu": processor}))
    machine = relax.VirtualMachine(compiled, tvm.cpu())

    def run(images):
        found = machine["main"](tvm.runtime.tensor(images))
        return {name: one.numpy() for name, one in zip(ALL, found, strict=False)}

    return run


def scheduled(module):
    """The convolutions' loops in another order: over the pixels innermost, which compile to vector instructions.

    As they are imported, sums are innermost, and an image of 56x28 takes twenty times as long.
    """
    schedule = Schedule(module)
    for variable in list(module.functions):
        if "conv2d" not in variable.name_hint:
            continue
        block = schedule.get_sblock("conv2d_nchw", func_name=variable.name_hint)
        batch, out, row, col, channel, down, across = schedule.get_loops(block)
        schedule.reorder(batch, out, channel, down, across, row, col)
        schedule.parallel(out)
        schedule.decompose_reduction(block, channel)
    return schedule.mod


answer(load, tvm.__version__)
