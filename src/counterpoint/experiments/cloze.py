"""Classes as words in a gap: a template, the words that stand for classes, and a masked model that fills the gap."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from counterpoint.base.errors import InputError
from counterpoint.encoders.bert import MASK
from counterpoint.experiments.word_guesser import WordGuesser

_WORDS = 14
"""Words kept of a text, so that its template is never cut away."""


@dataclass(frozen=True)
class Cloze:
    """A text and a gap, such as ``{text} it is about {word} .``.

    Attributes:
        template: Holds ``{text}`` and ``{word}``, once each.

    Raises:
        InputError: It does not.
    """

    template: str

    def __post_init__(self) -> None:
        for part in ("{text}", "{word}"):
            if self.template.count(part) != 1:
                raise InputError(f"template must hold {part} once, got {self.template!r}")

    def asked(self, text: str) -> str:
        """With a hidden word in the gap."""
        return self.told(text, MASK)

    def told(self, text: str, word: str) -> str:
        """With a word in the gap: a demonstration."""
        return self.template.format(text=" ".join(text.split()[:_WORDS]), word=word)


class ClozeModel(nn.Module):
    """A masked model that reads texts with one hidden word and scores the words of the classes there.

    A class scores the mean over the tokens of its word. Gao, Fisch and Chen, "Making Pre-trained Language Models
    Better Few-shot Learners" (2021), arXiv:2012.15723, Section 3, for one token:
    ``p(y | x) = softmax over y of w_{M(y)} . h``.

    Args:
        model: It learns here.
        words: Of the classes, all different.

    Raises:
        InputError: Two classes have the same word.
    """

    def __init__(self, model: WordGuesser, words: Sequence[str]) -> None:
        super().__init__()
        if len(set(words)) < len(words):
            raise InputError(f"words must be all different, got {list(words)}")
        self.encoder, self.head = model.encoder, model.head
        self.tokens = [self.encoder.tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]

    def states(self, texts: Sequence[str]) -> Tensor:
        """States `[N, D]` of the hidden words after the last layer.

        Raises:
            InputError: A text has no hidden word, or several.
        """
        inputs = self.encoder.collate(list(texts))
        gaps_NL = inputs["input_ids"] == self.encoder.tokenizer.mask_token_id
        if not bool((gaps_NL.sum(1) == 1).all()):
            raise InputError(f"texts must have one {MASK} each")
        return self.encoder.model(**inputs).last_hidden_state[gaps_NL]

    def scores(self, states_ND: Tensor) -> Tensor:
        """Of the classes, `[N, C]`."""
        table, bias = self.encoder.model.get_input_embeddings().weight, self.head.bias
        word_CD = torch.stack([table[own].mean(0) for own in self.tokens])
        bias_C = torch.stack([bias[own].mean() for own in self.tokens])
        return self.head.norm(gelu(self.head.layer(states_ND))) @ word_CD.T + bias_C
