"""Mining against a dense float64 reference that loops over queries and ranks."""

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.retrieval import search
from counterpoint.retrieval.mining import (
    ExcludeDuplicates,
    ExcludeKnown,
    KnownPairs,
    Margin,
    PairScorer,
    Plan,
    RankWindow,
    Relative,
    Sample,
    ScorerMargin,
    Space,
    Tally,
    mine,
    write_parts,
)

N, M, D = 300, 90, 6
DRAW = np.random.default_rng(3)
CORPUS = DRAW.normal(size=(M, D)).astype(np.float32)
CORPUS[40:50] = CORPUS[:10] * 2
ANSWER = DRAW.integers(0, M, N)
QUERIES = (CORPUS[ANSWER] + DRAW.normal(size=(N, D))).astype(np.float32)
GUIDE_CORPUS, GUIDE_QUERIES = (DRAW.normal(size=(n, 4)).astype(np.float32) for n in (M, N))
SPACE = Space(QUERIES.__getitem__, CORPUS[ANSWER].__getitem__, CORPUS)
GUIDE = Space(GUIDE_QUERIES.__getitem__, GUIDE_CORPUS[ANSWER].__getitem__, GUIDE_CORPUS)
KNOWN = KnownPairs(np.arange(N), ANSWER, rows=M)
PLAN = Plan(negatives=4, window=RankWindow(3, 40))


def exact(queries, k):
    return search(queries, CORPUS, k)


def cosine(left, right):
    left, right = left.astype(np.float64), right.astype(np.float64)
    return left @ right.T / np.linalg.norm(left, axis=-1, keepdims=True) / np.linalg.norm(right, axis=-1)


def dense(allowed, *, first=3, last=40):
    """Rows by query that ``allowed(query, row, taken before)`` lets through, nearest first."""
    kept = []
    for query, row in enumerate(np.argsort(-cosine(QUERIES, CORPUS).round(6), axis=1, kind="stable")):
        left: list[int] = []
        for one in row[first - 1 : last].tolist():
            if allowed(query, one, left):
                left.append(one)
        kept.append(left)
    return kept


COS, GUIDE_COS, AMONG = cosine(QUERIES, CORPUS), cosine(GUIDE_QUERIES, GUIDE_CORPUS), cosine(CORPUS, CORPUS)
POSITIVE, GUIDE_POSITIVE = COS[np.arange(N), ANSWER], GUIDE_COS[np.arange(N), ANSWER]


def bound(share, p):
    return share * p if p >= 0 else (2 - share) * p


CASES = {
    "window": ([], lambda q, r, left: True),
    "margin": ([Margin(0.3)], lambda q, r, left: COS[q, r] <= POSITIVE[q] - 0.3),
    "share": ([Relative(0.6)], lambda q, r, left: COS[q, r] <= bound(0.6, POSITIVE[q])),
    "known": ([ExcludeKnown(KNOWN)], lambda q, r, left: r != ANSWER[q]),
    "duplicates": (
        [ExcludeDuplicates(CORPUS, 0.9)],
        lambda q, r, left: AMONG[r, ANSWER[q]] <= 0.9 and all(AMONG[r, one] <= 0.9 for one in left),
    ),
    "guide": ([ScorerMargin(GUIDE, 0.2)], lambda q, r, left: GUIDE_COS[q, r] <= GUIDE_POSITIVE[q] - 0.2),
    "all": (
        [ExcludeKnown(KNOWN), Relative(0.8), ScorerMargin(GUIDE, 0.1)],
        lambda q, r, left: (
            r != ANSWER[q] and COS[q, r] <= bound(0.8, POSITIVE[q]) and GUIDE_COS[q, r] <= GUIDE_POSITIVE[q] - 0.1
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rules_leave_what_a_loop_leaves(name):
    rules, allowed = CASES[name]
    found, left = mine(SPACE, exact, np.arange(N), PLAN, rules), dense(allowed)
    wanted = [one[:4] + [-1] * (4 - len(one[:4])) for one in left]
    np.testing.assert_array_equal(found.rows, wanted)
    tally = found.tally
    assert tally.left == sum(map(len, left))
    assert tally.queries == N
    assert tally.candidates == N * 40
    assert tally.candidates - sum(tally.removed.values()) == tally.left
    assert tally.removed["rank window"] == 2 * N
    assert tally.short == sum(len(one) < 4 for one in left)
    assert tally.taken == sum(min(len(one), 4) for one in left)


def test_a_positive_less_similar_than_nothing_lets_in_no_harder_negative():
    negative = np.flatnonzero(POSITIVE < 0)
    assert len(negative)
    rows = mine(SPACE, exact, negative, PLAN, [Relative(0.5)]).rows
    scores = np.where(rows >= 0, COS[negative[:, None], rows], -2)
    assert (scores < POSITIVE[negative][:, None]).all()


def test_a_reranker_is_asked_about_kept_pairs_only():
    asked: list[tuple[str, str]] = []

    def score(pairs):
        asked.extend(pairs)
        return [GUIDE_COS[int(query), int(row)] for query, row in pairs]

    def positive_of(numbers):
        return [str(ANSWER[number]) for number in numbers]

    def names(numbers):
        return [str(number) for number in numbers]

    scorer = PairScorer(score, names, positive_of, names)
    rules = [ExcludeKnown(KNOWN), Margin(0.3)]
    by_pairs = mine(SPACE, exact, np.arange(N), PLAN, [*rules, ScorerMargin(scorer, 0.2, name="reranker")])
    by_vectors = mine(SPACE, exact, np.arange(N), PLAN, [*rules, ScorerMargin(GUIDE, 0.2)])
    np.testing.assert_array_equal(by_pairs.rows, by_vectors.rows)
    assert by_pairs.tally.removed["reranker"] == by_vectors.tally.removed["guide"] > 0
    assert len(asked) == N + mine(SPACE, exact, np.arange(N), PLAN, rules).tally.left
    odd = PairScorer(lambda pairs: [np.nan] * len(pairs), names, positive_of, names)
    with pytest.raises(InputError, match=r"the reranker must give .* finite numbers"):
        mine(SPACE, exact, np.arange(3), PLAN, [ScorerMargin(odd)])


def test_a_random_choice_depends_on_seed_and_query_alone():
    plan = Plan(negatives=4, window=RankWindow(3, 40), sample=Sample.RANDOM, seed=1)
    rows = mine(SPACE, exact, np.arange(N), plan, []).rows
    np.testing.assert_array_equal(rows[250:], mine(SPACE, exact, np.arange(250, N), plan, []).rows)
    other = Plan(negatives=4, window=RankWindow(3, 40), sample=Sample.RANDOM, seed=2)
    assert (rows != mine(SPACE, exact, np.arange(N), other, []).rows).any()
    ranks = np.argsort(np.argsort(-COS, axis=1), axis=1)[np.arange(N)[:, None], rows] + 1
    assert ranks.min() >= 2
    assert ranks.max() <= 41
    # Uniform on 3..40 has mean 21.5 and variance (38^2 - 1) / 12; four without repeats vary less than four draws.
    assert abs(ranks.mean() - 21.5) < 4 * ((38**2 - 1) / 12 / (4 * N)) ** 0.5
    assert all(len(set(row)) == 4 for row in rows.tolist())


def test_false_negatives_are_counted_among_the_judged():
    def judge(queries, rows):
        return np.where(queries % 2 == 0, (rows % 5 == 0).astype(float), np.nan)

    found = mine(SPACE, exact, np.arange(N), PLAN, [], judge=judge)
    assert found.tally.judged == N // 2 * 4
    assert found.tally.relevant == (found.rows[::2] % 5 == 0).sum()


def test_a_row_that_the_search_did_not_find_is_never_taken():
    def half(queries, k):
        hits = exact(queries, k)
        hits.rows[:, 4:], hits.scores[:, 4:] = -1, -np.inf
        return hits

    found = mine(SPACE, half, np.arange(5), PLAN, [ExcludeDuplicates(CORPUS), ScorerMargin(GUIDE, 0), Margin(0.0)])
    assert found.tally.candidates == 5 * 4
    assert (found.rows[:, 2:] == -1).all()


def part_of(start, stop, *, calls=None, dies_at=None):
    if calls is not None:
        calls.append(start)
    if start == dies_at:
        raise KeyboardInterrupt
    plan = Plan(negatives=4, window=RankWindow(3, 40), sample=Sample.RANDOM)
    found = mine(SPACE, exact, np.arange(start, stop), plan, CASES["all"][0])
    return pa.table({f"negative_{i}": found.rows[:, i] for i in range(4)}), found.tally


def test_a_killed_run_goes_on_to_the_same_result(tmp_path):
    settings = {"rows": N, "settings": "s", "part_rows": 64}
    whole = write_parts(tmp_path / "whole", part_of, **settings)
    with pytest.raises(KeyboardInterrupt):
        write_parts(tmp_path / "killed", partial(part_of, dies_at=128), **settings)
    left = sorted(path.name for path in (tmp_path / "killed").iterdir())
    assert left == ["part-00000.parquet", "part-00001.parquet"]
    calls: list[int] = []
    assert write_parts(tmp_path / "killed", partial(part_of, calls=calls), **settings) == whole
    assert calls == [128, 192, 256]
    for path in sorted((tmp_path / "whole").iterdir()):
        assert path.read_bytes() == (tmp_path / "killed" / path.name).read_bytes()
    everything = part_of(0, N)
    assert everything[1] == whole
    assert pq.read_table(tmp_path / "whole").to_pydict() == everything[0].to_pydict()


def test_parts_of_other_settings_and_damaged_parts_are_refused(tmp_path):
    settings = {"rows": N, "settings": "s", "part_rows": 200}
    write_parts(tmp_path, part_of, **settings)
    with pytest.raises(InputError, match="mined with other settings"):
        write_parts(tmp_path, part_of, **{**settings, "settings": "t"})
    with pytest.raises(InputError, match="no part of this mining"):
        write_parts(tmp_path, part_of, **{**settings, "part_rows": 400})
    part = tmp_path / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:50])
    with pytest.raises(CheckpointError, match=r"part-00001.parquet is damaged"):
        write_parts(tmp_path, part_of, **settings)


def test_tallies_add_up():
    first, second = Tally(queries=1, removed={"a": 1}, taken=3), Tally(queries=2, removed={"a": 2, "b": 5}, relevant=1)
    assert first + second == Tally(queries=3, removed={"a": 3, "b": 5}, taken=3, relevant=1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Margin(-0.1), "margin must be a finite number, not negative, got -0.1"),
        (lambda: Relative(1.5), "share must be above 0 and at most 1, got 1.5"),
        (lambda: Relative(0.0), "share must be above 0"),
        (lambda: RankWindow(0, 5), "the first rank must be at least 1, got 0"),
        (lambda: RankWindow(9, 5), "the last rank must be at least 9, got 5"),
        (lambda: Plan(negatives=4, window=RankWindow(1, 3)), "4 negatives do not fit into ranks 1 to 3"),
        (lambda: ScorerMargin(GUIDE, float("nan")), "margin must be a finite number"),
        (lambda: ExcludeDuplicates(CORPUS, 1.0), "above must be a cosine"),
        (lambda: KnownPairs([0], [M], rows=M), "rows of 0..89"),
        (lambda: mine(SPACE, exact, np.arange(2), Plan(), []), "the last rank is 100, but the corpus has 90 rows"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
