"""What each of two processes does in test_mixing_ranks: makes its share of pairs, and what they lose."""

import torch
from queue_work import SHARES, drawn

from counterpoint.objectives import InfoNCE
from counterpoint.pairs import (
    Mixes,
    OrderedMixes,
    Pairs,
    class_pair_keys,
    extrapolated,
    gated_pairs,
    hard_negative_mixes,
    interpolated,
    mixed_modality,
    mixup,
    noise_negatives,
    ordered_pairs,
    quality_weights,
    replicated,
    shaken,
    with_own_negatives,
)
from counterpoint.pairwise import Plan, Ranks

SECOND = torch.tensor([1, 2, 0, 4, 3])  # partners within what either process has
LABELS = torch.tensor([0, 1, 0, 1, 2])
VALUES = torch.tensor([3.0, 1.0, 2.0, 1.0, 5.0], dtype=torch.float64)
OFF = torch.tensor([0.0, 0.5, 0.0, 1.0, 0.0])  # how far the labels of mixes are off their anchors'
TILES, OWNED = Plan(2, 3), ("own", "own in batch", "ordered")


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def made(a: torch.Tensor, b: torch.Tensor, share: slice) -> dict[str, Pairs]:
    """Every construction, of this share's rows."""
    queue, y, n = drawn(7, 3, seed=9), LABELS[share], len(a)
    own = hard_negative_mixes(a, queue, hardest=4, mixes=3, anchor_mixes=2, generator=generator())
    mixes = Mixes.of(
        a, torch.arange(n), SECOND[share] - (share.start or 0), torch.linspace(0.1, 0.9, 5).double()[share]
    )
    forth, back = mixed_modality(mixes, b)
    ordered = OrderedMixes(drawn(5, 3, seed=5)[share], torch.arange(n), VALUES[share] + OFF[share])
    # One process has the whole queue; of two, each has its part.
    ranks = Ranks.current()
    part = queue[ranks.index :: ranks.size]
    return {
        "own": with_own_negatives(a, b, own, negatives=part, in_batch=False),
        "own in batch": with_own_negatives(a, b, own),
        "interpolated": interpolated(a, y, mixes),
        "forth": forth,
        "back": back,
        "ordered": ordered_pairs(a, VALUES[share], ordered),
        "noise": noise_negatives(a, b, count=3, weight=0.5, generator=generator()),
        "replicated": replicated(a, b, torch.tensor([3.0, 1.0, 1.0, 2.0, 1.0])[share]),
        "gated": gated_pairs(a, b, drawn(5, 3, seed=6)[share].sigmoid(), class_pair_keys(y, 2 - y, classes=3)),
    }


def losses(share: slice) -> dict[str, torch.Tensor]:
    """Losses with gradients of both sides, and rows that are made, from a share of five."""
    found = {}
    rows = [drawn(5, 3, seed=s)[share] for s in (7, 8)]
    names = list(made(*rows, share))
    for name, plan in [*((name, None) for name in names), *((name, TILES) for name in OWNED)]:
        a, b = (x.clone().requires_grad_() for x in rows)
        loss = made(a, b, share)[name].under(InfoNCE(temperature=0.2), plan=plan)
        loss.backward()
        name = name if plan is None else f"{name} in tiles"
        found[f"{name}"] = loss.detach()
        found |= {f"{name} gradient {k}": x.grad for k, x in enumerate((a, b)) if x.grad is not None}
    a, b = rows
    moved = torch.cat(extrapolated(a, b, generator=generator()), dim=1)
    found |= {"rows extrapolated": moved, "rows shaken": shaken(a, alpha=1.0, generator=generator())}
    found["rows share"] = mixup(a, alpha=1.0, generator=generator()).share
    return found | {"rows quality": quality_weights(torch.arange(5.0)[share])}


def work(rank: int, _: int) -> dict[str, torch.Tensor]:
    return losses(SHARES[rank])
