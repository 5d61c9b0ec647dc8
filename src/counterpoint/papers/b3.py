"""B3: batches of captions that a teacher finds alike make small batches as good as larger random ones."""

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data import named
from counterpoint.encoders import StaticText
from counterpoint.evaluation import Recall, fit_tfidf, retrieval_values
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.descend import descend
from counterpoint.experiments.text_retrieval import picked
from counterpoint.objectives import CLIP
from counterpoint.pairs.batches import BatchPlan, HardCommunities, KnownRows, Shuffled

paper = Paper(
    short="B3",
    title="Breaking the Batch Barrier (B3) of Contrastive Learning via Smart Batch Mining",
    authors="Thirukovalluru, Meng, Liu and others",
    year=2025,
    identifier="arXiv:2505.11293",
    wing=Wing.PAIRS,
    implements="batches from communities of a teacher's graph of mutual neighbours, nearest ranks skipped (Section 3)",
    deviates="Captions and their translations (Multi30k, English and German) with two static text encoders instead of "
    "images and text with a large model; the teacher is TF-IDF reduced to 64 dimensions on the English side; "
    "heavy-edge matching instead of METIS. One learning rate and temperature for all batches.",
)
claim = Claim(
    statement="Batches of communities hold harder negatives and retrieve better than random ones of the same size, as "
    "well as random ones four times as large.",
    checks=(
        Better(measure="hardness", statement="Texts of a batch are more alike to the teacher."),
        Better(measure="recall_at_1", statement="Recall at 1 is higher than with random batches."),
        Better(
            measure="recall_at_1", than="four_times", by=-0.01, statement="Within 0.01 of batches four times as large."
        ),
        Better(measure="recall_at_1", than="no_skip", statement="Higher than without skipping the nearest ranks."),
    ),
    minutes=1,
)

_SIZES = {Setting.TINY: (200, 100, 2), Setting.SMALL: (4000, 1000, 250), Setting.FULL: (29_000, 1000, 10_000)}
_BATCH = 32


def trial(setting: Setting, seed: int) -> Figures:
    """The same encoders, captions and steps with four ways to fill a batch."""
    count, tested, steps = _SIZES[setting]
    (english, german), test = _captions(count, tested, seed)
    embed = fit_tfidf(english, components=64, seed=seed)
    teacher = torch.from_numpy(np.asarray(embed(english)))
    alike = torch.nn.functional.normalize(teacher) @ torch.nn.functional.normalize(teacher).T
    nearest = torch.topk(alike.fill_diagonal_(-torch.inf), min(60, count - 1), dim=1).indices.numpy()
    rows = KnownRows(n=count, nearest=nearest)
    plans = {
        "method": HardCommunities(skip=5, links=50, community=16).plan(rows, batch_size=_BATCH, seed=seed),
        "no_skip": HardCommunities(skip=0, links=50, community=16).plan(rows, batch_size=_BATCH, seed=seed),
        "baseline": Shuffled().plan(rows, batch_size=_BATCH, seed=seed),
        "four_times": Shuffled().plan(rows, batch_size=4 * _BATCH, seed=seed),
    }
    return {
        side: {
            "hardness": _hardness(plan, alike),
            "recall_at_1": _recall((english, german), test, plan, steps, seed),
        }
        for side, plan in plans.items()
    }


def _captions(count: int, tested: int, seed: int) -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    found = named("multi30k")
    assert found.test is not None
    chosen = np.random.default_rng(seed).permutation(len(found.train))[:count]
    parts = (found.train.take(chosen), found.test.head(tested))
    learnt, test = (([str(t) for t in part["en"]], [str(t) for t in part["de"]]) for part in parts)
    return learnt, test


def _hardness(plan: BatchPlan, alike_NN: Tensor) -> float:
    """Mean teacher similarity of two texts of a batch."""
    apart = ~torch.eye(plan.batch_size, dtype=torch.bool)
    batches = [torch.from_numpy(rows) for rows in plan.epoch(0)]
    return float(torch.stack([alike_NN[rows][:, rows][apart].mean() for rows in batches]).mean())


def _recall(
    learnt: tuple[list[str], list[str]], test: tuple[list[str], list[str]], plan: BatchPlan, steps: int, seed: int
) -> float:
    """Of translations among those of all test captions, after training on the plan's batches."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoders = [StaticText(dim=128, sif=1e-3).build(texts) for texts in learnt]
    inputs = [encoder.collate(texts) for encoder, texts in zip(encoders, learnt, strict=True)]
    objective = CLIP(temperature=0.05)

    def step(number: int) -> Tensor:
        rows = torch.from_numpy(plan.epoch(number // plan.batches)[number % plan.batches])
        first, second = (encoder(picked(side, rows)) for encoder, side in zip(encoders, inputs, strict=True))
        return objective(first, second)

    descend(nn.ModuleList(encoders), step, steps=steps, learning_rate=1e-2)
    first, second = (encoder.encode(texts) for encoder, texts in zip(encoders, test, strict=True))
    found, _ = retrieval_values(first, second, measures=[Recall(k=1)])
    return float(found[Recall(k=1).name].mean())
