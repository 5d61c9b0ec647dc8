"""What a call would do before it is made: its path, its tiles, and the memory and time that it is predicted to take."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import torch

from counterpoint.base.errors import InputError
from counterpoint.pairwise.contract import Objective
from counterpoint.pairwise.decide import Case, Decision, Path, decide, tiles_footprint
from counterpoint.pairwise.footprints import Sizes, dense_footprint
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.loss import Loss
from counterpoint.pairwise.plan import Budget, Plan
from counterpoint.pairwise.temporaries import sample_rows
from counterpoint.pairwise.views import EachView, ManyViews
from counterpoint.pairwise.work import Speeds, Tiling, Work, calibrate, passes_of, seen, tiling, work

_REASONS = {
    Path.DENSE: "so small a matrix is fastest as a whole, by plain autograd",
    Path.CLOSED: "all that is asked of similarities is affine, so every derivative is known",
    Path.TILES: "no closed form is known and the whole is too large, so autograd goes from tile to tile",
    Path.ROWS: "it needs whole rows at once, a block of them at a time",
    Path.WHOLE: "it needs the whole matrix at once",
}

_FEW = 2
"""Rows of the call that shows how an objective arranges them."""


@dataclass(frozen=True)
class Explanation:
    """What a call does and takes; its string is for people, :meth:`as_json` for programs.

    Attributes:
        objective: What is asked.
        n: Rows of the matrix on one rank; two views that are stacked count twice.
        m: Columns of the matrix, over all ranks.
        d: Numbers of an embedding.
        ranks: Processes; with more than one, blocks of candidates go round in a ring, or are gathered where whole rows
            are needed.
        path: How the statistics are found.
        plan: The plan that is chosen.
        tiles: Tile size, how many there are, and how many are kept for the backward pass.
        passes: How many times every similarity is made, forward and backward.
        peak_bytes: The most that call and backward pass hold at one time on one rank, beside the embeddings passed in:
            prepared rows, tiles, statistics and all gradients, those of the embeddings included.
        seconds: Time of call and backward pass, without what ranks wait for each other.
        operations: What the time is made up of.
        speeds: What this machine was measured to do in a second.
        reason: Why this path, and why tiles are not compiled where they would be.
    """

    objective: str
    n: int
    m: int
    d: int
    ranks: int
    path: Path
    plan: Plan
    tiles: Tiling
    passes: float
    peak_bytes: int
    seconds: float
    operations: Work
    speeds: Speeds
    reason: str

    @property
    def exchange(self) -> str | None:
        """How ranks get at each other's candidates; None for one process."""
        if self.ranks == 1:
            return None
        return "ring" if self.path in (Path.CLOSED, Path.TILES) else "gathered"

    def as_json(self) -> dict[str, object]:
        """The same in plain values."""
        return {
            "objective": self.objective, "n": self.n, "m": self.m, "d": self.d, "ranks": self.ranks,
            "path": self.path.value, "exchange": self.exchange, "reason": self.reason,
            "tile": [self.tiles.rows, self.tiles.cols], "tiles": self.tiles.count, "kept_tiles": self.tiles.kept,
            "compiled": self.plan.compiled,
            "passes": self.passes, "peak_bytes": self.peak_bytes, "seconds": self.seconds,
        }  # fmt: skip

    def __str__(self) -> str:
        """A few lines for a person."""
        cut = self.tiles
        across = "" if self.exchange is None else f" on each of {self.ranks} ranks ({self.exchange})"
        kept = f", {cut.kept:,} kept for the backward pass" if cut.kept and not self.plan.dense else ""
        compiled = ", compiled by torch" if self.plan.compiled else ""
        return "\n".join(
            (
                f"{self.objective}: {self.n:,} x {self.m:,} similarities of D = {self.d}{across}",
                f"  path    {self.path.value}: {self.reason}",
                f"  tiles   {cut.count:,} of {cut.rows:,} x {cut.cols:,}{kept}{compiled}",
                f"  scores  made {self.passes:.3g} times, forward and backward together",
                f"  memory  {_in_bytes(self.peak_bytes)} at the peak, gradients included, embeddings not",
                f"  time    {_in_seconds(self.seconds)} forward and backward, at the speed measured just now",
            )
        )


def explain(
    objective: Loss,
    n: int,
    m: int | None = None,
    d: int = 256,
    *,
    ranks: int = 1,
    budget: int | None = None,
    dtype: torch.dtype = torch.float32,
    learnable: tuple[str, ...] = (),
) -> Explanation:
    """Predict path, tiles, memory and time of ``objective(anchors, candidates)`` and its backward pass.

    It decides by the same functions as the call itself. The relation is taken to be that of pairs or labels, with one
    positive for each anchor where memory depends on it. Speeds are those of torch's default device.

    Args:
        objective: What is to be called.
        n: Anchors of the global batch, spread evenly over the ranks; of one view where two are stacked.
        m: Candidates of the global batch, as many as anchors when not given; 0 when the anchors are compared among
            themselves, as with ``objective(anchors, labels=...)``.
        d: Numbers of an embedding.
        ranks: Processes that share the batch.
        budget: Bytes for each process, as in ``objective(..., plan=Budget(bytes))``; None for no limit.
        dtype: Of the embeddings; half precision is computed in float32.
        learnable: Names of the objective's numbers that are passed as tensors.

    Raises:
        InputError: An argument makes no sense, or the budget is too small for one tile.
    """
    _check({"n": n, "d": d, "ranks": ranks}, m, dtype)
    if not isinstance(objective, Objective) or isinstance(objective, (ManyViews, EachView)):
        raise InputError(
            f"{type(objective).__name__} is not about one matrix of similarities: there is no plan to explain"
        )
    for name in learnable:
        if name not in objective.numbers():
            raise InputError(f"learnable: {type(objective).__name__} has no number {name!r}")
    case = _case(objective, n, n if m is None else m, d, ranks, torch.promote_types(dtype, torch.float32).itemsize)
    numbers = {name: torch.tensor(float(getattr(objective, name))) for name in learnable}
    decision = decide(objective, case, None if budget is None else Budget(budget), numbers)
    sizes, speeds = case.sizes, calibrate(torch.get_default_device(), dtype, d)
    cut = tiling(objective, decision, sizes)
    one = seen(objective, decision, sizes, learnable)
    operations = work(decision, sizes, cut, one)
    return Explanation(
        repr(objective), sizes.n, sizes.m, sizes.width, ranks, decision.path, decision.plan, cut,
        passes_of(decision, cut, one), _peak(objective, case, decision, cut, learnable),
        operations.seconds(speeds), operations, speeds, _reason(decision),
    )  # fmt: skip


def _reason(decision: Decision) -> str:
    why = _REASONS[decision.path]
    return why if decision.obstacle is None else f"{why}; not compiled: {decision.obstacle}"


def _check(positive: dict[str, int], m: int | None, dtype: torch.dtype) -> None:
    for name, value in positive.items():
        if value < 1:
            raise InputError(f"{name} must be at least 1, got {value}")
    if m is not None and m < 0:
        raise InputError(f"m must be a number of candidates, or 0 for none beside the anchors, got {m}")
    if not dtype.is_floating_point:
        raise InputError(f"dtype must be floating point, got {dtype}")


def _case(objective: Objective, n: int, m: int, d: int, ranks: int, itemsize: int) -> Case:
    """That of a call, with everything but the numbers of rows read off a call on a few rows."""
    if objective.similarity.row_dims != 1:
        raise InputError(f"{type(objective).__name__} compares sets of vectors, whose sizes cannot be told here")
    few = sample_rows(objective, _FEW, (d,))
    alike, keyed = few.a_ND is few.b_MD, Keys.of(few.relation) is not None
    per_pair = objective.similarity.numbers_per_pair(few.a_ND, few.b_MD)
    device = torch.get_default_device()
    if objective.features:
        return Case(Sizes(d, d, d, n, itemsize, alike=m == 0, ranks=1), d, keyed, per_pair, device)
    if objective.joint and m not in (0, n):
        raise InputError(f"m must be n = {n} for {type(objective).__name__}, which stacks two views; got {m}")
    if m == 0 or alike or len(few.a_ND) > _FEW:
        # Two views that are stacked; or pairs that are scored, which are one side from here on.
        n = m = n if m == 0 else n * len(few.a_ND) // _FEW
        alike = not objective.similarity.two_sided
    mine, theirs = ceil(n / ranks), ceil(m / ranks)
    return Case(Sizes(mine, m, theirs, few.a_ND[0].numel(), itemsize, alike, ranks), n, keyed, per_pair, device)


def _peak(objective: Objective, case: Case, decision: Decision, cut: Tiling, names: tuple[str, ...]) -> int:
    if decision.plan.dense:
        return dense_footprint(objective, case.sizes, case.per_pair, names).peak(cut.rows, cut.cols)
    found = tiles_footprint(objective, case, decision.requests, names)
    return found.peak(cut.rows, cut.cols, cut.kept_entries * case.sizes.itemsize)


def _in_bytes(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} GB" if count < 1000 else f"{count:,.0f} GB"


def _in_seconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:,.3g} s"
