"""A recipe file for interactions, with or without an order, and for edges: train begins from what it sets."""

import json
from pathlib import Path

import numpy as np
import pytest

from counterpoint.base.spec import from_json, to_json
from counterpoint.data.planted_graphs import blocks
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.load_recipe import load_recipe
from counterpoint.experiments.own_classes import StandIn
from counterpoint.methods.item_ranking import PairwiseRanking
from counterpoint.methods.objective_ranking import ObjectiveRanking
from counterpoint.objectives import CLIP

SHOP = """
from dataclasses import dataclass

from counterpoint.experiments.recommend import RecommenderSettings
from counterpoint.experiments.recommender.recipe import Recommender
from counterpoint.methods.graph_contrast import EdgeDrop, GraphContrast, mean_layer
from counterpoint.methods.item_ranking import SampledSoftmax
from counterpoint.methods.objective_ranking import ObjectiveRanking
from counterpoint.objectives import CLIP

LAST = -1
SETTINGS = RecommenderSettings(
    dim=8, layers=2, epochs=3, look=1, patience=3, batch=64, learning_rate=0.05, ranking=SampledSoftmax(temperature=0.2)
)


@dataclass(frozen=True, kw_only=True)
class FirstAgainstLast(GraphContrast):
    weight: float = 0.05

    def epoch(self, model, rng):
        def encode(generator, nodes):
            layers = model.spread()
            return mean_layer(layers).index_select(0, nodes), [(layers[0], layers[LAST])]

        return encode


"""
PLAIN = SHOP + "recipe = Recommender(contrast=EdgeDrop(share=0.3), settings=SETTINGS, seed=4)\n"
OWN = SHOP + "recipe = Recommender(contrast=FirstAgainstLast(temperature=0.3), settings=SETTINGS)\n"
IN_ORDER = """
from dataclasses import dataclass

from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender, SequentialSettings
from counterpoint.methods.sequence_contrast import SequenceContrast


@dataclass(frozen=True, kw_only=True)
class Apart(SequenceContrast):
    def loss(self, first, second, augmenters):
        return self.weight * (first - second).square().mean()


recipe = SequentialRecommender(
    contrast=Apart(weight=0.3), settings=SequentialSettings(dim=8, layers=1, longest=5, epochs=2, batch=32)
)
"""
GRAPH = """
from dataclasses import dataclass

from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.node_contrast import NodeLoop
from counterpoint.views import GraphView


@dataclass(frozen=True, kw_only=True)
class Quieter:
    factor: float = 0.5

    def __call__(self, x, edges, generator):
        return x * self.factor, edges


recipe = NodeLearner(
    nodes="people.csv",
    loop=NodeLoop(steps=20, hidden=8, dim=8, projection=8, views=(GraphView(edges=0.5, features=0.1), Quieter())),
    look=5,
    patience=2,
)
"""
CONTENT = """
from dataclasses import dataclass

from counterpoint.data import Supervision
from counterpoint.encoders import MLP
from counterpoint.experiments.recipe import Recipe
from counterpoint.objectives import NTXent
from counterpoint.training import TrainSettings


@dataclass(frozen=True, kw_only=True)
class Mine(NTXent):
    pass


recipe = Recipe(
    encoder=MLP(), objective=Mine(), supervision=Supervision.LABELS, training=TrainSettings(steps=2, batch_size=8)
)
"""
FILES = {"shop.py": PLAIN, "own.py": OWN, "order.py": IN_ORDER, "graph.py": GRAPH, "content.py": CONTENT}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("recipes"), np.random.default_rng(0)
    rows = (f"u{user},{item},{place}" for user in range(30) for place, item in enumerate(rng.permutation(20)[:6]))
    (folder / "taken.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")
    edges, _ = blocks([15, 15], inside=0.5, between=0.05, rng=rng)
    (folder / "edges.csv").write_text("\n".join(["source,target", *(f"p{a},p{b}" for a, b in edges)]) + "\n")
    people = (f"p{n},{rng.normal():.3f},{rng.normal():.3f}" for n in range(30))
    (folder / "people.csv").write_text("\n".join(["node,a,b", *people]) + "\n")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def here(made, monkeypatch):
    """The folder with the files, worked in."""
    monkeypatch.chdir(made)
    return made


def planned(ok, *arguments):
    return from_json(ok("train", *arguments, "--dry-run", "--json").json["recipe"])


def test_typed_options_change_a_recommender_and_leave_the_rest(here, ok):
    file = load_recipe(here / "shop.py")
    assert planned(ok, "taken.csv", "--recipe", "shop.py") == file
    said = ok("train", "taken.csv", "--recipe", "shop.py", "--dry-run").out
    assert "2 layers and 8 dimensions" in said
    assert "contrast EdgeDrop (temperature 0.2, weight 0.1)" in said
    typed = ("--contrast-weight", 0.3, "--temperature", 0.5, "--epochs", 7, "--dim", 4, "--encoder", "light-gcn")
    found = planned(ok, "taken.csv", "--recipe", "shop.py", *typed)
    assert (found.contrast.weight, found.contrast.share, found.seed) == (0.3, 0.3, 4)
    assert (found.settings.ranking.temperature, found.settings.epochs, found.settings.dim) == (0.5, 7, 4)
    assert (found.settings.look, found.settings.patience, found.settings.batch) == (1, 3, 64)
    found = planned(ok, "taken.csv", "--recipe", "shop.py", "--objective", "bpr", "--contrast", "none", "--seed", 1)
    assert (found.settings.ranking, type(found.contrast).__name__, found.seed) == (PairwiseRanking(), "NoContrast", 1)


def test_the_temperature_of_an_objective_that_ranks_is_changed_too(here, ok, tmp_path):
    file = tmp_path / "ranking.py"
    made = "replace(SETTINGS, ranking=ObjectiveRanking(objective=CLIP(row_weight=0.9)))"
    file.write_text(f"{SHOP}from dataclasses import replace\n\nrecipe = Recommender(settings={made})\n")
    found = planned(ok, "taken.csv", "--recipe", file, "--temperature", 0.3).settings.ranking
    assert found == ObjectiveRanking(objective=CLIP(row_weight=0.9, temperature=0.3))


def test_items_and_the_share_of_new_ones_are_the_files(here, ok, cli, tmp_path):
    (tmp_path / "items.csv").write_text("item,size\n" + "".join(f"{item},{item % 3}\n" for item in range(20)))
    file = tmp_path / "items.py"
    file.write_text(f"{SHOP}recipe = Recommender(settings=SETTINGS, items={str(tmp_path / 'items.csv')!r})\n")
    assert planned(ok, "taken.csv", "--recipe", file).new_items == 0
    assert planned(ok, "taken.csv", "--recipe", file, "--new-items", 0.1).new_items == 0.1
    assert planned(ok, "taken.csv", "--recipe", "shop.py", "--items", tmp_path / "items.csv").new_items == 0.05
    file.write_text(f"{SHOP}recipe = Recommender(settings=SETTINGS, new_items=0.1)\n")
    assert planned(ok, "taken.csv", "--recipe", file).new_items == 0.1
    assert "leave out --test-fraction 0" in cli("train", "taken.csv", "--recipe", file, "--test-fraction", 0).err


def test_typed_options_change_a_recommender_of_sequences(here, ok):
    typed = ("--contrast-weight", 0.1, "--layers", 2, "--seed", 3)
    assert "SASRec of 2 layers and 8 dimensions on the last 5 items of a user, contrast Apart (weight 0.1)" in (
        ok("train", "taken.csv", "--recipe", "order.py", "--encoder", "sasrec", *typed, "--dry-run").out
    )
    found = planned(ok, "taken.csv", "--recipe", "order.py", "--contrast", "none", *typed[2:])
    assert (found.contrast, found.settings.longest, found.seed) == (None, 5, 3)


def test_typed_options_change_a_learner_of_nodes(here, ok):
    typed = ("--steps", 9, "--temperature", 0.2, "--clusters", 3, "--encoder", "gcn", "--seed", 2)
    plain = str(here / "plain.py")
    Path(plain).write_text(GRAPH.replace("Quieter())", "GraphView())"))
    found = planned(ok, "edges.csv", "--recipe", plain, *typed)
    assert (found.loop.steps, found.objective.temperature, found.clusters, found.seed) == (9, 0.2, 3, 2)
    assert (found.look, found.patience, found.loop.views[0].edges, found.loop.dim) == (5, 2, 0.5, 8)
    assert found.nodes == str(here / "people.csv")
    found = planned(ok, "edges.csv", "--recipe", plain, "--objective", "graph-mae")
    assert (type(found.objective).__name__, found.loop.dim) == ("Masking", 8)
    found = planned(ok, "edges.csv", "--recipe", plain, "--views", "diffusion")
    assert (found.diffusion is not None, found.loop.views[0].edges) == (True, 0.5)


def test_spread_features_and_clusters_that_are_learnt_begin_from_the_file(here, ok, cli):
    imports = "from counterpoint.experiments.graph_job.recipe import NodeLearner\n"
    more = (
        "from counterpoint.experiments.graph_job.spread import Spread\nfrom counterpoint.encoders.graph import Layer\n"
    )
    head = imports + more + "from counterpoint.experiments.node_contrast import NodeLoop\n"
    spread = "NodeLearner(loop=NodeLoop(layer=Layer.NONE), spread=Spread(linear=False, hops=4), patience=9)"
    (here / "spread.py").write_text(f"{head}recipe = {spread}\n")
    assert planned(ok, "edges.csv", "--recipe", "spread.py").spread.hops == 4
    asked = ("edges.csv", "--recipe", "spread.py", "--objective", "pam-c", "--clusters", 3)
    found = planned(ok, *asked, "--steps", 7, "--layers", 1)
    assert (found.clustering.steps, found.spread.hops, found.patience) == (7, 1, 9)
    (here / "clusters.py").write_text(
        f"{head}from counterpoint.experiments.cluster_nodes import ClusterLoop\n"
        "from counterpoint.objectives import PamC\n"
        "recipe = NodeLearner(objective=PamC(), clusters=3, clustering=ClusterLoop(steps=5, contrast=7.0),\n"
        "    loop=NodeLoop(layer=Layer.NONE), spread=Spread(linear=False))\n"
    )
    found = planned(ok, "edges.csv", "--recipe", "clusters.py", "--clusters", 4)
    assert (found.clusters, found.clustering.steps, found.clustering.contrast) == (4, 5, 7.0)
    assert planned(ok, "edges.csv", "--recipe", "clusters.py", "--objective", "clip").clustering is None


@pytest.mark.parametrize(
    ("data", "recipe"),
    [("taken.csv", "shop.py"), ("taken.csv", "own.py"), ("taken.csv", "order.py"), ("edges.csv", "graph.py")],
)
def test_the_recipe_of_a_run_makes_the_same_run(here, ok, tmp_path, data, recipe):
    """Weights are equal to the bit; what was typed is in it, and a class of the file's own stays in the file."""
    run, again = tmp_path / "run", tmp_path / "again"
    ok("train", data, "--recipe", recipe, "--out", run, "--learning-rate", 0.02)
    command = f"counterpoint train {data} --recipe {run}/recipe.py --out again"
    assert command in (run / "report.html").read_text()
    ok("train", data, "--recipe", run / "recipe.py", "--out", again, "--no-judge")
    weights = [sorted((folder / "model").glob("*.safetensors")) for folder in (run, again)]
    assert weights[0]
    assert [one.read_bytes() for one in weights[0]] == [one.read_bytes() for one in weights[1]]
    assert (run / "recipe.py").read_text() == (again / "recipe.py").read_text(), "nothing is added twice"
    loaded, (kept, _) = load_recipe(run / "recipe.py"), RunFolder(run).plan()
    own = "own_classes" in json.loads((run / "config.json").read_text())
    assert own is (recipe != "shop.py")
    if not own:
        assert loaded == kept
    settings = loaded.loop if isinstance(loaded, NodeLearner) else loaded.settings
    assert settings.learning_rate == 0.02


@pytest.fixture
def run(here, ok):
    """Trained once, with a contrast of its own."""
    if not (here / "run").exists():
        said = ok("train", "taken.csv", "--recipe", "own.py", "--out", "run", "--contrast-weight", 0.02)
        assert "contrast FirstAgainstLast (temperature 0.3, weight 0.02)" in said.err
    return here / "run"


def test_a_run_with_a_class_of_ones_own_is_read_without_running_it(run, ok, tmp_path):
    kept, _ = RunFolder(run).plan()
    assert isinstance(kept.contrast, StandIn)
    assert (type(kept.contrast).__name__, kept.contrast.weight) == ("FirstAgainstLast", 0.02)
    assert to_json(kept) == json.loads((run / "config.json").read_text())["recipe"]
    (run / "recipe.py").write_text("raise SystemExit('never run')")
    found = ok("evaluate", run, "--json").json
    assert ok("report", run, "--json").json == found
    assert "FirstAgainstLast" in (run / "report.html").read_text()
    ok("embed", run, "taken.csv", "-o", tmp_path / "vectors")
    assert len(ok("search", run, tmp_path / "vectors", "u3", "-k", 2, "--json").json) == 2


def test_an_objective_of_ones_own_for_nodes(here, ok, tmp_path):
    head, body = GRAPH.split("recipe = ")
    own = "from counterpoint.objectives import CLIP\n\n\n@dataclass(frozen=True, kw_only=True)\nclass Mine(CLIP):\n"
    body = body.replace('nodes="people.csv"', "objective=Mine(temperature=0.7)").replace("Quieter()", "GraphView()")
    (tmp_path / "mine.py").write_text(f"{head}{own}    pass\n\n\nrecipe = {body}")
    ok("train", "edges.csv", "--recipe", tmp_path / "mine.py", "--out", tmp_path / "run", "--steps", 5)
    kept = RunFolder(tmp_path / "run").plan()[0]
    assert (type(kept.objective).__name__, kept.objective.temperature) == ("Mine", 0.7)
    assert ok("evaluate", tmp_path / "run", "--json").json


def test_content_with_a_class_of_ones_own_is_refused_before_the_first_step_where_it_would_be_judged(
    data, made, ok, cli, tmp_path
):
    asked = ("train", data / "vectors.npz", "--recipe", made / "content.py", "--out", tmp_path / "run")
    said = cli(*asked)
    assert said.code == 2
    assert "Mine is no class of counterpoint's" in said.err
    assert not (tmp_path / "run").exists()
    ok(*asked, "--no-judge")
    assert type(load_recipe(tmp_path / "run" / "recipe.py").objective).__name__ == "Mine"
    assert "outside the trusted packages" in cli("train", "--resume", tmp_path / "run").err


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("data", "recipe", "told"),
    [
        ("taken.csv", "graph.py", "graph.py is a NodeLearner and learns from edges, and taken.csv holds interactions"),
        ("taken.csv", "content.py", "content.py is a Recipe and learns from content, and taken.csv holds interactions"),
        (
            "taken.csv",
            "dcl",
            "dcl is a Recipe and learns from content, and taken.csv holds interactions: these take a ",
        ),
        ("edges.csv", "dcl", "dcl is a Recipe and learns from content, and edges.csv holds edges: these take a NodeL"),
        ("edges.csv", "shop.py", "is a Recommender and learns from interactions, and edges.csv holds edges: these"),
        ("edges.csv", "order.py", "is a SequentialRecommender and learns from interactions, and edges.csv holds edges"),
        ("set:digits", "shop.py", "learns from interactions, and set:digits holds content: these take a Recipe"),
        ("set:digits", "graph.py", "learns from edges, and set:digits holds content: these take a Recipe"),
    ],
)
def test_a_recipe_for_other_data_is_one_line(here, cli, data, recipe, told, dry):
    said = cli("train", data, "--recipe", recipe, "--out", "none", *dry)
    assert said.code == 2
    assert told in said.err
    assert len(said.errors) == 1
    assert not (here / "none").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("taken.csv", "--recipe", "shop.py", "--encoder", "sasrec"), "sasrec: the encoder of the recipe is light-gcn"),
        (("taken.csv", "--recipe", "order.py", "--encoder", "light-gcn"), "the encoder of the recipe is sasrec"),
        (("taken.csv", "--recipe", "order.py", "--encoder", "mlp"), "--encoder must be one of light-gcn, sasrec"),
        (
            ("taken.csv", "--recipe", "order.py", "--objective", "bpr"),
            "--objective does not apply to interactions with",
        ),
        (("taken.csv", "--recipe", "shop.py", "--noise", 0.1), "--noise: EdgeDrop has none"),
        (("edges.csv", "--recipe", "graph.py", "--encoder", "gat"), "--encoder gat: the encoder of the recipe is gcn"),
        (("edges.csv", "--recipe", "graph.py", "--layers", 2), "--layers goes with --encoder linear or mlp"),
        (
            ("edges.csv", "--recipe", "graph.py", "--objective", "pam-c", "--clusters", 3),
            "--objective pam-c goes with --encoder mlp, got gcn",
        ),
    ],
)
def test_options_that_do_not_go_with_the_file_are_one_line(here, cli, arguments, told):
    said = cli("train", *arguments, "--out", "none")
    assert said.code == 2
    assert told in said.err
    assert not (here / "none").exists()


def test_compare_takes_recipes_for_content_alone(here, cli):
    said = cli("compare", "set:digits", "--recipe", "shop.py")
    assert "--recipe must learn from content here, and shop.py sets a Recommender: only train knows those" in said.err
