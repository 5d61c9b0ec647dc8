import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import counterpoint as cp


def encoder(**changes) -> cp.ContrastiveEncoder:
    return cp.ContrastiveEncoder(**{"n_components": 4, "hidden": 8, "epochs": 1, "batch_size": 16, **changes})


@pytest.fixture(scope="module")
def blobs():
    """Two classes that differ in the second of six features, which is a hundredth as wide as the noise elsewhere."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 120)
    X = random.normal(size=(120, 6)) * 5
    X[:, 1] = (y - 0.5) * 0.1 + random.normal(size=120) * 0.01
    return X, np.array(["no", "yes"])[y]


@pytest.mark.filterwarnings("ignore:Skipping check check_array_api_input:sklearn.exceptions.SkipTestWarning")
def test_scikit_learn_finds_nothing_to_object_to():
    results = check_estimator(encoder(), on_fail=None)
    assert [one["check_name"] for one in results if one["status"] == "failed"] == []
    assert sum(one["status"] == "passed" for one in results) > 40


def test_labels_teach_what_views_do_not(blobs):
    X, y = blobs
    scores = {}
    for name, labels in (("labels", y[:80]), ("views", None)):
        model = encoder(epochs=30, hidden=32, learning_rate=5e-3).fit(X[:80], labels)
        knn = KNeighborsClassifier(5).fit(model.transform(X[:80]), y[:80])
        scores[name] = knn.score(model.transform(X[80:]), y[80:])
    assert scores["labels"] > 0.95
    assert scores["labels"] > scores["views"]


def test_the_same_seed_gives_the_same_embeddings(blobs):
    X, y = blobs
    model = encoder(random_state=3)
    first, again = model.fit_transform(X, y), clone(model).fit_transform(X, y)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, encoder(random_state=4).fit_transform(X, y))
    drawn = [encoder(random_state=np.random.RandomState(5)).fit_transform(X) for _ in range(2)]
    assert np.array_equal(*drawn)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)


def test_it_is_a_step_of_a_pipeline(blobs):
    X, y = blobs
    assert make_pipeline(encoder(epochs=10), KNeighborsClassifier(3)).fit(X, y).score(X, y) > 0.6
    assert list(encoder().fit(X).get_feature_names_out()) == [f"contrastiveencoder{i}" for i in range(4)]


def test_labels_that_say_nothing_are_left_out(blobs):
    X, _ = blobs
    unlabelled = encoder().fit_transform(X)
    assert np.array_equal(encoder().fit(X, np.zeros(len(X))).transform(X), unlabelled)
    with pytest.warns(UserWarning, match="unique classes"):  # scikit-learn's own
        each_its_own = encoder().fit(X, np.arange(len(X)))
    assert np.array_equal(each_its_own.transform(X), unlabelled)


def test_targets_that_are_no_classes_are_refused(blobs):
    X, _ = blobs
    with pytest.raises(ValueError, match="continuous"):
        encoder().fit(X, np.linspace(0, 1, len(X)))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        encoder().fit(X, [0, 1])


def test_fitting_leaves_the_global_generators_alone(blobs):
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    encoder().fit(blobs[0])
    assert torch.equal(torch.rand(3), expected)
