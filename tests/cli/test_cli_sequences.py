"""What comes next, from a file of interactions with times to the items after a user's last."""

import json

import numpy as np
import pytest

import counterpoint as cp
from counterpoint.base.errors import InputError
from counterpoint.data.interactions import Interactions, Split
from counterpoint.encoders import NextItemEncoder
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.next_item import SequenceLearner, SequenceSettings, sequences_of
from counterpoint.experiments.recommend import ranking
from counterpoint.experiments.recommender.opening import open_interactions
from counterpoint.experiments.recommender.sequence_recipe import SequentialRecommender
from counterpoint.experiments.recommender.sequential import learner_of

ITEMS = 24
SIZES = ("--encoder", "sasrec", "--dim", 16, "--layers", 1)
FEW = (*SIZES, "--epochs", 30, "--batch-size", 32, "--learning-rate", 0.01)


def circles(users=60, seed=0):
    """Everybody goes round one circle of items from somewhere on; the first two users have one item."""
    rng = np.random.default_rng(seed)
    for user in range(users):
        start, size = rng.integers(ITEMS), 1 if user < 2 else rng.integers(5, 9)
        yield from (f"u{user},i{(start + place) % ITEMS},{place}" for place in range(size))


def write(path, rows, header="user,item,time"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("sequences")
    write(made / "taken.csv", circles())
    return made


@pytest.fixture
def run(folder, ok):
    """Trained once."""
    if not (folder / "run" / "report.html").exists():
        said = ok("train", folder / "taken.csv", "--out", folder / "run", *FEW)
        assert "training SASRec of 1 layers and 16 dimensions on the last 50 items of a user, no contrast" in said.err
        assert "2 of 60 users have fewer than two items to learn from: they teach nothing, and may ask." in said.err
    return folder / "run"


@pytest.fixture
def vectors(run, folder, ok):
    """Embedded once."""
    if not (folder / "vectors").exists():
        ok("embed", run, folder / "taken.csv", "-o", folder / "vectors")
    return folder / "vectors"


def test_a_run_beats_popularity_by_far_and_says_so_again(run, ok):
    said = ok("evaluate", run, "--json").json
    found = {one["measure"]: [row["value"] for row in one["rows"]] for one in said}
    assert found["ndcg@10"][1] > 0.8 > 2 * found["ndcg@10"][0], "popularity, then trained"
    assert {"recall@20/cold", "recall@10/tail", "recall@10/head", "head_share@20", "coverage@20", "gini@20"} <= {*found}
    assert json.loads((run / "evaluation.json").read_text())[0]["measure"] == said[0]["measure"]
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [one["epoch"] for one in records] == list(range(1, len(records) + 1))
    assert records[0]["step"] == 2
    assert ok("report", run, "--json").json == said


def next_of(name):
    return f"i{(int(name[1:]) + 1) % ITEMS}"


def last_items():
    return {user: item for user, item, _ in (line.split(",") for line in circles())}


def test_search_finds_what_comes_after_the_last_item_of_a_user(run, vectors, ok):
    last, right = last_items(), 0
    own = {line.split(",")[1] for line in circles() if line.startswith("u9,")}
    for user in ("u9", "u17", "u31", "u40"):
        hits = ok("search", run, vectors, user, "-k", 5, "--json").json
        assert len(hits) == 5
        right += hits[0]["content"] == next_of(last[user])
    assert right >= 3
    assert own.isdisjoint(one["content"] for one in ok("search", run, vectors, "u9", "-k", 99, "--json").json)
    assert len(ok("search", run, vectors, "u0", "-k", 3, "--json").json) == 3, "one item is enough to ask by"
    assert ok("search", run, vectors, "--row", 2, "-k", 1, "--json").json[0]["row"] == 2


def test_the_job_is_the_learner_stopped_at_its_best_and_its_export_ranks_as_it_does(folder, ok):
    out = folder / "few"
    sizes = (*SIZES, "--epochs", 4, "--batch-size", 32, "--learning-rate", 0.01)
    steps = (
        2 * ok("train", folder / "taken.csv", "--out", out, *sizes, "--seed", 5, "--no-judge", "--json").json["epoch"]
    )
    opened = open_interactions(RunFolder(out).plan()[1], in_order=True)
    settings = SequenceSettings(
        steps=steps, dim=16, longest=50, layers=1, batch=32, dropout=0.2, learning_rate=0.01, from_end=True
    )
    plain = SequenceLearner(opened.split, settings, seed=5)
    plain.learn()
    known, test = opened.split.known, opened.split.test
    users, items = plain.vectors(known)
    kept = RunFolder(out).encoders()[0]
    np.testing.assert_allclose(kept.encode_numbers(sequences_of(known), normalize=False)[:, :-1], users, atol=1e-5)
    np.testing.assert_array_equal(kept.encode(kept.names["items"], normalize=False)[:, :-1], items)
    exported = kept.encode_numbers(sequences_of(known)), kept.encode(kept.names["items"])
    assert ranking(exported, known, test) == ranking((users, items), known, test)
    np.testing.assert_array_equal(*(np.argsort(-(a @ b.T), axis=1) for a, b in (exported, (users, items))))


def test_who_was_not_there_is_asked_for_by_their_items(run):
    model = cp.load(run)
    assert isinstance(model.encoder, NextItemEncoder)
    whole = {}
    for user, item, _ in (line.split(",") for line in circles()):
        whole.setdefault(user, []).append(item)
    known = model.encode_query(["u31", "u0"])
    asked = model.encode_sequence([whole["u31"], whole["u0"]])
    np.testing.assert_allclose(asked, known, atol=1e-6)
    names = model.encoder.names["items"]
    new = model.encode_sequence([["i3", "i4", "i5"]])
    best = np.argsort(-model.similarity(new, model.encode_document(names))[0])
    assert "i6" in [names[row] for row in best if names[row] not in ("i3", "i4", "i5")][:2]
    with pytest.raises(InputError, match=r"items: 'x1' \(and 1 more\) was not there in training; 24 are known"):
        model.encode_sequence([["i3", "x1"], ["x2"]])


def test_a_model_of_something_else_knows_no_sequences(runs):
    with pytest.raises(InputError, match="encode_sequence: this model has not learnt what comes next"):
        cp.load(runs("pairs.csv")).encode_sequence([["i1"]])


@pytest.mark.parametrize("contrast", ["crop-mask-reorder", "learned"])
def test_a_contrast_counts_beside_the_next_item(folder, ok, contrast):
    out = folder / contrast
    asked = ("--contrast", contrast, "--contrast-weight", 0.02, "--epochs", 2, "--seed", 3, "--no-judge")
    said = ok("train", folder / "taken.csv", "--out", out, *SIZES, *asked, "--json")
    assert "Augmentation (weight 0.02)" in said.err
    kept = json.loads((out / "config.json").read_text())["recipe"]
    assert (kept["contrast"]["weight"], kept["contrast"].get("meta_weight", 0.02), kept["seed"]) == (0.02, 0.02, 3)
    assert said.json["epoch"] in (1, 2)
    evaluated = ok("evaluate", out, "--json").json
    assert evaluated[0]["measure"] == "recall@10"


def test_an_index_goes_with_it(run, folder, ok):
    said = ok("embed", run, folder / "taken.csv", "-o", folder / "indexed", "--index", "flat")
    assert "24 vectors of 17 dimensions" in said.err
    assert "(60 users)" in said.err
    through = ok("search", run, folder / "indexed", "u9", "-k", 3, "--json").json
    exact = ok("search", run, folder / "indexed", "u9", "-k", 3, "--exact", "--json").json
    assert [one["content"] for one in through] == [one["content"] for one in exact]


def test_a_file_to_judge_by_leaves_the_last_item_to_choose_by(folder, tmp_path, ok, cli):
    rows = [line for line in circles() if not line.startswith(("u0,", "u1,"))]
    earlier = [line for line in rows if int(line.rsplit(",", 1)[1]) < 4]
    later = write(tmp_path / "later.csv", [line for line in rows if int(line.rsplit(",", 1)[1]) == 4])
    path = write(tmp_path / "earlier.csv", earlier)
    said = ok("train", path, "--out", tmp_path / "run", "--test", later, *FEW, "--no-judge")
    assert "174 to learn from, 58 to choose by, 58 to judge by" in said.err
    found = {one["measure"]: one["rows"] for one in ok("evaluate", tmp_path / "run", "--json").json}
    assert found["ndcg@10"][1]["value"] > 2 * found["ndcg@10"][0]["value"]
    opened = open_interactions(RunFolder(tmp_path / "run").plan()[1], in_order=True)
    assert [opened.split.train.item_names[one] for one in opened.split.validation.items] == [
        line.split(",")[1] for line in earlier if line.endswith(",3")
    ]
    assert "0 to judge by" in ok("train", path, "--dry-run", "--test-fraction", 0, *SIZES).err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--objective", "bpr"), "--objective does not apply to interactions with --encoder sasrec"),
        (("--temperature", 0.1), "--temperature does not apply to interactions with --encoder sasrec"),
        (("--noise", 0.1), "--noise does not apply to interactions with --encoder sasrec"),
        (("--steps", 9), "--steps does not apply to interactions"),
        (("--contrast", "noise"), "--contrast must be one of none, crop-mask-reorder, learned for interactions with"),
        (("--contrast-weight", 0.1), "--contrast-weight goes with --contrast"),
        (("--contrast", "learned", "--contrast-weight", -1), "--contrast-weight must be a finite number, not negative"),
        (("--contrast", "learned", "--batch-size", 1), "batch must be at least 2 with a contrast, got 1"),
        (("--layers", 0), "layers must be at least 1, got 0"),
        (("--dim", 5), "dim must be a multiple of 2, the heads of attention, got 5"),
        (("--epochs", 1.5), "between whole epochs, got 1.5"),
        (("--learning-rate", 0), "learning_rate must be"),
    ],
)
def test_what_does_not_fit_is_one_line(folder, cli, arguments, told):
    said = cli("train", folder / "taken.csv", "--out", folder / "none", "--encoder", "sasrec", *arguments)
    assert said.code == 2
    assert told in said.err
    assert not (folder / "none").exists()


@pytest.mark.parametrize(
    ("rows", "header", "arguments", "told"),
    [
        (circles, "user,item,place", (), "has no column of times, and --encoder sasrec learns what comes next: name"),
        (
            lambda: (f"u{u},i{i},{i}" for u in range(9) for i in range(3)),
            "user,item,time",
            (),
            "none of 9 users has two",
        ),
        (lambda: (f"u{u},i{u % 4},1" for u in range(9)), "user,item,time", (), "fewer than two users have two items"),
    ],
)
def test_what_has_no_order_or_too_little_of_it_is_one_line(tmp_path, cli, rows, header, arguments, told):
    said = cli("train", write(tmp_path / "t.csv", rows(), header), "--out", tmp_path / "run", *SIZES, *arguments)
    assert said.code == 2
    assert told in said.err
    assert not (tmp_path / "run").exists()
    if "name" in told:
        ok = cli("train", tmp_path / "t.csv", "--dry-run", *SIZES, "--column", "time=place")
        assert ok.code == 0


def test_the_plan_says_how_much_is_learnt(folder, ok):
    said = ok("train", folder / "taken.csv", "--dry-run", *FEW)
    assert "up to 30 epochs of 58 sequences, 32 a step" in said.out
    assert ok("train", folder / "taken.csv", "--dry-run", "--encoder", "light-gcn").out.startswith(
        "would train LightGCN"
    )


def test_users_of_whom_nothing_is_known_do_not_stop_training():
    """From Python there may be some: they are no sequence to learn from."""
    users, items = np.repeat(np.arange(1, 9), 4), np.tile(np.arange(4), 8)
    whole = Interactions(users=users, items=items, user_names=range(9), item_names=range(6))
    parts = {"train": whole.only(items < 3), "validation": whole.only(items == 3), "test": whole.only(items < 0)}
    learner = learner_of(SequentialRecommender(), Split(**parts))
    assert (learner.left_out, len(learner.sequences)) == (1, 8)
    assert np.isfinite(learner.vectors(parts["train"])[0]).all()
