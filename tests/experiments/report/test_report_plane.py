import numpy as np

from counterpoint.experiments.report import Map
from counterpoint.experiments.report.plane import GROUPS, plane


def test_places_keep_their_shape_and_their_order() -> None:
    points = np.random.default_rng(0).normal(size=(50, 2)) * [1.0, 0.2] + 7
    drawn = plane(Map(points=points, method="PCA"))
    places = np.column_stack([drawn["x"], drawn["y"]])
    scale = 1000 / (points.max(axis=0) - points.min(axis=0)).max()
    np.testing.assert_allclose(places - places[0], (points - points[0]) * scale, atol=0.11)


def test_labels_are_sorted_as_people_count() -> None:
    drawn = plane(Map(points=np.zeros((4, 2)), method="PCA", labels=("10", "2", "b", "2")))
    assert drawn["names"] == ["2", "10", "b"]
    assert drawn["label"] == [1, 0, 2, 0]
    assert drawn["groups"] == 3


def test_rare_labels_share_a_group_behind_the_common_ones() -> None:
    labels = tuple(f"c{row}" for row in range(GROUPS)) * 2 + ("rare", "rarer")
    drawn = plane(Map(points=np.zeros((len(labels), 2)), method="PCA", labels=labels))
    assert drawn["groups"] == GROUPS
    assert drawn["names"][GROUPS:] == ["rare", "rarer"]
    assert drawn["label"][-2:] == [GROUPS, GROUPS + 1]
    assert drawn["anchors"] == []


def test_a_group_is_named_inside_itself_and_only_where_it_lives_alone() -> None:
    rng = np.random.default_rng(0)
    ring = np.array([[np.cos(a), np.sin(a)] for a in np.linspace(0, 6.2, 60)]) * 50
    cluster, mixed = rng.normal(size=(60, 2)), rng.normal((200, 0), size=(80, 2))
    labels = ("ring",) * 60 + ("middle",) * 60 + ("odd", "even") * 40
    drawn = plane(Map(points=np.concatenate([ring, cluster, mixed]), method="PCA", labels=labels))
    anchors = dict(zip(drawn["names"], drawn["anchors"], strict=True))
    assert anchors["middle"] is not None
    on_ring = list(zip(drawn["x"][:60], drawn["y"][:60], strict=True))
    assert tuple(anchors["ring"]) in on_ring
    assert anchors["odd"] is None or anchors["even"] is None


def test_texts_are_cut_to_fit_together() -> None:
    short = plane(Map(points=np.zeros((2, 2)), method="PCA", content=["one", "x" * 1000]))
    assert short["texts"][0] == "one"
    assert len(short["texts"][1]) == 400
    many = plane(Map(points=np.zeros((8000, 2)), method="PCA", content=["語" * 500] * 8000))
    assert sum(len(text.encode()) for text in many["texts"]) <= 1_000_000
