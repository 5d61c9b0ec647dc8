"""Graphs of three types of nodes, papers with authors and subjects, whose classes are known."""

import numpy as np
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data.sets.heterogeneous import HeteroGraph

_OWN, _COMMON = 0.12, 0.04
"""How often a paper has a word of its class, and any other."""


def planted_types(
    classes: int,
    papers: int,
    *,
    authors: int = 60,
    subjects: int = 5,
    loyal: float = 0.6,
    words: int = 16,
    labelled: int = 20,
    seed: int,
) -> HeteroGraph:
    """Papers with three authors and one subject each, most of them of the paper's own class.

    Args:
        classes: How many.
        papers: Of every class; these are the target nodes.
        authors: Of every class.
        subjects: Of every class.
        loyal: Chance that a link goes to the paper's own class; else it goes to any, evenly.
        words: That are a class's own.
        labelled: Papers of every class to learn from; half of the others are to choose on, half to judge.
        seed: Of everything.

    Returns:
        A graph with features 0 and 1 `[N, classes * words]`, meta-paths ``PAP`` and ``PSP``, and parts named as those
        of 20 labelled ones a class are.

    Raises:
        InputError: No paper of a class left to judge, or a chance outside 0 to 1.
    """
    if labelled + 2 > papers:
        raise InputError(f"labelled must leave two of the {papers} papers of a class, got {labelled}")
    if not 0 <= loyal <= 1:
        raise InputError(f"loyal must lie in 0..1, got {loyal}")
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(classes), papers)

    def linked(count: int, each: int) -> sparse.csr_array:
        of = np.where(
            rng.random((len(label), each)) < loyal, label[:, None], rng.integers(classes, size=(len(label), each))
        )
        met = np.zeros((len(label), classes * count), dtype=np.float32)
        np.put_along_axis(met, of * count + rng.integers(count, size=of.shape), 1.0, axis=1)
        return sparse.csr_array(met)

    links = {"PAP": linked(authors, 3), "PSP": linked(subjects, 1)}
    own = np.repeat(np.arange(classes), words) == label[:, None]
    told = sparse.csr_array((rng.random(own.shape) < np.where(own, _OWN, _COMMON)).astype(np.float32))
    order = rng.permuted(np.arange(len(label)).reshape(classes, papers), axis=1)
    half = labelled + (papers - labelled) // 2
    cut = {"train_20": order[:, :labelled], "val_20": order[:, labelled:half], "test_20": order[:, half:]}
    parts = {name: np.sort(part.ravel()) for name, part in cut.items()}
    return HeteroGraph(features=told, links=links, labels=label, parts=parts)
