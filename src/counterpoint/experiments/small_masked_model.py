"""A small BERT that has learnt to guess hidden words of questions and captions, in a minute or two."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.data import named
from counterpoint.encoders import SmallBert
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.encoders.word_head import WordHead, mask_words
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.descend import descend

_SIZES = {Setting.TINY: (60, 1), Setting.SMALL: (20_000, 1500), Setting.FULL: (20_000, 30_000)}
_SPEC = SmallBert(dim=128, layers=2, vocabulary_size=6000, max_length=96)
_JOINED = 5
"""Texts in a row at most, so that later places are learnt too."""


@dataclass(frozen=True, eq=False)
class MaskedModel:
    """A transformer and the head that tells its hidden words, whose scores are by the transformer's token vectors."""

    encoder: HuggingFaceEncoder
    head: WordHead

    def copied(self) -> "MaskedModel":
        """Both anew, and still tied to each other."""
        encoder, head = copy.deepcopy((self.encoder, self.head))
        return MaskedModel(encoder, head)


@lru_cache(maxsize=1)
def small_masked_model(setting: Setting) -> MaskedModel:
    """One and the same whatever the seed of a trial, as a pretrained model is; copy it before it learns.

    It has read the training parts of TREC's questions and Banking77, without their labels, and STS-B's sentences.
    """
    count, steps = _SIZES[setting]
    columns = (("trec_qc", "text"), ("banking77", "text"), ("stsb", "sentence1"), ("stsb", "sentence2"))
    texts = [str(text) for name, column in columns for text in named(name).train.head(count, [column])[column]]
    return learn_masked_words(texts, _SPEC, steps=steps)


def learn_masked_words(
    texts: Sequence[str], spec: SmallBert, *, steps: int, batch_size: int = 32, learning_rate: float = 2e-3
) -> MaskedModel:
    """A new model after so many steps of masked language modelling; torch's global random state is left as it was.

    Args:
        texts: To learn from; each example is one to five of them, joined.
        spec: Sizes.
        steps: Optimiser steps, always with the same random numbers.
        batch_size: Examples a step.
        learning_rate: Of Adam, at its start.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        draw = np.random.default_rng(0)
        encoder = spec.build(list(texts))
        head = WordHead(encoder)

        def step(_: int) -> Tensor:
            lengths = draw.integers(1, _JOINED + 1, size=batch_size)
            rows: list[list[int]] = [draw.integers(len(texts), size=length).tolist() for length in lengths]
            joined = [" ".join(texts[row] for row in own) for own in rows]
            masked = mask_words(encoder, encoder.collate(joined))
            return head.loss(encoder.model(**masked.inputs).last_hidden_state, masked)

        descend(nn.ModuleList([encoder, head]), step, steps=steps, learning_rate=learning_rate)
    return MaskedModel(encoder, head)
