"""Papers of known topics and sub-topics, whose citations say little of what belongs together, and whose words do."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.data.graphs import Graph, graph_from

_WORDS = ((20, 0.2), (30, 0.2), (300, 0.05))
"""Words of a sub-topic, of a topic and of all papers, and the chance that a paper of it has one."""


def planted_citations(
    *, topics: int, parts: int, size: int, cited: int = 3, shares: Sequence[float] = (0.6, 0.2, 0.2), seed: int
) -> Graph:
    """A citation graph without directions: few of the papers that belong together cite each other, and some stray.

    Each paper draws the papers that it cites, now and then the same one twice or itself, which are left out.

    Args:
        topics: Of which papers are.
        parts: Sub-topics of a topic.
        size: Papers of a sub-topic.
        cited: Papers that each one cites.
        shares: Chances that such a paper is drawn from the sub-topic, from the topic, and from all papers.
        seed: Of everything.

    Returns:
        A graph whose features are words that a paper has or not `[topics * parts * size, words]`, and whose labels
        are sub-topics; that of a paper belongs to topic ``label // parts``.

    Raises:
        InputError: A size below 1, or shares that are not three chances that sum to 1.
    """
    if min(topics, parts, size, cited) < 1:
        raise InputError(f"sizes must be at least 1, got {topics} topics, {parts} parts, {size} papers and {cited}")
    if len(shares) != 3 or min(shares) < 0 or not np.isclose(sum(shares), 1.0):
        raise InputError(f"shares must be three chances that sum to 1, got {list(shares)}")
    rng = np.random.default_rng(seed)
    part = np.repeat(np.arange(topics * parts), size)
    groups = (part, part // parts, np.zeros_like(part))
    reach = rng.choice(3, size=(len(part), cited), p=shares)
    widths = np.array([size, parts * size, len(part)])  # papers of a group follow each other
    starts = np.stack([group * width for group, width in zip(groups, widths, strict=True)], axis=1)
    found = np.take_along_axis(starts, reach, axis=1) + rng.integers(0, widths[reach])
    edges = np.stack([np.repeat(np.arange(len(part)), cited), found.ravel()], axis=1)
    words = [_drawn(group, *kind, rng) for group, kind in zip(groups, _WORDS, strict=True)]
    return graph_from(edges, np.concatenate(words, axis=1).astype(np.float32), labels=part)


def _drawn(group: np.ndarray, count: int, chance: float, rng: np.random.Generator) -> np.ndarray:
    """Words that papers have, bool `[N, groups * count]`: none of another group."""
    own = group[:, None] == np.repeat(np.arange(group.max() + 1), count)
    return own & (rng.random(own.shape) < chance)
