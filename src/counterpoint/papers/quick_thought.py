"""Quick-Thought: which sentence comes next among others, instead of its words one by one."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.data import named
from counterpoint.data.sets import novels
from counterpoint.encoders import Encoder, Inputs, StaticText
from counterpoint.evaluation import probe_accuracy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import Step, descend
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Dot

paper = Paper(
    short="Quick-Thought",
    title="An efficient framework for learning sentence representations",
    authors="Logeswaran and Lee",
    year=2018,
    identifier="arXiv:1803.02893",
    wing=Wing.TEXT,
    implements="Eq. 2 to 4: two encoders, inner products, a softmax over the sentences of a batch, both neighbours; "
    "the embedding is both encoders' side by side",
    deviates="Sums of token vectors of 2 x 128 dimensions, as in the public code's bag of words, in place of two GRUs "
    "of 1200, batches of 32 pairs in place of 400 sentences in a row, novels in place of BookCorpus, 1,500 "
    "labelled questions a task. The generative twin has one static encoder of 256 and a GRU that writes the next "
    "sentence. Same sentences, steps and learning rate. Work is counted in products of matrices, of which static "
    "encoders have none.",
)
claim = Claim(
    statement="Telling the next sentence from others teaches more than writing it, for a tenth of the work.",
    checks=(
        Better(measure="probe_accuracy", statement="Better probes than the generative twin."),
        Within(measure="next_found", above=0.15, statement="The next of 32 sentences of a new novel, 5 times chance."),
        Within(measure="work_saved", above=10.0, statement="A tenth of the twin's products at most."),
    ),
    minutes=3,
)

_BATCH = 32
_SIZES = {Setting.TINY: (300, 1, 60), Setting.SMALL: (40_000, 1200, 1500), Setting.FULL: (10**7, 10**6, 10**5)}


class NextWords(nn.Module):
    """A GRU that begins with a sentence's embedding and writes the next sentence, word after word.

    Args:
        encoder: Whose vocabulary it writes in.
        width: Of its states.
    """

    def __init__(self, encoder: Encoder, *, width: int = 128) -> None:
        super().__init__()
        words = len(encoder.get_parameter("log_weight"))
        self.word = nn.Embedding(words + 1, width, padding_idx=0)  # the last begins every sentence
        self.first = nn.Linear(encoder.embedding_dim, width)
        self.recur = nn.GRU(width, width, batch_first=True)
        self.out = nn.Linear(width, words)

    def forward(self, h_ND: Tensor, words_NL: Tensor) -> Tensor:
        """Mean cross-entropy of the words `[N, L]`, 0 where a sentence has ended."""
        begin_N1 = words_NL.new_full((len(words_NL), 1), self.word.num_embeddings - 1)
        shown_NLD = self.word(torch.cat([begin_N1, words_NL[:, :-1]], dim=1))
        states_NLD, _ = self.recur(shown_NLD, self.first(h_ND)[None].tanh())
        return cross_entropy(self.out(states_NLD).flatten(0, 1), words_NL.flatten(), ignore_index=0)


def trial(setting: Setting, seed: int) -> Figures:
    """Both ways to learn from the next sentence, read by probes."""
    pairs, steps, labelled = _SIZES[setting]
    found = novels(pairs=pairs)
    data = [[str(text) for text in found.train.head(pairs, [side])[side]] for side in ("anchor", "positive")]
    later = [[str(text) for text in found.test.head(2000, [side])[side]] for side in ("anchor", "positive")]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        f, g = (_static(128).build(data[0]) for _ in range(2))
        single = _static(256).build(data[0])
        writer = NextWords(single)
        discriminating, generating = _discriminating(f, g, data), _generating(single, writer, data)
        work = [_products(step) for step in (discriminating, generating)]
        descend(nn.ModuleList([f, g]), discriminating, steps=steps, learning_rate=2e-3)
        descend(nn.ModuleList([single, writer]), generating, steps=steps, learning_rate=2e-3)
    both = {"probe_accuracy": _probes((f, g), labelled, seed), "next_found": _found(f, g, later)}
    return {
        "method": both | {"work_saved": work[1] / work[0]},
        "baseline": {"probe_accuracy": _probes((single,), labelled, seed)},
    }


def _static(dim: int) -> StaticText:
    return StaticText(dim=dim, vocabulary_size=3000, max_length=40)


def _discriminating(f: Encoder, g: Encoder, data: Sequence[Sequence[str]]) -> Step:
    """Each sentence of a batch finds its neighbour, the next and the one before."""
    loss = InfoNCE(temperature=1.0, similarity=Dot())

    def step(_: int) -> Tensor:
        first, second = (f.collate(side) for side in _batch(data))
        return loss(_sum(f, first), _sum(g, second)) + loss(_sum(f, second), _sum(g, first))

    return step


def _sum(encoder: Encoder, inputs: Inputs) -> Tensor:
    """The sum `[N, D]` of a text's token vectors: inner products of means are too small to tell sentences apart."""
    return encoder(inputs) * inputs["length"].unsqueeze(1)


def _generating(encoder: Encoder, writer: NextWords, data: Sequence[Sequence[str]]) -> Step:
    """Each sentence writes the next and the one before."""

    def step(_: int) -> Tensor:
        first, second = (encoder.collate(side) for side in _batch(data))
        return writer(encoder(first), second["tokens"]) + writer(encoder(second), first["tokens"])

    return step


def _batch(data: Sequence[Sequence[str]]) -> list[list[str]]:
    rows = torch.randint(len(data[0]), (_BATCH,)).tolist()
    return [[str(side[row]) for row in rows] for side in data]


def _products(step: Step) -> int:
    """Products of matrices in one step, forward and backward."""
    from torch.utils.flop_counter import FlopCounterMode  # it brings Triton where that is installed

    with FlopCounterMode(display=False) as counter:
        step(0).backward()
    return counter.get_total_flops()


def _probes(encoders: Sequence[Encoder], labelled: int, seed: int) -> float:
    """Mean accuracy of probes of the kinds of questions and of intents."""
    accuracies = []
    for name in ("trec_qc", "banking77"):
        found = named(name)
        drawn = np.random.default_rng(seed).permutation(len(found.train))[:labelled]
        parts = [found.train.take(drawn), found.test.head(labelled)]
        rows = [np.concatenate([one.encode([str(t) for t in part["text"]]) for one in encoders], 1) for part in parts]
        labels = [np.array([str(label) for label in part[found.overrides["label"]]]) for part in parts]
        accuracies.append(probe_accuracy(rows[0], labels[0], rows[1], labels[1]).value)
    return float(np.mean(accuracies))


def _found(f: Encoder, g: Encoder, later: Sequence[Sequence[str]]) -> float:
    """Share of sentences of another novel whose next one scores highest of a batch's."""
    rows = np.random.default_rng(0).permutation(len(later[0]))
    with torch.no_grad():
        first, second = (
            _sum(encoder, encoder.collate(side)).numpy()[rows] for encoder, side in zip((f, g), later, strict=True)
        )
    whole = len(rows) // _BATCH * _BATCH
    scores = np.einsum("bnd,bmd->bnm", *(side[:whole].reshape(-1, _BATCH, side.shape[1]) for side in (first, second)))
    return float((scores.argmax(2) == np.arange(_BATCH)).mean())
