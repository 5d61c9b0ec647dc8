"""The catalogue is what the package holds, and its page says the same."""

import sys
from pathlib import Path

import pytest

import counterpoint.objectives
from counterpoint.base.errors import InputError
from counterpoint.experiments.catalogue import DataKind, all_losses, loss_named, markdown, name_of
from counterpoint.objectives import CMC, CoSENT, InfoNCE, NTXent, ProxyNCA, SigLIP, SupCon, VICReg
from counterpoint.pairwise import Loss

PAGE = Path(__file__).resolve().parents[2] / "docs" / "objectives.md"


def test_every_loss_is_listed_once():
    found = [getattr(counterpoint.objectives, name) for name in counterpoint.objectives.__all__]
    losses = {one for one in found if isinstance(one, type) and issubclass(one, Loss)}
    listed = all_losses()
    assert losses <= {one.kind for one in listed}
    assert len({one.name for one in listed}) == len(listed)


def test_a_loss_in_a_file_of_its_own_is_found_without_a_list(tmp_path, monkeypatch):
    (tmp_path / "throwaway.py").write_text(
        "from dataclasses import dataclass\nfrom counterpoint.objectives.info_nce import InfoNCE\n\n"
        '@dataclass(frozen=True, kw_only=True)\nclass ThrowAway(InfoNCE):\n    """Of no use."""\n'
    )
    monkeypatch.setattr(counterpoint.objectives, "__path__", [*counterpoint.objectives.__path__, str(tmp_path)])
    kind = counterpoint.objectives.ThrowAway
    assert loss_named("throw-away", argument="x") is kind
    sys.modules.pop("counterpoint.objectives.throwaway")
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = counterpoint.objectives.Nothing


@pytest.mark.parametrize(
    ("kind", "name"), [(InfoNCE, "info-nce"), (NTXent, "nt-xent"), (SigLIP, "sig-lip"), (SupCon, "sup-con")]
)
def test_names_are_those_of_classes(kind, name):
    assert name_of(kind) == name
    assert loss_named(name, argument="x") is kind


def test_hyphens_and_capitals_do_not_matter():
    assert loss_named("cosent", argument="x") is loss_named("Co_SENT", argument="x") is CoSENT


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"--objective must be a name .*'infonec'; did you mean .*info-nce"):
        loss_named("infonec", argument="--objective")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (InfoNCE, (DataKind.PAIRS, DataKind.LABELS, DataKind.VIEWS)),
        (CoSENT, (DataKind.SCORES,)),
        (ProxyNCA, (DataKind.CLASSES,)),
        (CMC, (DataKind.VIEWS, DataKind.PAIRS)),
        (VICReg, (DataKind.VIEWS, DataKind.PAIRS)),
    ],
)
def test_data_follow_from_what_is_needed(kind, data):
    (entry,) = (one for one in all_losses() if one.kind is kind)
    assert entry.data == data


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == markdown(all_losses()), "counterpoint objectives --markdown > docs/objectives.md"
