"""Users who were not there in training: what is made of their items, and whether it finds more of them."""

import numpy as np
import pytest
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split, hold_out
from counterpoint.encoders.id_vectors import id_tables
from counterpoint.evaluation.recommendation import dot_scores, popularity_scores, recommendation
from counterpoint.experiments.recommend import RecommenderSettings, train_recommender
from counterpoint.experiments.recommender.job import encoder_of
from counterpoint.experiments.recommender.newcomer import folded_in, newcomer
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.recommender.taken_items import taken_items
from counterpoint.experiments.source import DataSource
from counterpoint.methods.item_ranking import PairwiseRanking, SampledSoftmax

ITEMS, KNOWN, NEW, TASTES = 60, 120, 40, 4
NAMES = [f"i{item}" for item in range(ITEMS)]


def taste(users, *, seed):
    """Eight items for each user, nearly all of their own taste; the first items are taken more often."""
    rng, kind = np.random.default_rng(seed), np.arange(ITEMS) % TASTES
    rows = []
    for user in range(users):
        chance = np.where(kind == user % TASTES, 20, 1) / np.arange(5, ITEMS + 5)
        rows.append(rng.choice(ITEMS, size=8, replace=False, p=chance / chance.sum()))
    return np.array(rows)


@pytest.fixture(scope="module", params=[SampledSoftmax(), PairwiseRanking()], ids=["cosine", "dot"])
def tables(request):
    """What was learnt of other users."""
    users, items = np.repeat(np.arange(KNOWN), 8), taste(KNOWN, seed=0).ravel()
    whole = Interactions(users=users, items=items, user_names=range(KNOWN), item_names=NAMES)
    train, validation = hold_out(whole, 0.2, seed=0)
    split = Split(train=train, validation=validation, test=whole.only(users < 0))
    settings = RecommenderSettings(
        dim=16, layers=2, epochs=8, look=2, batch=128, learning_rate=0.05, ranking=request.param
    )
    recipe = Recommender(settings=settings)
    return encoder_of(recipe, split, train_recommender(split, recipe.contrast, settings, seed=0)[0])


def matrix(rows):
    users = np.repeat(np.arange(len(rows)), rows.shape[1])
    return sparse.csr_array((np.ones(rows.size), (users, rows.ravel())), (len(rows), ITEMS))


def test_held_out_items_of_new_users_are_found_far_better_than_by_popularity(tables):
    own = taste(NEW, seed=1)
    given, held = matrix(own[:, :5]), matrix(own[:, 5:])
    users = folded_in(tables, [[NAMES[item] for item in row[:5]] for row in own])
    popular = popularity_scores(matrix(taste(KNOWN, seed=0)))

    def reached(scores):
        return {one.name: one.value for one in recommendation(scores, given, held, groups=())}

    trained, counted = reached(dot_scores(users, tables.encode(NAMES))), reached(popular)
    assert trained["ndcg@10"] > 1.5 * counted["ndcg@10"]
    assert trained["recall@10"] > 1.5 * counted["recall@10"]


def test_the_vector_is_the_mean_of_the_items_unit_vectors():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    tables = id_tables(users, items, user_names=list("abc"), item_names=list("vwxyz"))
    unit = items / np.linalg.norm(items, axis=1, keepdims=True)
    found = folded_in(tables, [["v", "x"], ["z"]])
    np.testing.assert_allclose(found, [unit[[0, 2]].mean(axis=0), unit[4]], atol=1e-6)


def test_a_dimension_that_no_user_has_stays_zero():
    rng = np.random.default_rng(0)
    users, items = np.pad(rng.normal(size=(3, 4)), ((0, 0), (0, 1))), rng.normal(size=(5, 5))
    tables = id_tables(users, items, user_names=list("abc"), item_names=list("vwxyz"))
    unit = items / np.linalg.norm(items, axis=1, keepdims=True)
    found = folded_in(tables, [["v", "x"]])
    np.testing.assert_allclose(found[0, :4], unit[[0, 2], :4].mean(axis=0), atol=1e-6)
    assert found[0, 4] == 0


def test_unknown_items_are_counted_and_passed_over():
    rng = np.random.default_rng(0)
    tables = id_tables(rng.normal(size=(2, 3)), rng.normal(size=(2, 3)), user_names=["a", "b"], item_names=["v", "w"])
    found = newcomer(tables, ["x", "w", "y", "v"])
    assert found.told == "2 of 4 items are not in the run: 'x', 'y'"
    np.testing.assert_array_equal(found.vector, newcomer(tables, ["v", "w"]).vector)
    assert not newcomer(tables, ["v"]).told
    with pytest.raises(InputError, match="none of 'x', 'y' was there in training; 2 items are known, such as 'v'"):
        newcomer(tables, ["x", "y"])
    with pytest.raises(InputError, match="there is no item"):
        newcomer(tables, [])


def test_a_file_whose_first_line_is_an_item_loses_none(tmp_path):
    source, path = DataSource(data="interactions.csv", columns=(("item", "book"),)), tmp_path / "items.csv"
    path.write_text("i3\ni4\n", encoding="utf-8")
    with pytest.raises(InputError, match="must begin with the name of its column, such as item: 'i3' is an item"):
        taken_items(str(path), source, {"i3", "i4"})
    path.write_text("page,book\n1,i4\n2,i3\n3,i4\n", encoding="utf-8")
    assert taken_items(str(path), source, {"i3", "i4"}) == ["i4", "i3"], "called as in training; each item once"
