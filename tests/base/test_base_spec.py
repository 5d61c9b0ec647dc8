"""Specs to JSON and back, equal; and nothing but specs is ever built from a file."""

import json
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import counterpoint as cp
from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders import MLP, Mean, ProjectionHead
from counterpoint.training import AdamW, CosineWarmup, TrainSettings

TRUSTED = (__name__.split(".")[0], "counterpoint")


class Colour(StrEnum):
    RED = "red"


class Size(Enum):
    LARGE = 3


@dataclass(frozen=True)
class Inner:
    numbers: tuple[float, ...] = (1.0, -0.0)
    colour: Colour = Colour.RED


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner = Inner()
    many: tuple[Any, ...] = ()
    size: Size = Size.LARGE
    by_name: Any = None
    derived: int = field(default=7, init=False)


class Plain:
    """Neither a dataclass nor an enum."""


def through(value: Any) -> Any:
    """To JSON, through text, and back."""
    return from_json(json.loads(json.dumps(to_json(value))), trusted=TRUSTED)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -3, 1.5, 1e-300, "", "ü\n", (), (1, (2, "a")), Colour.RED, Size.LARGE, Inner(),
        Outer(inner=Inner(numbers=()), many=(Inner(), None, (Size.LARGE,)), by_name={"a": Inner(), "b": (1,)}),
        {"a": {"b": (None,)}}, 0.1 + 0.2, 2**60, float("inf"),
    ],
)  # fmt: skip
def test_values_come_back_equal(value) -> None:
    back = through(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "spec",
    [
        cp.InfoNCE(temperature=0.07), cp.SupCon(), cp.SigLIP(scale=5.0, bias=-2.0), cp.CLIP(), cp.CoSENT(),
        MLP(hidden=(3, 4), dim=2), ProjectionHead(), Mean(), Kind.IMAGE, AdamW(), CosineWarmup(),
        TrainSettings(steps=3),
    ],
)  # fmt: skip
def test_our_specs_come_back_equal(spec) -> None:
    assert from_json(json.loads(json.dumps(to_json(spec)))) == spec


def test_lists_come_back_as_tuples_and_derived_fields_are_not_written() -> None:
    assert through([1, [2]]) == (1, (2,))
    assert "derived" not in to_json(Outer())
    assert to_json(Size.LARGE) == {"type": f"{__name__}:Size", "value": 3}


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, np.float32(1), np.zeros(2), Path("a"), Inner, 1j])
def test_what_cannot_be_saved_is_refused(value) -> None:
    for place in (value, [value], {"a": value}, Outer(by_name=value)):
        with pytest.raises(InputError, match="a spec may hold numbers, strings, lists and dataclasses, not"):
            to_json(place)


@pytest.mark.parametrize("key", [1, None, ("a",), "type"])
def test_keys_that_would_not_come_back_are_refused(key) -> None:
    with pytest.raises(InputError, match="needs text keys other than 'type', not"):
        to_json(Outer(by_name={key: 1}))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"type": "os:system"}, "outside the trusted packages"),
        ({"type": "counterpointless.x:Y"}, "outside the trusted packages"),
        ({"type": "subprocess:Popen", "args": ["true"]}, "outside the trusted packages"),
        ({"type": ""}, "outside the trusted packages"),
        ({"type": "counterpoint.nowhere:Thing"}, "does not exist in this version"),
        ({"type": "counterpoint.base.spec:Nothing"}, "does not exist in this version"),
        ({"type": "counterpoint.base.spec:"}, "does not exist in this version"),
        ({"type": "counterpoint.base.spec:importlib.import_module", "name": "os"}, "neither a dataclass nor an enum"),
        ({"type": "counterpoint.base.files:os.system", "command": "true"}, "neither a dataclass nor an enum"),
        ({"type": "counterpoint.base.files:Path"}, "neither a dataclass nor an enum"),
        ({"type": "counterpoint.objectives:InfoNCE", "temprature": 1.0}, "InfoNCE do not fit this version"),
        ({"type": "counterpoint.objectives:InfoNCE", "temperature": -1.0}, "InfoNCE do not fit this version"),
        ({"type": "counterpoint.base.content:Kind", "value": "smell"}, "Kind do not fit this version"),
        ({"type": "counterpoint.base.content:Kind"}, "Kind do not fit this version"),
        ({"type": 3}, "outside the trusted packages"),
        ({"type": ["counterpoint"]}, "outside the trusted packages"),
    ],
)
def test_a_file_cannot_name_anything_else(value, message) -> None:
    for place in (value, [value], {"a": [value]}):
        with pytest.raises(InputError, match=message):
            from_json(place)


def test_a_package_of_the_user_is_read_when_trusted() -> None:
    with pytest.raises(InputError, match="outside the trusted packages"):
        from_json(to_json(Inner()))
    assert through(Inner()) == Inner()
    with pytest.raises(InputError, match="neither a dataclass nor an enum"):
        from_json({"type": f"{__name__}:Plain"}, trusted=TRUSTED)
