import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.pairs.bands import Bands, band_triplets

SMALL = Bands(positive=(2, 3), hard=(6, 7), hard_negatives=2, easy_negatives=1)


def ranks(vectors: np.ndarray, anchor: int) -> dict[int, int]:
    """Of every other row, from 1."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
    others = [row for row in np.argsort(-(unit @ unit[anchor]), kind="stable") if row != anchor]
    return {int(row): rank for rank, row in enumerate(others, start=1)}


def test_every_triplet_is_from_its_bands():
    vectors = np.random.default_rng(0).normal(size=(30, 4))
    found = band_triplets(vectors, SMALL, seed=1)
    assert len(found) == 30 * 3
    hard = 0
    for anchor, positive, negative in zip(
        *(x.tolist() for x in (found.anchor, found.positive, found.negative)), strict=True
    ):
        rank = ranks(vectors, anchor)
        assert 2 <= rank[positive] <= 3
        assert rank[negative] >= 6
        hard += rank[negative] <= 7
    assert hard == 60


def test_rows_of_zeros_take_no_part():
    vectors = np.random.default_rng(0).normal(size=(20, 4))
    vectors[[3, 8]] = 0
    found = band_triplets(vectors, SMALL, seed=0)
    taken = set(np.concatenate([found.anchor, found.positive, found.negative]).tolist())
    assert not taken & {3, 8}
    assert found.count == 20


def test_blocks_of_anchors_change_nothing(monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(25, 4))
    exact = Bands(positive=(1, 1), hard=(4, 4), hard_negatives=1, easy_negatives=0)
    whole = band_triplets(vectors, exact, seed=0)
    monkeypatch.setattr("counterpoint.pairs.bands._ANCHORS", 7)
    parts = band_triplets(vectors, exact, seed=0)
    assert all((a == b).all() for a, b in ((whole.positive, parts.positive), (whole.negative, parts.negative)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"positive": (0, 3)}, "ranks from 1"),
        ({"positive": (1, 9), "hard": (9, 12)}, "positive before hard"),
        ({"hard_negatives": 0, "easy_negatives": 0}, "one triplet or more"),
    ],
)
def test_bands_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Bands(**settings)


def test_too_few_rows_are_refused():
    with pytest.raises(InputError, match="bands reach to rank 8, and there are 6 neighbours"):
        band_triplets(np.eye(7), SMALL, seed=0)
