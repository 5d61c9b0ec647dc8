"""Transformations of texts: do those that keep the meaning make the better positives?"""

from dataclasses import replace

import numpy as np
import torch

from counterpoint.encoders import HuggingFace
from counterpoint.evaluation import rank_correlation
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.sentence_tuning import sentence_data, sentence_loop, sentence_start, tuned
from counterpoint.experiments.text_transformations import TRANSFORMATIONS
from counterpoint.objectives import InfoNCE
from counterpoint.views import View, row_seeds

paper = Paper(
    short="Text-transformations-review",
    title="Text Transformations in Contrastive Self-Supervised Learning: A Review",
    authors="Bhattacharjee, Karami and Liu",
    year=2022,
    identifier="arXiv:2203.12000",
    wing=Wing.TEXT,
    implements="its transformations as a list that says which run here, and for those what they keep of the meaning "
    "beside what they teach",
    deviates="A survey, without a claim in figures. The small setting of SimCSE (see there), 20 steps. The judge of "
    "meaning is MiniLM with all its layers, by the cosine of a sentence and its changed form; SimCSE's dropout is in "
    "every positive.",
)
claim = Claim(
    statement="Positives teach more, the more of the meaning their transformation keeps.",
    checks=(
        Within(measure="rank_correlation", above=0.0, statement="What is kept ranks what is learnt."),
        Better(measure="spearman", side="deletion", than="harsh deletion", statement="Losing half the words is worse."),
        Within(measure="least_kept", side="swap", below=0.9, statement="Two words in another order change a meaning."),
    ),
    minutes=6,
    seeds=10,
)

_SEEN = {Setting.TINY: 20, Setting.SMALL: 500, Setting.FULL: 5000}


def trial(setting: Setting, seed: int) -> Figures:
    """Every transformation that runs: the meaning it keeps and the similarity that training on it reaches."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    loop = replace(loop, steps=min(loop.steps, 20)) if setting is not Setting.FULL else loop
    assert isinstance(start.spec, HuggingFace)
    judge = replace(start.spec, layers=None).build()
    sentences = data.train[: _SEEN[setting]]
    meant = judge.encode(sentences, batch_size=64)
    found: dict[str, dict[str, float]] = {}
    for one in TRANSFORMATIONS:
        if one.view is None:
            continue
        encoder = tuned(start, data.train, InfoNCE(temperature=0.05), loop, one.view, one.view, seed=seed)
        kept = (meant * judge.encode(_changed(sentences, one.view, seed), batch_size=64)).sum(1)
        figures = {"kept": float(kept.mean()), "least_kept": float(np.quantile(kept, 0.01))}
        found[one.name] = data.test.judged(encoder) | figures
    names = list(found)
    learnt = [[found[name][measure] for name in names] for measure in ("kept", "spearman")]
    return {**found, "method": {"rank_correlation": rank_correlation(*learnt)}}


def _changed(sentences: list[str], view: View, seed: int) -> list[str]:
    rows = torch.arange(len(sentences))
    return [str(text) for text in view(sentences, row_seeds(rows, seed=seed, epoch=0))]
