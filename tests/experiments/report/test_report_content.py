import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.experiments.report import MAX_POINTS, Comparison, ComparisonRow, Item, Map, SimilarityPlot


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"value": float("nan")}, "value must be finite, got nan"),
        ({"value": 0.5, "low": 0.4}, "an interval needs both ends"),
        ({"value": 0.5, "low": 0.6, "high": 0.4}, "upside down"),
        ({"value": 0.5, "low": 0.1, "high": float("inf")}, "high must be finite"),
    ],
)
def test_bad_rows_are_refused(fields: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ComparisonRow(system="raw input", **fields)


def test_a_comparison_needs_rows() -> None:
    with pytest.raises(InputError, match="'recall' has no rows"):
        Comparison(measure="recall", explanation="", rows=())


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"points": np.zeros((3, 3))}, r"\[N, 2\], got \(3, 3\)"),
        ({"points": np.array([[np.nan, 0.0]])}, "must be finite"),
        ({"points": np.zeros((0, 2))}, "got 0"),
        ({"points": np.zeros((MAX_POINTS + 1, 2))}, "give a sample"),
        ({"points": np.zeros((3, 2)), "labels": ("a", "b")}, "3 points but 2 labels"),
        ({"points": np.zeros((3, 2)), "content": ["a"]}, "3 points but 1 examples"),
        ({"points": np.zeros((1, 2)), "content": torch.zeros(1, 8)}, "expected text or uint8 images"),
        ({"points": np.zeros((1, 2)), "content": torch.zeros(1, 3, 4, 4)}, "got float32"),
        ({"points": np.zeros((1, 2)), "content": torch.zeros(1, 2, 4, 4, dtype=torch.uint8)}, r"\(2, 4, 4\)"),
    ],
)
def test_bad_maps_are_refused(fields: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Map(method="PCA", **fields)


def test_an_item_names_its_row_when_its_picture_is_wrong() -> None:
    with pytest.raises(InputError, match=r"row 7: .* got uint8 "):
        Item(content=np.zeros((8, 8, 3), dtype=np.uint8), row=7)


@pytest.mark.parametrize("bad", [np.array([]), np.array([0.1, np.nan]), np.zeros((2, 2))])
def test_bad_similarities_are_refused(bad: np.ndarray) -> None:
    good = np.array([0.5])
    with pytest.raises(InputError, match="before training, negative pairs"):
        SimilarityPlot(before=(good, bad), after=(good, good))
