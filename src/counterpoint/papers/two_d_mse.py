"""2DMSE: every layer and every number of first dimensions of one transformer is an embedding of its own."""

import copy
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from counterpoint.data.sets import stsb
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.encoders.layered import layer_embeddings
from counterpoint.evaluation import similarity_scores
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.sentence_tuning import ScoredPairs, scored_pairs, sentence_start
from counterpoint.objectives import CoSENT

paper = Paper(
    short="2DMSE",
    title="2D Matryoshka Sentence Embeddings",
    authors="Li, Li, Li, Xie and Li",
    year=2024,
    identifier="arXiv:2402.14776",
    wing=Wing.TEXT,
    implements="the loss of the last and of one drawn layer, each at full width and at one drawn width, plus the KL "
    "divergence of the drawn layer from the last, against one width alone (Matryoshka) and the last layer alone",
    deviates="MiniLM's first 3 layers and STS-B's scored pairs, in place of BERT-base and NLI; the loss of pairs is "
    "CoSENT in place of AnglE; the KL divergence is that of the softmax over dimensions at a temperature of 0.3, as in "
    "sentence-transformers' version. What the drawn layer adds weighs 0.3: with 1, as in the paper, the last of only 3 "
    "layers pays for it. In `small`, 360 steps of 16 pairs. That weight, learning rate, steps and widths (32 to 256 "
    "rather than 12 to 192) were chosen on the development part, at another seed.",
)
claim = Claim(
    statement="Cut short in layers or dimensions, the model keeps more of its quality, at nearly none of its cost.",
    checks=(
        Better(measure="early_layers", than="matryoshka", statement="Early layers are better than after Matryoshka."),
        Better(measure="early_layers", statement="And than after ordinary training."),
        Better(measure="narrow", statement="Few dimensions of the last layer are better than after ordinary training."),
        Better(measure="full", than="matryoshka", by=-0.01, statement="The whole model loses at most one point."),
    ),
    minutes=40,
    seeds=5,
)

_SIZES = {Setting.TINY: (20, 1), Setting.SMALL: (1379, 360), Setting.FULL: (1379, 5000)}
_WIDTHS, _NARROW, _WARMTH, _EARLY = (32, 64, 128, 256), 32, 0.3, 0.3
_LOSS = CoSENT()
Side = Callable[[Sequence[Tensor], Sequence[Tensor], Tensor, torch.Generator], Tensor]
"""From the layers of both sides of the pairs, and their scores, to a loss; may draw."""


def trial(setting: Setting, seed: int) -> Figures:
    """The same start, pairs and steps with three losses."""
    count, steps = _SIZES[setting]
    parts, start = stsb(), sentence_start(setting)
    train, test = scored_pairs(parts.train, 10_000), scored_pairs(parts.test, count)
    sides: dict[str, Side] = {"method": _both_ways, "matryoshka": _widths, "baseline": _plain}
    return {side: _judged(_learnt(start, train, loss, steps, seed), test) for side, loss in sides.items()}


def _plain(a: Sequence[Tensor], b: Sequence[Tensor], scores: Tensor, _: torch.Generator) -> Tensor:
    return _LOSS(a[-1], b[-1], scores=scores)


def _widths(a: Sequence[Tensor], b: Sequence[Tensor], scores: Tensor, draw: torch.Generator) -> Tensor:
    width = _WIDTHS[int(torch.randint(len(_WIDTHS), (), generator=draw))]
    return _two_widths(a[-1], b[-1], scores, width)


def _both_ways(a: Sequence[Tensor], b: Sequence[Tensor], scores: Tensor, draw: torch.Generator) -> Tensor:
    """A layer is drawn as well; the last one, to which it is aligned, gets no gradient from that."""
    width = _WIDTHS[int(torch.randint(len(_WIDTHS), (), generator=draw))]
    last = _two_widths(a[-1], b[-1], scores, width)
    if len(a) == 1:
        return last
    layer = int(torch.randint(len(a) - 1, (), generator=draw))
    early, final = (torch.cat([side[number] for side in (a, b)]) for number in (layer, -1))
    apart = kl_div(
        log_softmax(early / _WARMTH, 1),
        log_softmax(final.detach() / _WARMTH, 1),
        log_target=True,
        reduction="batchmean",
    )
    return last + _EARLY * (_two_widths(a[layer], b[layer], scores, width) + _WARMTH * apart)


def _two_widths(a: Tensor, b: Tensor, scores: Tensor, width: int) -> Tensor:
    return _LOSS(a, b, scores=scores) + _LOSS(a[:, :width], b[:, :width], scores=scores)


def _learnt(start: HuggingFaceEncoder, pairs: ScoredPairs, loss: Side, steps: int, seed: int) -> HuggingFaceEncoder:
    encoder, scores = copy.deepcopy(start), torch.from_numpy(pairs.score).float()
    batches, draw = (torch.Generator().manual_seed(seed) for _ in range(2))

    def step(_: int) -> Tensor:
        rows = torch.randperm(len(scores), generator=batches)[:16]
        texts = [side[row] for side in (pairs.first, pairs.second) for row in rows]
        layers = layer_embeddings(encoder, encoder.collate(texts))
        first, second = zip(*(one.chunk(2) for one in layers), strict=True)
        return loss(first, second, scores[rows], draw)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        descend(encoder, step, steps=steps, learning_rate=1e-4)
    return encoder


@torch.no_grad()
def _judged(encoder: HuggingFaceEncoder, pairs: ScoredPairs) -> dict[str, float]:
    """Spearman's correlation: of the whole model, of its first dimensions, and the mean of early layers."""
    layers = [
        layer_embeddings(encoder, encoder.collate(texts))
        for side in (pairs.first, pairs.second)
        for texts in (side[at : at + 64] for at in range(0, len(side), 64))
    ]
    whole = [torch.cat(one).chunk(2) for one in zip(*layers, strict=True)]

    def at(layer: int, width: int | None) -> float:
        first, second = (side[:, :width].numpy() for side in whole[layer])
        return similarity_scores(first, second, pairs.score)[0].value

    early = [at(layer, width) for layer in range(max(1, len(whole) - 1)) for width in (*_WIDTHS, None)]
    return {"full": at(-1, None), "narrow": at(-1, _NARROW), "early_layers": float(np.mean(early))}
