"""A relation in a recipe: the loss is that of the relation by hand, cached, shared out, resumed and beside a queue."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from in_memory import Rows, cached_equals_uncached, whole_and_resumed
from rule_cases import BATCH, CASES, FACTS, QUEUED, ROWS, SEEDS, D, Hand, N, built, drawn, recipe_of, steps, work

from counterpoint.base.errors import InputError
from counterpoint.data import Batch, Supervision
from counterpoint.encoders import MLP, Passthrough
from counterpoint.methods import RelatedContrast
from counterpoint.objectives import InfoNCE, NTXent
from counterpoint.pairs import BelowPositive, Nearby, Owned, Within, rules
from counterpoint.pairwise import SameKey
from counterpoint.training.caching import backward
from counterpoint.views import Identity
from processes import together

ALONE = pytest.mark.filterwarnings("ignore:.*anchors have no positive")
OWN = torch.arange(N)


def sides(method: RelatedContrast, prepared) -> list[torch.Tensor]:
    return [method.encode(call, prepared.calls[call][0]) for call in range(2)]


def agrees(method, prepared, expected: torch.Tensor) -> None:
    loss = backward(method, prepared).loss
    found = [one.grad for one in method.parameters()]
    method.zero_grad()
    expected.backward()
    torch.testing.assert_close(loss, expected)
    for one, other in zip(found, [one.grad for one in method.parameters()], strict=True):
        torch.testing.assert_close(one, other)


@ALONE
@pytest.mark.parametrize("name", CASES)
def test_the_loss_is_that_of_the_relation_by_hand(name):
    case = CASES[name]
    method = built(recipe_of(case))
    prepared = method.prepare(BATCH, SEEDS)
    a, b = sides(method, prepared)
    if case.objective.joint:
        z, twice = torch.cat([a, b]), torch.cat([OWN, OWN])
        hand = Hand(twice, z.detach(), twice, z.detach())
        agrees(method, prepared, case.objective(z, relation=case.hand(hand)))
    else:
        hand = Hand(OWN, a.detach(), OWN, b.detach())
        agrees(method, prepared, case.objective(a, b, relation=case.hand(hand)))


PAIRS = replace(
    BATCH,
    positives=drawn(10, D, seed=11), positive_owner=torch.tensor([0, 0, 1, 2, 3, 4, 5, 6, 7, 7]),
    negatives=drawn(5, D, seed=12), negative_owner=torch.tensor([0, 2, 3, 5, 7]),
)  # fmt: skip
CAME_WITH = torch.cat([PAIRS.positive_owner, PAIRS.negative_owner])


@ALONE
@pytest.mark.parametrize("objective", [InfoNCE(temperature=0.2), NTXent(temperature=0.2)], ids=["two sides", "joint"])
def test_of_a_negative_that_a_row_brings_along_only_its_group_is_known(objective):
    """It is nobody's positive, nobody spares it, and it repels within the cluster of its row."""
    rule = rules.Within(inner=(rules.Supervised() | rules.Same()).sparing(rules.Same(column="cluster")))
    method = built(recipe_of(CASES["supervised"], relation=rule, objective=objective, supervision=Supervision.PAIRS))
    prepared = method.prepare(PAIRS, SEEDS)
    a, b = sides(method, prepared)
    owner = torch.cat([PAIRS.positive_owner, torch.full((5,), -1)])
    keys = [torch.where(owner < 0, -1, FACTS[key][CAME_WITH]) for key in ("name:label", "name:cluster")]
    label, cluster = (FACTS[key] for key in ("name:label", "name:cluster"))
    group = cluster[CAME_WITH]
    if objective.joint:
        both = [torch.cat(pair) for pair in ((OWN, owner), (label, keys[0]), (cluster, keys[1]), (cluster, group))]
        a, b, anchors, candidates = torch.cat([a, b]), None, both, both
    else:
        anchors, candidates = [OWN, label, cluster, cluster], [owner, *keys, group]
    own, named, spared = (SameKey(*pair) for pair in zip(anchors[:3], candidates[:3], strict=True))
    relation = Within((own | named).sparing(spared), anchors[3], candidates[3])
    agrees(method, prepared, objective(a, b, relation=relation) if b is not None else objective(a, relation=relation))


def test_a_column_of_vectors_says_nothing_of_negatives():
    recipe = recipe_of(CASES["doubted by a teacher"], supervision=Supervision.PAIRS)
    method = built(recipe)
    with pytest.raises(InputError, match=r"'teacher' is about rows, and says nothing of the negatives"):
        backward(method, method.prepare(PAIRS, SEEDS))


def test_a_guide_sees_every_candidate_as_it_is():
    """Views are not what it is shown, and negatives have embeddings of their own."""
    case = CASES["below the positive"]
    method = built(recipe_of(case, supervision=Supervision.PAIRS))
    prepared = method.prepare(PAIRS, SEEDS)
    a, b = sides(method, prepared)
    seen = torch.cat([PAIRS.positives, PAIRS.negatives])
    owner = torch.cat([PAIRS.positive_owner, torch.full((5,), -1)])
    own = SameKey(OWN, owner)
    relation = BelowPositive(inner=own, anchors=ROWS, candidates=seen, margin=0.4, relative=True)
    assert relation.counts()[1].sum() < own.counts()[1].sum()
    agrees(method, prepared, case.objective(a, b, relation=relation))


TWO_SIDED, JOINT = InfoNCE(temperature=0.2), NTXent(temperature=0.2)
VIEWS, LABELS = Supervision.VIEWS, Supervision.LABELS


@ALONE
@pytest.mark.parametrize(
    ("supervision", "objective", "step"),
    [
        *(
            (supervision, objective, {})
            for supervision in (VIEWS, LABELS, Supervision.PAIRS)
            for objective in (TWO_SIDED, JOINT)
        ),
        *((one, TWO_SIDED, QUEUED) for one in (VIEWS, LABELS)),
    ],
)
def test_what_the_supervision_says_is_a_recipe_without_a_relation(supervision, objective, step):
    recipe = recipe_of(CASES["supervised"], supervision=supervision, objective=objective, **step)
    batch = PAIRS if supervision is Supervision.PAIRS else BATCH
    losses = []
    for one in (recipe, replace(recipe, relation=None)):
        method = built(one)
        for step in range(2):
            losses.append(backward(method, method.prepare(batch, SEEDS + step)).loss)
            method.after_step(step)
    torch.testing.assert_close(losses[:2], losses[2:])


@ALONE
def test_a_queue_keeps_what_the_rule_reads():
    """Earlier keys take part by their own labels, times and guide."""
    same = rules.Supervised() | rules.Same()
    rule = rules.BelowPositive(inner=same * rules.Nearby(window=25.0), margin=0.1)
    recipe = recipe_of(CASES["supervised"], relation=rule, guide=Passthrough(), **QUEUED)
    recipe = replace(recipe, queue=replace(recipe.queue, reverse=0.0))
    method = built(recipe)
    backward(method, method.prepare(replace(BATCH, anchor=drawn(N, D, seed=5)), SEEDS))
    method.after_step(0)
    kept = method.queue.content()[0]
    method.zero_grad()
    prepared = method.prepare(BATCH, SEEDS)
    query, key = sides(method, prepared)
    twice = torch.cat([OWN, OWN])
    owned = Owned.of(query, torch.cat([OWN, torch.full((N,), -1)]))
    label, time = FACTS["name:label"], FACTS["numbers:time"]
    inner = owned | SameKey(label, label[twice])
    inner = inner * Nearby(anchors=time, candidates=time[twice], window=25.0)
    guide = torch.cat([ROWS, drawn(N, D, seed=5)])
    relation = BelowPositive(inner=inner, anchors=ROWS, candidates=guide, margin=0.1)
    agrees(method, prepared, recipe.objective(query, torch.cat([key, kept]), relation=relation))


@ALONE
def test_two_processes_are_one():
    parts = together(work, 2)
    for name, expected in steps().items():
        for part in parts:
            torch.testing.assert_close(part[name], expected, atol=3e-6, rtol=2e-5, msg=name)


@ALONE
@pytest.mark.parametrize("queue", [False, True], ids=["", "queue"])
@pytest.mark.parametrize("name", CASES)
def test_cached_equals_uncached(name, queue):
    case = CASES[name]
    if queue and case.objective.joint:
        case = replace(case, objective=InfoNCE(temperature=0.2))
    cached_equals_uncached(built(recipe_of(case, **(QUEUED if queue else {}))), BATCH, SEEDS, chunk=3)


def examples(rows: int = 40) -> Rows:
    chosen = torch.arange(rows) % N
    return Rows(drawn(rows, D, seed=5), chosen % 3, {key: one[chosen] for key, one in FACTS.items()})


@ALONE
@pytest.mark.parametrize("queue", [False, True], ids=["", "queue"])
@pytest.mark.parametrize("name", ["near in time", "edges", "below the positive", "doubted"])
def test_a_resumed_run_is_the_same_run(name, queue, tmp_path):
    recipe = recipe_of(CASES[name], **(QUEUED if queue else {}))
    whole, again = whole_and_resumed(lambda: built(recipe), examples(), recipe.training, tmp_path)
    assert whole.keys() == again.keys()
    assert not any("guide" in key for key in whole), "a guide is saved by reference"
    assert any("fact0" in key for key in whole) is queue
    for key, one in whole.items():
        assert torch.equal(one, again[key]), key


@ALONE
def test_a_run_is_not_resumed_under_another_guide(tmp_path):
    recipe = recipe_of(CASES["below the positive"], guide=MLP(hidden=(), dim=4, batch_norm=False))
    made = iter([recipe, recipe, replace(recipe, guide=MLP(hidden=(), dim=3, batch_norm=False))])
    with pytest.raises(InputError, match=r"cannot resume .*the guide was [0-9a-f]{16} and is [0-9a-f]{16}"):
        whole_and_resumed(lambda: built(next(made)), examples(), recipe.training, tmp_path)


def test_a_guide_does_not_learn_and_changes_nothing_of_what_does():
    recipe = recipe_of(CASES["below the positive"], guide=MLP(hidden=(4,), dim=4))
    plain = built(replace(recipe, guide=None, relation=None))
    method = built(recipe)
    guide = method.ruling.guide
    assert not any(one.requires_grad for one in guide.parameters())
    assert not guide.training, "batch statistics are those it was built with"
    for one, other in zip(method.parameters(), plain.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_fact_that_was_not_read_is_named():
    method = built(recipe_of(CASES["near in time"], views=(Identity(), Identity())))
    with pytest.raises(InputError, match="reads column 'time', and the batch was read without it"):
        backward(method, method.prepare(Batch(rows=np.arange(N), anchor=ROWS), SEEDS))
