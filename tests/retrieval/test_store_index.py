"""The index beside a store: its answers, its file, its figure, and the vectors that it does not fit."""

import json
import shutil
import sys

import numpy as np
import pytest

from counterpoint.base.errors import CheckpointError, InputError, MissingExtraError
from counterpoint.base.files import write_json
from counterpoint.base.spec import to_json
from counterpoint.pairwise.similarity import Dot
from counterpoint.retrieval import HNSW, IVF, Flat, Store, build_index, embed, open_index, search
from counterpoint.retrieval.ann import AnnIndex
from counterpoint.retrieval.store_index import IndexManifest

DRAW = np.random.default_rng(0)
CENTRES = DRAW.normal(size=(40, 16))
VECTORS = (CENTRES[DRAW.integers(40, size=1500)] + 0.4 * DRAW.normal(size=(1500, 16))).astype(np.float32)
VECTORS *= DRAW.uniform(0.2, 5, size=(1500, 1)).astype(np.float32)  # by inner product others would be nearest
VECTORS[700:720] = VECTORS[3]  # equal scores: the lower row goes first
QUERIES = np.concatenate([VECTORS[[3, 50]], CENTRES[:30] + 0.4 * DRAW.normal(size=(30, 16))]).astype(np.float32)


class Rows:
    """A corpus whose content is the vectors themselves."""

    fingerprint = "rows"

    def __init__(self, vectors):
        self.vectors = vectors

    def __len__(self):
        return len(self.vectors)

    def content(self, rows):
        return self.vectors[rows]

    def ids(self, rows):
        return None


def store_of(vectors, folder, model="m"):
    return embed(Rows(vectors), lambda content: content, folder, model=model, shard_rows=400)


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    store = store_of(VECTORS, tmp_path_factory.mktemp("flat") / "store")
    build_index(store, Flat())
    return store.folder


@pytest.fixture
def copy(flat, tmp_path):
    return shutil.copytree(flat, tmp_path / "copy")


def same(answer, exact):
    np.testing.assert_array_equal(answer.hits.rows, exact.rows)
    np.testing.assert_array_equal(answer.hits.scores, exact.scores)


@pytest.mark.parametrize("kind", [Flat(), IVF(lists=8, probes=8), HNSW(effort=1500)])
def test_with_all_the_effort_rows_and_scores_are_those_of_exact_search(tmp_path, kind):
    store = store_of(VECTORS, tmp_path)
    built = build_index(store, kind)
    for index in (built, open_index(Store(tmp_path))):
        assert index.manifest == built.manifest
        answer = index.search(QUERIES, 25)
        same(answer, search(QUERIES, store, 25))
        assert not answer.exact.any()
    assert built.manifest.kind == kind
    assert built.manifest.recall.value == 1


@pytest.mark.parametrize(("kind", "least"), [(HNSW(), 0.99), (IVF(), 0.97), (IVF(probes=2), 0.6)])
def test_recall_is_high_by_default_and_the_one_that_is_found_later(tmp_path, kind, least):
    store = store_of(VECTORS, tmp_path)
    built = build_index(store, kind).manifest
    assert (built.recall.queries, built.recall.k) == (150, 10)
    assert built.recall.value >= least
    answer, exact = open_index(store).search(QUERIES, 10), search(QUERIES, store, 10)
    shares = [np.isin(a, b).mean() for a, b in zip(exact.rows, answer.hits.rows, strict=True)]
    assert np.mean(shares) >= least
    assert np.mean(shares) == pytest.approx(built.recall.value, abs=0.15)


def test_recall_is_that_of_rows_held_back_and_of_queries_where_they_are_given(tmp_path):
    store = store_of(VECTORS, tmp_path)
    kind = IVF(lists=50, probes=1)
    built = build_index(store, kind, k=7, queries=QUERIES[1:]).manifest
    held = np.sort(np.random.default_rng(0).choice(1500, 150, replace=False))
    rest = np.delete(np.arange(1500), held)
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)

    def recall(index, queries, rows):
        nearest = [rows[np.argsort(-(unit[rows] @ query), kind="stable")[:7]] for query in queries]
        found = index(queries, 39).rows[:, :7]
        return np.mean([np.isin(a, b).mean() for a, b in zip(nearest, found, strict=True)])

    index = AnnIndex(VECTORS, kind, rows=rest)
    # Some held-back rows are copies, whose order is not told by scores: hence the tolerance.
    assert built.recall.value == pytest.approx(recall(index, VECTORS[held], rest), abs=0.02)
    index.add(VECTORS, held)
    assert built.asked.value == pytest.approx(recall(index, QUERIES[1:], np.arange(1500)))
    assert built.asked.value < built.recall.value < 0.999
    assert (built.asked.queries, built.asked.k) == (31, 7)


def test_where_an_index_finds_too_few_all_vectors_are_compared(tmp_path):
    store = store_of(VECTORS, tmp_path)
    answer = build_index(store, IVF(lists=60, probes=1)).search(QUERIES, 40)
    exact = search(QUERIES, store, 40)
    assert (answer.hits.rows >= 0).all()
    assert 0 < answer.exact.sum() < len(QUERIES)
    np.testing.assert_array_equal(answer.hits.rows[answer.exact], exact.rows[answer.exact])
    same(build_index(store, HNSW()).search(QUERIES[:3], 1500), search(QUERIES[:3], store, 1500))


def test_faiss_reads_the_file_and_ids_are_rows(flat):
    faiss = pytest.importorskip("faiss")
    index = faiss.read_index(str(flat / "index.faiss"))
    unit = (QUERIES / np.linalg.norm(QUERIES, axis=1, keepdims=True)).astype(np.float32)
    assert index.search(unit[2:], 5)[1].tolist() == search(QUERIES[2:], Store(flat), 5).rows.tolist()


def test_the_files_are_a_function_of_vectors_and_settings(tmp_path):
    store = store_of(VECTORS, tmp_path)
    files = []
    for _ in range(2):
        build_index(store, HNSW())
        files.append([(tmp_path / name).read_bytes() for name in ("index.faiss", "index.json")])
    assert files[0] == files[1]


def test_no_index_is_none_and_a_small_store_can_have_one(tmp_path):
    store = store_of(VECTORS[:3], tmp_path / "three")
    assert open_index(store) is None
    for kind in (Flat(), IVF(), HNSW()):
        assert build_index(store, kind).manifest.recall.k == 2
        same(open_index(store).search(QUERIES, 3), search(QUERIES, store, 3))
    with pytest.raises(InputError, match="number of rows to index must be at least 2, got 1"):
        build_index(store_of(VECTORS[:1], tmp_path / "one"), Flat())
    with pytest.raises(InputError, match="k must be at least 1, got 0"):
        build_index(store, Flat(), k=0)
    with pytest.raises(InputError, match="queries have D = 4 and the store has D = 16"):
        build_index(store, Flat(), queries=QUERIES[:, :4])


@pytest.mark.parametrize(
    ("vectors", "model", "told"),
    [
        (VECTORS, "another", "corpus, model or values"),
        (np.where(np.arange(1500)[:, None] == 777, VECTORS + 1, VECTORS), "m", "corpus, model or values"),
        (VECTORS[:1499], "m", "number of rows 1500 there, 1499 here"),
        (VECTORS[:, :15], "m", "dimension 16 there, 15 here"),
    ],
)
def test_an_index_of_other_vectors_is_refused(flat, tmp_path, vectors, model, told):
    store = store_of(vectors, tmp_path / "other", model)
    for name in ("index.faiss", "index.json"):
        shutil.copy(flat / name, store.folder / name)
    with pytest.raises(CheckpointError, match=f"built from other vectors than those beside it: {told}.*delete index"):
        open_index(store)
    build_index(store, Flat())
    same(open_index(store).search(VECTORS[:4, : store.dim], 5), search(VECTORS[:4, : store.dim], store, 5))


def cut(folder):
    path = folder / "index.faiss"
    path.write_bytes(path.read_bytes()[:-100])


def flip(folder):
    content = bytearray((folder / "index.faiss").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "index.faiss").write_bytes(content)


def other_metric(folder):
    told = json.loads((folder / "index.json").read_text())
    write_json(folder / "index.json", told | {"metric": to_json(Dot())})


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (cut, r"index\.faiss is not the file that index\.json tells of: it was cut short or changed"),
        (flip, r"index\.faiss is not the file that index\.json tells of"),
        (other_metric, r"metric Dot\(\) there, Cosine\(\) here"),
        (lambda folder: (folder / "index.faiss").unlink(), r"index\.json stands there without index\.faiss"),
        (lambda folder: (folder / "index.json").unlink(), r"index\.faiss stands there without index\.json"),
        (lambda folder: (folder / "index.json").write_text("{"), r"index\.json is damaged"),
        (lambda folder: (folder / "index.json").write_text("{}"), r"index\.json is not a manifest of an index"),
        (lambda folder: shutil.copy(folder / "manifest.json", folder / "index.json"), "is not a manifest of an index"),
    ],
)
def test_what_is_not_whole_is_refused(copy, damage, told):
    damage(copy)
    with pytest.raises(CheckpointError, match=told + ".*build the index again, or delete index"):
        open_index(Store(copy))
    same(build_index(Store(copy), Flat()).search(QUERIES, 5), search(QUERIES, Store(copy), 5))


def test_what_a_killed_build_left_is_removed_and_the_index_stays(copy):
    left = [copy / f".{name}.123.part" for name in ("index.faiss", "index.json")]
    for path in left:
        path.write_bytes(b"half")
    store = store_of(VECTORS, copy)
    assert not any(path.exists() for path in left)
    assert open_index(store) is not None


def test_a_file_that_faiss_cannot_read_is_named(copy):
    (copy / "index.faiss").write_bytes(b"no index at all")
    with pytest.raises(CheckpointError, match=r"index\.faiss cannot be read by faiss"):
        AnnIndex.read(copy / "index.faiss")
    faiss = pytest.importorskip("faiss")
    faiss.write_index(faiss.IndexFlatL2(16), str(copy / "index.faiss"))
    with pytest.raises(CheckpointError, match="holds another index than one of cosines"):
        AnnIndex.read(copy / "index.faiss")


def test_without_faiss_the_extra_is_named(flat, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtraError, match=r"counterpoint\[ann\]"):
        open_index(Store(flat))
    with pytest.raises(MissingExtraError, match=r"counterpoint\[ann\]"):
        build_index(Store(flat), Flat())


@pytest.mark.parametrize(
    ("queries", "k", "told"),
    [
        (QUERIES, 0, "k must be between 1 and the 1500 rows of the index, got 0"),
        (QUERIES, 1501, "k must be between 1 and the 1500 rows of the index, got 1501"),
        (QUERIES[:, :3], 5, "queries have D = 3 and the index has D = 16"),
        (QUERIES * np.nan, 5, "queries, row 0 holds NaN"),
        (QUERIES[0], 5, "queries must have two axes"),
    ],
)
def test_queries_that_do_not_fit(flat, queries, k, told):
    with pytest.raises(InputError, match=told):
        open_index(Store(flat)).search(queries, k)


def test_the_manifest_says_what_it_was_built_from(flat):
    told = json.loads((flat / "index.json").read_text())
    assert told["kind"] == {"type": "counterpoint.retrieval.ann:Flat"}
    assert told["metric"]["type"].endswith(":Cosine")
    assert (told["rows"], told["dim"]) == (1500, 16)
    assert set(told) == {"type", *IndexManifest.__dataclass_fields__}
