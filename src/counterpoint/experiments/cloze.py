"""Classes as words in a gap: a template, the words that stand for classes, and a masked model that fills the gap."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.bert import MASK
from counterpoint.experiments.small_masked_model import MaskedModel

_WORDS = 24
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
        model: It learns here; give a copy.
        words: Of the classes, all different.

    Raises:
        InputError: Two classes have the same word.
    """

    def __init__(self, model: MaskedModel, words: Sequence[str]) -> None:
        super().__init__()
        if len(set(words)) < len(words):
            raise InputError(f"words must be all different, got {list(words)}")
        self.encoder, self.head = model.encoder, model.head
        tokens = [self.encoder.tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
        mean_CT = torch.zeros(len(words), len(self.encoder.tokenizer))
        for row, own in zip(mean_CT, tokens, strict=True):
            row[own] = 1 / len(own)
        self.register_buffer("mean", mean_CT, persistent=False)

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
        return self.head(states_ND) @ self.get_buffer("mean").T
