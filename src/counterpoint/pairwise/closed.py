"""The closed form: terms that are affine in inner products, on relations of equal keys, each in its cheapest way."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.pairwise.extremes import Extreme, extreme_products, masks_only
from counterpoint.pairwise.key_sums import key_sums
from counterpoint.pairwise.keys import Keys
from counterpoint.pairwise.lse_tiles import Ask, Walk
from counterpoint.pairwise.plan import Plan
from counterpoint.pairwise.rotation import Rotation
from counterpoint.pairwise.streamed_lse import log_sum_exps
from counterpoint.pairwise.terms import Axis, Reduction
from counterpoint.pairwise.trace import Affine, Request, Which, as_tensor


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
        for kind, answer in (
            (Reduction.LSE, self._log_sum_exps), (Reduction.SUM, self._sums), (Reduction.COUNT, self._counts),
            (Reduction.TOP, self._extremes),
        ):  # fmt: skip
            places = [k for k, one in enumerate(requests) if one.reduction is kind]
            found.update(zip(places, answer([requests[k] for k in places]) if places else [], strict=True))
        return [found[k] for k in range(len(requests))]

    def _walk(self, asks: tuple[Ask, ...], *, halved: bool) -> Walk:
        return Walk(self.keys, asks, self.plan, self.rotation, halved)

    def _log_sum_exps(self, requests: list[Request]) -> list[Tensor]:
        alone = self.rotation.ranks.size == 1
        halved = (
            alone and self.a_ND is self.b_MD and self.keys.symmetric and all(one.axis is Axis.ROWS for one in requests)
        )
        groups = _shared_tiles(requests)
        asks = tuple(Ask(tuple(dict.fromkeys(one.axis for one in group)), group[0].which) for group in groups)
        affine = [group[0].values for group in groups]
        scales, shifts = self._tensors([one.scale for one in affine]), self._tensors([one.shift for one in affine])
        walk = self._walk(asks, halved=halved)
        found = log_sum_exps(walk, self.a_ND, self.b_MD, scales, shifts, bound=self.bound)
        return [
            next(found[k][one.axis] for k, group in enumerate(groups) if any(one is member for member in group))
            for one in requests
        ]

    def _sums(self, requests: list[Request]) -> list[Tensor]:
        wanted = list(dict.fromkeys((one.axis, one.which) for one in requests))
        sums = dict(zip(wanted, key_sums(self.keys, self.rotation, wanted, self.a_ND, self.b_MD), strict=True))
        return [self._affine(one, sums[one.axis, one.which]) for one in requests]

    def _affine(self, one: Request, summed: Tensor) -> Tensor:
        shift = one.values.shift
        summed = as_tensor(one.values.scale, self.a_ND) * summed
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
        return [
            _affine_or_nothing(*self._tensors([one.values.scale, one.values.shift]), found)
            for one, found in zip(requests, products, strict=True)
        ]

    def _tensors(self, numbers: list[float | Tensor]) -> list[Tensor]:
        return [as_tensor(number, self.a_ND) for number in numbers]


def kinds(requests: list[Request]) -> list[tuple[Axis, Reduction]]:
    """What each statistic is."""
    return [(one.axis, one.reduction) for one in requests]


def _affine_or_nothing(scale: Tensor, shift: Tensor, product: Tensor) -> Tensor:
    none = torch.isinf(product)
    return torch.where(none, -torch.inf, scale * torch.where(none, 0.0, product) + shift)


def _shared_tiles(requests: list[Request]) -> list[list[Request]]:
    """Requests that need the same exponentials."""
    groups: dict[tuple[int, Which | None], list[Request]] = {}
    for one in requests:
        groups.setdefault((_identity(one.values), one.which), []).append(one)
    return list(groups.values())


def _identity(values: Affine) -> int:
    """The same object, as in ``logits = s / t`` used twice; equal tensors would cost a comparison on the device."""
    return id(values)
