"""Contests on interactions and on edges: what tunes, what judges, and that one never sees the other."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoint.base.errors import DivergedError
from counterpoint.evaluation import link_prediction
from counterpoint.experiments.compare import ItemContest, NodeContest
from counterpoint.experiments.compare.space import space_of, with_values
from counterpoint.experiments.graph_job.job import learn_to_best
from counterpoint.experiments.graph_job.opened import OpenedGraph
from counterpoint.experiments.graph_job.recipe import CLUSTERING, LOOP, MASKED, NodeLearner
from counterpoint.experiments.recommend import Look, ranking, train_recommender
from counterpoint.experiments.recommender.opening import Opened, open_interactions
from counterpoint.experiments.recommender.recipe import SETTINGS, Recommender
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender, SequentialSettings
from counterpoint.experiments.source import DataSource
from counterpoint.methods.graph_contrast import Noise
from counterpoint.methods.item_ranking import PairwiseRanking, SampledSoftmax
from counterpoint.methods.masked_graph import Masking
from counterpoint.methods.objective_ranking import ObjectiveRanking
from counterpoint.methods.sequence_contrast import DataAugmentation, MetaAugmentation
from counterpoint.objectives import Decorrelation, PamC, SigLIP

GRAPH = Recommender(settings=replace(SETTINGS, dim=8, epochs=4, batch=64, learning_rate=0.05))
SEQUENCES = SequentialRecommender(settings=SequentialSettings(dim=8, layers=1, epochs=3, batch=16, learning_rate=0.02))
NODES = NodeLearner(loop=replace(LOOP, steps=20, dim=16, hidden=16, projection=16, learning_rate=0.01))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Users who go round a circle of 24 items from somewhere on."""
    file, rng = tmp_path_factory.mktemp("items") / "taken.csv", np.random.default_rng(0)
    starts = rng.integers(24, size=40)
    rows = [f"u{user},i{(start + place) % 24},{place}" for user, start in enumerate(starts) for place in range(6)]
    file.write_text("\n".join(["user,item,time", *rows]) + "\n")
    return open_interactions(DataSource(data=str(file)), in_order=True)


def never(length: int, value: float) -> bool:
    return False


def test_users_are_judged_as_a_run_is(opened: Opened) -> None:
    contest, split = ItemContest(opened.split), opened.split
    ran = contest.test(GRAPH)
    looks: list[Look] = []
    vectors, _ = train_recommender(split, GRAPH.contrast, GRAPH.settings, seed=0, tell=looks.append)
    assert ran.value == pytest.approx(ranking(vectors, split.known, split.test)["ndcg@20"])
    assert ran.per_example.shape == (40,)
    assert contest.statistic(ran.per_example)(np.ones((1, 40)))[0] == pytest.approx(ran.value)
    assert contest.tune(GRAPH, never).value == max(one.recall for one in looks if one.recall is not None)
    assert ran.steps == len(looks) == 4


@pytest.mark.parametrize("recipe", [GRAPH, SEQUENCES])
def test_tuning_never_sees_the_test(opened: Opened, recipe: Recommender | SequentialRecommender) -> None:
    split, half = opened.split, opened.split.test.users % 2 == 0
    other = ItemContest(replace(split, test=split.test.only(half)))
    assert other.tune(recipe, never).value == ItemContest(split).tune(recipe, never).value
    assert len(other.test(recipe).per_example) == half.sum()


def test_sequences_find_what_comes_next_and_graphs_do_not(opened: Opened) -> None:
    contest = ItemContest(opened.split)
    longer = contest.settled(SEQUENCES, length=30, seed=1)
    ran, other = contest.test(longer), contest.test(contest.settled(GRAPH, length=30, seed=1))
    assert ran.value > other.value + 0.2
    assert 0 < contest.references["popularity"] < ran.value


def test_the_same_recipe_gives_the_same(opened: Opened, graph: OpenedGraph) -> None:
    items, nodes = ItemContest(opened.split), NodeContest(graph)
    assert items.test(SEQUENCES).value == items.test(SEQUENCES).value
    assert nodes.test(NODES).value == nodes.test(NODES).value


def test_edges_are_judged_as_a_run_is(graph: OpenedGraph) -> None:
    contest = NodeContest(graph)
    ran = contest.test(NODES)
    others = graph.unlinked(graph.test, len(graph.test))
    measure = link_prediction(learn_to_best(NODES, graph)[0].vectors, graph.test, others)[0]
    assert (measure.name, contest.measure) == ("link_auc", "link_auc")
    assert ran.value == pytest.approx(measure.value)
    assert ran.per_example.shape == (2 * len(graph.test),)
    fast = link_prediction(graph.drawn, graph.test, others)[0].value
    assert contest.references == {"FastRP": pytest.approx(fast)}


def test_what_went_astray_is_said(opened: Opened, graph: OpenedGraph) -> None:
    with pytest.raises(DivergedError):
        ItemContest(opened.split).tune(with_values(GRAPH, {"learning_rate": 1e30}), never)
    with pytest.raises(DivergedError):
        NodeContest(graph).test(with_values(NODES, {"learning_rate": 1e30}))


@pytest.mark.parametrize("recipe", [GRAPH, SEQUENCES])
def test_costs_of_recommenders(opened: Opened, recipe: Recommender | SequentialRecommender) -> None:
    costs = ItemContest(opened.split).costs(recipe)
    assert 0 < costs.step < 5
    assert costs.peak_bytes > 24 * 8 * 4 * 4, "weights of the items, their gradients and two moments"


def test_costs_of_nodes(graph: OpenedGraph) -> None:
    costs = NodeContest(graph).costs(NODES)
    assert 0 < costs.step < 5
    assert costs.peak_bytes > 64 * 16 * 4 * 4, "weights of the first layer, their gradients and two moments"


def test_length_and_seed_are_settled(opened: Opened, graph: OpenedGraph) -> None:
    items, nodes = ItemContest(opened.split), NodeContest(graph)
    for recipe in (items.settled(GRAPH, length=7, seed=5), items.settled(SEQUENCES, length=7, seed=5)):
        assert (recipe.settings.epochs, recipe.seed) == (7, 5)
    learnt = NodeLearner(objective=PamC(), clusters=4, clustering=CLUSTERING)
    for learner in (nodes.settled(NODES, length=7, seed=5), nodes.settled(learnt, length=7, seed=5)):
        assert (learner.steps, learner.seed) == (7, 5)


@pytest.mark.parametrize(
    ("recipe", "names"),
    [
        (Recommender(), ["learning_rate", "temperature"]),
        (Recommender(contrast=Noise()), ["learning_rate", "temperature", "contrast_weight", "contrast_temperature"]),
        (Recommender(contrast=Noise(weight=0.0)), ["learning_rate", "temperature", "contrast_temperature"]),
        (Recommender(settings=replace(SETTINGS, ranking=PairwiseRanking())), ["learning_rate"]),
        (
            Recommender(settings=replace(SETTINGS, ranking=ObjectiveRanking(objective=SigLIP()))),
            ["learning_rate", "scale"],
        ),
        (SequentialRecommender(), ["learning_rate"]),
        (
            SequentialRecommender(contrast=DataAugmentation()),
            ["learning_rate", "contrast_weight", "contrast_temperature"],
        ),
        (NodeLearner(), ["learning_rate", "temperature"]),
        (NodeLearner(objective=Decorrelation()), ["learning_rate"]),
        (NodeLearner(objective=Masking(), loop=MASKED), ["learning_rate"]),
        (NodeLearner(objective=PamC(), clusters=4, clustering=CLUSTERING), ["learning_rate", "temperature"]),
    ],
)
def test_what_is_tuned_and_that_it_reaches_the_recipe(
    recipe: Recommender | SequentialRecommender | NodeLearner, names: list[str]
) -> None:
    space = space_of(recipe)
    assert [one.name for one in space] == names
    assert with_values(recipe, {one.name: one.usual for one in space}) == recipe
    moved = with_values(recipe, {one.name: one.high for one in space})
    assert [one.usual for one in space_of(moved)] == [one.high for one in space]


def test_values_stand_where_they_belong() -> None:
    values = {"learning_rate": 0.01, "temperature": 0.3, "contrast_weight": 0.4, "contrast_temperature": 0.5}
    recipe = with_values(Recommender(contrast=Noise()), values)
    assert (recipe.settings.learning_rate, recipe.contrast.weight, recipe.contrast.temperature) == (0.01, 0.4, 0.5)
    assert recipe.settings.ranking == SampledSoftmax(temperature=0.3)
    learnt = SequentialRecommender(contrast=MetaAugmentation(weight=0.01, meta_weight=0.01))
    assert with_values(learnt, {"contrast_weight": 0.05}).contrast == MetaAugmentation(weight=0.05, meta_weight=0.05)
