"""Queues against lists, and what is compared with them against the public definition."""

import pytest
import torch
from queue_work import drawn, losses, work

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairs import ClassQueues, Owned, Queue
from counterpoint.pairwise import Plan, SameKey
from processes import together


@pytest.mark.parametrize("size", [1, 4, 7])
def test_a_queue_is_the_tail_of_a_list(size):
    queue, rows, labels = Queue(size, 3).double(), [], []
    assert len(queue) == 0
    for seed, n in enumerate((2, 5, 0, 1, 9, 3)):
        new, numbers = drawn(n, 3, seed=seed), torch.arange(n) + 10 * seed
        queue.push(new, numbers)
        rows, labels = [*rows, *new][-size:], [*labels, *numbers.tolist()][-size:]
        found, kept = queue.content()
        assert len(queue) == len(rows)
        assert torch.equal(found, torch.stack(rows))
        assert kept.tolist() == labels


def test_class_queues_are_the_tails_of_lists():
    queues, lists = ClassQueues(3, 2, 3).double(), {0: [], 1: [], 2: []}
    for seed, labels in enumerate(([0, 0, 0, 2], [1, -1, 0], [], [2, 2, 2, 2, 2, 1])):
        rows = drawn(len(labels), 3, seed=seed)
        queues.push(rows, torch.tensor(labels, dtype=torch.int64))
        for row, label in zip(rows, labels, strict=True):
            if label >= 0:
                lists[label] = [*lists[label], row][-2:]
    rows, labels = queues.content()
    assert len(queues) == len(rows) == sum(map(len, lists.values()))
    for label, kept in lists.items():
        mine = {tuple(row.tolist()) for row in rows[labels == label]}
        assert mine == {tuple(row.tolist()) for row in kept}


def test_what_is_kept_has_no_gradient_and_is_saved_whole():
    queue = Queue(4, 3)
    queue.push(torch.ones(3, 3, requires_grad=True) * 2)
    assert not queue.content()[0].requires_grad
    again = Queue(4, 3)
    again.load_state_dict(queue.state_dict())
    for one in (queue, again):
        one.push(torch.arange(6.0).view(2, 3))
    assert torch.equal(queue.content()[0], again.content()[0])
    assert queue.content()[0].shape == (4, 3)


def test_a_query_sees_its_key_and_the_queue_as_in_algorithm_1():
    """Logits [N, 1 + K] with the key first, and cross-entropy with class 0."""
    q, k, queue = drawn(5, 3, seed=0).requires_grad_(), drawn(5, 3, seed=1), drawn(6, 3, seed=2)
    unit = torch.nn.functional.normalize
    own, others = (unit(q) * unit(k)).sum(1, keepdim=True), unit(q) @ unit(queue).T
    expected = torch.nn.functional.cross_entropy(torch.cat([own, others], 1) / 0.2, torch.zeros(5, dtype=torch.int64))
    owners = torch.cat([torch.arange(5), torch.full((6,), -1)])
    for plan in (None, Plan(2, 3)):
        found = InfoNCE(temperature=0.2)(q, torch.cat([k, queue]), relation=Owned.of(q, owners), plan=plan)
        torch.testing.assert_close(found, expected)
        mine, theirs = torch.autograd.grad(found, q), torch.autograd.grad(expected, q, retain_graph=True)
        torch.testing.assert_close(mine, theirs)


def test_what_one_anchor_owns_is_kept_from_the_others():
    same = SameKey(torch.arange(2), torch.tensor([0, 1, -1, -1, -1]), local=True)
    owned = Owned.of(torch.zeros(2, 1), torch.tensor([-1, -1, -1, 0, 1]))
    tile = (same * owned).tile(slice(None), slice(None))
    assert tile.positive.int().tolist() == [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]]
    assert tile.negative.int().tolist() == [[0, 1, 1, 1, 0], [1, 0, 1, 0, 1]]


def test_cross_batch_memory_is_contrast_with_labelled_rows():
    """Positive where labels agree, entry by entry."""
    z, y = drawn(4, 3, seed=0), torch.tensor([0, 1, 0, 2])
    memory = Queue(6, 3).double()
    memory.push(drawn(6, 3, seed=1), torch.tensor([0, 1, 1, 2, 0, 3]))
    rows, labels = memory.share()
    unit = torch.nn.functional.normalize
    log_p = (unit(z) @ unit(rows).T / 0.2).log_softmax(1)
    same = y[:, None] == labels
    expected = -((log_p * same).sum(1) / same.sum(1)).mean()
    torch.testing.assert_close(InfoNCE(temperature=0.2)(z, rows, relation=SameKey(y, labels)), expected)


def test_two_processes_are_one():
    parts = together(work, 2)
    for name, expected in losses(slice(None)).items():
        found = [part[name] for part in parts]
        if name.endswith(("query", "key")):
            torch.testing.assert_close(torch.cat(found) / 2, expected)
        else:
            torch.testing.assert_close(found[0], found[1])
            torch.testing.assert_close(found[0], expected)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: Queue(0, 3), "size and a dim of at least 1, got 0 and 3"),
        (lambda: ClassQueues(0, 1, 3), "must be at least 1"),
        (lambda: Queue(4, 3).push(torch.zeros(2, 4)), r"rows must have shape \[N, 3\] to be kept here, got \[2, 4\]"),
        (lambda: Queue(4, 3).push(torch.zeros(2, 3), torch.zeros(2)), "labels must be 2 integers"),
        (lambda: ClassQueues(2, 4, 3).push(torch.zeros(1, 3), torch.tensor([2])), "labels go up to 2, and there are 2"),
    ],
)
def test_bad_calls(call, why):
    with pytest.raises(InputError, match=why):
        call()


def test_facts_stay_with_their_rows():
    facts = [torch.tensor([5, 6, 7]), torch.tensor([[1.5], [2.5], [3.5]], dtype=torch.float64)]
    queue = Queue(4, 2, facts=facts)
    assert [len(one) for one in queue.share_facts()] == [0, 0]
    rows = torch.arange(6.0).reshape(3, 2)
    queue.push(rows, facts=facts)
    queue.push(rows + 10, facts=[one + 10 for one in facts])
    assert queue.content()[0].tolist() == [[4.0, 5.0], [10.0, 11.0], [12.0, 13.0], [14.0, 15.0]]
    names, times = queue.share_facts()
    assert names.tolist() == [7, 15, 16, 17]
    assert times.dtype == torch.float64
    assert times[:, 0].tolist() == [3.5, 11.5, 12.5, 13.5]
    with pytest.raises(InputError, match=r"facts must have the shapes \[\[3\], \[3, 1\]\], got \[\[3\]\]"):
        queue.push(rows, facts=facts[:1])
