"""Texts that pass through stages in a fixed order, each with words of its own, and how well others keep to it."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError

_OWN, _COMMON = 30, 100
"""Words of a stage, and of all."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StagedTexts:
    """Sentences of known stages.

    Attributes:
        words: int64 `[N, S, W]`, texts of S sentences of W words; those of stage k are from 30 k to 30 k + 29.
        stage: int64 `[N, S]`, from 0, never falling.
        vocabulary: How many words there are.
    """

    words: np.ndarray
    stage: np.ndarray
    vocabulary: int

    @property
    def bags(self) -> np.ndarray:
        """Which words a sentence has, in rows of length 1, float32 `[N * S, vocabulary]`."""
        sentences = self.words.reshape(-1, self.words.shape[2])
        bags = np.zeros((len(sentences), self.vocabulary), dtype=np.float32)
        np.add.at(bags, (np.arange(len(sentences))[:, None], sentences), 1.0)
        return bags / np.linalg.norm(bags, axis=1, keepdims=True)

    def order_kept(self, words: np.ndarray) -> float:
        """Of two words of different stages in different sentences of a text, how often the earlier stage comes first.

        Args:
            words: int64 `[M, S, W]`, texts that somebody else wrote.

        Returns:
            The mean over texts that have such pairs: 1 for texts such as these, 0.5 for stages without order.
        """
        stage = np.where(words < self.vocabulary - _COMMON, words // _OWN, -1).reshape(len(words), -1)
        place = np.repeat(np.arange(words.shape[1]), words.shape[2])
        later = place[:, None] < place
        kept = []
        for row in stage:
            pairs = later & (row[:, None] != row) & (row[:, None] >= 0) & (row >= 0)
            if pairs.any():
                kept.append((row[:, None] < row)[pairs].mean())
        return float(np.mean(kept)) if kept else 0.5


def planted_stages(
    *, texts: int, sentences: int = 12, stages: int = 4, words: int = 6, own: float = 0.25, seed: int
) -> StagedTexts:
    """Texts that begin in the first stage and end in the last; where one stage ends and the next begins is drawn.

    Args:
        texts: N.
        sentences: S of every text.
        stages: Each of one sentence or more; every division of the sentences is as likely.
        words: W of every sentence.
        own: Chance that a word is one of the stage's; all others are of no stage.
        seed: Of everything.

    Raises:
        InputError: A size below 1, fewer sentences than stages, or a chance outside 0 to 1.
    """
    if min(texts, stages, words) < 1 or sentences < stages:
        given = f"{texts} texts of {sentences} sentences in {stages} stages, {words} words"
        raise InputError(f"sizes must be at least 1, and sentences as many as stages, got {given}")
    if not 0 <= own <= 1:
        raise InputError(f"own must lie in 0..1, got {own}")
    rng = np.random.default_rng(seed)
    starts = rng.random((texts, sentences - 1)).argsort(axis=1)[:, : stages - 1] + 1
    stage = (np.arange(sentences) >= starts[:, :, None]).sum(axis=1)
    told = rng.random((texts, sentences, words)) < own
    of_stage = stage[:, :, None] * _OWN + rng.integers(0, _OWN, told.shape)
    of_none = stages * _OWN + rng.integers(0, _COMMON, told.shape)
    return StagedTexts(words=np.where(told, of_stage, of_none), stage=stage, vocabulary=stages * _OWN + _COMMON)
