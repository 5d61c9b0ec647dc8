"""T-VEC: a general encoder tuned on a domain's triplets, and what that changed in which layer."""

import copy

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import triplet_margin_loss

from counterpoint.data.sets import stsb
from counterpoint.encoders import Encoder
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation import fit_tfidf
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.sentence_tuning import scored_pairs, sentence_start
from counterpoint.experiments.text_domains import Pairs, titles

paper = Paper(
    short="T-VEC",
    title="T-VEC: A Telecom-Specific Vectorization Model with Enhanced Semantic Understanding via Deep Triplet Loss "
    "Fine-Tuning",
    authors="Ethiraj, David, Menon, Vijay and Kannan",
    year=2025,
    identifier="arXiv:2504.16460",
    wing=Wing.TEXT,
    implements="the triplet loss on all layers of a general encoder, and the relative change of each layer's weights",
    deviates="MiniLM's first 3 layers in place of a model of 1.5 billion parameters, whose token vectors do not learn; "
    "titles and first sentences of SciFact's abstracts in place of telecom's questions, with the first sentence that "
    "shares most words with the title, of another abstract, as the negative. Euclidean distance between unit rows, "
    "margin 0.3, not tuned. The tokenizer of the domain is left out. In `small`, 30 steps and 300 pairs of STS-B.",
)
claim = Claim(
    statement="Triplets of a domain lift its own triplet accuracy, general similarity holds up, and the change is "
    "spread over all layers.",
    checks=(
        Better(measure="triplet_accuracy", statement="More unseen triplets of the domain are in order."),
        Better(measure="spearman", by=-0.05, statement="STS-B's correlation falls by less than 0.05."),
        Within(measure="least_change", above=1e-4, statement="No layer stays as it was."),
        Within(
            measure="evenness", above=0.5, statement="The least changed layer moves at least half as far as the most."
        ),
    ),
    minutes=3,
    seeds=10,
)

_SIZES = {Setting.TINY: (20, 10, 20, 1), Setting.SMALL: (1500, 200, 300, 30), Setting.FULL: (5000, 183, 1379, 3000)}


def trial(setting: Setting, seed: int) -> Figures:
    """The encoder before and after."""
    count, tests, pairs, steps = _SIZES[setting]
    domain, general = titles(count, tests), scored_pairs(stsb().test, pairs)
    before = sentence_start(setting)
    after = _tuned(before, domain.train, steps, seed)
    figures = {
        side: {"triplet_accuracy": accuracy(encoder, domain.test), "spearman": general.judged(encoder)["spearman"]}
        for side, encoder in (("method", after), ("baseline", before))
    }
    changes = layer_changes(before, after)
    figures["method"] |= {f"change_{number}": change for number, change in enumerate(changes)}
    figures["method"] |= {"least_change": min(changes), "evenness": min(changes) / max(changes)}
    return figures


def hardest(pairs: Pairs) -> np.ndarray:
    """For each first side the row of the second side, of another pair, that shares most words with it, `[N]`."""
    embed = fit_tfidf([*pairs.first, *pairs.second])
    words_NN = np.asarray((embed(pairs.first) @ embed(pairs.second).T).todense())
    np.fill_diagonal(words_NN, -np.inf)
    return words_NN.argmax(1)


def accuracy(encoder: Encoder, pairs: Pairs) -> float:
    """Share of triplets whose first side is nearer to its own second side than to the hardest other one."""
    first, second = (encoder.encode(side, batch_size=64) for side in (pairs.first, pairs.second))
    own, other = ((first * side).sum(1) for side in (second, second[hardest(pairs)]))
    return float((own > other).mean())


def layer_changes(before: HuggingFaceEncoder, after: HuggingFaceEncoder) -> list[float]:
    """Of every layer ``||after - before|| / ||before||`` over all its weights."""
    found = []
    for old, new in zip(before.model.encoder.layer, after.model.encoder.layer, strict=True):
        weights = [torch.cat([one.detach().flatten() for one in layer.parameters()]) for layer in (old, new)]
        found.append(float((weights[1] - weights[0]).norm() / weights[0].norm()))
    return found


def _tuned(start: HuggingFaceEncoder, pairs: Pairs, steps: int, seed: int) -> HuggingFaceEncoder:
    encoder, negatives = copy.deepcopy(start), hardest(pairs)
    draw = torch.Generator().manual_seed(seed)

    def step(_: int) -> Tensor:
        rows = torch.randperm(len(pairs), generator=draw)[:16].tolist()
        texts = [pairs.first[row] for row in rows] + [pairs.second[row] for row in rows]
        texts += [pairs.second[negatives[row]] for row in rows]
        unit = torch.nn.functional.normalize(encoder(encoder.collate(texts)))
        return triplet_margin_loss(*unit.chunk(3), margin=0.3)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        descend(encoder, step, steps=steps, learning_rate=1e-4)
    return encoder
