"""DefSent+: definitions find their entry among all entries of a dictionary, whose vectors were made isotropic."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from counterpoint.data.sets import emoji_image_text
from counterpoint.encoders import Encoder
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation import isotropy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.sentence_tuning import (
    SentenceLearner,
    SentenceLoop,
    sentence_data,
    sentence_loop,
    sentence_start,
)
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import Dot, SameKey

paper = Paper(
    short="DefSent-plus",
    title="DefSent+: Improving sentence embeddings of language models by projecting definition sentences into a "
    "quasi-isotropic or isotropic vector space of unlimited dictionary entries",
    authors="Liu",
    year=2024,
    identifier="arXiv:2405.16153",
    wing=Wing.TEXT,
    implements="entries as means of their definitions' embeddings, made isotropic, then frozen; cross-entropy of a "
    "definition over all entries through a layer; entries built anew once with the tuned encoder",
    deviates="No dictionary is at hand: the names of 1,437 emoji (face with tears of joy) are the definitions of their "
    "keywords (joy, tear). Whitening that stays nearest to the vectors in place of independent components. The small "
    "setting of SimCSE (see there), half of the steps for each round. The rival has the entry's own token vectors as "
    "targets, as DefSent has. Nothing was tuned.",
)
claim = Claim(
    statement="Definitions projected on isotropic entries make better sentence embeddings than on word vectors.",
    checks=(
        Better(measure="spearman", than="untuned", statement="Better than the encoder before."),
        Better(measure="spearman", statement="Better than with word vectors as targets."),
        Better(measure="isotropy", than="untuned", by=0.3, statement="Entries are more isotropic than means."),
    ),
    minutes=3,
    seeds=10,
)

_LOSS = InfoNCE(temperature=1.0, similarity=Dot())


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Definitions, the words they define, and which belongs to which, int64 `[P, 2]`."""

    definitions: list[str]
    words: list[str]
    pairs: Tensor

    def entries(self, encoder: Encoder) -> Tensor:
        """Of every word the mean of its definitions' embeddings, `[E, D]`."""
        rows = torch.from_numpy(encoder.encode(self.definitions, batch_size=64, normalize=False))
        total = torch.zeros(len(self.words), rows.shape[1]).index_add(0, self.pairs[:, 1], rows[self.pairs[:, 0]])
        return total / torch.bincount(self.pairs[:, 1], minlength=len(self.words))[:, None]


def trial(setting: Setting, seed: int) -> Figures:
    """The encoder before, with word vectors as targets, and with isotropic entries built twice."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    known = dictionary(200 if setting is Setting.TINY else 10_000)
    table = start.model.get_input_embeddings().weight.detach()
    spelled = start.tokenizer(known.words, add_special_tokens=False)["input_ids"]
    rival = _projected(start, known, _scaled(torch.stack([table[one].mean(0) for one in spelled])), loop, seed)
    half = replace(loop, steps=max(1, loop.steps // 2))
    first = _projected(start, known, isotropic(known.entries(start)), half, seed)
    entries = isotropic(known.entries(first))
    method = _projected(first, known, entries, half, seed + 1000)
    return {
        "method": data.test.judged(method) | {"isotropy": isotropy(entries.numpy()).value},
        "baseline": data.test.judged(rival),
        "untuned": data.test.judged(start) | {"isotropy": isotropy(known.entries(start).numpy()).value},
    }


def dictionary(emoji: int) -> Dictionary:
    """Names of the first so many emoji as definitions of their keywords."""
    rows = emoji_image_text().train.head(emoji, ["name", "keywords"])
    defined = dict(zip((str(name) for name in rows["name"]), (str(one) for one in rows["keywords"]), strict=True))
    definitions = list(defined)
    said = [[word.strip() for word in defined[name].split("|") if word.strip()] for name in definitions]
    words = sorted({word for one in said for word in one})
    place = {word: number for number, word in enumerate(words)}
    pairs = [(number, place[word]) for number, one in enumerate(said) for word in one]
    return Dictionary(definitions, words, torch.tensor(pairs))


def isotropic(rows_ED: Tensor) -> Tensor:
    """Rows with mean 0 and the same variance in every direction that they use, as near to what they were as can be."""
    centred = (rows_ED - rows_ED.mean(0)).double()
    _, scales, directions = torch.linalg.svd(centred, full_matrices=False)
    used = scales > 1e-6 * scales[0]
    whitening = directions[used].T / scales[used] @ directions[used]
    return _scaled((centred @ whitening).to(rows_ED))


def _scaled(rows_ED: Tensor) -> Tensor:
    """Rows of mean length 1 times the fourth root of D, so that products begin of the order of 1."""
    return rows_ED / rows_ED.norm(dim=1).mean() * rows_ED.shape[1] ** 0.25


def _projected(
    start: HuggingFaceEncoder, known: Dictionary, entries_ED: Tensor, loop: SentenceLoop, seed: int
) -> HuggingFaceEncoder:
    """The encoder after it has learnt to find the entries of definitions."""
    learner = SentenceLearner(start, known.definitions, loop, seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layer = nn.Linear(start.embedding_dim, start.embedding_dim)
    numbers = torch.arange(len(entries_ED))

    def step(_: int) -> Tensor:
        chosen = known.pairs[torch.randperm(len(known.pairs))[: loop.batch_size]]
        h = layer(learner.embed([known.definitions[row] for row in chosen[:, 0]]))
        return _LOSS(h, entries_ED, relation=SameKey(chosen[:, 1], numbers, prototypes=True))

    return learner.learn(step, layer)
