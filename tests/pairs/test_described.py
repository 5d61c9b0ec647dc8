import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE, SoftTargets
from counterpoint.pairs import MetadataKernel, Nearby, Overlap, Similar
from counterpoint.pairwise import SameKey


def whole(relation):
    return relation.tile(slice(None), slice(None))


def test_labels_in_common():
    mine, theirs = torch.tensor([[1, 1, 0], [0, 0, 0]]), torch.tensor([[1, 0, 0], [1, 1, 1], [0, 0, 1]])
    tile = whole(Overlap(anchors=mine, candidates=theirs, graded=True))
    assert tile.positive.int().tolist() == [[1, 1, 0], [0, 0, 0]]
    torch.testing.assert_close(tile.weight[0, :2], torch.tensor([1 / 2, 2 / 3]))
    assert whole(Overlap(anchors=mine, candidates=theirs, least=2)).positive.int().tolist() == [[0, 1, 0], [0, 0, 0]]


def test_one_label_each_is_the_same_key():
    labels = torch.tensor([0, 1, 2, 1])
    tile = whole(Overlap(anchors=torch.nn.functional.one_hot(labels)))
    assert torch.equal(tile.positive, whole(SameKey(labels, labels)).positive)


def test_time_with_a_window_and_a_gap():
    tile = whole(Nearby(anchors=torch.tensor([0, 10]), candidates=torch.tensor([1, 3, 9, 30]), window=2, gap=5))
    assert tile.positive.int().tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert tile.negative.int().tolist() == [[0, 0, 1, 1], [1, 1, 0, 1]]
    assert whole(Nearby(anchors=torch.tensor([0, 10]), window=2)).negative.int().tolist() == [[0, 1], [1, 0]]


def test_y_aware_info_nce():
    """Kernel weights on the positives, none in the denominator, written out."""
    g = torch.Generator().manual_seed(0)
    z, x = torch.randn(2, 6, 4, generator=g, dtype=torch.float64)
    age = torch.rand(6, generator=g, dtype=torch.float64) * 50
    logits = torch.nn.functional.normalize(z) @ torch.nn.functional.normalize(x).T / 0.1
    w = torch.exp(-((age[:, None] - age) ** 2) / (2 * 8.0**2))
    expected = -(w / w.sum(1, keepdim=True) * logits.log_softmax(1)).sum(1).mean()
    relation = MetadataKernel(anchors=age, candidates=age, bandwidth=8.0, floor=0.0)
    torch.testing.assert_close(SoftTargets(temperature=0.1)(z, x, relation=relation), expected)
    narrow = MetadataKernel(anchors=age, candidates=age, bandwidth=1e-3)
    plain = InfoNCE(temperature=0.1)(z, x)
    torch.testing.assert_close(SoftTargets(temperature=0.1)(z, x, relation=narrow), plain)


def test_a_teacher_sees_directions():
    mine, theirs = torch.tensor([[2.0, 0.0]]), torch.tensor([[9.0, 0.0], [1.0, 1.0], [0.0, 1.0], [-1.0, 0.0]])
    tile = whole(Similar(anchors=mine, candidates=theirs, threshold=0.7, graded=True))
    assert tile.positive.int().tolist() == [[1, 1, 0, 0]]
    torch.testing.assert_close(tile.weight[0, :2], torch.tensor([1.0, (1 + 0.5**0.5) / 2]))


def test_a_teacher_gets_no_gradient():
    guide = torch.eye(3, requires_grad=True)
    z = torch.randn(3, 2, generator=torch.Generator().manual_seed(0), requires_grad=True)
    SoftTargets()(z, z, relation=Similar(anchors=guide, candidates=guide, threshold=0.5, graded=True)).backward()
    assert guide.grad is None
    assert z.grad is not None


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Overlap(anchors=torch.zeros(2, 3), candidates=torch.zeros(2, 4)), "described by"),
        (lambda: Overlap(anchors=torch.zeros(2, 3, 1)), r"anchors must be descriptions \[N, K\] or \[N\]"),
        (
            lambda: Nearby(anchors=torch.tensor([0.0, float("nan")]), window=1),
            "anchors must be descriptions without NaN or infinity",
        ),
        (lambda: Nearby(anchors=torch.tensor([0.0, float("inf")]), window=1), "without NaN or infinity"),
        (lambda: Nearby(anchors=torch.ones(2, dtype=torch.complex64), window=1), "descriptions .* got torch.complex64"),
        (
            lambda: Overlap(anchors=torch.tensor([0, 1, 2])),
            "labels must be 0 or 1, .* rows with one label each are SameKey",
        ),
        (lambda: Overlap(anchors=torch.tensor([[0, 2]])), "labels must be 0 or 1"),
        (lambda: Overlap(anchors=torch.zeros(2, 3), least=0), "least must be at least 1"),
        (lambda: Nearby(anchors=torch.zeros(2), window=-1), "window must be at least 0"),
        (lambda: Nearby(anchors=torch.zeros(2), window=2, gap=1), "gap must be at least the window of 2"),
        (lambda: MetadataKernel(anchors=torch.zeros(2), bandwidth=0), "bandwidth must be positive"),
        (lambda: MetadataKernel(anchors=torch.zeros(2), bandwidth=1, floor=1), "floor must be at least 0 and below 1"),
        (lambda: Similar(anchors=torch.zeros(2, 2), threshold=2), "threshold must be a cosine"),
    ],
)
def test_bad_descriptions(make, why):
    with pytest.raises(InputError, match=why):
        make()


def test_dates_in_seconds_are_told_apart():
    """Single precision knows them to two minutes only."""
    seconds = torch.tensor([1_700_000_000, 1_700_000_040, 1_700_000_009])
    assert whole(Nearby(anchors=seconds, window=10)).positive.int().tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    weight = whole(MetadataKernel(anchors=seconds, bandwidth=20.0)).weight
    torch.testing.assert_close(weight[0], torch.exp(-0.5 * torch.tensor([0.0, 4.0, 0.2025])))


def test_a_positive_of_no_weight_is_none():
    z = torch.tensor([[0.3, 0.1]])
    tile = whole(Similar(anchors=z, candidates=-z, threshold=-1, graded=True))
    assert not tile.positive.any()
    assert tile.negative.all()


def test_half_precision_is_made_single_and_autocast_changes_nothing():
    g = torch.Generator().manual_seed(0)
    guide, tags = torch.randn(40, 8, generator=g), torch.ones(2, 999)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = whole(Similar(anchors=guide, threshold=0.3)).positive
        assert whole(Overlap(anchors=tags, least=999)).positive.all()
    assert torch.equal(inside, whole(Similar(anchors=guide, threshold=0.3)).positive)
    half = guide.bfloat16()
    expected = whole(Similar(anchors=half.float(), threshold=0.3)).positive
    assert torch.equal(whole(Similar(anchors=half, threshold=0.3)).positive, expected)
