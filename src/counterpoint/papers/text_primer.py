"""A primer on contrast in language: its methods as parts of the library, and edits that turn a meaning unseen."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from counterpoint.data.sets.sugarcrepe import sugarcrepe
from counterpoint.encoders import Encoder, HuggingFace, StaticText
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.sentence_tuning import ScoredPairs, sentence_data, sentence_loop, sentence_start, tuned
from counterpoint.objectives import CLIP, InfoNCE, NTXent, SigLIP, SupCon
from counterpoint.pairwise import Loss
from counterpoint.views import Compose, Identity, SpanCut, View, WordDrop, WordSwap, row_seeds

paper = Paper(
    short="Contrastive-NLP-primer",
    title="A Primer on Contrastive Pretraining in Language Processing: Methods, Lessons Learned and Perspectives",
    authors="Rethmeier and Augenstein",
    year=2021,
    identifier="arXiv:2102.12982",
    wing=Wing.TEXT,
    implements="its division of methods by what is compared, loss and augmentation, each entry run as parts of the "
    "library, and the warning that small edits of a text change what it says",
    deviates="A survey, without a claim in figures. Of its methods those whose parts are here. The edits are "
    "SugarCrepe's wrong captions with one word replaced or two swapped, the paraphrases pairs of STS-B scored 4.5 or "
    "more; the small setting of SimCSE (see there).",
)
claim = Claim(
    statement="Methods combine few parts; texts that differ by a word may mean another thing and lie close.",
    checks=(
        Within(measure="resolved", above=0.999, statement="Every entry runs: a finite loss, and a gradient."),
        Within(measure="unseen", above=0.5, statement="Most wrong captions are closer than the median paraphrase."),
        Within(measure="unseen", side="simcse", above=0.5, statement="After SimCSE as well."),
        Better(measure="unseen", side="simcse", than="method", lower=True, statement="Though fewer of them."),
    ),
    seeds=10,
    minutes=3,
)


@dataclass(frozen=True, kw_only=True)
class TextMethod:
    """One entry of the primer.

    Attributes:
        name: Of the method.
        compares: Inputs with inputs, or with labels.
        loss: What it makes small.
        views: How a text becomes its positive; equal views differ by dropout.
    """

    name: str
    compares: str
    loss: Loss
    views: tuple[View, View] = (Identity(), Identity())

    def runs(self, texts: list[str], seed: int) -> bool:
        """Whether the parts give a finite loss and a gradient on some texts, the first half of them of one class."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder = StaticText(dim=8, min_frequency=1, token_dropout=0.1).build(texts)
        seeds = row_seeds(torch.arange(len(texts)), seed=seed, epoch=0)
        first, second = (encoder(encoder.collate(view(texts, seeds + side))) for side, view in enumerate(self.views))
        labels = (torch.arange(len(texts)) * 2 // len(texts)) if self.compares == "labels" else None
        loss = self.loss(first, second) if labels is None else self.loss(first, labels=labels)
        loss.backward()
        moved = any(one.grad is not None and bool(one.grad.abs().sum() > 0) for one in encoder.parameters())
        return bool(torch.isfinite(loss)) and moved


_CHANGED = Compose(views=(WordSwap(rate=0.2), SpanCut(fraction=0.2)))
METHODS = (
    TextMethod(name="CLEAR", compares="inputs", loss=NTXent(temperature=0.1), views=(_CHANGED, _CHANGED)),
    TextMethod(name="DeCLUTR", compares="inputs", loss=NTXent(), views=(SpanCut(fraction=0.5), SpanCut(fraction=0.5))),
    TextMethod(name="CERT", compares="inputs", loss=InfoNCE(), views=(Identity(), WordDrop(rate=0.2))),
    TextMethod(name="SimCSE", compares="inputs", loss=InfoNCE(temperature=0.05)),
    TextMethod(name="Quick-Thought", compares="inputs", loss=CLIP(temperature=1.0)),
    TextMethod(name="NCE of pairs", compares="inputs", loss=SigLIP()),
    TextMethod(name="SupCon fine-tuning", compares="labels", loss=SupCon(temperature=0.3)),
)


def trial(setting: Setting, seed: int) -> Figures:
    """Every entry on a batch; how often an edit goes unseen, before and after SimCSE, and by MiniLM with all layers."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    assert isinstance(start.spec, HuggingFace)
    texts = data.train[:32]
    resolved = float(np.mean([one.runs(texts, seed) for one in METHODS]))
    encoders = {
        "method": start,
        "simcse": tuned(start, data.train, InfoNCE(temperature=0.05), loop, seed=seed),
        "minilm": replace(start.spec, layers=None).build(),
    }
    edits, rng = _edits(), np.random.default_rng(seed)
    drawn = [edits[i] for i in rng.permutation(len(edits))[: len(data.test.first)]]
    found = {side: {"unseen": _unseen(encoder, drawn, data.test)} for side, encoder in encoders.items()}
    found["method"]["resolved"] = resolved
    return found


def _edits() -> list[tuple[str, str]]:
    """Captions and wrong ones of as many words of which one differs, or two have changed places."""
    table = sugarcrepe()
    rows = table.take(np.arange(len(table)), ["caption", "negative_caption"])
    pairs = [(str(a).strip(), str(b).strip()) for a, b in zip(rows["caption"], rows["negative_caption"], strict=True)]
    return [(a, b) for a, b in pairs if 0 < _differing(a.lower().split(), b.lower().split()) <= 2]


def _differing(first: list[str], second: list[str]) -> int:
    if len(first) != len(second):
        return max(len(first), len(second))
    return sum(a != b for a, b in zip(first, second, strict=True))


def _unseen(encoder: Encoder, edits: list[tuple[str, str]], pairs: ScoredPairs) -> float:
    """Share of edits with a cosine above that of the median pair that says the same."""
    same = np.flatnonzero(pairs.score >= 4.5)
    sides = [[side[i] for i in same] for side in (pairs.first, pairs.second)]
    meant, edited = (
        (encoder.encode(list(first), batch_size=64) * encoder.encode(list(second), batch_size=64)).sum(1)
        for first, second in (sides, zip(*edits, strict=True))
    )
    return float((edited > np.median(meant)).mean())
