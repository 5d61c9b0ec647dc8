"""A small transformer that has learnt to guess hidden words, and sentences in which it has replaced some."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.encoders import Inputs, freeze
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.encoders.word_head import WordHead, mask_words
from counterpoint.experiments.descend import descend


@dataclass(frozen=True, eq=False)
class WordGuesser:
    """A transformer and the head that tells its hidden words; neither learns any more."""

    encoder: HuggingFaceEncoder
    head: WordHead

    @torch.no_grad()
    def edited(self, inputs: Inputs, *, rate: float = 0.3) -> Inputs:
        """Texts `[N, L]` in which a share of the words is hidden and guessed, most of them wrongly.

        What is hidden is drawn from torch's global random state.
        """
        masked = mask_words(self.encoder, inputs, rate=rate, keep=0.0)
        states_NLD = self.encoder.model(**masked.inputs).last_hidden_state
        tokens_NL = masked.tokens.clone()
        tokens_NL[masked.hidden] = self.head(states_NLD[masked.hidden]).argmax(-1)
        return {**inputs, "input_ids": tokens_NL}


def learn_to_guess(start: HuggingFaceEncoder, texts: Sequence[str], *, steps: int, batch_size: int = 32) -> WordGuesser:
    """A guesser that begins as a copy of an encoder; torch's global random state is left as it was found.

    Args:
        start: Where to start from; its tokenizer has a mask.
        texts: Sentences.
        steps: Optimiser steps; always the same random numbers, as a pre-trained model is one and the same.
        batch_size: Texts a step.
    """
    encoder = copy.deepcopy(start)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = WordHead(encoder)

        def step(_: int) -> Tensor:
            rows = torch.randint(len(texts), (batch_size,))
            masked = mask_words(encoder, encoder.collate([texts[int(row)] for row in rows]))
            return head.loss(encoder.model(**masked.inputs).last_hidden_state, masked)

        descend(nn.ModuleList([encoder, head]), step, steps=steps, learning_rate=5e-4)
    freeze(encoder)
    return WordGuesser(encoder, head.requires_grad_(False).eval())
