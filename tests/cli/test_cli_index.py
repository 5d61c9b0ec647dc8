"""From a run to an index of its vectors, and questions through it: users, nodes, texts, images and rows."""

import json
import shutil
import sys

import numpy as np
import pytest

from counterpoint.experiments.model import load

LOOKED = "searched through the"


def taken(*, users=60, items=80, each=9, seed=0):
    """Users of two tastes, and what each has."""
    rng = np.random.default_rng(seed)
    drawn = [rng.permutation(items // 2)[:each] for _ in range(users)]
    return {f"u{user}": [100 + 2 * int(one) + user % 2 for one in own] for user, own in enumerate(drawn)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("indexed")
    rows = [f"{user},{item}" for user, own in taken().items() for item in own]
    (made / "taken.csv").write_text("user,item\n" + "\n".join(rows) + "\n")
    return made


@pytest.fixture(params=["info-nce", "bpr"])
def recommender(request, folder, ok):
    """Ranks by cosine, or by inner products that were made cosines; trained once each."""
    run = folder / request.param
    if not run.exists():
        options = ("--objective", request.param, "--epochs", 4, "--batch-size", 64, "--learning-rate", 0.05)
        ok("train", folder / "taken.csv", "--test-fraction", 0.2, "--out", run, *options)
    return run


@pytest.mark.parametrize("index", ["flat", "hnsw", "ivf"])
def test_a_user_gets_the_same_new_items_through_an_index(recommender, folder, ok, tmp_path, index):
    vectors = tmp_path / "vectors"
    said = ok("embed", recommender, folder / "taken.csv", "-o", vectors, "--index", index)
    assert "against exact search: recall@10 1.000 ± 0.000 (8 rows held back for this)" in said.err
    assert "1.000 ± 0.000 (60 users)" in said.err
    own = taken()["u3"]
    for k in (5, 99):  # more than there are: all that is new
        through = ok("search", recommender, vectors, "u3", "-k", k, "--json")
        exact = ok("search", recommender, vectors, "u3", "-k", k, "--exact", "--json")
        assert through.json == exact.json
        assert len(through.json) == min(k, 80 - len(own))
        assert {int(one["content"]) for one in through.json}.isdisjoint(own)
        assert LOOKED not in exact.err
        assert LOOKED in through.err or k == 99
    model = load(recommender)
    items = [one for one in range(100, 180) if one not in own]
    scores = model.encode_query(["u3"]) @ model.encode_document([str(one) for one in items]).T
    unit = scores[0] / np.linalg.norm(model.encode_document([str(one) for one in items]), axis=1)
    best = ok("search", recommender, vectors, "u3", "-k", 5, "--json").json
    assert [int(one["content"]) for one in best] == [items[i] for i in np.argsort(-unit)[:5]]


def test_a_node_is_found_through_an_index(folder, ok, tmp_path):
    rng = np.random.default_rng(0)
    edges = [f"n{a},n{b}" for a in range(60) for b in rng.permutation(30)[:4] + 30 * (a // 30) if a != b]
    (tmp_path / "edges.csv").write_text("source,target\n" + "\n".join(edges) + "\n")
    run, vectors = tmp_path / "run", tmp_path / "vectors"
    ok("train", tmp_path / "edges.csv", "--out", run, "--steps", 5, "--no-judge")
    said = ok("embed", run, run / "nodes.csv", "-o", vectors, "--index", "hnsw")
    assert "users" not in said.err
    asked = ("search", run, vectors, "n3", "-k", 5, "--json")
    through = ok(*asked)
    assert f"{LOOKED} HNSW index" in through.err
    assert through.json == ok(*asked, "--exact").json
    assert "n3" not in [one["content"] for one in through.json]


@pytest.mark.parametrize(("name", "query"), [("pairs.csv", "sun rain"), ("images", None), ("vectors.npz", None)])
def test_content_is_found_through_an_index(runs, data, ok, tmp_path, name, query):
    ok("embed", runs(name), data / name, "-o", tmp_path, "--index", "flat")
    query = data / "images" / "dark" / "03.png" if name == "images" else query
    asked = ("search", runs(name), tmp_path, *(("--row", 4) if query is None else (query,)), "-k", 3, "--json")
    through = ok(*asked)
    assert f"{LOOKED} Flat index, recall@10 1.000 when it was built" in through.err
    assert through.json == ok(*asked, "--exact").json
    assert LOOKED not in ok(*asked, "--exact").err


@pytest.fixture
def indexed(runs, data, ok, tmp_path):
    ok("embed", runs("vectors.npz"), data / "vectors.npz", "-o", tmp_path / "v", "--index", "ivf")
    return tmp_path / "v"


def refused(said, expected):
    assert said.code == 2
    assert len(said.errors) == 1
    assert expected in said.errors[0]
    assert said.out == ""


def test_an_index_that_does_not_fit_is_one_error_and_exact_search_goes_on(runs, data, ok, cli, indexed):
    asked = ("search", runs("vectors.npz"), indexed, "--row", 0, "--json")
    right = ok(*asked).json
    path = indexed / "index.faiss"
    path.write_bytes(path.read_bytes()[:200])
    refused(cli(*asked), "was cut short or changed; build the index again, or delete index.faiss and index.json")
    assert ok(*asked, "--exact").json == right
    again = ("embed", runs("vectors.npz"), data / "vectors.npz", "-o", indexed, "--index", "hnsw")
    ok(*again)
    assert ok(*asked).json == right
    other = json.loads((indexed / "index.json").read_text())
    (indexed / "index.json").write_text(json.dumps(other | {"vectors": "of another corpus"}))
    refused(cli(*asked), "was built from other vectors than those beside it")
    path.unlink()
    (indexed / "index.json").unlink()
    assert ok(*asked).json == right


def test_where_the_lists_hold_too_few_it_is_said_and_all_are_compared(runs, ok, indexed):
    from counterpoint.retrieval import IVF, Store, build_index

    build_index(Store(indexed), IVF(lists=12, probes=1))
    asked = ("search", runs("vectors.npz"), indexed, "--row", 0, "-k", 40, "--json")
    said = ok(*asked)
    assert "the IVF index found fewer than 40 rows: all vectors were compared instead" in said.err
    assert said.json == ok(*asked, "--exact").json


def test_without_faiss_nothing_is_embedded_and_the_extra_is_named(runs, data, ok, cli, indexed, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    told = "pip install 'counterpoint[ann]'"
    refused(cli("embed", runs("vectors.npz"), data / "vectors.npz", "-o", tmp_path / "w", "--index", "flat"), told)
    assert not (tmp_path / "w").exists()
    asked = ("search", runs("vectors.npz"), indexed, "--row", 0, "--json")
    refused(cli(*asked), told)
    assert len(ok(*asked, "--exact").json) == 10
    refused(cli("embed", runs("vectors.npz"), data / "vectors.npz", "--index", "annoy"), "annoy")


def test_an_index_taken_from_another_folder_is_refused(runs, data, ok, cli, indexed, tmp_path):
    store = tmp_path / "pairs"
    ok("embed", runs("pairs.csv"), data / "pairs.csv", "-o", store)
    for name in ("index.faiss", "index.json"):
        shutil.copy(indexed / name, store / name)
    refused(cli("search", runs("pairs.csv"), store, "cat"), "was built from other vectors than those beside it")
