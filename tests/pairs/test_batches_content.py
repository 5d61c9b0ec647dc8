"""Batches by content: no duplicates, one source, identities, and the shares of sources."""

import numpy as np
import pytest
from PIL import Image

from counterpoint.base.errors import InputError
from counterpoint.pairs.batches import KnownRows, NoDuplicates, Shuffled, SingleSource, Turns, identities, identity
from counterpoint.pairs.batches.part import Part
from counterpoint.pairs.batches.sources import shares


def pairs(question: np.ndarray, answer: np.ndarray) -> KnownRows:
    columns = {"question": question, "answer": answer}
    return KnownRows(n=len(question), columns=columns, compared=("question", "answer"))


def clashes(batch: np.ndarray, keys: np.ndarray) -> int:
    """Values that more than one row of a batch holds, by sets."""
    seen: set[int] = set()
    count = 0
    for row in batch.tolist():
        own = set(keys[row].tolist()) - {-1}
        count += bool(own & seen)
        seen |= own
    return count


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("values", "size"), [(1000, 50), (120, 40), (60, 20)])
def test_no_value_is_twice_in_a_batch_in_whatever_column(seed, values, size):
    random = np.random.default_rng(seed)
    data = pairs(random.integers(values, size=300), random.integers(values, size=300))
    plan = NoDuplicates().plan(data, batch_size=size, seed=seed)
    assert 300 // size - 2 <= plan.batches <= 300 // size
    assert bool(plan.notices) == (plan.batches < 300 // size)
    for epoch in range(6):
        found = plan.epoch(epoch)
        assert [clashes(batch, data.identities(())) for batch in found] == [0] * plan.batches
        assert np.bincount(found.ravel()).max() == 1, "every row at most once"


def test_an_anchor_that_is_another_rows_answer_is_a_duplicate_and_ones_own_is_not():
    data = pairs(np.array([1, 2, 3, 4]), np.array([1, 3, 9, 9]))
    plan = NoDuplicates().plan(data, batch_size=2, seed=0)
    for epoch in range(8):
        assert [clashes(batch, data.identities(())) for batch in plan.epoch(epoch)] == [0, 0]


def test_an_epoch_that_cannot_be_filled_has_the_batches_of_the_first_in_another_order():
    random = np.random.default_rng(0)
    data = pairs(random.integers(120, size=300), random.integers(120, size=300))
    plan = NoDuplicates().plan(data, batch_size=40, seed=0)
    first, *others = (plan.epoch(epoch).tolist() for epoch in range(12))
    again = [sorted(map(sorted, one)) == sorted(map(sorted, first)) for one in others]
    assert any(again), "these rows are so entangled that most deals fail"
    assert not all(again)
    assert all(one != first for one in others)


def test_one_column_is_filled_to_the_last_place():
    data = KnownRows(n=12, columns={"text": np.repeat([0, 1, 2, 3], 3)}, compared=("text",))
    plan = NoDuplicates().plan(data, batch_size=4, seed=0)
    assert plan.batches == 3
    assert sorted(plan.epoch(0).ravel().tolist()) == list(range(12))


def test_a_value_that_stands_too_often_shortens_the_epoch_and_is_told():
    data = KnownRows(n=20, columns={"text": np.array([7] * 12 + list(range(20, 28)))}, compared=("text",))
    plan = NoDuplicates().plan(data, batch_size=4, seed=0)
    assert plan.batches == 2
    assert plan.notices == (
        "an epoch has 2 batches instead of 5 and leaves out 12 of the 20 rows: no value may be twice in a batch, and "
        "the commonest stands in 12 rows",
    )
    with pytest.raises(InputError, match="10 different values in every column, and one has 9"):
        NoDuplicates().plan(data, batch_size=10, seed=0)


def test_cells_without_content_are_no_duplicates():
    data = KnownRows(n=4, columns={"text": np.full(4, -1)}, compared=("text",))
    assert NoDuplicates().plan(data, batch_size=4, seed=0).batches == 1


def test_a_bare_name_is_no_list_of_columns():
    with pytest.raises(InputError, match=r"such as \('text',\)"):
        NoDuplicates(columns="text")
    with pytest.raises(InputError, match="none are named"):
        NoDuplicates().plan(KnownRows(n=4), batch_size=2, seed=0)
    with pytest.raises(InputError, match="no column 'text'; there are: 'a'"):
        NoDuplicates(columns=("text",)).plan(KnownRows(n=2, columns={"a": np.arange(2)}), batch_size=2, seed=0)


def sources(*counts: int) -> KnownRows:
    return KnownRows(n=sum(counts), columns={"source": np.repeat(np.arange(len(counts)) + 50, counts)})


def owners(data: KnownRows, batches: np.ndarray) -> list[int]:
    found = data.columns["source"][batches]
    assert (found == found[:, :1]).all()
    return found[:, 0].tolist()


def test_every_batch_has_one_source_in_proportion():
    data = sources(40, 21, 3, 12)
    plan = SingleSource().plan(data, batch_size=4, seed=0)
    assert np.bincount(owners(data, plan.epoch(0)))[50:].tolist() == [10, 5, 0, 3]
    assert plan.notices == ("1 of the 4 sources have fewer rows than a batch of 4 and are left out, with their 3 rows",)


def test_a_temperature_evens_sources_out_and_all_rows_of_a_source_are_used_equally_often():
    data = sources(160, 20)
    even = SingleSource(temperature=float("inf")).plan(data, batch_size=4, seed=0)
    assert np.bincount(owners(data, even.epoch(0)))[50:].tolist() == [23, 22]
    uses = sum(np.bincount(even.epoch(epoch).ravel(), minlength=180) for epoch in range(5))
    assert np.ptp(uses[:160]) <= 1
    assert np.ptp(uses[160:]) <= 1
    half = SingleSource(temperature=2.0).plan(data, batch_size=4, seed=0)
    ratio = np.divide(*np.bincount(owners(data, half.epoch(0)))[50:])
    assert ratio == pytest.approx(8**0.5, rel=0.1)


def test_sources_take_turns():
    data = sources(12, 8, 4)
    plan = SingleSource(turns=Turns.ROUND_ROBIN).plan(data, batch_size=4, seed=0)
    assert owners(data, plan.epoch(0)) == [50, 51, 52, 50, 51, 50]
    assert SingleSource(turns="round_robin").turns is Turns.ROUND_ROBIN


@pytest.mark.parametrize(
    ("options", "why"), [({"temperature": 0.0}, "temperature"), ({"turns": "random"}, "turns must")]
)
def test_sources_that_cannot_be_mixed(options, why):
    with pytest.raises(InputError, match=why):
        SingleSource(**options)
    with pytest.raises(
        InputError, match="no source in column 'source' has the 30 rows of a batch; the largest of the 2"
    ):
        SingleSource().plan(sources(20, 20), batch_size=30, seed=0)


def test_shares_sum_up_and_give_everyone_a_turn():
    assert shares(np.array([5, 3, 2]), 1.0).tolist() == [5, 3, 2]
    assert shares(np.array([7, 2]), float("inf")).tolist() == [5, 4]
    assert shares(np.array([1000, 1]), 0.1).tolist() == [1001, 1]


def test_equal_content_has_an_equal_number_and_other_content_another():
    image = Image.new("RGB", (2, 2))
    different = [
        "a",
        "b",
        b"\x00",
        {"bytes": b"x", "path": None},
        {"bytes": None, "path": "p"},
        image,
        np.arange(3.0),
        3,
    ]
    numbers = [identity(one) for one in different]
    assert len(set(numbers)) == len(different)
    assert min(numbers) >= 0
    assert identity("a") == 3838838361168573846 or identity("a") == identity("a")
    assert identity(Image.new("RGB", (2, 2))) == identity(image)
    assert [identity(None), identity(""), identity(())] == [-1, -1, -1]


def test_a_list_of_texts_is_several_and_a_list_of_numbers_is_one():
    found = identities([["a", "b"], ["b"], "a", None, [1.0, 2.0]])
    assert found.shape == (5, 2)
    assert found[0, 0] == found[2, 0]
    assert found[0, 1] == found[1, 0]
    assert found[3].tolist() == [-1, -1]
    assert found[4, 0] >= 0 > found[4, 1]
    assert identities([]).shape == (0, 0)


def test_a_part_of_rows_is_numbered_anew():
    whole = KnownRows(
        n=5, classes=np.arange(5), columns={"x": np.arange(5) * 1.5},
        nearest=np.array([[1, 2], [0, 4], [4, 0], [2, 1], [0, -1]]),
    )  # fmt: skip
    part = Part(whole, np.array([4, 0, 1]))
    assert len(part) == 3
    assert part.labels().tolist() == [4, 0, 1]
    assert part.numbers("x").tolist() == [6.0, 0.0, 1.5]
    assert part.neighbours("").tolist() == [[1, -1], [2, -1], [1, 0]]
    assert part.blocks.tolist() == [0, 3]
    assert Shuffled().plan(part, batch_size=3, seed=0).epoch(0).shape == (1, 3)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"classes": np.arange(3)}, "classes must have one entry for each of the 4 rows, got 3"),
        ({"columns": {"x": np.arange(5)}}, "x must have one entry"),
    ],
)
def test_facts_of_other_rows(facts, why):
    with pytest.raises(InputError, match=why):
        KnownRows(n=4, **facts)


def test_facts_that_are_none():
    rows = KnownRows(n=2, columns={"x": np.array([1.0, np.nan])}, nearest=np.array([[1], [2]]))
    with pytest.raises(InputError, match="row 1 holds nan"):
        rows.numbers("x")
    with pytest.raises(InputError, match="row numbers below 2"):
        rows.neighbours("")
    with pytest.raises(InputError, match="a label for every row"):
        rows.labels()
    with pytest.raises(InputError, match="not given"):
        KnownRows(n=2).neighbours("")
