"""Supervision carried from texts to tokens: tokens that are likely of one class attract each other."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from counterpoint.data.sets import trec_qc
from counterpoint.encoders import StaticText
from counterpoint.encoders.static_text import StaticTextEncoder
from counterpoint.evaluation import knn_accuracy, probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.objectives import SoftTargets, SupCon
from counterpoint.pairwise import Explicit

paper = Paper(
    short="Token-graph-contrast",
    title="Supervised Graph Contrastive Pretraining for Text Classification",
    authors="Ghosh, Maji and Desarkar",
    year=2022,
    identifier="arXiv:2112.11389",
    wing=Wing.TEXT,
    implements="a graph of tokens whose edges are the chance that two tokens are of one class, taken from a labelled "
    "related task, and contrast over it; token vectors then embed texts of another task with the same classes",
    deviates="The exact loss was not at hand: targets of a softmax are agreements sum_c P(c|t) P(c|u) above the mean "
    "over all tokens. TREC's questions, cut in two by their fine class, are the related and the present task, in place "
    "of 13 sets; vectors are static, without a language model, so that initialisation alone is tested and not the "
    "teacher. 5 examples a class. One learning rate for both losses.",
)
claim = Claim(
    statement="Contrast over the token graph gives a better start for few-shot and zero-shot classification than "
    "contrast over examples or no supervision.",
    checks=(
        Better(measure="few_shot", statement="Few-shot accuracy above that of contrast over examples."),
        Better(measure="zero_shot", statement="Zero-shot accuracy above that of contrast over examples."),
        Better(measure="few_shot", than="untrained", statement="And few-shot above no supervision."),
        Within(measure="agreement", above=0.3, statement="Similarity of tokens correlates with their agreement."),
    ),
    minutes=1,
    seeds=10,
)

_SIZES = {Setting.TINY: (400, 1), Setting.SMALL: (5452, 60), Setting.FULL: (5452, 2000)}
SHOTS = 5


@dataclass(frozen=True, eq=False)
class Task:
    """Texts and their classes int64 `[N]`."""

    texts: list[str]
    classes: np.ndarray

    def __len__(self) -> int:
        """N."""
        return len(self.texts)


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoder from the same start; what it learns of the related task differs."""
    count, steps = _SIZES[setting]
    related, present = tasks(count, seed)
    spec, starts = StaticText(dim=64, vocabulary_size=1200, min_frequency=5), []
    for _ in range(3):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            starts.append(spec.build([*related.texts, *present.texts]))
    method, baseline, untrained = starts
    shares = class_shares(method, related)
    _over_tokens(method, shares, steps)
    _over_examples(baseline, related, steps, seed)
    sides = {"method": method, "baseline": baseline, "untrained": untrained}
    return {
        side: {**_judged(encoder, related, present, seed), "agreement": _agreement(encoder, shares)}
        for side, encoder in sides.items()
    }


def tasks(count: int, seed: int) -> tuple[Task, Task]:
    """Questions of one half of each class's fine classes, and of the other half; a class has two fine ones or more."""
    found = trec_qc()
    part = found.train.head(count, ["text", "coarse", "fine"])
    coarse, fine = (np.array([str(value) for value in part[name]]) for name in ("coarse", "fine"))
    rng, half = np.random.default_rng(seed), set()
    kept = [name for name in np.unique(coarse) if len(np.unique(fine[coarse == name])) > 1]
    for name in kept:
        kinds = rng.permutation(np.unique(fine[coarse == name]))
        half |= {(str(name), str(kind)) for kind in kinds[: len(kinds) // 2]}
    first = np.array([(c, f) in half for c, f in zip(coarse, fine, strict=True)])
    there, numbers = np.isin(coarse, kept), np.searchsorted(np.array(kept), coarse)

    def task(rows: np.ndarray) -> Task:
        return Task([str(part["text"][row]) for row in rows], numbers[rows])

    return task(np.flatnonzero(there & first)), task(np.flatnonzero(there & ~first))


def class_shares(encoder: StaticTextEncoder, task: Task) -> Tensor:
    """``P(c | token)`` float32 `[tokens, C]`, smoothed by one text at the classes' shares; 0 for unseen tokens."""
    classes = torch.from_numpy(task.classes)
    tokens_NL = encoder.collate(task.texts)["tokens"]
    counts = torch.zeros(len(encoder.log_weight), int(classes.max()) + 1)
    flat = tokens_NL.flatten() * counts.shape[1] + classes[:, None].expand_as(tokens_NL).flatten()
    counts += torch.bincount(flat, minlength=counts.numel()).view_as(counts)
    counts[0] = 0  # padding
    shares = (counts + counts.sum(0) / counts.sum()) / (counts.sum(1, keepdim=True) + 1)
    return torch.where(counts.sum(1, keepdim=True) > 0, shares, 0.0)


def _graph(shares: Tensor) -> tuple[Tensor, Explicit]:
    """Tokens that agree with others, and their agreement above the mean as a relation; no token with itself."""
    seen = shares.sum(1).nonzero()[:, 0]
    mean = (shares[seen] @ shares[seen].T).mean()

    def weights() -> Tensor:
        return (shares[seen] @ shares[seen].T - mean).clamp_min(0).fill_diagonal_(0)

    seen = seen[weights().any(1)]
    weight = weights()
    positive = weight > 0
    negative = ~positive & ~torch.eye(len(seen), dtype=torch.bool)
    return seen, Explicit(positive, negative, torch.where(positive, weight, 1.0))


def _over_tokens(encoder: StaticTextEncoder, shares: Tensor, steps: int) -> None:
    seen, relation = _graph(shares)
    loss = SoftTargets(temperature=0.1)

    def step(_: int) -> Tensor:
        vectors = encoder.table.weight[seen]
        return loss(vectors, vectors, relation=relation)

    descend(encoder, step, steps=steps, learning_rate=3e-3)


def _over_examples(encoder: StaticTextEncoder, task: Task, steps: int, seed: int) -> None:
    draw, classes, loss = torch.Generator().manual_seed(seed), torch.from_numpy(task.classes), SupCon(temperature=0.1)

    def step(_: int) -> Tensor:
        rows = torch.randperm(len(task), generator=draw)[:256]
        return loss(encoder(encoder.collate([task.texts[row] for row in rows.tolist()])), labels=classes[rows])

    descend(encoder, step, steps=steps, learning_rate=3e-3)


def _judged(encoder: StaticTextEncoder, related: Task, present: Task, seed: int) -> dict[str, float]:
    """A probe on a few examples of the present task; and neighbours among the related task's."""
    vectors, rng = encoder.encode(present.texts), np.random.default_rng(seed)
    shuffled = rng.permutation(len(present))
    few = np.concatenate([shuffled[present.classes[shuffled] == c][:SHOTS] for c in np.unique(present.classes)])
    rest = np.setdiff1d(np.arange(len(present)), few)
    probe = probe_accuracy(vectors[few], present.classes[few], vectors[rest], present.classes[rest])
    zero = knn_accuracy(encoder.encode(related.texts), related.classes, vectors, present.classes)
    return {"few_shot": probe.value, "zero_shot": zero.value}


@torch.no_grad()
def _agreement(encoder: StaticTextEncoder, shares: Tensor) -> float:
    """Correlation of cosines of seen tokens with their agreement."""
    seen = shares.sum(1).nonzero()[:, 0]
    unit = torch.nn.functional.normalize(encoder.table.weight[seen])
    above = torch.triu_indices(len(seen), len(seen), 1)
    cosine, agreed = ((side @ side.T)[above[0], above[1]] for side in (unit, shares[seen]))
    return float(torch.corrcoef(torch.stack([cosine, agreed]))[0, 1])
