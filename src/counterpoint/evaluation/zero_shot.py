"""Zero-shot classification: the class whose name, put into words, lies nearest."""

from collections.abc import Sequence

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.checks import Embeddings


def prompt_ensemble(prompts: Sequence[Embeddings]) -> np.ndarray:
    """One row per class `[K, D]`: the unit mean over templates of the unit embeddings of its prompts.

    Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), arXiv:2103.00020,
    Section 3.1.4: the ensemble is taken in the space of embeddings.

    Args:
        prompts: One matrix `[K, D]` per template; row c is the template filled with class c.

    Raises:
        InputError: No template, or matrices of different shapes.
    """
    if not prompts:
        raise InputError("prompts must hold the embeddings of at least one template")
    found = [checks.embeddings(f"prompts[{i}]", one) for i, one in enumerate(prompts)]
    for i, one in enumerate(found):
        checks.same_shape("prompts[0]", found[0], f"prompts[{i}]", one)
    mean = sum(cosine.unit_rows(one) for one in found) / len(found)
    return cosine.unit_rows(mean)


def zero_shot(
    examples: Embeddings,
    classes: Embeddings,
    labels: np.ndarray,
    *,
    depths: Sequence[int] = (1, 5),
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Accuracy when each example takes the class of largest cosine, and mean recall over classes.

    Args:
        examples: `[N, D]`, or sparse.
        classes: `[K, D]` such as those of :func:`prompt_ensemble`.
        labels: `[N]` the row of ``classes`` that is right.
        depths: Count an example as right when its class is among the best k; depths of K or more are left out.
        bootstrap: Resamples, level and seed; examples are drawn.

    Raises:
        InputError: Widths differ, a label is no row of ``classes``, or no depth is below K.
    """
    examples, classes = checks.embeddings("examples", examples), checks.embeddings("classes", classes)
    checks.same_width("examples", examples, "classes", classes)
    labels = checks.labels("labels", labels, examples.shape[0])
    k = classes.shape[0]
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= k:
        raise InputError(f"labels must be rows of classes, 0 to {k - 1}, got {labels.min()} to {labels.max()}")
    kept = [depth for depth in depths if 1 <= depth < k]
    if not kept:
        raise InputError(f"depths must hold a number from 1 to {k - 1} (one less than the classes), got {list(depths)}")
    index = np.concatenate([found.index for found in cosine.top_k(examples, classes, max(kept))])
    right = index == labels[:, None]
    found = [mean_measure(f"zero_shot_accuracy@{d}", right[:, :d].any(axis=1), bootstrap=bootstrap) for d in kept]
    return [*found, _per_class(right[:, 0], labels, bootstrap)]


def _per_class(right: np.ndarray, labels: np.ndarray, bootstrap: Bootstrap) -> Measure:
    """Mean over classes of the share that is right, as a mean of weighted rows; class sizes are held fixed."""
    _, index, count = np.unique(labels, return_inverse=True, return_counts=True)
    weight = len(labels) / (len(count) * count[index])
    return mean_measure("zero_shot_mean_per_class", right * weight, bootstrap=bootstrap)
