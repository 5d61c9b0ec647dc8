"""What the raw input is worth: pixels, TF-IDF and raw vectors as embeddings, to be judged like any model.

Each ``fit_`` function learns its statistics from training content only and returns the function that embeds.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.evaluation.checks import Embeddings

# A pixel or column that never varies in training holds nothing; dividing by its deviation would make rounding loud.
LEAST_DEVIATION = 1e-6

Embed = Callable[[Content], Embeddings]


def fit_pixels(train: Content) -> Embed:
    """Flatten images `[N, C, H, W]` and standardise each pixel by its training mean and deviation: `[N, C * H * W]`.

    Raises:
        InputError: Not images, or (later) images of another size.
    """
    return _standardiser("images [N, C, H, W]", train, axes=4)


def fit_vectors(train: Content) -> Embed:
    """Standardise each column of vectors `[N, D]` by its training mean and deviation.

    Raises:
        InputError: Not vectors, or (later) vectors of another length.
    """
    return _standardiser("vectors [N, D]", train, axes=2)


def fit_tfidf(
    train: Content, *, max_features: int | None = 50_000, components: int | None = None, seed: int = 0
) -> Embed:
    """TF-IDF of words (term frequency times smoothed log inverse document frequency), unit rows, sparse float32.

    Words are runs of letters and digits in lower case. A text without a known word is a row of zeros, whose cosine
    with everything is 0.

    Args:
        train: Texts that vocabulary and document frequencies come from.
        max_features: Keep only the most frequent words; None keeps all.
        components: Reduce to this many dense dimensions by truncated SVD (latent semantic analysis).
        seed: Seed of the SVD.

    Raises:
        InputError: Not texts, no word in any of them, or more components than words.
    """
    # scikit-learn takes any floating type here; the checker sees only the default.
    single: Any = np.float32
    vectorizer = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", max_features=max_features, dtype=single)
    texts = _texts("train", train)
    if not any(map(vectorizer.build_analyzer(), texts)):
        raise InputError(f"train must hold at least one word, got {len(texts)} texts without any")
    counts = vectorizer.fit_transform(texts)
    if components is None:
        return lambda content: vectorizer.transform(_texts("content", content))
    if not 1 <= components <= counts.shape[1]:
        raise InputError(f"components must lie between 1 and the {counts.shape[1]} words known, got {components}")
    svd = TruncatedSVD(components, random_state=seed).fit(counts)
    return lambda content: svd.transform(vectorizer.transform(_texts("content", content))).astype(np.float32)


def _standardiser(what: str, train: Content, *, axes: int) -> Embed:
    first = _tensor(what, train, axes)
    flat = first.reshape(len(first), -1).double()
    centre, scale = flat.mean(dim=0).float(), flat.std(dim=0, correction=0).float()
    scale = torch.where(scale > LEAST_DEVIATION, scale, 1.0)

    def embed(content: Content) -> np.ndarray:
        tensor = _tensor(what, content, axes)
        if tensor.shape[1:] != first.shape[1:]:
            raise InputError(f"{what} must each have shape {tuple(first.shape[1:])}, got {tuple(tensor.shape[1:])}")
        return ((tensor.reshape(len(tensor), -1).float() - centre) / scale).numpy()

    return embed


def _tensor(what: str, content: Content, axes: int) -> torch.Tensor:
    if not isinstance(content, torch.Tensor) or content.ndim != axes:
        got = f"a tensor of shape {tuple(content.shape)}" if isinstance(content, torch.Tensor) else "texts"
        raise InputError(f"expected {what}, got {got}")
    return content.detach().cpu()


def _texts(name: str, content: Content) -> Sequence[str]:
    if isinstance(content, (torch.Tensor, str)):
        raise InputError(f"{name} must be a list of texts, got {type(content).__name__}")
    return content
