"""Compiles the fused kernels for a GPU that need not be there, and prints what each takes; run by test_triton.py."""

import json
import sys

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from counterpoint.pairwise.triton.blocks import backward_blocks, forward_blocks
from counterpoint.pairwise.triton.kernels.backward import gradient_kernel
from counterpoint.pairwise.triton.kernels.forward import log_sum_exp_kernel

POINTERS = {torch.float32: "*fp32", torch.bfloat16: "*bf16", torch.float16: "*fp16"}


def compiled(kernel, width: int, dtype: torch.dtype, capability: int, *, one_row: bool = False) -> dict:
    """Every flag set, two asks."""
    backward = kernel is gradient_kernel
    blocks = (backward_blocks if backward else forward_blocks)(width, dtype)
    fixed = {
        **{"ASKS": 2, "LANES": 2, "WHICH": 0b1110, "KEYED": True, "OWN": True, "MARGINED": True},
        **{"HELD": blocks.held(width), "MINE": blocks.mine, "THEIRS": blocks.theirs, "DEPTH": blocks.depth},
    }
    if backward:
        fixed |= {"BY_MINE": 3, "BY_THEIRS": 3, "SLOPES": True, "OUT": blocks.out}
    if one_row:  # integers that are 1 are compiled into the kernel
        fixed |= {"n": 1, "m": 1, "offset": 1}
    kinds = dict.fromkeys(("mine_ptr", "theirs_ptr", "grad_ptr"), POINTERS[dtype]) | {"margin": "fp32"}
    kinds |= dict.fromkeys(("mine_keys_ptr", "their_keys_ptr"), "*i64")
    signature, aligned = {}, {}
    for place, name in enumerate(kernel.arg_names):
        pointer = name.endswith("_ptr")
        signature[name] = "constexpr" if name in fixed else kinds.get(name, "*fp32" if pointer else "i32")
        if pointer or name == "width":
            aligned[(place,)] = [["tt.divisibility", 16]]
    found = triton.compile(
        ASTSource(kernel, signature, fixed, aligned),
        target=GPUTarget("cuda", capability, 32),
        options={"num_warps": blocks.warps, "num_stages": blocks.stages},
    )
    return {
        "kernel": kernel.__name__,
        "shared": found.metadata.shared,
        "tensor cores": any(word in found.asm["ptx"] for word in ("wgmma.mma_async", "mma.sync")),
        "half": dtype is not torch.float32,
    }


if __name__ == "__main__":
    found = [
        compiled(log_sum_exp_kernel, 128, torch.bfloat16, 90),
        compiled(gradient_kernel, 768, torch.bfloat16, 90),
        compiled(log_sum_exp_kernel, 144, torch.float32, 90),
        compiled(gradient_kernel, 144, torch.float32, 90),
        compiled(log_sum_exp_kernel, 256, torch.float16, 80, one_row=True),
        compiled(gradient_kernel, 128, torch.float16, 80, one_row=True),
    ]
    json.dump(found, sys.stdout)
