import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.preprocessing import StandardScaler

from counterpoint.base.errors import InputError
from counterpoint.evaluation.baselines import fit_pixels, fit_tfidf, fit_vectors

TEXTS = ["the cat sat", "The dog sat on a mat", "a cat and a dog", "rain"]


def test_pixels_are_standardised_by_the_training_images():
    rng = np.random.default_rng(0)
    train, test = (torch.from_numpy(rng.integers(0, 256, size=(n, 3, 4, 5), dtype=np.uint8)) for n in (30, 7))
    train[:, 0, 0, 0] = 9
    peer = StandardScaler().fit(train.reshape(30, -1).double())
    found = fit_pixels(train)(test)
    assert found.dtype == np.float32
    assert found.shape == (7, 60)
    np.testing.assert_allclose(found, peer.transform(test.reshape(7, -1).double()), atol=1e-4)


def test_vectors_are_standardised_by_the_training_vectors():
    rng = np.random.default_rng(1)
    train, test = torch.from_numpy(rng.normal(3, 2, size=(20, 4))), torch.from_numpy(rng.normal(size=(5, 4)))
    np.testing.assert_allclose(fit_vectors(train)(test), StandardScaler().fit(train).transform(test), atol=1e-5)


def test_tfidf_by_hand():
    embed = fit_tfidf(TEXTS)
    found = embed(["Cat sat sat xyz", "xyz"])
    assert sparse.issparse(found)
    assert found.dtype == np.float32
    # Words in alphabetical order: a and cat dog mat on rain sat the; idf = ln((1 + 4) / (1 + df)) + 1.
    idf = np.log(5 / (1 + np.array([2, 1, 2, 2, 1, 1, 1, 2, 2]))) + 1
    row = np.array([0, 0, 1, 0, 0, 0, 0, 2, 0]) * idf
    np.testing.assert_allclose(found.toarray(), [row / np.linalg.norm(row), np.zeros(9)], atol=1e-6)


def test_tfidf_keeps_frequent_words_and_reduces_on_request():
    assert fit_tfidf(TEXTS, max_features=3)(TEXTS).shape == (4, 3)
    reduced = fit_tfidf(TEXTS, components=2)(TEXTS)
    assert isinstance(reduced, np.ndarray)
    assert (reduced.shape, reduced.dtype) == ((4, 2), np.float32)
    full = fit_tfidf(TEXTS)(TEXTS).toarray()
    left, value, _ = np.linalg.svd(full, full_matrices=False)
    np.testing.assert_allclose(reduced @ reduced.T, (left[:, :2] * value[:2] ** 2) @ left[:, :2].T, atol=1e-5)


def test_errors_name_what_is_wrong():
    images = torch.zeros(2, 1, 3, 3, dtype=torch.uint8)
    for message, call in {
        r"expected images \[N, C, H, W\], got a tensor of shape \(2, 3\)": lambda: fit_pixels(torch.zeros(2, 3)),
        r"expected vectors \[N, D\], got texts": lambda: fit_vectors(TEXTS),
        r"must each have shape \(1, 3, 3\), got \(1, 4, 4\)": lambda: fit_pixels(images)(torch.zeros(2, 1, 4, 4)),
        "train must be a list of texts, got Tensor": lambda: fit_tfidf(images),
        "train must be a list of texts, got str": lambda: fit_tfidf("one text"),
        "at least one word, got 2 texts without any": lambda: fit_tfidf(["...", ""]),
        "components must lie between 1 and the 9 words known, got 10": lambda: fit_tfidf(TEXTS, components=10),
    }.items():
        with pytest.raises(InputError, match=message):
            call()
