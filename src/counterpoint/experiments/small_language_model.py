"""A transformer of words that learns to guess the next one, in about a minute."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.experiments.descend import descend

_ABSENT, _UNKNOWN, _BEGIN = 0, 1, 2
_WORD = re.compile(r"[a-z]+|[^\sa-z]")


@dataclass(frozen=True, kw_only=True)
class LanguageSettings:
    """What a run is made of besides its texts.

    Attributes:
        steps: Optimiser steps.
        batch_size: Texts a step.
        layers: Blocks of attention and perceptron.
        width: Of the states.
        vocabulary: The most frequent words, which are known.
        longest: Words kept of a text.
        learning_rate: Of Adam, at its start.
    """

    steps: int
    batch_size: int = 32
    layers: int = 6
    width: int = 64
    vocabulary: int = 3000
    longest: int = 24
    learning_rate: float = 2e-3


class WordModel(nn.Module):
    """Causal blocks with norms before them, and one after the last; the output head shares the embedding's weights.

    Args:
        texts: Their most frequent words are known.
        settings: Sizes.
    """

    def __init__(self, texts: Sequence[str], settings: LanguageSettings) -> None:
        super().__init__()
        counts = Counter(word for text in texts for word in _words(text))
        common = [word for word, _ in counts.most_common(settings.vocabulary)]
        self.number = {word: place for place, word in enumerate(common, start=_BEGIN + 1)}
        self.longest, width = settings.longest, settings.width
        self.word = nn.Embedding(len(common) + _BEGIN + 1, width)
        self.place = nn.Embedding(settings.longest + 1, width)
        nn.init.normal_(self.word.weight, std=width**-0.5)
        nn.init.normal_(self.place.weight, std=width**-0.5)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(width, 4, 4 * width, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(settings.layers)
        )
        self.norm = nn.LayerNorm(width)

    def numbers(self, texts: Sequence[str]) -> Tensor:
        """Words as int64 `[N, L]`, after a mark of the beginning; 0 where a text has ended."""
        rows = [[_BEGIN, *(self.number.get(word, _UNKNOWN) for word in _words(text)[: self.longest])] for text in texts]
        return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=_ABSENT)

    def layers(self, words_NL: Tensor) -> list[Tensor]:
        """States `[N, L, D]` after the embedding and after every block; the last is what the head reads."""
        length = words_NL.shape[1]
        later_LL = torch.ones(length, length, dtype=torch.bool).triu(1)
        found = [self.word(words_NL) + self.place(torch.arange(length))]
        for block in self.blocks:
            found.append(block(found[-1], src_mask=later_LL))
        return [*found[:-1], self.norm(found[-1])]

    def states(self, texts: Sequence[str]) -> tuple[list[Tensor], Tensor]:
        """Of every layer `[N, L, D]`, without the mark of the beginning, and which words are there `[N, L]`."""
        words_NL = self.numbers(texts)
        return [one[:, 1:] for one in self.layers(words_NL)], words_NL[:, 1:] != _ABSENT

    def loss(self, words_NL: Tensor) -> Tensor:
        """Mean cross-entropy of the next word, in nats."""
        logits = self.layers(words_NL)[-1][:, :-1] @ self.word.weight.T
        return cross_entropy(logits.flatten(0, 1), words_NL[:, 1:].flatten(), ignore_index=_ABSENT)


def learn_language(texts: Sequence[str], settings: LanguageSettings, *, seed: int) -> WordModel:
    """The model after all steps; torch's global random state is left as it was found.

    Args:
        texts: Sentences.
        settings: Sizes and steps.
        seed: Decides weights and batches.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = WordModel(texts, settings)
        words_NL = model.numbers(texts)

        def step(_: int) -> Tensor:
            return model.loss(words_NL[torch.randint(len(words_NL), (settings.batch_size,))])

        descend(model, step, steps=settings.steps, learning_rate=settings.learning_rate)
    return model


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
