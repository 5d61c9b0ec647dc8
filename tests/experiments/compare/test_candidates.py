"""Who takes part and who does not."""

import pytest

from counterpoint.base.errors import InputError
from counterpoint.data import MemoryTable, Supervision
from counterpoint.encoders import MLP
from counterpoint.experiments.catalogue import all_losses
from counterpoint.experiments.compare import choose_candidates, open_grounds
from counterpoint.experiments.presets import recipe_for
from counterpoint.experiments.source import DataSource, data_from
from counterpoint.objectives import CLIP, ArcFace, CoSENT, InfoNCE, SupCon, VICReg


def chosen(data, *objectives, supervision=None, encoders=None, most=8):
    base = recipe_for(data, supervision=supervision)
    return choose_candidates(data, base, objectives=objectives, encoders=encoders or {}, most=most)


def test_what_does_not_fit_the_supervision_is_left_out_with_the_reason(data):
    found, out = chosen(data, InfoNCE, VICReg, CoSENT, ArcFace)
    assert [one.name for one in found] == ["info-nce", "arc-face"]
    assert found[1].recipe.prototypes is not None
    reasons = {one.name: one.reason for one in out}
    assert set(reasons) == {"vic-reg", "co-sent"}
    assert "learns from views or pairs" in reasons["vic-reg"]
    assert "--supervision views" in reasons["vic-reg"]
    assert "learns from scores" in reasons["co-sent"]


def test_from_views_it_takes_part(data):
    found, out = chosen(data, VICReg, InfoNCE, supervision=Supervision.VIEWS)
    assert [one.name for one in found] == ["vic-reg", "info-nce"]
    assert out == []


def test_the_whole_catalogue_within_a_bound_the_usual_one_first(data):
    found, out = chosen(data, most=3)
    assert len(found) == 3
    assert type(found[0].recipe.objective) is SupCon
    fitting = [one for one in all_losses() if {"labels", "classes"} & set(one.data)]
    assert len(found) + len(out) == len(fitting)
    assert out[-1].reason == "only 3 take part unless they are named"


def test_what_fails_on_a_batch_is_left_out_too(columns):
    table = MemoryTable(columns("vector", "labels", 40), description="few")
    data = data_from(table, None, DataSource(data="few"), {})
    _, out = chosen(data, most=200)
    assert out, "some losses of the catalogue want what these data do not have"
    assert all(one.reason for one in out)


def test_every_encoder_with_every_objective(data):
    found, _ = chosen(data, InfoNCE, SupCon, encoders={"small": MLP(hidden=(8,)), "large": MLP(hidden=(64,))})
    assert [one.name for one in found] == ["info-nce, small", "info-nce, large", "sup-con, small", "sup-con, large"]
    assert [one.recipe.encoder.hidden for one in found] == [(8,), (64,)] * 2
    (alone,), _ = chosen(data, InfoNCE, encoders={"small": MLP(hidden=(8,))})
    assert alone.name == "info-nce"


def test_nobody_left_is_an_error_with_all_reasons(data):
    with pytest.raises(InputError, match=r"nobody can take part: vic-reg: .*; co-sent: "):
        chosen(data, VICReg, CoSENT)


def test_encoders_of_two_towers_cannot_be_named(columns):
    table = MemoryTable(columns("image", "pairs", other="text"), description="captions")
    data = data_from(table, None, DataSource(data="captions"), {})
    with pytest.raises(InputError, match="one for each kind of content"):
        chosen(data, CLIP, encoders={"mlp": MLP()})
    (found,), _ = chosen(data, CLIP)
    assert found.recipe.temperature is not None


def test_nothing_held_out_or_nothing_to_judge_by_is_an_error(columns):
    everything = DataSource(data="all", test_fraction=0)
    labelled = MemoryTable(columns("vector", "labels"), description="all")
    with pytest.raises(InputError, match="holds nothing out"):
        open_grounds(data_from(labelled, None, everything, {}), everything)
    source = DataSource(data="bare")
    bare = data_from(MemoryTable(columns("vector", "views"), description="bare"), None, source, {})
    with pytest.raises(InputError, match="nothing to judge by"):
        open_grounds(bare, source)
