"""What every batching keeps: its promise of what is drawn how often, and that nothing but seed and epoch decides it."""

import doctest
import inspect
from dataclasses import dataclass, field

import numpy as np
import pytest

import counterpoint.pairs.batches as room
from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.data import BatchSampler
from counterpoint.pairs.batches import (
    BatchBinding,
    Batching,
    ClassBalanced,
    ClassDisjoint,
    Curriculum,
    HardCommunities,
    InversePropensity,
    KnownRows,
    Neighbourhood,
    NoDuplicates,
    Shuffled,
    SingleSource,
    SingleTask,
    Turns,
)

N, SIZE = 150, 12


def rows(n: int = N) -> KnownRows:
    """Rows of 20 classes and 3 sources, a sixth of them duplicates, with neighbours by a number on a line."""
    random = np.random.default_rng(0)
    points = random.random(n)
    nearest = np.argsort(np.abs(points - points[:, None]), axis=1, kind="stable")[:, 1:40]
    texts = np.where(random.random(n) < 0.2, random.integers(3, size=n), 100 + np.arange(n))
    return KnownRows(
        n=n,
        classes=np.concatenate([np.arange(20), np.arange(20), random.integers(20, size=n - 40)]),
        columns={
            "question": texts,
            "answer": random.permutation(texts),
            "source": random.choice([5, 7, 9], size=n, p=[0.5, 0.3, 0.2]),
            "difficulty": points,
            "propensity": points + 0.2,
        },
        compared=("question", "answer"),
        nearest=nearest,
    )


@dataclass(frozen=True)
class Case:
    batching: Batching
    once: bool = True  # no row twice in an epoch
    different: bool = True  # no row twice in a batch
    note: str = field(default="")


BANDS = {"positive_from": 1, "positive_to": 4, "hard_from": 8, "hard_to": 12, "margin": 4}
CASES = [
    Case(Shuffled()),
    Case(ClassBalanced(per_class=3)),
    Case(ClassBalanced(per_class=2, oversample=True), once=False),
    Case(ClassDisjoint()),
    Case(NoDuplicates()),
    Case(NoDuplicates(columns=("answer",))),
    Case(SingleSource()),
    Case(SingleSource(temperature=3.0), once=False),
    Case(SingleSource(temperature=float("inf"), turns=Turns.ROUND_ROBIN, within=NoDuplicates()), once=False),
    Case(BatchBinding(others=Shuffled()), once=False, note="needs a batch of more than 20"),
    Case(HardCommunities(skip=2, links=10, community=4)),
    Case(Curriculum(start=0.2, end=2.0), once=False),
    Case(InversePropensity(), once=False),
    Case(Neighbourhood(**BANDS), once=False, different=False),
]
IDS = [repr(case.batching) for case in CASES]
each_case = pytest.mark.parametrize("case", CASES, ids=IDS)


def planned(case: Case, seed: int = 3):
    return case.batching.plan(rows(), batch_size=24 if case.note else SIZE, seed=seed)


def test_every_batching_is_here():
    known = {one for _, one in inspect.getmembers(room, inspect.isclass) if issubclass(one, Batching)} - {Batching}
    known -= {SingleTask}  # whose rows are those of several tasks: test_batches_tasks.py
    assert {type(case.batching) for case in CASES} == known


@each_case
def test_rows_are_drawn_as_often_as_promised(case):
    plan = planned(case)
    for epoch in range(3):
        found = plan.epoch(epoch)
        assert found.shape == (plan.batches, plan.batch_size)
        assert found.dtype == np.int64
        assert 0 <= found.min() <= found.max() < N
        if case.different:
            assert all(len(np.unique(batch)) == len(batch) for batch in found)
        if case.once:
            assert np.bincount(found.ravel()).max() == 1


@each_case
def test_seed_and_epoch_alone_decide(case):
    plan, again, other = planned(case), planned(case), planned(case, seed=4)
    later = plan.epoch(1)
    assert (plan.epoch(0) == again.epoch(0)).all()
    assert (again.epoch(1) == later).all()
    assert (plan.epoch(0) != later).any()
    assert (other.epoch(0) != plan.epoch(0)).any()


@each_case
def test_resuming_within_an_epoch_goes_on_with_the_batches_that_were_left(case):
    plan = planned(case)
    whole = [batch.tolist() for epoch in range(3) for batch in plan.epoch(epoch)]
    stop = plan.batches + plan.batches // 2
    stopped, sought = BatchSampler(planned(case)), BatchSampler(planned(case))
    stopped.load_state_dict({"epoch": stop // plan.batches, "batch": stop % plan.batches})
    sought.seek(stop)
    for sampler in (stopped, sought):
        left = [batch.tolist() for _ in range(2) for batch in sampler]
        assert left == whole[stop:]
        assert sampler.state_dict() == {"epoch": 3, "batch": 0}


@each_case
def test_ranks_have_disjoint_shares_that_make_up_the_global_batch(case):
    plan = planned(case)
    shares = [list(BatchSampler(plan, rank=rank, world=3)) for rank in range(3)]
    joined = [np.concatenate(parts) for parts in zip(*shares, strict=True)]
    assert all(len(part) == plan.batch_size // 3 for share in shares for part in share)
    assert (np.stack(joined) == plan.epoch(0)).all()


@each_case
def test_a_batching_survives_json_and_its_own_repr(case):
    assert from_json(to_json(case.batching)) == case.batching
    names = {name: getattr(room, name) for name in room.__all__}
    if "inf" not in repr(case.batching):
        assert eval(repr(case.batching), names) == case.batching


@each_case
def test_a_batch_larger_than_the_data(case):
    with pytest.raises(InputError, match="batch larger than the data: 240 rows a batch, but only 150 rows"):
        case.batching.plan(rows(), batch_size=240, seed=0)


@pytest.mark.parametrize("name", room.__all__)
def test_examples_run(name):
    one = getattr(room, name)
    globs = {**{other: getattr(room, other) for other in room.__all__}, "np": np}
    if inspect.getdoc(one):
        for test in doctest.DocTestFinder(recurse=False).find(one, name, globs=globs):
            assert doctest.DocTestRunner(verbose=False).run(test).failed == 0
