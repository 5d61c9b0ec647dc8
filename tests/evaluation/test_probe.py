import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from counterpoint.base.errors import InputError
from counterpoint.evaluation import logistic
from counterpoint.evaluation.logistic import logistic_path
from counterpoint.evaluation.probe import (
    fit_classifier,
    fit_regression,
    probe_accuracy,
    probe_regression,
    r2_of,
    rmse_of,
)
from counterpoint.evaluation.stratified import stratified_part


def _classes(seed, n=200, d=12, k=3, noise=2.0):
    """Noisy classes in a space with one strong common direction, which makes plain L-BFGS slow."""
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(k), rng.integers(k, size=n - k)])
    x = rng.normal(size=(k, d))[y] + noise * rng.normal(size=(n, d)) + 5 * rng.normal(size=(n, 1)) + 3
    return x.astype(np.float32), y


def _standard(x):
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)


@pytest.mark.parametrize(("k", "n", "d"), [(2, 150, 8), (5, 200, 12), (3, 30, 60)])
def test_path_equals_scikit_learn_at_every_strength(k, n, d):
    x, y = _classes(0, n=n, d=d, k=k)
    x = _standard(x)
    strengths = (1e-3, 1e-2, 1e-1, 1.0)
    for fit in logistic_path(x, y, strengths):
        peer = LogisticRegression(C=fit.strength, tol=1e-9, max_iter=10_000).fit(x.astype(np.float64), y)
        assert fit.converged
        np.testing.assert_allclose(_log_odds(x, fit), peer.predict_log_proba(x.astype(np.float64)), atol=5e-3)


def _log_odds(x, fit):
    logit = x @ fit.weight + fit.bias
    logit = logit.astype(np.float64)
    return logit - np.log(np.exp(logit).sum(axis=1, keepdims=True))


def test_sparse_path_equals_scikit_learn():
    rng = np.random.default_rng(1)
    x, y = rng.poisson(0.3, size=(150, 40)).astype(np.float32), np.arange(150) % 3
    x[:, :3] += np.eye(3, dtype=np.float32)[y]
    for fit in logistic_path(sparse.csr_matrix(x), y, (0.01, 1.0)):
        peer = LogisticRegression(C=fit.strength, tol=1e-9, max_iter=10_000).fit(x.astype(np.float64), y)
        np.testing.assert_allclose(_log_odds(x, fit), peer.predict_log_proba(x.astype(np.float64)), atol=5e-3)


def test_gradient_of_the_problem_equals_finite_differences():
    rng = np.random.default_rng(2)
    z, y = rng.normal(size=(20, 4)), rng.integers(3, size=20)
    problem = logistic._Problem(z, y, 0.3, rng.uniform(0.5, 2, size=(4, 3)), rng.uniform(0.5, 2, size=3))
    point = rng.normal(size=15)
    _, gradient = problem(point)
    steps = 1e-6 * np.eye(15)
    numeric = [(problem(point + step)[0] - problem(point - step)[0]) / 2e-6 for step in steps]
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)


def test_preconditioning_saves_most_iterations_on_a_badly_scaled_problem():
    rng = np.random.default_rng(3)
    latent = rng.normal(size=(600, 10))
    y = (latent @ rng.normal(size=(10, 4)) + rng.gumbel(size=(600, 4))).argmax(axis=1)
    x = _standard(
        latent @ rng.normal(size=(10, 60)) + 0.3 * rng.normal(size=(600, 60)) + 20 * rng.normal(size=(600, 1))
    )
    calls = []
    real = logistic._Problem.__call__
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logistic._Problem, "__call__", lambda self, w: calls.append(1) or real(self, w))
        list(logistic_path(x, y, (1.0,)))
    peer = LogisticRegression(C=1.0, tol=2e-5, max_iter=10_000).fit(x, y)
    assert len(calls) * 3 < peer.n_iter_[0]


def test_classifier_equals_a_scikit_learn_pipeline_at_one_strength():
    x, y = _classes(4)
    names = np.array(["ape", "bee", "cat"])[y]
    probe = fit_classifier(x[:150], names[:150], strengths=(0.1,))
    peer = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, tol=1e-9, max_iter=10_000)).fit(
        x[:150], names[:150]
    )
    assert np.mean(probe.predict(x[150:]) == peer.predict(x[150:])) > 0.97
    assert probe.chosen == 0.1
    found = probe_accuracy(x[:150], names[:150], x[150:], names[150:], strengths=(0.1,))
    assert found.value == pytest.approx(peer.score(x[150:], names[150:]), abs=0.021)
    assert (found.name, found.n) == ("probe_accuracy", 50)


def test_strength_is_chosen_where_it_generalises():
    rng = np.random.default_rng(5)
    # One weak signal among many columns of noise: a strong fit memorises.
    y = rng.integers(2, size=300)
    noisy = np.concatenate([1.5 * y[:, None] + rng.normal(size=(300, 1)), rng.normal(size=(300, 200))], axis=1)
    assert fit_classifier(noisy, y, strengths=(3e-3, 1.0)).chosen == 3e-3
    # A rare class that only a strong fit dares to predict.
    y = (np.arange(300) % 30 == 0).astype(int)
    clear = np.stack([y + 0.01 * rng.normal(size=300), rng.normal(size=300)], axis=1)
    assert fit_classifier(clear, y, strengths=(1e-6, 10.0)).chosen == 10.0


def test_strength_is_chosen_on_validation_rows_where_there_are_some():
    rng = np.random.default_rng(5)
    y = rng.integers(2, size=60)
    noisy = np.concatenate([1.5 * y[:, None] + rng.normal(size=(60, 1)), rng.normal(size=(60, 50))], axis=1)
    new = rng.integers(2, size=4000)
    columns = [1.5 * new[:, None] + rng.normal(size=(4000, 1)), rng.normal(size=(4000, 50))]
    unseen, strengths = np.concatenate(columns, axis=1), (1e-3, 1.0, 1e3)
    right = [np.mean(fit_classifier(noisy, y, strengths=(c,)).predict(unseen) == new) for c in strengths]
    probe = fit_classifier(noisy, y, strengths=strengths, validation=(unseen, new))
    alone = fit_classifier(noisy, y, strengths=(probe.chosen,))
    assert probe.chosen == strengths[int(np.argmax(right))]
    # All training rows are fitted, and no other ones.
    np.testing.assert_allclose(probe.weight, alone.weight, atol=1e-3)
    names = np.where(new == 1, "b", "a")
    assert fit_classifier(noisy, np.array(["a", "b"])[y], strengths=strengths, validation=(unseen, names)).chosen == (
        probe.chosen
    )
    # A label that training lacks is never named rightly, so every strength ties and the smallest is taken.
    assert fit_classifier(noisy, y, strengths=strengths, validation=(unseen, new + 2)).chosen == 1e-3


def test_stratified_part_takes_its_share_of_every_class_and_leaves_some():
    y = np.repeat([0, 1, 2, 3], [50, 10, 2, 1])
    y = y[np.random.default_rng(6).permutation(y.size)]
    part = stratified_part(y, 0.2, seed=0)
    assert np.bincount(y[part], minlength=4).tolist() == [10, 2, 1, 0]
    np.testing.assert_array_equal(part, stratified_part(y, 0.2, seed=0))
    assert (part != stratified_part(y, 0.2, seed=1)).any()
    with pytest.raises(InputError, match="a class with at least 2 examples"):
        stratified_part(np.arange(5), 0.2, seed=0)
    with pytest.raises(InputError, match="validation must lie between 0 and 1, got 20"):
        stratified_part(y, 20, seed=0)


def test_invariant_to_scale_and_shift_of_columns():
    x, y = _classes(7)
    moved = x * np.linspace(1, 100, 12, dtype=np.float32) - 7
    assert probe_accuracy(x[:150], y[:150], x[150:], y[150:]).value == pytest.approx(
        probe_accuracy(moved[:150], y[:150], moved[150:], y[150:]).value, abs=0.021
    )


def test_constant_column_changes_nothing():
    x, y = _classes(8)
    wide = np.concatenate([x, np.full((200, 1), 0.1, np.float32)], axis=1)
    np.testing.assert_array_equal(fit_classifier(x, y).predict(x), fit_classifier(wide, y).predict(wide))


def test_sparse_classifier_equals_scikit_learn_on_scaled_columns():
    rng = np.random.default_rng(9)
    y = np.arange(240) % 4
    x = rng.poisson(0.2, size=(240, 50)).astype(np.float32)
    x[np.arange(240), y] += 1
    scale = np.sqrt(np.square(x[:160]).mean())
    peer = LogisticRegression(C=0.01, tol=1e-9, max_iter=10_000).fit(x[:160].astype(np.float64) / scale, y[:160])
    predicted = fit_classifier(sparse.csr_matrix(x[:160]), y[:160], strengths=(0.01,)).predict(
        sparse.csr_array(x[160:])
    )
    assert np.mean(predicted == peer.predict(x[160:] / scale)) > 0.98
    assert probe_accuracy(sparse.csr_matrix(x[:160]), y[:160], sparse.csr_matrix(x[160:]), y[160:]).value > 0.7


def _numbers(seed, n=150):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 6)) * [1, 2, 3, 4, 5, 6] + 4
    return x, x @ rng.normal(size=6) + rng.normal(size=n) + 100


@pytest.mark.parametrize("penalty", [1.0, 100.0])
def test_regression_equals_scikit_learn_at_one_penalty(penalty):
    x, y = _numbers(10)
    peer = make_pipeline(StandardScaler(), Ridge(alpha=penalty)).fit(x[:100], y[:100])
    expected = peer.predict(x[100:])
    r2, rmse = probe_regression(x[:100], y[:100], x[100:], y[100:], penalties=(penalty,))
    assert r2.value == pytest.approx(r2_score(y[100:], expected), abs=1e-5)
    assert rmse.value == pytest.approx(root_mean_squared_error(y[100:], expected), rel=1e-5)
    assert (r2.greater_is_better, rmse.greater_is_better) == (True, False)
    assert r2.low < r2.value < r2.high


def test_regression_statistics_equal_scikit_learn_on_drawn_rows():
    rng = np.random.default_rng(11)
    y, predicted = rng.normal(size=(2, 30)) + 50
    drawn = rng.integers(30, size=(10, 30))
    counts = np.stack([np.bincount(row, minlength=30) for row in drawn]).astype(float)
    np.testing.assert_allclose(r2_of(y, predicted)(counts), [r2_score(y[i], predicted[i]) for i in drawn], atol=1e-10)
    expected = [root_mean_squared_error(y[i], predicted[i]) for i in drawn]
    np.testing.assert_allclose(rmse_of(y, predicted)(counts), expected, atol=1e-12)


def test_penalty_is_chosen_where_it_generalises():
    rng = np.random.default_rng(12)
    x = rng.normal(size=(120, 90))
    assert fit_regression(x, x[:, 0] + 5 * rng.normal(size=120), penalties=(1e-3, 1e3)).chosen == 1e3
    assert fit_regression(x, x @ rng.normal(size=90), penalties=(1e-3, 1e3)).chosen == 1e-3


def test_errors_name_what_is_wrong():
    x, y = _classes(13)
    for message, call in {
        "train has 12 columns and test has 11": lambda: probe_accuracy(x, y, x[:, 1:], y),
        "labels must hold at least 2 classes": lambda: fit_classifier(x, 0 * y),
        "train has 12 columns and validation has 5": lambda: fit_classifier(x, y, validation=(x[:, :5], y)),
        "strengths must be a positive number, got -1": lambda: fit_classifier(x, y, strengths=(-1,)),
        "strengths must hold at least one value": lambda: fit_classifier(x, y, strengths=()),
        "test_labels has 3 entries for 200 rows": lambda: probe_accuracy(x, y, x, y[:3]),
        "targets is 1 in every row": lambda: fit_regression(x, np.ones(200)),
        "train must be a dense array": lambda: fit_regression(sparse.csr_matrix(x), y),
        "the probe reads 12 columns, embeddings has 5": lambda: fit_classifier(x, y).predict(x[:, :5]),
    }.items():
        with pytest.raises(InputError, match=message):
            call()
