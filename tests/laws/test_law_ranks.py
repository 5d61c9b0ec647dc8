"""2 and 4 processes equal one: in value on every rank, and in the gradient averaged over ranks."""

import itertools

import pytest
import torch
from law_checks import Outcome, outcome, same
from law_ranks import Shares, bounds, calls, work

from processes import together

Found = list[tuple[Outcome, Shares]]


def averaged(found: Found) -> Outcome:
    """One outcome of all ranks': rows put back in their places, and gradients divided by the number of ranks."""
    first = found[0][0]
    if isinstance(first, str):
        assert all(one == first for one, _ in found), "ranks disagree on the error"
        return first
    result = {"loss": first["loss"]}
    for one, places in found:
        assert isinstance(one, dict)
        torch.testing.assert_close(one["loss"], first["loss"], msg="ranks disagree on the loss")
        for name in one.keys() - {"loss"}:
            if name in places:
                total = 1 + max(int(places[name].max()) for _, places in found if len(places[name]))
                result.setdefault(name, one[name].new_zeros(total, *one[name].shape[1:]))
                result[name][places[name]] += one[name] / len(found)
            else:
                result[name] = result.get(name, 0) + one[name] / len(found)
    return result


@pytest.mark.parametrize("world", [2, 4])
def test_processes_equal_one(world):
    ranks = together(work, world)
    broken = []
    for k, (objective, case, plan) in enumerate(calls()):
        try:
            same(averaged([rank[k] for rank in ranks]), outcome(objective, case))
        except AssertionError as error:
            broken.append(f"{objective} on {case.name} with {plan}: {error}")
    assert not broken, "\n".join(broken)


def test_a_gradient_off_by_the_number_of_ranks_is_rejected():
    objective, case, _ = calls()[0]
    whole = outcome(objective, case)
    assert isinstance(whole, dict)
    everything = {name: torch.arange(len(value)) for name, value in case.embeddings().items()}
    same(averaged([(whole, everything)]), whole)
    with pytest.raises(AssertionError):
        same(averaged([(whole | {"anchors": 2 * whole["anchors"]}, everything)]), whole)


def test_shares_are_uneven_and_whole():
    for world in (2, 4):
        every = [bounds(9, rank, world) for rank in range(world)]
        assert every[0][0] == 0
        assert every[-1][1] == 9
        assert all(one[1] == other[0] for one, other in itertools.pairwise(every))
        assert len({last - first for first, last in every}) > 1
