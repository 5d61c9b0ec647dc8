"""The fused GPU path: its cases in the interpreter, its kernels compiled for Hopper, and what needs neither."""

import importlib.util
import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
import torch

from counterpoint.base.errors import InputError, MissingExtraError
from counterpoint.base.settings import settings
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_tiles import Ask, Walk
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.rotation import Rotation
from counterpoint.pairwise.terms import Axis
from counterpoint.pairwise.triton import fused_log_sum_exps, usable
from counterpoint.pairwise.triton.availability import DTYPES
from counterpoint.pairwise.triton.blocks import Blocks, Tuning, backward_blocks, forward_blocks, splits

HERE = Path(__file__).parent
WIDTHS = (1, 3, 16, 17, 64, 128, 129, 256, 768, 1024, 4096)

needs_triton = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None and not settings().ci, reason="Triton is not installed (the gpu extra)"
)


def run(*command: str, interpret: bool, cache: Path) -> str:
    """Output of a Python process, with everything it printed where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRITON_")}
    environment |= {"TRITON_CACHE_DIR": str(cache), "OMP_NUM_THREADS": "1"} | (
        {"TRITON_INTERPRET": "1"} if interpret else {}
    )
    done = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False, timeout=290
    )
    assert done.returncode == 0, f"{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@needs_triton
def test_every_case_in_the_interpreter(tmp_path: Path) -> None:
    """A process of its own: Triton asks once, when it is imported, whether to interpret."""
    output = run("-m", "pytest", str(HERE / "triton_cases.py"), interpret=True, cache=tmp_path)
    assert "skipped" not in output


@needs_triton
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_every_case_on_a_gpu(tmp_path: Path) -> None:
    run("-m", "pytest", str(HERE / "triton_cases.py"), interpret=False, cache=tmp_path)


@needs_triton
def test_kernels_compile_for_a_gpu_that_is_not_here(tmp_path: Path) -> None:
    """The interpreter takes what the compiler refuses: both are needed. 99 KB is what the smallest GPUs have."""
    found = json.loads(run(str(HERE / "triton_compiled.py"), interpret=False, cache=tmp_path))
    assert {one["kernel"] for one in found} == {"log_sum_exp_kernel", "gradient_kernel"}
    for one in found:
        assert one["shared"] <= 99 * 1024, one
        assert one["tensor cores"] is one["half"], one


@needs_triton
def test_cpu_tensors_are_refused_where_nothing_interprets() -> None:
    if os.environ.get("TRITON_INTERPRET") == "1":
        pytest.skip("kernels are interpreted here")
    with pytest.raises(InputError, match="run on a GPU, and the embeddings are on cpu"):
        call(torch.ones(2, 3), torch.ones(4, 3))


def call(a: torch.Tensor, b: torch.Tensor) -> None:
    keys = Keys(torch.arange(len(a)), torch.arange(len(b)), None)
    walk = Walk(keys, (Ask((Axis.ROWS,), None),), Plan(1, 1), Rotation.alone(len(b)))
    fused_log_sum_exps(walk, a, b, [torch.tensor(1.0)], [torch.tensor(0.0)])


def test_without_triton_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    with pytest.raises(MissingExtraError, match=r"needs the package 'triton': pip install 'counterpoint\[gpu\]'"):
        call(torch.ones(2, 3), torch.ones(4, 3))


@pytest.mark.parametrize(
    ("one", "other"),
    [(torch.float64, torch.float64), (torch.float32, torch.bfloat16), (torch.int64, torch.int64)],
    ids=str,
)
def test_other_dtypes_are_refused(one: torch.dtype, other: torch.dtype) -> None:
    with pytest.raises(InputError, match="float32, bfloat16, float16"):
        call(torch.ones(2, 3, dtype=one), torch.ones(4, 3, dtype=other))


def test_nothing_is_usable_on_a_cpu() -> None:
    assert not any(usable(torch.ones(2, 3, dtype=dtype)) for dtype in (*DTYPES, torch.float64))


@pytest.mark.parametrize(("width", "dtype"), list(product(WIDTHS, DTYPES)), ids=str)
def test_blocks_are_what_a_gpu_takes(width: int, dtype: torch.dtype) -> None:
    forward, backward = forward_blocks(width, dtype), backward_blocks(width, dtype)
    for blocks in (forward, backward):
        for size in (blocks.mine, blocks.theirs, blocks.depth, blocks.out):
            assert size >= 16
            assert size & (size - 1) == 0
    # Accumulators of a thread: 128 of its 255 registers.
    assert backward.mine * backward.out <= 128 * 32 * backward.warps
    assert forward.mine * forward.theirs <= 128 * 32 * forward.warps
    assert backward.held(width) == (width <= (32 if dtype is torch.float32 else 128))


def test_rows_of_usual_width_make_few_pieces() -> None:
    """Every further piece makes the scores again."""
    pieces = {(w, dtype): -(-w // backward_blocks(w, dtype).out) for w in (128, 256, 768) for dtype in DTYPES[:2]}
    assert list(pieces.values()) == [1, 1, 2, 1, 6, 3]


@pytest.mark.parametrize(
    ("owners", "steps", "programs", "wanted"),
    [(1, 1, 132, 1), (1, 1000, 132, 132), (32, 512, 132, 4), (67, 512, 132, 1), (500, 500, 132, 1), (0, 3, 132, 3)],
)
def test_few_owners_share_their_walks(owners: int, steps: int, programs: int, wanted: int) -> None:
    assert splits(owners, steps, programs) == wanted


def test_a_cpu_has_one_program() -> None:
    tuning = Tuning.of(torch.ones(2, 48))
    assert tuning.programs == 1
    assert tuning.forward == Blocks(mine=64, theirs=64, depth=32, out=32, warps=4, stages=2)
