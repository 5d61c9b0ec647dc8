"""The closed form: terms that are affine in inner products, on relations of equal keys, each in its cheapest way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor

from counterpoint.pairwise.bends import Bend
from counterpoint.pairwise.bent_sums import bent_sums, dense_bent_sums
from counterpoint.pairwise.dense_lse import dense_log_sum_exps
from counterpoint.pairwise.extremes import Extreme, extreme_products, masks_only
from counterpoint.pairwise.key_sums import key_sums, partner_products
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_tiles import Ask, Walk
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.rotation import Rotation
from counterpoint.pairwise.streamed_lse import log_sum_exps
from counterpoint.pairwise.terms import Axis, Reduction
from counterpoint.pairwise.trace import Affine, Request, Which, as_tensor
from counterpoint.pairwise.triton import fused_log_sum_exps, usable


@dataclass(frozen=True, eq=False)
class Closed:
    """What is known before any term is looked at.

    Attributes:
        keys: Who is positive to whom.
        rotation: Whose candidates are whose columns.
        plan: Tile sizes.
        bound: Largest absolute inner product, where the similarity sets one.
        a_ND: Prepared anchors.
        b_MD: Prepared candidates; the same tensor when rows are compared among themselves.
    """

    keys: Keys
    rotation: Rotation
    plan: Plan
    bound: float | None
    a_ND: Tensor
    b_MD: Tensor

    def statistics(self, requests: list[Request]) -> list[Tensor]:
        """One tensor per request, in order."""
        found: dict[int, Tensor] = {}
        for kind, bent, answer in (
            (Reduction.LSE, False, self._log_sum_exps), (Reduction.SUM, False, self._sums),
            (Reduction.SUM, True, self._bent_sums), (Reduction.COUNT, False, self._counts),
            (Reduction.TOP, False, self._extremes),
        ):  # fmt: skip
            places = [k for k, one in enumerate(requests) if one.reduction is kind and (one.bent is not None) is bent]
            found.update(zip(places, answer([requests[k] for k in places]) if places else [], strict=True))
        return [found[k] for k in range(len(requests))]

    def _walk(self, asks: tuple[Ask, ...], *, halved: bool) -> Walk:
        rotation = replace(self.rotation, halved=halved)
        plan = self.plan
        if plan.dense:
            plan = Plan(rows=self.a_ND.shape[0], cols=self.rotation.total)
        return Walk(self.keys, asks, plan, rotation)

    def _log_sum_exps(self, requests: list[Request]) -> list[Tensor]:
        groups = shared_tiles(requests)
        asks = tuple(Ask(tuple(dict.fromkeys(one.axis for one in group)), group[0].which) for group in groups)
        affine = [group[0].values for group in groups]
        if self.plan.dense:
            found = dense_log_sum_exps(self.keys, asks, self.a_ND, self.b_MD, affine, bound=self.bound)
            return _each(requests, groups, found)
        scales, shifts = self._tensors([one.scale for one in affine]), self._tensors([one.shift for one in affine])
        if usable(self.a_ND):
            a, b = self._for_kernels()
            found = fused_log_sum_exps(self._walk(asks, halved=False), a, b, scales, shifts)
            return _each(requests, groups, found)
        walk = self._walk(asks, halved=self._halved(requests))
        found = log_sum_exps(walk, self.a_ND, self.b_MD, scales, shifts, bound=self.bound)
        return _each(requests, groups, found)

    def _for_kernels(self) -> tuple[Tensor, Tensor]:
        """Both sides in the precision that the plan asks for; the same tensor still where they are the same rows."""
        if not self.plan.bfloat16:
            return self.a_ND, self.b_MD
        a = self.a_ND.bfloat16()
        return a, a if self.a_ND is self.b_MD else self.b_MD.bfloat16()

    def _halved(self, requests: list[Request]) -> bool:
        """Both sides are the same rows, and every tile can stand for its mirror image."""
        return self.a_ND is self.b_MD and self.keys.alike and rows_only(requests)

    def _bent_sums(self, requests: list[Request]) -> list[Tensor]:
        return [self._bent_sum(one) for one in requests]

    def _bent_sum(self, one: Request) -> Tensor:
        bend, factor = cast(tuple[Bend, float], one.bent)
        ask = Ask((one.axis,), one.which)
        scale, shift = one.values.scale, one.values.shift
        if self.plan.dense:
            found = dense_bent_sums(self.keys, ask, bend, self.a_ND @ self.b_MD.T, scale, shift)
        else:
            walk = self._walk((ask,), halved=self._halved([one]))
            scale, shift = self._tensors([scale, shift])
            found = bent_sums(walk, bend, self.a_ND, self.b_MD, scale, shift, bound=self.bound)
        return found[one.axis] if factor == 1.0 else factor * found[one.axis]

    def _sums(self, requests: list[Request]) -> list[Tensor]:
        wanted = list(dict.fromkeys((one.axis, one.which) for one in requests))
        if self.keys.partner is not None and all(which is Which.POSITIVE for _, which in wanted):
            sums = partner_products(self.keys.partner, self.a_ND, self.b_MD)
        else:
            sums = dict(zip(wanted, key_sums(self.keys, self.rotation, wanted, self.a_ND, self.b_MD), strict=True))
        return [self._affine(one, sums[one.axis, one.which]) for one in requests]

    def _affine(self, one: Request, summed: Tensor) -> Tensor:
        scale, shift = one.values.scale, one.values.shift
        summed = summed * (scale if isinstance(scale, float) else as_tensor(scale, self.a_ND))
        if isinstance(shift, float) and shift == 0.0:
            return summed
        return summed + as_tensor(shift, self.a_ND) * self.keys.counts(one.axis, one.which, self.a_ND)

    def _counts(self, requests: list[Request]) -> list[Tensor]:
        return [self.keys.counts(one.axis, one.which, self.a_ND) for one in requests]

    def _extremes(self, requests: list[Request]) -> list[Tensor]:
        masks = list(dict.fromkeys(one.which for one in requests))
        walk = masks_only(self._walk((), halved=False), tuple(Ask((), which) for which in masks))
        wanted = [
            Extreme(one.axis, masks.index(one.which), one.k, 1.0 if float(scale.detach()) >= 0 else -1.0)
            for one, scale in zip(requests, self._tensors([one.values.scale for one in requests]), strict=True)
        ]
        products = extreme_products(walk, wanted, self.a_ND, self.b_MD)
        affine = [self._tensors([one.values.scale, one.values.shift]) for one in requests]
        return [_affine_or_nothing(scale, shift, x) for (scale, shift), x in zip(affine, products, strict=True)]

    def _tensors(self, numbers: list[float | Tensor]) -> list[Tensor]:
        return [as_tensor(number, self.a_ND) for number in numbers]


def kinds(requests: list[Request]) -> list[tuple[Axis, Reduction]]:
    """What each statistic is."""
    return [(one.axis, one.reduction) for one in requests]


def _affine_or_nothing(scale: Tensor, shift: Tensor, product: Tensor) -> Tensor:
    none = torch.isinf(product)
    return torch.where(none, -torch.inf, scale * torch.where(none, 0.0, product) + shift)


def _each(requests: list[Request], groups: list[list[Request]], found: list[dict[Axis, Tensor]]) -> list[Tensor]:
    """The statistic of every request, from those of the group it shares tiles with."""
    places = {id(one): k for k, group in enumerate(groups) for one in group}
    return [found[places[id(one)]][one.axis] for one in requests]


def rows_only(requests: list[Request]) -> bool:
    """A tile can serve its mirror image only where columns are not asked for."""
    return all(one.axis is Axis.ROWS for one in requests)


def shared_tiles(requests: list[Request]) -> list[list[Request]]:
    """Requests that need the same exponentials."""
    groups: dict[tuple[int, Which | None], list[Request]] = {}
    for one in requests:
        groups.setdefault((_identity(one.values), one.which), []).append(one)
    return list(groups.values())


def _identity(values: Affine) -> int:
    """The same object, as in ``logits = s / t`` used twice; equal tensors would cost a comparison on the device."""
    return id(values)
