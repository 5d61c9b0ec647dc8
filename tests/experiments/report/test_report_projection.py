import numpy as np
import pytest
from sklearn.decomposition import PCA

from counterpoint.base.errors import InputError
from counterpoint.experiments.report import projection
from counterpoint.experiments.report.projection import project


def blobs(n: int, dimension: int = 8) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, dimension)) * 4
    return centres[np.arange(n) % 3] + rng.normal(size=(n, dimension)) * 0.2


def test_small_sets_are_laid_out_by_tsne_the_same_every_time() -> None:
    embeddings = blobs(60)
    first, second = project(embeddings, 3), project(embeddings.copy(), 3)
    assert first.method == "t-SNE (perplexity 20)"
    np.testing.assert_array_equal(first.points, second.points)
    distance = np.linalg.norm(first.points[:, None] - first.points[None], axis=-1) + np.eye(60) * 1e9
    assert (distance.argmin(axis=1) % 3 == np.arange(60) % 3).all()


def test_large_sets_are_laid_out_by_pca_of_unit_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projection, "TSNE_LIMIT", 50)
    embeddings = blobs(60)
    found = project(embeddings)
    rows = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    model = PCA(2, svd_solver="full").fit(rows)
    np.testing.assert_allclose(np.abs(found.points), np.abs(model.transform(rows)), atol=1e-9)
    assert found.method == f"PCA ({model.explained_variance_ratio_.sum():.0%} of the variance)"
    np.testing.assert_allclose(project(embeddings * 7).points, found.points, atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 4), (2, 1), (3, 3), (9, 1), (12, 2)])
def test_few_rows_or_columns_still_give_a_plane(shape: tuple[int, int]) -> None:
    found = project(np.random.default_rng(0).normal(size=shape).astype(np.float32))
    assert found.points.shape == (shape[0], 2)
    assert np.isfinite(found.points).all()


def test_collapsed_embeddings_are_named_as_such() -> None:
    found = project(np.ones((30, 5)))
    assert found.method == "none: all embeddings are equal"
    assert not found.points.any()


@pytest.mark.parametrize("bad", [np.zeros((0, 3)), np.zeros(3), np.full((3, 3), np.nan)])
def test_bad_embeddings_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"\[N, D\]"):
        project(bad)
