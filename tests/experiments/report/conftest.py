"""A small report with every part, whose texts try to break out of the page."""

import numpy as np
import pytest
import torch

from counterpoint.experiments.report import (
    Comparison,
    ComparisonRow,
    Item,
    Map,
    Neighbours,
    Report,
    SimilarityPlot,
)

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture
def hostile() -> str:
    return HOSTILE


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, size=(40, 1, 8, 8), dtype=np.uint8)


@pytest.fixture
def comparison() -> Comparison:
    return Comparison(
        measure="5-NN accuracy",
        explanation="Share of 540 held-out examples.",
        rows=(
            ComparisonRow(system="trained model", value=0.9537, low=0.933, high=0.97, is_model=True),
            ComparisonRow(system="raw input", value=0.9012, low=0.874, high=0.926),
            ComparisonRow(system="untrained model", value=0.7123, low=0.672, high=0.751),
        ),
    )


@pytest.fixture
def full_report(images: np.ndarray, comparison: Comparison) -> Report:
    rng = np.random.default_rng(1)
    labels = (*(str(row % 4) for row in range(39)), HOSTILE)
    records = tuple(
        {"step": step, "loss": 3 / (1 + step), "positive_similarity": 0.5, "negative_similarity": 0.1, "time": 1.0}
        for step in range(1, 70)
    )
    picture = Item(content=images[0], row=0, label="0")
    texts = Item(content=HOSTILE, row=1, label=HOSTILE)
    return Report(
        title=HOSTILE,
        subtitle=HOSTILE,
        summary=("It learned.", HOSTILE),
        reproduce=f"counterpoint train digits.npz\n# {HOSTILE}",
        configuration={"recipe": {"type": "a.b:ConvNet", "width": 32, HOSTILE: [HOSTILE, {"x": HOSTILE}]}, "seed": 3},
        curves=records,
        scores=(comparison, Comparison(measure=HOSTILE, explanation=HOSTILE, rows=comparison.rows[:1])),
        similarities=SimilarityPlot(
            before=(rng.normal(0.5, 0.1, 50), rng.normal(0.4, 0.1, 60)),
            after=(rng.normal(0.8, 0.1, 50), rng.normal(0.1, 0.1, 60)),
        ),
        map=Map(points=rng.normal(size=(40, 2)), labels=labels, content=torch.as_tensor(images), method="PCA"),
        neighbours=(
            Neighbours(query=picture, hits=((Item(content=images[3], row=3, label="3"), 0.9), (picture, 0.8))),
            Neighbours(query=texts, hits=((texts, 0.7123),)),
        ),
        notes=(HOSTILE,),
    )
