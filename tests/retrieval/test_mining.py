"""Mining against a dense float64 reference that loops over queries and ranks."""

import tracemalloc
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.experiments.peak import peak_bytes
from counterpoint.retrieval import search
from counterpoint.retrieval.mining import (
    ExcludeDuplicates,
    ExcludeKnown,
    ExcludeUnscored,
    KnownPairs,
    Margin,
    PairScorer,
    Plan,
    RankWindow,
    Relative,
    Sample,
    ScoredPairs,
    ScorerMargin,
    Space,
    Tally,
    hardest_positives,
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


def scored_beforehand(*, of=lambda pairs: pairs):
    """The guide's cosines of two thirds of all pairs and of all positives, as a file of scores would give them."""
    query, row = np.divmod(np.arange(N * M), M)
    query, row = (side[((query + row) % 3 > 0) | (row == ANSWER[query])] for side in (query, row))
    return ScoredPairs(*of((query, row, GUIDE_COS[query, row])), positives=ANSWER)


def test_scores_from_a_file_are_those_of_the_reranker_and_what_has_none_is_not_taken():
    told = scored_beforehand()
    rules = [ExcludeKnown(KNOWN), ExcludeUnscored(told), ScorerMargin(told, 0.2, name="reranker")]
    found = mine(SPACE, exact, np.arange(N), PLAN, rules)
    left = dense(lambda q, r, left: r != ANSWER[q] and (q + r) % 3 > 0 and GUIDE_COS[q, r] <= GUIDE_POSITIVE[q] - 0.2)
    np.testing.assert_array_equal(found.rows, [one[:4] + [-1] * (4 - len(one[:4])) for one in left])
    without = dense(lambda q, r, left: r != ANSWER[q] and (q + r) % 3 == 0)
    assert found.tally.removed["not scored"] == sum(map(len, without))


def test_scores_that_cannot_be_used_are_refused():
    with pytest.raises(InputError, match="1 positives have no score, such as that of query 7"):
        scored_beforehand(of=lambda pairs: [side[(pairs[0] != 7) | (pairs[1] != ANSWER[7])] for side in pairs])
    with pytest.raises(InputError, match="must be finite"):
        scored_beforehand(of=lambda pairs: (*pairs[:2], np.where(np.arange(len(pairs[2])) == 5, np.nan, pairs[2])))
    with pytest.raises(InputError, match="have two different scores"):
        scored_beforehand(of=lambda pairs: [np.append(side, side[0] + (side is pairs[2])) for side in pairs])
    with pytest.raises(InputError, match="the number of scored pairs must be at least 1"):
        scored_beforehand(of=lambda pairs: [side[:0] for side in pairs])
    repeated = scored_beforehand(of=lambda pairs: [np.append(side, side[0]) for side in pairs])
    assert repeated.scores(np.array([0, 0]), np.array([M + 5, -1])).tolist() == [np.inf, np.inf]


@pytest.mark.parametrize("each", [1, 3, N])
def test_the_hardest_positives_of_every_query_stay(each):
    groups = DRAW.integers(0, 60, N)
    kept = hardest_positives(SPACE, groups, each)
    wanted = [
        number
        for group in range(60)
        for number in sorted(np.flatnonzero(groups == group).tolist(), key=lambda n: (np.float32(POSITIVE[n]), n))[
            :each
        ]
    ]
    assert kept.tolist() == sorted(wanted)
    assert hardest_positives(SPACE, groups[:0], 1).tolist() == []


def test_of_positives_that_score_alike_the_lower_number_stays():
    alike = Space(lambda n: np.ones((len(n), 2)), lambda n: np.ones((len(n), 2)), np.ones((5, 2)))
    assert hardest_positives(alike, np.array([1, 0, 1, 0, 1]), 2).tolist() == [0, 1, 2, 3]
    with pytest.raises(InputError, match="positives of a query must be at least 1, got 0"):
        hardest_positives(alike, np.zeros(5, dtype=np.int64), 0)


def test_memory_does_not_grow_with_the_corpus(tmp_path):
    """Eight times the rows, read from disk: arrays and tensors held at once stay what they were."""

    def mined_from(rows: int) -> int:
        np.save(tmp_path / "corpus.npy", np.random.default_rng(0).normal(size=(rows, 32)).astype(np.float32))
        corpus = np.load(tmp_path / "corpus.npy", mmap_mode="r")
        asked = np.array(corpus[:64]) + 0.1
        space = Space(asked.__getitem__, np.array(corpus[:64]).__getitem__, corpus)
        known = KnownPairs(np.arange(64), np.arange(64), rows=rows)
        rules = [ExcludeKnown(known), Margin(0.1), ExcludeDuplicates(corpus), ScorerMargin(space)]

        def action() -> None:
            found = mine(space, partial(search_of, corpus), np.arange(64), PLAN, rules)
            assert found.tally.taken == 64 * 4

        tensors = peak_bytes(action)
        tracemalloc.start()
        try:
            action()
            return tensors + tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = mined_from(3_000), mined_from(24_000)
    assert large - small < (24_000 - 3_000) * 32 * 4 / 50


def search_of(corpus, queries, k):
    return search(queries, corpus, k, block_rows=512)


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


def test_ambiguous_ones_are_drawn_by_their_distance_from_the_positive():
    """How often each of one query's candidates is drawn, against the weights written out."""
    query, draws = 4, 2000
    window, settings = RankWindow(1, 12), {"sample": Sample.AMBIGUOUS, "sharpness": 30.0, "offset": -0.2}
    rows = np.argsort(-COS[query], kind="stable")[:12]
    weights = np.exp(-30.0 * (COS[query, rows] - POSITIVE[query] + 0.2) ** 2)
    expected = weights / weights.sum()
    assert expected.max() > 1.5 * expected.min()
    counts = np.zeros(M)
    for seed in range(draws):
        plan = Plan(negatives=1, window=window, seed=seed, **settings)
        counts[mine(SPACE, exact, np.array([query]), plan, []).rows[0, 0]] += 1
    error = np.sqrt(expected * (1 - expected) / draws)
    assert (np.abs(counts[rows] / draws - expected) < 4 * error).all()
    assert counts.sum() == counts[rows].sum()


def test_an_ambiguous_draw_has_no_repeats_and_depends_on_seed_and_query_alone():
    plan = Plan(negatives=4, window=RankWindow(3, 40), sample=Sample.AMBIGUOUS, sharpness=1e6, offset=-0.3, seed=1)
    found = mine(SPACE, exact, np.arange(N), plan, [ExcludeKnown(KNOWN)])
    np.testing.assert_array_equal(
        found.rows[250:], mine(SPACE, exact, np.arange(250, N), plan, [ExcludeKnown(KNOWN)]).rows
    )
    assert all(len(set(row)) == 4 for row in found.rows.tolist())
    # So sharp that noise decides nothing: the four nearest to the middle.
    for query, left in enumerate(dense(lambda q, r, left: r != ANSWER[q])):
        away = np.abs(COS[query, left] - POSITIVE[query] + 0.3)
        taken = np.isin(left, found.rows[query])
        assert away[taken].max() <= np.sort(away)[3] + 1e-2


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
        (lambda: Plan(sharpness=-1.0), "sharpness must be a finite number, not negative"),
        (lambda: Plan(offset=float("inf")), "offset must be a finite number, got inf"),
        (lambda: ScorerMargin(GUIDE, float("nan")), "margin must be a finite number"),
        (lambda: ExcludeDuplicates(CORPUS, 1.0), "above must be a cosine"),
        (lambda: KnownPairs([0], [M], rows=M), "rows of 0..89"),
        (lambda: mine(SPACE, exact, np.arange(2), Plan(), []), "the last rank is 100, but the corpus has 90 rows"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()
