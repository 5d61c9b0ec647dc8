"""The closed form: log-sum-exps streamed, sums and counts by group; for objectives and relations that allow it."""

from __future__ import annotations

from torch import Tensor

from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_tiles import Ask, Walk
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.similarity import InnerProduct
from counterpoint.pairwise.streamed_lse import log_sum_exps
from counterpoint.pairwise.terms import Axis, Reduction
from counterpoint.pairwise.trace import Affine, Request, Which, as_tensor


def closed_statistics(
    requests: list[Request], similarity: InnerProduct, keys: Keys, a_ND: Tensor, b_MD: Tensor, *, plan: Plan
) -> tuple[Tensor, ...]:
    """One tensor per request, `[N]` or `[M]`.

    Args:
        requests: The objective's terms.
        similarity: How rows were prepared.
        keys: Who is positive to whom.
        a_ND: Prepared anchors.
        b_MD: Prepared candidates; the same tensor when rows are compared among themselves.
        plan: Tile sizes.
    """
    streamed = [one for one in requests if one.reduction is Reduction.LSE]
    halved = a_ND is b_MD and keys.symmetric and all(one.axis is Axis.ROWS for one in streamed)
    groups = _shared_tiles(streamed)
    walk = Walk(
        keys,
        tuple(Ask(tuple(dict.fromkeys(one.axis for one in group)), group[0].which) for group in groups),
        plan,
        halved,
        similarity.bound,
    )
    affine = [group[0].values for group in groups]
    scales, shifts = [as_tensor(one.scale, a_ND) for one in affine], [as_tensor(one.shift, a_ND) for one in affine]
    found = log_sum_exps(walk, a_ND, b_MD, scales, shifts) if groups else []
    statistics: list[Tensor] = []
    for one in requests:
        if one.reduction is Reduction.LSE:
            place = next(i for i, group in enumerate(groups) if any(one is member for member in group))
            statistics.append(found[place][one.axis])
        else:
            statistics.append(_summed(one, keys, a_ND, b_MD))
    return tuple(statistics)


def _summed(one: Request, keys: Keys, a_ND: Tensor, b_MD: Tensor) -> Tensor:
    if one.reduction is Reduction.COUNT:
        return keys.counts(one.axis, one.which, a_ND)
    scale, shift = as_tensor(one.values.scale, a_ND), one.values.shift
    summed = scale * keys.sums(one.axis, one.which, a_ND, b_MD)
    if isinstance(shift, float) and shift == 0.0:
        return summed
    return summed + as_tensor(shift, a_ND) * keys.counts(one.axis, one.which, a_ND)


def _shared_tiles(requests: list[Request]) -> list[list[Request]]:
    """Requests that need the same exponentials."""
    groups: dict[tuple[int, Which | None], list[Request]] = {}
    for one in requests:
        groups.setdefault((_identity(one.values), one.which), []).append(one)
    return list(groups.values())


def _identity(values: Affine) -> int:
    """The same object, as in ``logits = s / t`` used twice; equal tensors would cost a comparison on the device."""
    return id(values)
