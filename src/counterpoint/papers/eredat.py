"""EREDAT: knowledge graphs and texts in one space, for retrieval and to tell whether a text fits its graph."""

import numpy as np
import torch

from counterpoint.base.content import Content
from counterpoint.data.made_triples import GraphText, made_triples, said, spoilt
from counterpoint.encoders import Encoder, StaticText
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.detection import detection
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend
from counterpoint.experiments.text_retrieval import picked
from counterpoint.objectives import CLIP

paper = Paper(
    short="EREDAT",
    title="Joint Representations of Text and Knowledge Graphs for Retrieval and Evaluation",
    authors="Le Scao and Gardent",
    year=2023,
    identifier="arXiv:2302.14785",
    wing=Wing.GRAPH,
    implements="contrast in the batch between linearised triples and texts, retrieval of the text, and the cosine "
    "as a measure of fit, against the same encoder before it learns",
    deviates="Made graphs of two triples, six relations said in two ways each and 30 names, in place of WebNLG, "
    "KELM and TEKGEN. A static text encoder from nothing in place of MPNet, so that `before` knows words but no "
    "synonyms. Neither the ensemble nor human judgements.",
)
claim = Claim(
    statement="Contrast aligns graphs and texts: the right text is found, and texts that do not fit score lower.",
    checks=(
        Better(measure="recall_at_1", statement="The text of a graph is found more often than before learning."),
        Better(measure="fit_auroc", statement="Spoilt texts are told from right ones better than before."),
        Within(measure="fit_auroc", above=0.8, statement="They are told in four cases of five at least."),
    ),
    minutes=1,
    seeds=10,
)
_SIZES = {Setting.TINY: (40, 20, 1), Setting.SMALL: (2000, 500, 400), Setting.FULL: (20_000, 2000, 5000)}


def trial(setting: Setting, seed: int) -> Figures:
    """The encoder before and after, on graphs that it did not learn from."""
    train, test, steps = _SIZES[setting]
    found = made_triples(train + test, seed=seed)
    learnt, held = found[:train], found[train:]
    graphs, texts = [one.linear for one in learnt], [one.text for one in learnt]
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = StaticText(dim=64, vocabulary_size=1000, min_frequency=2, sif=1e-2).build([*graphs, *texts])
    sides = {"baseline": judged(encoder, held, seed=seed)}
    left, right = encoder.collate(graphs), encoder.collate(texts)

    def step(_: int) -> torch.Tensor:
        rows = torch.randperm(train, generator=generator)[:64]
        return CLIP(temperature=0.05)(encoder(picked(left, rows)), encoder(picked(right, rows)))

    descend(encoder, step, steps=steps, learning_rate=5e-3)
    return {"method": judged(encoder, held, seed=seed), **sides}


def judged(encoder: Encoder, held: list[GraphText], *, seed: int) -> dict[str, float]:
    """Share of graphs whose own text is nearest, and AUROC of a second right text against a spoilt one."""
    rng = np.random.default_rng(seed)
    wrong: Content = [spoilt(one, held, rng) for one in held]
    right: Content = [said(one.triples, rng).text for one in held]
    graphs, texts, fits, misfits = (
        encoder.encode(part) for part in ([one.linear for one in held], [one.text for one in held], right, wrong)
    )
    nearest = (graphs @ texts.T).argmax(1) == np.arange(len(held))
    scores = ((graphs * rows).sum(1) for rows in (fits, misfits))
    auroc = detection(*scores, bootstrap=Bootstrap(resamples=10))[0].value
    return {"recall_at_1": float(nearest.mean()), "fit_auroc": auroc}
