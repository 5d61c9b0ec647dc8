"""MiniLM's first layer with a head that has learnt hidden words: the smallest masked model that knows something."""

import copy
from functools import lru_cache

from counterpoint.data import named
from counterpoint.encoders import unfreeze
from counterpoint.experiments.claim import Setting
from counterpoint.experiments.sentence_tuning import sentence_start
from counterpoint.experiments.word_guesser import WordGuesser, learn_to_guess

_SIZES = {Setting.TINY: (60, 1), Setting.SMALL: (20_000, 150), Setting.FULL: (20_000, 100_000)}
_LONGEST = 64
"""Tokens kept of a text: a question with its template and a demonstration."""


@lru_cache(maxsize=1)
def small_masked_model(setting: Setting) -> WordGuesser:
    """One and the same whatever the seed of a trial, as a pretrained model is; :func:`learning_copy` lets it learn.

    MiniLM was tuned to embed sentences and has no head of words. Here its first layer and a new head, whose scores are
    by the token vectors, have guessed hidden words of TREC's and Banking77's training questions, read without their
    labels.
    """
    count, steps = _SIZES[setting]
    texts = [str(text) for name in ("trec_qc", "banking77") for text in named(name).train.head(count, ["text"])["text"]]
    start = sentence_start(Setting.TINY)
    start.max_length = _LONGEST
    return learn_to_guess(start, texts, steps=steps)


def learning_copy(model: WordGuesser) -> WordGuesser:
    """Both parts anew, tied to each other and ready to learn, but for the token vectors."""
    encoder, head = copy.deepcopy((model.encoder, model.head))
    unfreeze(encoder)
    encoder.model.get_input_embeddings().weight.requires_grad_(False)
    return WordGuesser(encoder, head.requires_grad_(True).train())
