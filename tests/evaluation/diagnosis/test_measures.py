import numpy as np
import pytest
from scipy import special, stats
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import KFold

from counterpoint.evaluation.diagnosis import DIAGNOSTICS, Pairs, Subject
from counterpoint.evaluation.diagnosis.linear import accuracy_in_halves, directions, readable

COMPUTE = {one.name: one.compute for one in DIAGNOSTICS}


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 12))
    return x, x + rng.normal(size=(200, 12))


def test_scores_agree_with_scikit_learn(pairs):
    subject = Subject(anchors=pairs[0], positives=pairs[1])
    positive, negative = subject.scores
    truth = np.repeat([1, 0], [len(positive), len(negative)])
    expected = roc_auc_score(truth, np.concatenate([positive, negative]))
    assert COMPUTE["score_auc"](subject).value == pytest.approx(expected)


def test_negatives_that_are_nearer_than_the_positive_are_counted(pairs):
    a, b = unit(pairs[0]), unit(pairs[1])
    s = a @ b.T
    other = ~np.eye(200, dtype=bool)
    expected = ((s >= np.diag(s)[:, None]) & other).sum() / other.sum()
    found = COMPUTE["nearer_negatives"](Subject(anchors=pairs[0], positives=pairs[1]))
    assert found.value == pytest.approx(expected)
    figure = found.figures[0]
    assert isinstance(figure, Pairs)
    assert figure.similarities[0] == pytest.approx(s[other].max())
    assert s[figure.rows[0], figure.others[0]] == pytest.approx(s[other].max())


def test_the_hardest_pairs_are_those_a_stranger_beats_by_most(pairs):
    s = unit(pairs[0]) @ unit(pairs[1]).T
    rest = np.where(np.eye(200, dtype=bool), -np.inf, s)
    found = COMPUTE["beaten_positives"](Subject(anchors=pairs[0], positives=pairs[1]))
    assert found.value == pytest.approx((rest.max(axis=1) > np.diag(s)).mean())
    worst = int(np.argmin(np.diag(s) - rest.max(axis=1)))
    figure = found.figures[0]
    assert (figure.rows[0], figure.rivals[0]) == (worst, int(rest[worst].argmax()))


def test_effective_negatives_are_the_perplexity_of_the_softmax(pairs):
    s = unit(pairs[0]) @ unit(pairs[1]).T / 0.1
    np.fill_diagonal(s, -np.inf)
    p = special.softmax(s, axis=1)
    expected = np.exp(special.entr(p).sum(axis=1)).mean()
    subject = Subject(anchors=pairs[0], positives=pairs[1], temperature=0.1, batch_size=200)
    found = COMPUTE["effective_negatives"](subject)
    assert found.value == pytest.approx(expected)
    assert found.low == pytest.approx(found.high)  # every batch is all rows
    assert COMPUTE["effective_share"](subject).value == pytest.approx(expected / 199)


def test_equal_scores_make_all_negatives_count_whatever_the_temperature():
    # The corners of a simplex: every negative is equally far.
    rows = np.eye(40) - 1 / 40
    subject = Subject(anchors=rows, positives=rows, temperature=0.05, batch_size=40)
    assert COMPUTE["effective_negatives"](subject).value == pytest.approx(39)
    assert COMPUTE["temperature_sensitivity"](subject).value == pytest.approx(0, abs=1e-9)
    assert COMPUTE["hardest_share"](subject).value == pytest.approx(4 / 39)


def test_rows_of_the_anchors_label_are_no_negatives_where_labels_are_positives():
    rows, labels = np.random.default_rng(0).normal(size=(60, 8)), np.arange(60) % 3
    subject = Subject(
        anchors=rows, positives=rows, labels=labels, labels_are_positives=True, temperature=1e6, batch_size=60
    )
    assert COMPUTE["effective_negatives"](subject).value == pytest.approx(40, rel=1e-4)


def test_the_false_negative_rate_is_the_chance_of_an_equal_label():
    labels = np.array(["a"] * 30 + ["b"] * 10)
    found = COMPUTE["false_negative_rate"](Subject(anchors=np.eye(40), labels=labels))
    assert found.value == pytest.approx((30 * 29 + 10 * 9) / (40 * 39))


def test_linear_reading_agrees_with_ridge_of_scikit_learn():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 6))
    y = x @ rng.normal(size=6) + 0.5 * rng.normal(size=400)
    guess = np.empty(400)
    for rest, part in KFold(5, shuffle=True, random_state=0).split(x):
        guess[part] = Ridge(alpha=0.4).fit(x[rest], y[rest]).predict(x[part])
    assert readable(x, y) == pytest.approx(r2_score(y, guess), abs=0.01)


def test_a_label_written_into_the_embedding_leaves_no_noise_and_a_random_one_nothing_else():
    rng = np.random.default_rng(2)
    labels = rng.integers(4, size=500)
    written = np.concatenate([rng.normal(size=(500, 8)), 3 * np.eye(4)[labels]], axis=1)
    assert readable(written, labels) > 0.99
    assert readable(rng.normal(size=(500, 8)), labels) < 0.02


def test_directions_of_a_planted_group_are_found_and_removed():
    rng = np.random.default_rng(3)
    group, label = rng.integers(2, size=800), rng.integers(2, size=800)
    x = rng.normal(size=(800, 10))
    x[:, 0] += 4 * group
    x[:, 1] += 4 * label
    found = directions(x, group)
    assert found.shape == (1, 10)
    assert abs(found[0, 0]) > 0.99
    assert accuracy_in_halves(x, group).mean() > 0.95
    rounds = COMPUTE["bias_rounds"](Subject(anchors=x, labels=label, factors={"group": group}))
    assert 1 <= rounds.value <= 3
    assert "label from 9" in rounds.meaning


def test_bias_is_the_rank_correlation_with_the_mean_cosine_to_others():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(150, 5)) + 0.5
    length = rng.random(150)
    cosines = unit(x) @ unit(x).T
    expected = stats.spearmanr((cosines.sum(axis=1) - 1) / 149, length).statistic
    found = COMPUTE["length_bias"](Subject(anchors=x, nuisances={"length": length}))
    assert found.value == pytest.approx(expected)


def test_the_gap_between_two_cones_and_what_closing_it_gains():
    rng = np.random.default_rng(5)
    z = rng.normal(size=(200, 16))
    offset = np.zeros(16)
    offset[0] = 12
    subject = Subject(
        anchors=z + offset, positives=z - offset + 0.1 * rng.normal(size=z.shape), two_sides=True, temperature=0.1,
        batch_size=100,
    )  # fmt: skip
    gap, share = COMPUTE["modality_gap"](subject), COMPUTE["relative_gap"](subject)
    first, second = (unit(np.asarray(one)) for one in (subject.anchors, subject.positives))
    assert gap.value == pytest.approx(np.linalg.norm(first.mean(axis=0) - second.mean(axis=0)))
    assert share.value > 0.9
    assert COMPUTE["gain_without_gap"](subject).value >= 0
    assert COMPUTE["gap_contrastive"](subject).high < 0  # closing lowers the loss: nothing holds this one open


def test_the_worst_class_and_the_tail_are_found():
    rng = np.random.default_rng(6)
    labels = np.repeat([0, 1, 2], [120, 100, 30])
    centre = np.eye(8)[[0, 1, 0]] * 6  # the rare class lies on top of the first
    x = centre[labels] + rng.normal(size=(250, 8))
    subject = Subject(anchors=x, labels=labels)
    worst = COMPUTE["worst_group_gap"](subject)
    assert worst.meaning.startswith("Class 2")
    assert worst.figures[0].groups[0] == "2"
    assert COMPUTE["tail_gap"](subject).value > 0.5


def test_leaving_off_a_head_that_forgets_is_a_gain():
    rng = np.random.default_rng(7)
    labels = rng.integers(3, size=300)
    x = rng.normal(size=(300, 6))
    x[:, :3] += 3 * np.eye(3)[labels]
    gain = COMPUTE["head_gain"](Subject(anchors=x, labels=labels, projected=x[:, 3:]))
    assert gain.low > 0.3


def test_a_rotated_run_is_the_same_space():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(300, 10)) + 1
    turned = x @ np.linalg.qr(rng.normal(size=(10, 10)))[0]
    subject = Subject(anchors=unit(x), against=unit(turned))
    for name in ("neighbour_overlap", "linear_cka", "explained_by_map"):
        assert COMPUTE[name](subject).value == pytest.approx(1, abs=1e-2)


def test_content_tells_duplicates_from_rows_that_only_look_alike():
    x = np.random.default_rng(9).normal(size=(100, 8))
    x[50:] = x[:50]
    assert COMPUTE["duplicates"](Subject(anchors=x)).value == 1
    assert COMPUTE["duplicates"](Subject(anchors=x, content=np.arange(100))).value == 0
    assert COMPUTE["duplicates"](Subject(anchors=x, content=np.arange(100) // 2)).value == 1
