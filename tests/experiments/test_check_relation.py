"""A relation that does not fit its recipe or the data is known before the first step, and what it comes to is told."""

from dataclasses import replace

import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import table_from
from counterpoint.encoders import MLP, LearnablePrototypes, Passthrough
from counterpoint.experiments.check import prepare_job
from counterpoint.experiments.presets import recipe_for, with_training
from counterpoint.experiments.source import DataSource, data_from
from counterpoint.methods import SiameseStep
from counterpoint.objectives import BarlowTwins, InfoNCE, NTXent, ProxyNCA
from counterpoint.pairs import rules

NEAR = rules.Nearby(window=1.0)
GUIDED = rules.BelowPositive()


@pytest.fixture
def job(columns):
    def make(kind: str = "vector", supervision: str = "views", *, facts=(), **changes):
        table = columns(kind, supervision)
        rows = len(next(iter(table.values())))
        data = data_from(
            table_from({**table, "time": np.arange(rows)}), None, DataSource(data="python", facts=facts), {}
        )
        return replace(with_training(recipe_for(data), steps=2, batch_size=8), **changes), data

    return make


REFUSED = {
    "has a guide and no relation that goes by one": {"guide": Passthrough()},
    "goes by a guide, and there is none; give guide=Saved": {"relation": GUIDED},
    "has a guide, and its relation does not go by one": {"relation": rules.Supervised(), "guide": Passthrough()},
    "BarlowTwins does not compare rows with rows": {"relation": rules.Supervised(), "objective": BarlowTwins()},
    "with a relation there is no siamese": {"relation": rules.Supervised(), "siamese": SiameseStep()},
    "reads 'time', and the data were opened without": {"relation": NEAR},
    "a rule is expected, such as rules.Supervised": {"relation": "label"},
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_does_not_fit(why, job):
    recipe, data = job(**REFUSED[why])
    with pytest.raises(InputError, match=why):
        prepare_job(recipe, data, judge=False, warn=lambda text: None)


def test_scores_and_prototypes_have_a_relation_already(job):
    recipe, data = job(supervision="scores", relation=rules.Supervised(), objective=None)
    recipe = replace(recipe, objective=recipe_for(data).objective)
    with pytest.raises(InputError, match=r"scores say already how similar a pair should be.*rules\.Graded\(\)"):
        prepare_job(recipe, data, judge=False, warn=lambda text: None)
    recipe, data = job(
        supervision="labels", relation=rules.Supervised(), objective=ProxyNCA(), prototypes=LearnablePrototypes()
    )
    with pytest.raises(InputError, match=r"ProxyNCA does not compare rows with rows|no prototypes"):
        prepare_job(recipe, data, judge=False, warn=lambda text: None)


@pytest.mark.parametrize("objective", [InfoNCE(), NTXent()], ids=["two sides", "joint"])
@pytest.mark.parametrize("kind", ["vector", "text", "image"])
def test_what_fits_is_let_through_and_says_nothing(job, kind, objective):
    rule = rules.HardestOnly(inner=rules.Supervised() | NEAR, by=rules.Learner(), k=2)
    recipe, data = job(kind, relation=rule, objective=objective, facts=rule.facts)
    said: list[str] = []
    prepare_job(recipe, data, judge=False, warn=said.append)
    assert not [one for one in said if "anchors" in one]


@pytest.mark.filterwarnings("ignore:.*anchors have no positive")
def test_anchors_without_a_positive_are_counted(job):
    rule = rules.Supervised() & rules.Same(column="cluster")
    recipe, data = job()
    rows = len(data.train)
    table = table_from(
        {
            "vector": np.random.default_rng(0).normal(size=(rows, 4)),
            "cluster": [None if i % 2 else "a" for i in range(rows)],
        }
    )
    data = data_from(table, None, DataSource(data="python", facts=rule.facts, test_fraction=0), {})
    recipe = replace(
        recipe, relation=rule, encoder=MLP(), objective=InfoNCE(), views=recipe_for(data).views, head=recipe.head,
        training=replace(recipe.training, batch_size=rows),
    )  # fmt: skip
    said: list[str] = []
    prepare_job(recipe, data, judge=False, warn=said.append)
    count = rows // 2
    expected = f"{count} of {rows} anchors have no positive in the first batch; {rows} anchors, {rows} candidates"
    assert any(one.startswith(expected) for one in said), said
