"""Compiled functions of a tile: the same numbers and gradients, one compilation for every shape."""

import shutil
import subprocess
import sys

import pytest

WORK = """
import torch
from counterpoint.pairwise.compiled import compiled

def terms(s_nm, scale):
    return torch.nn.functional.softplus(scale * s_nm) * s_nm.sigmoid()

assert compiled(terms) is compiled(terms)
torch._dynamo.config.error_on_recompile = True  # two shapes, one compilation
for n, m in ((8, 5), (7, 16)):
    results = []
    for function in (terms, compiled(terms)):
        s_nm = torch.linspace(-2, 2, n * m, dtype=torch.float64).view(n, m).requires_grad_()
        scale = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
        value = function(s_nm, scale)
        results.append([value.detach(), *torch.autograd.grad(value.cos().sum(), [s_nm, scale])])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)
"""


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the compiler of CPU code needs gcc")
def test_the_same_numbers_from_one_compilation() -> None:
    """A process of its own, for the compiler leaves threads and caches behind; about 16 s."""
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr[-4000:]
