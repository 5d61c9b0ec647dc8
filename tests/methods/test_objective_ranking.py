"""Objectives of the catalogue as rankings of items, against sums over the dense matrix."""

import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid, normalize, softplus

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.light_gcn import LightGCN
from counterpoint.experiments.catalogue import all_losses
from counterpoint.methods.graph_contrast import CrossLayer, NoContrast, nodes_of, recommendation_loss
from counterpoint.methods.item_ranking import PairwiseRanking
from counterpoint.methods.objective_ranking import ObjectiveRanking, ranks_items
from counterpoint.objectives import BPR, Alignment, InfoNCE, SigLIP
from counterpoint.pairwise import Dot, NegativeEuclidean, Tile

ABLE = [one.kind for one in all_losses() if ranks_items(one.kind())]
ROWS, TAKEN, DRAWN = (torch.tensor(part) for part in ([0, 0, 1, 2, 3], [0, 1, 2, 0, 4], [5, 3, 4, 2, 5]))
# Beside the triples' own: user 1 took 0, which is in the batch for others, and 3, which was drawn for another.
KNOWN = torch.tensor([[0, 0], [0, 1], [1, 2], [2, 0], [3, 4], [1, 0], [1, 3]])


def tables(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, 5, dtype=torch.float64, generator=generator).requires_grad_() for n in (4, 7)]


def dense(users, items):
    """Cosines `[B, M]`, and who is what there, triple by triple and item by item."""
    pool = sorted({*TAKEN.tolist(), *DRAWN.tolist()})
    cosine = normalize(users[ROWS], dim=1) @ normalize(items[pool], dim=1).T
    known = {tuple(pair) for pair in KNOWN.tolist()}
    positive = torch.tensor([[item == own for item in pool] for own in TAKEN.tolist()])
    negative = torch.tensor([[(user, item) not in known for item in pool] for user in ROWS.tolist()])
    return cosine, positive, negative


def info_nce(s, positive, negative):
    return torch.stack([-(p[y] / 0.2).squeeze() + torch.logsumexp(p[y | n] / 0.2, 0)
                        for p, y, n in zip(s, positive, negative, strict=True)]).mean()  # fmt: skip


def sig_lip(s, positive, negative):
    logits = 10 * s - 10
    return -(logsigmoid(logits)[positive].sum() + logsigmoid(-logits)[negative].sum()) / len(s)


def bpr(s, positive, negative):
    return torch.stack([softplus(p[n] - p[y]).mean()
                        for p, y, n in zip(s, positive, negative, strict=True)]).mean()  # fmt: skip


def same(found, expected, leaves):
    torch.testing.assert_close(found, expected)
    for ours, theirs in zip(torch.autograd.grad(found, leaves), torch.autograd.grad(expected, leaves), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize(
    ("objective", "formula"),
    [(InfoNCE(temperature=0.2), info_nce), (SigLIP(), sig_lip), (BPR(), bpr)],
    ids=["info_nce", "sig_lip", "bpr"],
)
def test_value_and_gradient_are_those_of_the_formula_over_the_batch(objective, formula):
    leaves = tables()
    found = ObjectiveRanking(objective=objective).loss(*leaves, (ROWS, TAKEN, DRAWN), lambda: KNOWN)
    same(found, formula(*dense(*leaves)), leaves)


@pytest.mark.parametrize("kind", ABLE, ids=lambda kind: kind.__name__)
def test_every_objective_that_ranks_equals_its_equation(kind):
    leaves = tables(seed=1)
    found = ObjectiveRanking(objective=kind()).loss(*leaves, (ROWS, TAKEN, DRAWN), lambda: KNOWN)
    cosine, positive, negative = dense(*leaves)
    same(found, kind().reference(cosine, Tile(positive, negative)), leaves)


def test_the_more_is_known_the_less_is_a_negative():
    """Own: user 0 has two triples, and the item of one is no negative of the other."""
    users, items = tables()
    ranking = ObjectiveRanking(objective=InfoNCE(temperature=0.2))
    own, nothing = torch.stack([ROWS, TAKEN], dim=1), torch.zeros(0, 2, dtype=torch.int64)
    none, few, all_ = (ranking.loss(users, items, (ROWS, TAKEN, DRAWN), one.clone) for one in (nothing, own, KNOWN))
    assert none > few > all_


@pytest.mark.parametrize("contrast", [NoContrast(), CrossLayer(weight=0.3, noise=0.0)], ids=["ranking", "contrast"])
def test_in_training_all_that_a_user_took_is_known(contrast):
    torch.manual_seed(0)
    model = LightGCN(BipartiteGraph(KNOWN[:, 0].numpy(), KNOWN[:, 1].numpy(), (4, 7)), dim=5, layers=2)
    objective, pairwise = ObjectiveRanking(objective=InfoNCE(temperature=0.2)), PairwiseRanking()
    triples = (ROWS, TAKEN, DRAWN)

    def whole(ranking):
        encoded = contrast.epoch(model, np.random.default_rng(0))(torch.Generator(), nodes_of(triples, 4))
        return recommendation_loss(contrast, model, encoded, triples, decay=0.0, ranking=ranking)

    table = contrast.table(model)
    expected, other = (one.loss(table[:4], table[4:], triples, lambda: KNOWN) for one in (objective, pairwise))
    torch.testing.assert_close(whole(objective) - whole(pairwise), expected - other)
    assert objective.by_cosine


def test_objectives_that_cannot_rank_are_refused_and_none_else():
    assert {"InfoNCE", "CLIP", "SigLIP", "BPR", "Circle", "SmoothAP", "SpectralContrastive"} <= {
        kind.__name__ for kind in ABLE
    }
    # No negatives, stacked views, prototypes, scores, features, whole batches, single views, another direction.
    unable = {"Alignment", "NTXent", "ArcFace", "CoSENT", "BarlowTwins", "VICReg", "KoLeo", "CLUB"}
    assert unable <= {one.kind.__name__ for one in all_losses()} - {kind.__name__ for kind in ABLE}
    with pytest.raises(InputError, match="Alignment does not"):
        ObjectiveRanking(objective=Alignment())
    with pytest.raises(InputError, match="InfoNCE does not"):
        ObjectiveRanking(objective=InfoNCE(similarity=NegativeEuclidean()))


def test_a_ranking_is_saved_with_its_objective():
    ranking = ObjectiveRanking(objective=InfoNCE(temperature=0.3, similarity=Dot()))
    assert from_json(to_json(ranking)) == ranking
    assert not ranking.by_cosine
    assert ObjectiveRanking(objective=InfoNCE()).by_cosine
