"""Setwise topics: sets of documents in contrast, and a gradient that serves it and the likelihood alike."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from torch import Tensor, nn

from counterpoint.data import named
from counterpoint.encoders.topics import TopicModel
from counterpoint.evaluation import topic_coherence, topic_diversity
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import with_own_negatives
from counterpoint.training.pareto import compromise

paper = Paper(
    short="Setwise-topic-CL",
    title="Topic Modeling as Multi-Objective Contrastive Optimization",
    authors="Nguyen, Wu, Dong, Nguyen, Ng and Luu",
    year=2024,
    identifier="arXiv:2402.07577",
    wing=Wing.TEXT,
    implements="sets of documents, pooled by the maximum for anchors and positives and by the minimum for negatives, "
    "and the gradient of two objectives on the encoder by MGDA; the decoder follows the likelihood alone",
    deviates="SciFact's abstracts, 1,000 words and 20 topics in place of four corpora and 50 or 200 topics; a "
    "document's other view keeps each of its words with a chance of a half; cosines of shares of topics without a "
    "network in between; NPMI of 10 words counts in documents that nobody learnt from. Settings are those of the best "
    "NPMI on validation documents with three other seeds: the learning rate of the likelihood alone; weight and "
    "temperature of the contrast among four pairs for documents; weight, temperature and size of sets among seven "
    "triples for sets, whose contrast is weighted before both gradients are balanced.",
)
claim = Claim(
    statement="Contrast of sets with a gradient that balances both losses makes more coherent and more different "
    "topics than contrast of documents with a fixed weight.",
    checks=(
        Better(measure="npmi", by=-0.005, statement="Coherence is not below that of contrasted documents."),
        Better(measure="diversity", by=-0.005, statement="Nor is diversity."),
        Better(measure="npmi", than="elbo", statement="Coherence is above that of the likelihood alone."),
        Within(measure="agreement", above=-1e-6, statement="The common gradient lowers both losses at every step."),
    ),
    minutes=4,
    seeds=10,
)

Contrast = Callable[[Tensor, Tensor], Tensor]
"""From shares of topics `[N, K]` of documents, and of their other views, to a scalar."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a run: documents, words known, topics, steps and documents a step."""

    documents: int
    words: int = 1000
    topics: int = 20
    steps: int = 300
    batch: int = 128


_SIZES = {
    Setting.TINY: Size(documents=120, words=200, topics=4, steps=2, batch=16),
    Setting.SMALL: Size(documents=5183),
    Setting.FULL: Size(documents=5183, words=5000, topics=50, steps=20_000),
}
_SET, _WEIGHT, _RATE = 2, 10.0, 2e-2
_LOSS = InfoNCE(temperature=0.2)


@dataclass(frozen=True, eq=False)
class Documents:
    """Bags of words `[N, W]`, to learn from, to choose settings by and to judge by."""

    train: Tensor
    validation: sparse.csr_matrix
    test: sparse.csr_matrix


def trial(setting: Setting, seed: int) -> Figures:
    """The likelihood alone, with either contrast at a fixed weight, and with sets by the balanced gradient."""
    size = _SIZES[setting]
    data = documents(size)
    sides: dict[str, tuple[Contrast | None, bool]] = {
        "method": (of_sets, True),
        "baseline": (of_documents, False),
        "elbo": (None, False),
        "fixed sets": (of_sets, False),
    }
    found = {}
    for side, (contrast, balanced) in sides.items():
        learner = Learner(data.train, contrast, balanced)
        found[side] = judged(learner.learn(size, seed), data.test)
        if learner.agreements:
            found[side] |= {"agreement": min(learner.agreements), "share": float(np.mean(learner.shares))}
    return found


def documents(size: Size) -> Documents:
    """SciFact's abstracts in a fixed random order: three fifths to learn from, one to choose by, one to judge by."""
    held = named("scifact").retrieval
    assert held is not None
    rows = held.corpus.head(size.documents, ["title", "text"])
    texts = [f"{title} {text}" for title, text in zip(rows["title"], rows["text"], strict=True)]
    order = np.random.default_rng(0).permutation(len(texts))
    parts = np.split(order, [len(texts) * 3 // 5, len(texts) * 4 // 5])
    counter = CountVectorizer(
        stop_words="english", max_features=size.words, min_df=2, max_df=0.5, token_pattern="[a-z]{3,}"
    )
    counter.fit([texts[row] for row in parts[0]])
    train, validation, test = (sparse.csr_matrix(counter.transform([texts[row] for row in part])) for part in parts)
    return Documents(torch.from_numpy(train.toarray()).float(), validation, test)


def of_documents(topics_NK: Tensor, other_NK: Tensor) -> Tensor:
    """Each document finds its other view among those of the batch."""
    return _LOSS(topics_NK, other_NK)


def of_sets(topics_NK: Tensor, other_NK: Tensor) -> Tensor:
    """Each set of documents, at its maximum, finds that of its other views among the minima of the other sets.

    Rows are in random order, so that neighbours make random sets; what is left over after whole sets is not used.
    """
    sets = len(topics_NK) // _SET
    anchors, others = (one[: sets * _SET].view(sets, _SET, -1) for one in (topics_NK, other_NK))
    strangers = (torch.arange(sets)[:, None] + torch.arange(1, sets)) % sets
    own = others.amin(1)[strangers]
    return with_own_negatives(anchors.amax(1), others.amax(1), own, in_batch=False).under(_LOSS)


@dataclass(eq=False)
class Learner:
    """One way to learn topics, and what was seen of the gradients on the way.

    Attributes:
        bags: `[N, W]`.
        contrast: Beside the likelihood; None for none.
        balanced: Whether the encoder gets the balanced gradient, or that of the sum.
        shares: Of the likelihood in the common gradient, one a step.
        agreements: The smaller cosine of the common gradient with its two parts, one a step.
    """

    bags: Tensor
    contrast: Contrast | None
    balanced: bool
    shares: list[float] = field(default_factory=list)
    agreements: list[float] = field(default_factory=list)

    def learn(self, size: Size, seed: int) -> TopicModel:
        """The model after all steps; torch's global random state is left as it was found."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = TopicModel(self.bags.sum(0), size.topics)
            encoder = [*nn.ModuleList([model.read, model.mean, model.log_variance]).parameters()]

            def step(_: int) -> Tensor:
                bags = self.bags[torch.randperm(len(self.bags))[: size.batch]]
                read = model(bags)
                likelihood = model.loss(bags, read)
                if self.contrast is None:
                    return likelihood
                other = model(bags * (torch.rand_like(bags) < 0.5))
                return self._joined(likelihood, _WEIGHT * self.contrast(read.topics, other.topics), encoder)

            descend(model, step, steps=size.steps, learning_rate=_RATE)
        return model

    def _joined(self, likelihood: Tensor, told: Tensor, encoder: list[nn.Parameter]) -> Tensor:
        if not self.balanced:
            return likelihood + told
        found = compromise(likelihood, told, encoder)
        self.shares.append(found.share)
        self.agreements.append(found.agreement)
        return found.loss


def judged(model: TopicModel, bags: sparse.csr_matrix) -> dict[str, float]:
    """NPMI of 10 words a topic in other documents, and the diversity of 25."""
    coherent, different = (model.top_words(count).numpy() for count in (10, 25))
    return {"npmi": topic_coherence(coherent, bags).value, "diversity": topic_diversity(different)}
