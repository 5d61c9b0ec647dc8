"""How a text can be changed to make a positive: what runs here, and what would need more than is here."""

from dataclasses import dataclass

from counterpoint.views import Identity, SpanCut, View, WordDrop, WordRepeat, WordSwap


@dataclass(frozen=True, kw_only=True)
class Transformation:
    """One way to change a text.

    Attributes:
        name: What it is called.
        level: What is changed: characters, words, spans, sentences or features.
        keeps: When the meaning stays, in words.
        view: What does it here; None where nothing does.
        lacks: What it would take, where nothing does.
    """

    name: str
    level: str
    keeps: str
    view: View | None = None
    lacks: str = ""


TRANSFORMATIONS = (
    Transformation(name="dropout", level="features", keeps="always: the text is the same", view=Identity()),
    Transformation(name="repetition", level="words", keeps="nearly always", view=WordRepeat(rate=0.32)),
    Transformation(name="swap", level="words", keeps="unless roles change places", view=WordSwap(rate=0.3)),
    Transformation(name="deletion", level="words", keeps="unless it says not", view=WordDrop(rate=0.15)),
    Transformation(name="crop", level="spans", keeps="if the rest says the same", view=SpanCut(fraction=0.3)),
    Transformation(name="harsh deletion", level="words", keeps="seldom", view=WordDrop(rate=0.5)),
    Transformation(name="synonyms", level="words", keeps="if the sense is right", lacks="a thesaurus"),
    Transformation(name="back-translation", level="sentences", keeps="if both ways are good", lacks="two translators"),
    Transformation(name="paraphrase", level="sentences", keeps="if the model is good", lacks="a language model"),
    Transformation(name="typing errors", level="characters", keeps="while it can be read", lacks="a character view"),
    Transformation(name="adversarial", level="features", keeps="within a small ball", lacks="input vectors as views"),
)
"""By and large those of Bhattacharjee, Karami and Liu (2022), arXiv:2203.12000."""
