"""LG-ANNA: a teacher's graded relevance as the target, and mined negatives that it finds too good are left out."""

import numpy as np
import torch
from torch import Tensor

from counterpoint.evaluation import fit_tfidf
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import Step
from counterpoint.experiments.text_retrieval import RetrievalTexts, TextLearner, TextLoop, picked, scifact_texts
from counterpoint.objectives import SoftTargets
from counterpoint.pairwise import Explicit
from counterpoint.views import WordDrop, row_seeds

paper = Paper(
    short="LG-ANNA-Embedding",
    title="LG-ANNA-Embedding technical report",
    authors="Choi and others",
    year=2025,
    identifier="arXiv:2506.07438",
    wing=Wing.TEXT,
    implements="InfoNCE plus the cross-entropy to the softmax of a teacher's scores over the answer and the mined "
    "negatives, and a margin relative to the answer's score above which a mined negative is left out; each by "
    "itself, and neither",
    deviates="No retriever and reranker of billions of parameters: the teacher is the mean of TF-IDF's and latent "
    "semantic analysis's cosines on the same corpus. SciFact's claims, a static text encoder, which has no use for "
    "instructions and examples in the prompt. A false negative is planted for every claim: its answer with a tenth "
    "of the words left out. The margin of 0.95 was not tuned; the teacher's temperature is the better of 0.1 and "
    "0.03 at another seed.",
)
claim = Claim(
    statement="Soft labels and a margin relative to the positive each improve retrieval over one-hot labels and "
    "unfiltered negatives.",
    checks=(
        Better(measure="ndcg_at_10", statement="Both together are better than neither."),
        Better(measure="ndcg_at_10", side="soft", statement="Soft labels alone are better."),
        Better(measure="ndcg_at_10", side="filtered", statement="The margin alone is better."),
        Within(measure="planted_left", below=0.2, statement="It removes more than four fifths of planted negatives."),
        Within(measure="true_left", above=0.5, statement="And keeps more than half of all others."),
    ),
    minutes=3,
)

_SIZES = {Setting.TINY: (20, 60, 2), Setting.SMALL: (809, 1500, 150), Setting.FULL: (809, 5183, 5000)}
_SIDES = {"method": (True, True), "soft": (True, False), "filtered": (False, True), "baseline": (False, False)}
_NEGATIVES, _MARGIN, _WARMTH = 5, 0.95, 0.03


def trial(setting: Setting, seed: int) -> Figures:
    """The same start, batches and mined negatives for every side; one of them is a planted answer."""
    queries, documents, steps = _SIZES[setting]
    data = scifact_texts(queries=queries, documents=documents, seed=seed)
    answers = [data.documents[row] for row in data.positive]
    planted = list(WordDrop(rate=0.1)(answers, row_seeds(torch.arange(len(answers)), seed=seed, epoch=0)))
    scores_NM = taught(data, planted, seed)
    ranked = _listed(scores_NM, data.positive)
    kept = scores_NM.gather(1, ranked) <= _MARGIN * scores_NM.gather(1, ranked[:, :1])
    false = ranked == len(data.documents) + torch.arange(len(ranked))[:, None]
    figures = {}
    for side, (soft, filtered) in _SIDES.items():
        learner = TextLearner(data, TextLoop(steps=steps), seed=seed, further=planted)
        there = kept if filtered else torch.ones_like(kept)
        learner.learn(_step(learner, ranked, scores_NM.gather(1, ranked), there, soft=soft))
        figures[side] = {
            "ndcg_at_10": float(learner.ndcg().mean()),
            "planted_left": float(there[false].float().mean()),
            "true_left": float(there[:, 1:][~false[:, 1:]].float().mean()),
        }
    return figures


def taught(data: RetrievalTexts, further: list[str], seed: int) -> Tensor:
    """The teacher's scores of every query with documents and further texts, `[N, M]`."""
    texts = [*data.documents, *further]
    latent = fit_tfidf(data.documents, components=min(128, len(data.documents) - 1), seed=seed)
    words = fit_tfidf(data.documents)
    shared = np.asarray((words(data.train) @ words(texts).T).todense())
    return torch.from_numpy((shared + latent(data.train) @ latent(texts).T) / 2).float()


def _listed(scores_NM: Tensor, positive: np.ndarray) -> Tensor:
    """Every query's answer, then what the teacher scores highest besides, int64 `[N, 1 + H]`."""
    own_N1 = torch.from_numpy(positive)[:, None]
    return torch.cat([own_N1, scores_NM.scatter(1, own_N1, -torch.inf).topk(_NEGATIVES, dim=1).indices], 1)


def _step(learner: TextLearner, ranked: Tensor, scores: Tensor, there: Tensor, *, soft: bool) -> Step:
    """Lists `[N, 1 + H]` of candidates, the teacher's scores of them, and which of the negatives are used."""
    draw = torch.Generator().manual_seed(learner.seed)
    loss = SoftTargets(temperature=learner.loop.temperature)
    there = there | (torch.arange(ranked.shape[1]) == 0)
    graded = (scores / _WARMTH).masked_fill(~there, -torch.inf).softmax(1)
    certain = torch.eye(ranked.shape[1])[0].expand_as(graded)
    # cross-entropy is linear in its targets: those of a sum of two losses are the mean of theirs
    targets = (certain + graded) / 2 if soft else certain

    def step(_: int) -> Tensor:
        rows = torch.randperm(len(ranked), generator=draw)[: learner.loop.batch_size]
        candidates = learner.encoder(picked(learner.pool, ranked[rows].flatten()))
        weight = torch.block_diag(*targets[rows][:, None])
        used = there[rows].flatten()
        return loss(
            learner.encoder(picked(learner.queries, rows)), candidates[used], relation=Explicit.graded(weight[:, used])
        )

    return step
