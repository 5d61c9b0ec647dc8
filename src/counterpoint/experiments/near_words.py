"""Words that stand near each other in MiniLM's token vectors: what stands in for a thesaurus."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.evaluation.cosine import unit_rows
from counterpoint.views.easy import Synonyms


def near_words(
    encoder: HuggingFaceEncoder, texts: Sequence[str], *, words: int = 1500, others: int = 3, least: float = 0.45
) -> Synonyms:
    """For the most frequent longer words of some texts, the words whose input token vectors are nearest by cosine.

    Neighbours are often synonyms, but also opposites and other forms of the same word.

    Args:
        encoder: With a word-piece tokenizer, whose words of one token are known.
        texts: Words of four letters or more are looked up, in small letters.
        words: How many of them.
        others: Neighbours of a word, at most.
        least: Cosine that a neighbour must have.
    """
    vocabulary = encoder.tokenizer.get_vocab()
    known = {word: number for word, number in vocabulary.items() if len(word) > 3 and word.isalpha() and word.islower()}
    counts = Counter(word for text in texts for word in text.lower().split() if word in known)
    asked = [word for word, _ in counts.most_common(words)]
    names = sorted(known)
    unit = unit_rows(encoder.model.get_input_embeddings().weight.detach().numpy().astype(np.float64))
    cosines = unit[[known[word] for word in asked]] @ unit[[known[word] for word in names]].T
    found: list[tuple[str, tuple[str, ...]]] = []
    for word, row in zip(asked, cosines, strict=True):
        nearest = [place for place in np.argsort(-row)[: others + 1] if names[place] != word and row[place] >= least]
        if nearest:
            found.append((word, tuple(names[place] for place in nearest[:others])))
    return tuple(found)
