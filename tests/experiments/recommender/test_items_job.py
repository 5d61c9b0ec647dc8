"""Items with features: what is learnt, what is exported, and what becomes of items that nobody took."""

import csv

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.encoders.role import Role
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.named_vectors import tables_of
from counterpoint.experiments.recommend import RecommenderSettings
from counterpoint.experiments.recommender.items_job import judge_opened, learn_items, train_opened
from counterpoint.experiments.recommender.new_items import unknown_items, with_new_items
from counterpoint.experiments.recommender.open_items import open_for
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.experiments.source import DataSource
from counterpoint.methods.item_ranking import PairwiseRanking, SampledSoftmax

ITEMS, USERS = 32, 40


def write(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def described(number):
    return f"i{number}", ("even sea", "odd hill")[number % 2], number % 5


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Users of two tastes; the file of items has four that nobody took, and lacks one that was."""
    folder, rng = tmp_path_factory.mktemp("items"), np.random.default_rng(0)
    own = {user: 2 * rng.permutation(ITEMS // 2)[:9] + user % 2 for user in range(USERS)}
    taken = [(f"u{user}", f"i{item}", place) for user, items in own.items() for place, item in enumerate(items)]
    interactions = write(folder / "taken.csv", ["user", "item", "time"], taken)
    items = write(folder / "items.csv", ["item", "about", "size"], map(described, range(1, ITEMS + 4)))
    return interactions, items


def recipe(items, ranking, **given):
    settings = RecommenderSettings(dim=8, layers=2, epochs=6, look=2, batch=64, learning_rate=0.05, ranking=ranking)
    return Recommender(settings=settings, items=items, **given)


@pytest.fixture(scope="module", params=[SampledSoftmax(), PairwiseRanking()], ids=["cosine", "dot"])
def trained(request, files, tmp_path_factory):
    """A recipe, what it learnt from, and the run."""
    interactions, items = files
    plan, source = recipe(items, request.param, new_items=0.1), DataSource(data=interactions)
    opened, folder = open_for(plan, source), RunFolder(tmp_path_factory.mktemp("run") / "run")
    folder.create(plan, source)
    train_opened(plan, opened, folder)
    return plan, opened, folder


def directions(encoder):
    """Of users, and of items."""
    items, users = encoder.encode(encoder.names["items"]), encoder.table[len(encoder.names["items"]) :].numpy()
    return users, items


def test_what_is_exported_ranks_as_what_has_learnt_does(trained):
    plan, opened, folder = trained
    learnt = learn_items(plan, opened.split, opened.items.features, ~opened.items.new)
    users, items = directions(tables_of(folder))
    own, exported = learnt.users @ learnt.items.T, users @ items.T
    steady = (own * exported).sum() / np.square(exported).sum()
    if plan.settings.ranking.by_cosine:  # an item that was not taken may be of any length
        lengths = np.linalg.norm(learnt.items, axis=1)
        own, steady = own / np.where(lengths > 0, lengths, 1), 1
    np.testing.assert_allclose(own, exported * steady, rtol=1e-3, atol=1e-5)


def test_items_that_nobody_took_are_about_as_long_as_others(trained):
    plan, opened, _ = trained
    learnt = learn_items(plan, opened.split, opened.items.features, ~opened.items.new)
    lengths, new = np.linalg.norm(learnt.items, axis=1), opened.items.new
    assert 0.6 < lengths[new & opened.items.features.there].mean() / lengths[~new].mean() < 1.6


def test_an_item_that_nobody_took_is_recommended_to_those_of_its_taste(trained):
    _, opened, folder = trained
    names, new = tables_of(folder).names["items"], opened.items.new
    assert new[[names.index(f"i{number}") for number in range(ITEMS, ITEMS + 4)]].all()
    users, items = directions(tables_of(folder))
    parity = np.array([int(name[1:]) % 2 for name in names])
    scores = (users @ items.T)[:, new & opened.items.features.there]
    own = parity[new & opened.items.features.there] == np.arange(USERS)[:, None] % 2
    assert scores[own].mean() > scores[~own].mean() + 0.3 * scores.std()


def test_measures_of_new_items_beat_popularity_which_finds_none(trained):
    _, opened, folder = trained
    found = {
        one.measure: {row.system: row.value for row in one.rows}
        for one in judge_opened(folder, opened, opened.split.test)
    }
    assert list(found["recall@10/new"]) == ["popularity", "features", "trained"]
    # All 35 items compete, and half of those that a user has not taken are of the other taste.
    assert found["recall@20/new"]["trained"] > found["recall@20/new"]["popularity"]
    assert 0 < found["new_share@20"]["trained"] < 1
    other = judge_opened(folder, opened, opened.split.test, held_out=False)
    assert "recall@10" in {one.measure for one in other}


def test_what_was_taken_out_is_in_no_part_and_its_takers_are_asked_for_it(trained):
    _, opened, _ = trained
    known, split = opened.items, opened.split
    out = np.unique(known.held.items)
    assert len(out) == 3  # a tenth of the 31 that were taken and are described
    for part in (split.train, split.validation, split.test):
        assert np.isin(part.items, out).sum() == 0
    assert known.new[out].all()
    assert len(known.held) + sum(map(len, (split.train, split.validation, split.test))) == USERS * 9
    assert not known.features.there[split.train.item_names.index("i0")]


def test_later_items_get_the_vector_of_an_item_with_the_same_features(trained, tmp_path):
    _, _, folder = trained
    twin = ("twin", *described(ITEMS + 1)[1:])
    later = write(
        tmp_path / "later.csv", ["about", "item", "size"], [(twin[1], twin[0], twin[2]), ("odd hill", "i1", 1)]
    )
    encoder = with_new_items(folder, later, "item")
    assert unknown_items(folder, later, "item").names == ["twin"]
    first, second = encoder.encode(["twin", f"i{ITEMS + 1}"])
    np.testing.assert_allclose(first, second, atol=1e-5)
    np.testing.assert_array_equal(encoder.encode(["i1"]), tables_of(folder).encode(["i1"]))
    users = write(tmp_path / "taken.csv", ["user", "item"], [("u1", "i1")])
    assert with_new_items(folder, users, "item").names == tables_of(folder).names


def test_a_later_item_without_features_scores_nothing(trained, tmp_path):
    later = write(tmp_path / "later.csv", ["item", "about", "size"], [("x", "", ""), ("y", "odd hill", 2)])
    told = unknown_items(trained[2], later, "item").told
    assert told.endswith("from their features, but for 1 without any, which score 0 with everybody")
    encoder = with_new_items(trained[2], later, "item")
    users = encoder.encode(encoder.names["users"], role=Role.QUERY)
    np.testing.assert_allclose(users @ encoder.encode(["x"]).T, 0, atol=1e-7)
    assert np.abs(users @ encoder.encode(["y"]).T).max() > 0.1


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        (["item", "about"], ["x", "odd"], r"1 items that were not there in training, and lacks the column 'size'"),
        (["item", "about", "size"], ["x", "odd", "big"], "column 'size': numbers are expected, found 'big'"),
    ],
)
def test_later_items_that_cannot_be_read(trained, tmp_path, header, row, told):
    with pytest.raises(InputError, match=told):
        with_new_items(trained[2], write(tmp_path / "later.csv", header, [row, ["i1", *row[1:]]]), "item")


def test_files_that_do_not_fit(files, tmp_path):
    interactions, _ = files
    source = DataSource(data=interactions)
    strangers = write(tmp_path / "strangers.csv", ["item", "size"], [("x", 1), ("y", 2)])
    with pytest.raises(InputError, match="no item that was taken is described: interactions have 'i"):
        open_for(recipe(strangers, SampledSoftmax()), source)
    with pytest.raises(InputError, match="--items: there is no file"):
        open_for(recipe(str(tmp_path / "none.csv"), SampledSoftmax()), source)
    with pytest.raises(InputError, match=r"--column category=size goes with --items"):
        open_for(recipe(None, SampledSoftmax()), DataSource(data=interactions, columns=(("category", "size"),)))
    with pytest.raises(InputError, match="new_items must be at least 0 and below 1, got 1"):
        recipe(None, SampledSoftmax(), new_items=1)
    with pytest.raises(InputError, match=r"--new-items 0.99 takes 32 items out: fewer than two users keep 3 others"):
        open_for(recipe(None, SampledSoftmax(), new_items=0.99), source)
