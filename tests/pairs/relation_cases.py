"""Relations of every kind between N anchors and M candidates, or among N rows, from one seed; shares of them too."""

import torch

from counterpoint.pairs import (
    Apart,
    BelowPositive,
    DistanceWeighted,
    Doubted,
    EasiestPositives,
    Edges,
    Graded,
    HardestOnly,
    HardestPositives,
    LabelGaps,
    Linked,
    MetadataKernel,
    Nearby,
    NearestNeighbours,
    Overlap,
    Picked,
    Sampled,
    SemiHardNegatives,
    Similar,
    Tilted,
    WeightedCandidates,
    WhereKnown,
)
from counterpoint.pairwise import Relation, SameKey

N, M = 7, 9


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def two_sided(mine: slice = slice(0, N), theirs: slice = slice(0, M)) -> dict[str, Relation]:
    """Between the anchors and candidates of these rows; with a share of each, what one rank would make."""
    tags = (drawn(N + M, 4, seed=1) > 0.3).double()
    times = (drawn(N + M, seed=2) * 5).round()
    guide = drawn(N + M, 3, seed=3)
    keys = torch.arange(N + M) % 4
    pairs = torch.tensor([[0, 1], [0, 4], [2, 2], [3, 0], [5, 5], [6, 8], [1, 7]])
    edges = Edges.of(pairs, weights=torch.tensor([0.5, 2.0, 1.0, 3.0, 0.25, 1.0, 0.75], dtype=torch.float64))

    def sides(what: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"anchors": what[:N][mine], "candidates": what[N:][theirs]}

    same = SameKey(keys[:N][mine], keys[N:][theirs])
    # Of the first five candidates for the first three anchors, which one of two ranks holds, and so on.
    near = torch.tensor([[0, 2], [4, -9], [1, 1], [5, 8], [8, -9], [6, 7], [7, 5]])
    far = torch.tensor([[1], [2], [1], [6], [5], [-9], [8]])
    weights = (drawn(M, seed=4).abs() * (torch.arange(M) != 3))[theirs]
    groups = torch.stack([torch.arange(N + M) % 3, torch.arange(N + M) % 5 - 1], 1)
    graph = Linked(edges=edges, anchors=torch.arange(N)[mine], candidates=torch.arange(M)[theirs])
    return {
        "overlap": Overlap(**sides(tags)),
        "graded overlap": Overlap(**sides(tags), least=2, graded=True),
        "nearby": Nearby(**sides(times), window=2.0, gap=4.0),
        "kernel": MetadataKernel(**sides(times), bandwidth=2.0, floor=0.01),
        "similar": Similar(**sides(guide), threshold=0.4),
        "graded similar": Similar(**sides(guide), threshold=0.1, graded=True),
        "edges": graph,
        "where known": WhereKnown(same, (torch.arange(N) != 2)[mine], (torch.arange(M) % 4 != 1)[theirs]),
        "kernel where known": WhereKnown(
            MetadataKernel(**sides(times), bandwidth=2.0, floor=0.01),
            (torch.arange(N) != 2)[mine],
            (torch.arange(M) % 4 != 1)[theirs],
        ),
        "graded rows": Graded(same, drawn(N, seed=9).abs()[mine]),
        "either": same | graph,
        "both": Overlap(**sides(tags)) & same,
        "opposite": ~Nearby(**sides(times), window=2.0, gap=4.0),
        "restricted": same * Nearby(**sides(times), window=2.0, gap=3.0),
        "weighted by another": same * MetadataKernel(**sides(times), bandwidth=4.0),
        "sparing": same.sparing(Similar(**sides(guide), threshold=0.5)),
        "below positive": BelowPositive(inner=same, **sides(guide), margin=0.1),
        "below a share of the positive": BelowPositive(inner=same, **sides(guide), margin=0.2, relative=True),
        "doubted": Doubted(inner=same, **sides(guide), softness=0.2, margin=0.1),
        "doubted by a threshold": Doubted(inner=graph, **sides(guide), threshold=0.3),
        "scaled": 3 * same | graph * 0.5,
        "hardest": HardestOnly(inner=same, **sides(guide), k=2),
        "hardest positive": HardestPositives(inner=same, **sides(guide)),
        "easiest positives": EasiestPositives(inner=same, **sides(guide), k=2),
        "semi-hard": SemiHardNegatives(inner=EasiestPositives(inner=same, **sides(guide)), **sides(guide), k=2),
        "neighbours": NearestNeighbours(inner=same, **sides(guide), k=2),
        "distance weighted": DistanceWeighted(inner=same, **sides(guide), k=2, seed=5),
        "sampled": Sampled(inner=same * graph, positives=1, negatives=3, seed=5),
        "picked": Picked(near[mine] - theirs.start, far[mine] - theirs.start, len(range(M)[theirs])),
        "gaps": LabelGaps(**sides(times)),
        "squared gaps": LabelGaps(**sides(times), squared=True),
        "weighted candidates": WeightedCandidates(same, weights),
        "candidates weighted again": WeightedCandidates(LabelGaps(**sides(times)), weights),
        "tilted": Tilted(inner=same, **sides(drawn(N + M, seed=7)), scale=0.5),
        "tilted again": Tilted(inner=LabelGaps(**sides(times)), **sides(drawn(N + M, seed=7))),
        "apart": Apart(same, groups[:N][mine], groups[N:][theirs]),
        "apart in one grouping": Apart(graph, groups[:N, 0][mine], groups[N:, 0][theirs]),
        "two filters": HardestOnly(inner=BelowPositive(inner=same, **sides(guide)), **sides(guide), k=3),
    }


def among_themselves(mine: slice = slice(0, N)) -> dict[str, Relation]:
    """Among the rows of one side, where no row is compared with itself."""
    guide, keys = drawn(N, 3, seed=3)[mine], (torch.arange(N) % 3)[mine]
    same = SameKey(keys, keys)
    return {
        "below positive": BelowPositive(inner=same, anchors=guide),
        "doubted": Doubted(inner=same, anchors=guide, softness=0.2),
        "hardest": HardestOnly(inner=same, anchors=guide, k=2),
        "hardest positive": HardestPositives(inner=same, anchors=guide),
        "sampled": Sampled(inner=same, positives=1, negatives=2, seed=3, among=True),
        "tilted": Tilted(inner=same, anchors=guide[:, 0], candidates=guide[:, 0]),
        "kernel": MetadataKernel(anchors=guide, bandwidth=1.0, floor=0.1),
        "either": same | Similar(anchors=guide, threshold=0.5),
    }
