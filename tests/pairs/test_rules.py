"""Rules as values: what they read, what they refuse, and that they are saved and read back as they were."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.base.spec import from_json, to_json
from counterpoint.pairs import Census, Graded, WhereKnown, rules
from counterpoint.pairwise import Explicit, SameKey

SAME, NEAR = rules.Same(), rules.Nearby(window=2.0)
LABEL, TIME = Fact(column="label", form=Form.NAME), Fact(column="time", form=Form.NUMBERS)
ALL = [
    rules.Supervised(),
    SAME | NEAR,
    SAME & NEAR,
    ~SAME,
    SAME * NEAR,
    0.5 * SAME,
    SAME.sparing(rules.Similar(threshold=0.5)),
    rules.Overlap(least=2, graded=True),
    rules.MetadataKernel(bandwidth=2.0),
    rules.Linked(column="cites", id="paper"),
    rules.Graded(inner=SAME),
    rules.Within(inner=NEAR),
    rules.BelowPositive(inner=SAME, by=rules.Learner(), margin=0.1, relative=True),
    rules.Doubted(by=rules.Vectors(column="seen"), threshold=0.3),
    rules.HardestOnly(k=4),
    rules.HardestPositives(inner=rules.EasiestPositives(k=3)),
    rules.SemiHardNegatives(stand_in=False),
    rules.NearestNeighbours(k=2),
]


@pytest.mark.parametrize("rule", ALL, ids=repr)
def test_a_rule_is_saved_and_read_back(rule):
    assert from_json(to_json(rule)) == rule
    assert hash(rule) == hash(from_json(to_json(rule)))


def test_what_must_be_known_is_the_sum_of_the_parts():
    assert rules.Supervised().facts == ()
    assert (SAME | NEAR & ~SAME).facts == (LABEL, TIME)
    assert rules.Within(inner=SAME).facts == (LABEL, Fact(column="cluster", form=Form.NAME))
    assert rules.Linked().facts == (
        Fact(column="id", form=Form.NAME),
        Fact(column="links", form=Form.LINKS, of="id"),
    )
    seen = rules.Doubted(inner=SAME, by=rules.Vectors(column="seen"))
    assert seen.facts == (LABEL, Fact(column="seen", form=Form.VECTOR))
    assert not seen.guided
    assert (SAME | 2.0 * ~rules.BelowPositive()).guided
    assert rules.Graded(inner=rules.HardestOnly(k=1)).guided


REFUSED = {
    "window must be at least 0, got -1": lambda: rules.Nearby(window=-1.0),
    "gap must be at least the window": lambda: rules.Nearby(window=2.0, gap=1.0),
    "least must be at least 1, got 0": lambda: rules.Overlap(least=0),
    "bandwidth must be positive, got 0": lambda: rules.MetadataKernel(bandwidth=0.0),
    "threshold must be a cosine": lambda: rules.Similar(threshold=2.0),
    "margin must be finite": lambda: rules.BelowPositive(margin=float("nan")),
    "softness must be positive": lambda: rules.Doubted(softness=0.0),
    "k must be a whole number, at least 1, got 0": lambda: rules.HardestOnly(k=0),
    "k must be at least 1, got 0": lambda: rules.HardestPositives(k=0),
    "multiplied by a positive, finite number, got 0.0": lambda: 0 * SAME,
    "a rule is expected.*got SameKey; in a recipe a relation is said by": lambda: (
        SAME | SameKey(torch.arange(2), torch.arange(2))
    ),
    "a rule is expected.*got str": lambda: rules.BelowPositive(inner="label"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_settings_that_make_no_sense_are_refused_at_once(why):
    with pytest.raises(InputError, match=why):
        REFUSED[why]()


def side(n: int, **facts: torch.Tensor) -> rules.Side:
    return rules.Side(embeddings=torch.ones(n, 2), facts=facts)


def test_a_rule_without_what_it_goes_by():
    own = SameKey(torch.arange(3), torch.arange(3))
    known = rules.Known(supervised=own, anchors=side(3))
    with pytest.raises(InputError, match="reads column 'label'"):
        SAME.relation(known)
    with pytest.raises(InputError, match=r"goes by a guide, and the recipe has none: give guide=Saved"):
        rules.BelowPositive().relation(known)
    with pytest.raises(InputError, match="reads column 'teacher'"):
        rules.Doubted(by=rules.Vectors()).relation(known)
    grades = {"numbers:score": torch.tensor([[1.0], [-1.0], [1.0]])}
    with pytest.raises(InputError, match=r"column 'score': grades must be finite and at least 0, got -1"):
        rules.Graded().relation(rules.Known(supervised=own, anchors=side(3, **grades)))


def test_rows_of_which_nothing_is_known_repel_everybody():
    same = SameKey(torch.tensor([1, 1, 2]), torch.tensor([1, 2, 1]))
    relation = WhereKnown(same, torch.tensor([True, False, True]), torch.tensor([True, True, False]))
    tile = relation.tile(slice(None), slice(None))
    assert tile.positive.tolist() == [[True, False, False], [False, False, False], [False, True, False]]
    assert torch.equal(tile.negative, ~tile.positive)
    with pytest.raises(InputError, match=r"candidates must be 3 bools, got torch.int64 \[3\]"):
        WhereKnown(same, torch.ones(3, dtype=torch.bool), torch.ones(3, dtype=torch.int64))


def test_grades_weigh_positives_and_take_them_out():
    same = SameKey(torch.tensor([1, 1, 2]), torch.tensor([1, 2, 1]))
    tile = Graded(same, torch.tensor([2.0, 0.0, 0.5])).tile(slice(None), slice(None))
    assert tile.weight.tolist() == [[2.0, 1.0, 2.0], [0.0, 1.0, 0.0], [1.0, 0.5, 1.0]]
    assert tile.positive.tolist() == [[True, False, True], [False, False, False], [False, True, False]]
    assert tile.negative.tolist() == [[False, True, False], [False, True, False], [True, False, True]]


def test_a_census_counts_anchors_without_any():
    positive = torch.tensor([[1, 1, 0], [0, 0, 0], [1, 0, 0], [1, 1, 1]], dtype=torch.bool)
    census = Census.of(Explicit(positive, ~positive))
    assert (census.anchors, census.candidates) == (4, 3)
    assert (census.without_positive, census.without_negative) == (1, 1)
    assert str(census) == "4 anchors, 3 candidates; an anchor has 1.5 (0 to 3) positives and 1.5 (0 to 3) negatives"
