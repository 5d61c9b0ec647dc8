"""A few labelled texts of every class, and a classifier on an encoder of texts: for trials with few labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.data import Table, named
from counterpoint.encoders import Encoder
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.sentence_tuning import sentence_start


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """N texts and the numbers of their classes, int64 `[N]`."""

    texts: list[str]
    labels: Tensor

    def __len__(self) -> int:
        """N."""
        return len(self.texts)

    def chosen(self, rows: Tensor) -> list[str]:
        """The texts of some rows."""
        return [self.texts[row] for row in rows.tolist()]


@dataclass(frozen=True, eq=False)
class FewTexts:
    """A task with few labels.

    Attributes:
        train: As many texts of every class, to learn from.
        validation: As many again, to choose settings by.
        test: To judge by; of the set's own test part.
        classes: Their names, by number.
    """

    train: LabelledTexts
    validation: LabelledTexts
    test: LabelledTexts
    classes: tuple[str, ...]


def few_texts(name: str, *, shots: int, tests: int, seed: int, classes: Sequence[str] = ()) -> FewTexts:
    """A split of a named set of labelled texts.

    Args:
        name: Of the set, such as trec_qc or banking77.
        shots: Texts of every class to learn from, and as many others to choose by.
        tests: Test texts at most, drawn.
        seed: Decides the whole split.
        classes: Those that take part, in this order; all by name otherwise.

    Raises:
        InputError: There is no such class, or a class has too few texts.
    """
    found = named(name)
    if found.test is None or "label" not in found.overrides:
        raise InputError(f"name must be that of a set with labels and a test part, and {name!r} is none")
    pools = [_labelled(part, found.overrides["label"]) for part in (found.train, found.test)]
    kept = tuple(classes) or tuple(np.unique(pools[0][1]).tolist())
    rng = np.random.default_rng(seed)
    drawn = [_of_class(pools[0][1], one, 2 * shots, rng) for one in kept]
    parts = [np.concatenate([rows[half] for rows in drawn]) for half in (slice(shots), slice(shots, None))]
    known = np.flatnonzero(np.isin(pools[1][1], kept))
    learnt, chosen = (_part(pools[0], rows, kept) for rows in parts)
    return FewTexts(learnt, chosen, _part(pools[1], rng.permutation(known)[:tests], kept), kept)


@lru_cache(maxsize=1)
def few_texts_start(setting: Setting) -> HuggingFaceEncoder:
    """What trials with few labels start from: MiniLM's first layer, or its first three in full; copy it."""
    return sentence_start(Setting.FULL if setting is Setting.FULL else Setting.TINY)


class TextClassifier(nn.Module):
    """An encoder and a linear layer of class scores on its embeddings.

    Args:
        encoder: Of texts.
        classes: How many.
    """

    def __init__(self, encoder: Encoder, classes: int) -> None:
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(encoder.embedding_dim, classes)

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Embeddings `[N, D]` as the encoder makes them now."""
        return self.encoder(self.encoder.collate(list(texts)))

    @torch.no_grad()
    def judged(self, part: LabelledTexts) -> tuple[float, np.ndarray]:
        """Share of right classes, and the embeddings `[N, D]`; without dropout."""
        rows = self.encoder.encode(part.texts, batch_size=64, normalize=False)
        right = self.head(torch.from_numpy(rows)).argmax(1) == part.labels
        return float(right.double().mean()), rows


def _labelled(table: Table, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Texts and names of their classes."""
    held = table.take(np.arange(len(table)), ["text", column])
    texts, names = ([str(value) for value in held[one]] for one in ("text", column))
    return np.array(texts, dtype=object), np.array(names)


def _of_class(names: np.ndarray, one: str, count: int, rng: np.random.Generator) -> np.ndarray:
    rows = np.flatnonzero(names == one)
    if len(rows) < count:
        raise InputError(f"class {one!r} has {len(rows)} texts, and twice as many shots are {count}")
    return rng.permutation(rows)[:count]


def _part(pool: tuple[np.ndarray, np.ndarray], rows: np.ndarray, classes: tuple[str, ...]) -> LabelledTexts:
    texts, names = pool
    numbers = torch.tensor([classes.index(name) for name in names[rows].tolist()], dtype=torch.int64)
    return LabelledTexts(texts[rows].tolist(), numbers)
