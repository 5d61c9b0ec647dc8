"""Objectives on real processes equal one process: extremes, weights, whole rows, training, memory, and what fails."""

from functools import partial

import pytest
import torch
from ring_calls import calls
from ring_objectives_work import (
    DIFFERENT,
    ONE_SIDED,
    TIME_OUT,
    TRAINED,
    dies_between,
    dies_inside,
    one_sided,
    trained,
    work,
)

from processes import some_may_die, together


@pytest.fixture(scope="module", params=[2, 4])
def found(request):
    return together(work, request.param)


def whole(parts):
    """Rows side by side, and gradients divided by the number of ranks, as data-parallel training does."""
    result = {"loss": parts[0]["loss"]}
    for name in parts[0].keys() - {"loss"}:
        each = [part[name] for part in parts]
        result[name] = (torch.cat(each) if name in ("anchors", "candidates") else torch.stack(each).sum(0)) / len(parts)
    return result


def compare(found, expected):
    assert found.keys() == expected.keys()
    for name, value in found.items():
        tolerance = {"rtol": 1e-3, "atol": 1e-4} if value.dtype == torch.float32 else {}
        torch.testing.assert_close(value, expected[name], msg=lambda text, name=name: f"{name}: {text}", **tolerance)


def test_processes_equal_one(found):
    broken = []
    for k, call in enumerate(calls(len(found))):
        parts = [one["calls"][k] for one in found]
        try:
            for one in parts[1:]:
                torch.testing.assert_close(one["loss"], parts[0]["loss"], rtol=0, atol=0, msg="ranks disagree")
            compare(whole(parts), call.outcome())
        except AssertionError as error:
            broken.append(f"{call.name}: {error}")
    assert not broken, f"{len(broken)} broken:\n" + "\n".join(broken)


def test_shares_are_uneven_and_whole():
    for call in calls():
        for world in (2, 4):
            shares = [call.share(rank, world) for rank in range(world)]
            assert torch.equal(torch.cat([one.anchors for one in shares]), call.anchors)
            assert len({len(one.anchors) for one in shares}) > 1
            if call.candidates is not None:
                assert torch.equal(torch.cat([one.candidates for one in shares]), call.candidates)


def test_a_gradient_off_by_the_number_of_ranks_is_rejected():
    call = calls()[0]
    expected = call.outcome()
    compare(whole([expected]), expected)
    with pytest.raises(AssertionError):
        compare(whole([expected | {"anchors": 2 * expected["anchors"]}]), expected)


@pytest.mark.parametrize("name", TRAINED)
def test_parameters_get_the_gradient_of_one_process(found, name):
    if len(found) > 2:
        pytest.skip("two ranks are enough for the wrapper, whose import takes longest")
    expected = trained(name)
    assert all(value.abs().max() > 1e-6 for value in expected.values())
    for one in found:
        compare(one["trained"][name], expected)


def test_no_rank_holds_all_candidates(found):
    """The block before, the one at hand and the one under way; a few more for gradients; never more on more ranks."""
    for one in found:
        memory = one["memory"]
        block, every = memory["candidates of a rank"], len(found) * memory["candidates of a rank"]
        for kind in ("closed", "generic"):
            assert memory[f"{kind} value"] < 3.2 * block
            assert memory[f"{kind} step"] < 9.5 * block
        assert memory["dense value"] > 1.9 * every, "gathering is noticed"


@pytest.mark.parametrize("name", ["objectives", "settings", "D", "dtypes", "plans", "numbers"])
def test_different_calls_are_an_error_on_every_rank_that_names_both(found, name):
    words = {
        "objectives": ("InfoNCE", "CLIP"),
        "settings": ("temperature=0.1", "temperature=1.1"),
        "D": ("D = [4]", "D = [5]"),
        "dtypes": ("float32", "float64"),
        "plans": ("rows=2", "rows=0"),
        "numbers": ("learning ['temperature']", "learning []"),
    }[name]
    for rank, one in enumerate(found):
        kind, message, seconds = one["errors"][name]
        assert kind == "InputError", f"rank {rank}: {kind} {message}"
        assert seconds < TIME_OUT
        assert all(word in message for word in words), message
        assert f"rank {rank} calls" in message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NaN", "candidates holds NaN or infinity"),
        ("lengths", "2 candidates for 3 anchors"),
        ("weights", "weights must be 3 numbers"),
        ("unknown numbers", "no number 'margin'"),
    ],
)
def test_bad_input_on_one_rank_is_an_error_on_all(found, name, words):
    for rank, one in enumerate(found):
        kind, message, _ = one["errors"][name]
        expected = "NotFiniteError" if (rank, name) == (1, "NaN") else "InputError"
        assert kind == expected, f"rank {rank}: {kind} {message}"
        assert (words if rank == 1 else "rank(s) [1] refused their input") in message


def test_every_error_is_looked_at(found):
    assert set(found[0]["errors"]) == set(DIFFERENT)


def test_the_same_call_gives_the_same_bits(found):
    for part in found:
        first, again = part["calls"][0], part["afterwards"]
        assert first.keys() == again.keys()
        assert all(torch.equal(first[name], again[name]) for name in first)


def test_after_errors_ranks_still_work_together(found):
    compare(whole([one["afterwards"] for one in found]), calls(len(found))[0].outcome())


@pytest.mark.parametrize("when", ["between", "forward", "backward"])
def test_a_rank_that_dies_is_an_error_on_the_others_in_time(when):
    target = dies_between if when == "between" else partial(dies_inside, when)
    codes, found = some_may_die(target, 3, seconds=TIME_OUT)
    assert codes == [0, 7, 0]
    for rank in (0, 2):
        kind, message, seconds = found[rank]
        assert kind not in ("nothing", "InputError"), f"rank {rank}: {message}"
        assert seconds < TIME_OUT + 5


@pytest.mark.parametrize("name", ONE_SIDED)
def test_what_one_rank_alone_passes_is_an_error_in_time(name):
    codes, found = some_may_die(partial(one_sided, name), 2, seconds=TIME_OUT)
    assert codes == [0, 0]
    for rank in range(2):
        kind, message, seconds = found[rank]
        assert kind == "InputError", f"rank {rank}: {kind} {message}"
        assert seconds < TIME_OUT
