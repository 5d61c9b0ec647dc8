"""Phrases in place of others that say the same: a paraphrase by rules."""

import re
from dataclasses import dataclass

from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.views.random import uniform_ragged
from counterpoint.views.view import View, check_seeds

QUESTIONS = (
    *(("what is", "what would be", "can you say what is"), ("what are", "can you list"), ("who", "which person")),
    *(("where", "in what place"), ("when", "at what time"), ("why", "for what reason")),
    *(("how many", "what number of"), ("how much", "what amount of"), ("how do i", "how can i", "in what way can i")),
    *(("called", "named", "known as"), ("city", "town"), ("country", "nation"), ("people", "persons")),
    *(("first", "earliest"), ("famous", "well known"), ("made", "produced"), ("received", "got")),
    *(("want to", "would like to"), ("need to", "have to"), ("card", "bank card"), ("money", "funds")),
    *(("begin", "start"), ("mean", "signify"), ("stand for", "be short for"), ("invented", "devised")),
    *(("largest", "biggest"), ("my", "my own"), ("not", "n't"), ("in", "within"), ("the", "that")),
)
"""English phrases of questions, each group of one meaning or nearly so."""


@dataclass(frozen=True, kw_only=True)
class Reworded(View):
    """Every phrase that a list knows is replaced by another of its group, drawn evenly.

    A poor stand-in for translation into another language and back (Sennrich, Haddow and Birch 2016, arXiv:1511.06709),
    which takes two translators: it knows no grammar, and only its own phrases change. Of overlapping phrases the longer
    one counts. Capitals make no difference, and what is put in has small letters.

    Attributes:
        groups: Phrases of one meaning, two or more each; no phrase is in two groups.
    """

    groups: tuple[tuple[str, ...], ...] = QUESTIONS

    def __post_init__(self) -> None:
        phrases = [phrase for group in self.groups for phrase in group]
        if not phrases or any(len(group) < 2 for group in self.groups):
            raise InputError("Reworded: groups must hold two phrases or more each")
        if len(set(phrases)) < len(phrases) or any(phrase != phrase.lower() or not phrase for phrase in phrases):
            raise InputError("Reworded: a phrase must be in small letters and in one group only")

    def __call__(self, content: Content, seeds: Tensor) -> list[str]:
        """Reword each of N texts; see :class:`View`."""
        if isinstance(content, (Tensor, str)):
            raise InputError(f"Reworded needs a list of texts, not {type(content).__name__}")
        check_seeds(content, seeds)
        others = {one: [two for two in group if two != one] for group in self.groups for one in group}
        longest_first = sorted(others, key=len, reverse=True)
        known = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
        texts = [str(text) for text in content]
        numbers = uniform_ragged(seeds, [len(text) for text in texts], stream="Reworded")
        found: list[str] = []
        for text, own in zip(texts, numbers, strict=True):
            draw = iter(own)

            def other(match: re.Match[str], draw=draw) -> str:
                choices = others[match[0].lower()]
                return choices[min(int(next(draw) * len(choices)), len(choices) - 1)]

            found.append(known.sub(other, text))
        return found
