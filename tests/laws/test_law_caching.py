"""Cached equals uncached: every objective, with dropout, for any chunk, on one process and on two."""

import pytest
import torch
from law_cached_ranks import Learnt, N, cached, calls, plain, work
from law_cases import cases, labels_of, variants
from law_checks import same

from counterpoint.training import caching
from processes import together

CHUNKS = (1, 5, 100)


@pytest.mark.parametrize("shared", [False, True], ids=["towers", "one-tower"])
@pytest.mark.parametrize("objective", variants(), ids=labels_of)
def test_cached_equals_uncached(objective, shared):
    for case in cases(objective):
        expected = plain(Learnt(objective, dropout=0.3, shared=shared), case)
        for chunk in CHUNKS:
            found = cached(Learnt(objective, dropout=0.3, shared=shared), case, chunk)
            try:
                same(found, expected)
            except AssertionError as error:
                raise AssertionError(f"{case.name} in chunks of {chunk}: {error}") from error


@pytest.mark.parametrize(("objective", "case"), calls(), ids=labels_of)
def test_everything_learns(objective, case):
    """The comparison above is of something: every encoder has a gradient."""
    found = cached(Learnt(objective, dropout=0.3), case, 2)
    assert found["towers.0.0.weight"].abs().max() > 1e-12


@pytest.mark.parametrize("objective", dict.fromkeys(objective for objective, _ in calls()), ids=labels_of)
def test_every_number_learns_in_some_call(objective):
    found = [cached(Learnt(one, dropout=0.3), case, 2) for one, case in calls() if one == objective]
    for name in objective.numbers():
        assert any(one[f"numbers.{name}"].abs().max() > 1e-12 for one in found), name


def test_a_pass_without_the_same_random_numbers_is_rejected(monkeypatch):
    objective, case = calls()[0]
    expected = plain(Learnt(objective, dropout=0.3), case)
    same(cached(Learnt(objective, dropout=0.3), case, 2), expected)
    monkeypatch.setattr(caching, "set_torch_state", lambda state, device: None)
    with pytest.raises(AssertionError):
        same(cached(Learnt(objective, dropout=0.3), case, 2), expected)


def test_a_gradient_of_the_wrong_chunk_is_rejected(monkeypatch):
    objective, case = calls()[0]
    expected = plain(Learnt(objective), case)
    real = torch.autograd.backward

    def wrong(parts, gradients, *rest, **options):
        pushed = isinstance(parts, list)
        return real(parts, [one.flip(0) for one in gradients] if pushed else gradients, *rest, **options)

    monkeypatch.setattr(torch.autograd, "backward", wrong)
    with pytest.raises(AssertionError):
        same(cached(Learnt(objective), case, 2), expected)


def test_two_processes_in_chunks_equal_one_without():
    found = together(work, 2)
    broken = []
    for k, (objective, case) in enumerate(calls()):
        expected = plain(Learnt(objective), case)
        for rank in range(2):
            try:
                same(found[rank][k], expected)
            except AssertionError as error:
                broken.append(f"{objective} on {case.name}, rank {rank}: {error}")
    assert not broken, "\n".join(broken)


def test_cases_are_longer_than_a_chunk():
    assert {len(case.anchors) for objective, _ in calls() for case in cases(objective, n=N)} == {N}
