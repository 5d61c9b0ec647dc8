"""An objective is finished when it can be cited, checked, understood and found; each message says what to add."""

import doctest
import inspect
import json
import pickle
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar

import pytest
from law_cases import finished_classes, objective_classes, variants
from torch import Tensor

import counterpoint.objectives
import counterpoint.pairwise
from counterpoint.base.citation import Citation
from counterpoint.base.spec import from_json, to_json
from counterpoint.pairwise import Loss, Needs, Objective, Term, Tile, rows


def lacks(one: type[Loss]) -> list[str]:
    """What is still to be written for an objective, as instructions."""
    todo = [f"define {name}()" for name in sorted(one.__abstractmethods__)]
    if not isinstance(getattr(one, "cites", None), Citation):
        todo.append("add `cites: ClassVar[Citation]` with the paper and its equation")
    if not isinstance(getattr(one, "needs", None), Needs):
        todo.append("add `needs: ClassVar[Needs]`, such as Needs.POSITIVES")
    if not is_dataclass(one) or "__dataclass_fields__" not in vars(one):
        return [*todo, "decorate it with @dataclass(frozen=True, kw_only=True)"]
    doc = inspect.cleandoc(vars(one).get("__doc__") or "")
    if ">>>" not in doc:
        todo.append("add an `Example:` that runs (>>>) to its docstring")
    todo += [f"add a `{word}` line to its docstring" for word in ("Formula", "Shapes") if word not in doc]
    for field in fields(one):
        if field.init and not re.search(rf"^\s*{field.name}: \S", doc, re.MULTILINE) and field.name != "similarity":
            todo.append(f"describe the field {field.name} under `Attributes:` in its docstring")
    return todo


@pytest.mark.parametrize("one", objective_classes())
def test_it_is_complete(one):
    todo = lacks(one)
    assert not todo, f"{one.__module__}.{one.__qualname__} is not finished:\n- " + "\n- ".join(todo)


@pytest.mark.parametrize("one", objective_classes())
def test_it_is_exported(one):
    assert getattr(counterpoint.objectives, one.__name__) is one


def test_some_are_found():
    assert len(finished_classes()) >= 9


def test_what_is_missing_is_said():
    class Nothing(Objective):
        pass

    @dataclass(frozen=True, kw_only=True)
    class Undocumented(Objective):
        """A loss."""

        needs: ClassVar[Needs] = Needs.NOTHING
        margin: float = 0.5

        def terms(self, s_NM: Tensor, rel: Tile) -> Iterator[Term]:
            yield rows.sum(s_NM, where=rel.positive)

        def head(self, *statistics: Tensor) -> Tensor:
            return statistics[0].sum()

    missing = " ".join(lacks(Nothing))
    assert all(f"define {name}()" in missing for name in ("head", "reference", "terms"))
    assert "@dataclass" in missing
    missing = " ".join(lacks(Undocumented))
    assert all(word in missing for word in ("reference", "cites", ">>>", "Formula", "Shapes", "the field margin"))
    assert "needs" not in missing


@pytest.mark.parametrize("one", finished_classes())
def test_its_example_runs(one):
    module = inspect.getmodule(one)
    assert module is not None
    runner = doctest.DocTestRunner(verbose=False)
    examples = doctest.DocTestFinder(recurse=False).find(one, one.__name__, module, globs=dict(vars(module)))
    results = [runner.run(example) for example in examples]
    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0, "the example of its docstring fails, see the output"


@pytest.mark.parametrize("objective", variants(), ids=str)
def test_it_is_saved_and_read_back(objective):
    assert pickle.loads(pickle.dumps(objective)) == objective
    names = {**vars(counterpoint.pairwise), **vars(counterpoint.objectives), type(objective).__name__: type(objective)}
    assert eval(repr(objective), names) == objective
    assert from_json(json.loads(json.dumps(to_json(objective)))) == objective
