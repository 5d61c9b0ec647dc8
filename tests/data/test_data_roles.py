from pathlib import Path

import numpy as np
import pytest

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.data import MemoryTable, Roles, Supervision, infer_roles, open_table, table_from

T = ["some text", "other text"]
S = Supervision


def _table(**columns: object) -> MemoryTable:
    return table_from(columns)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("columns", "anchor", "positives", "negatives", "supervision"),
    [
        ({"anchor": T, "positive": T}, ("anchor",), ("positive",), (), S.PAIRS),
        ({"negative": T, "positive": T, "anchor": T}, ("anchor",), ("positive",), ("negative",), S.PAIRS),
        (
            {"anchor": T, "positive_1": T, "positive_2": T, "negative_1": T, "negative_2": T, "negative_3": T},
            ("anchor",),
            ("positive_1", "positive_2"),
            ("negative_1", "negative_2", "negative_3"),
            S.PAIRS,
        ),
        (
            {"query": T, "positives": [T, T], "negatives": [T, []]},
            ("query",),
            ("positives",),
            ("negatives",),
            S.PAIRS,
        ),
        ({"Query": T, "Hard Negative": T, "Positive": T}, ("Query",), ("Positive",), ("Hard Negative",), S.PAIRS),
        ({"question": T, "answer": T}, ("question",), ("answer",), (), S.PAIRS),
        ({"text": T, "positive": T}, ("text",), ("positive",), (), S.PAIRS),
        ({"sentence1": T, "sentence2": T}, ("sentence1",), ("sentence2",), (), S.PAIRS),
        ({"sentence1": T, "sentence2": T, "score": [1.0, 2.0]}, ("sentence1",), ("sentence2",), (), S.SCORES),
        ({"sentence1": T, "sentence2": T, "label": [0, 1]}, ("sentence1",), ("sentence2",), (), S.SCORES),
        ({"premise": T, "hypothesis": T}, ("premise",), ("hypothesis",), (), S.PAIRS),
        ({"image": ["a.png", "b.PNG"], "caption": T}, ("image",), ("caption",), (), S.PAIRS),
        ({"text": T, "label": ["a", "b"]}, ("text",), (), (), S.LABELS),
        ({"text": T, "category": ["a", "b"], "id": [1, 2]}, ("text",), (), (), S.LABELS),
        ({"utterance": T, "intent": ["a", "b"]}, ("utterance",), (), (), S.LABELS),
        ({"jpg": [b"\xff\xd8\xff", b"\xff\xd8\xff"], "label": [0, 1]}, ("jpg",), (), (), S.LABELS),
        ({"text": T}, ("text",), (), (), S.VIEWS),
        ({"whatever": T}, ("whatever",), (), (), S.VIEWS),
        ({"id": [1, 2], "whatever": T}, ("whatever",), (), (), S.VIEWS),
    ],
)
def test_roles_by_name(
    columns: dict[str, object],
    anchor: tuple[str, ...],
    positives: tuple[str, ...],
    negatives: tuple[str, ...],
    supervision: Supervision,
) -> None:
    roles = infer_roles(_table(**columns))
    assert (roles.anchor, roles.positives, roles.negatives) == (anchor, positives, negatives)
    assert roles.supervision is supervision


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (T, Kind.TEXT),
        (["see logo.png", "hello"], Kind.TEXT),
        (["a.png", "b/c.jpeg"], Kind.IMAGE),
        ([b"\x89PNG\r\n", None], Kind.IMAGE),
        ([{"bytes": b"x", "path": None}], Kind.IMAGE),
        ([1.0, 2.0], Kind.VECTOR),
        ([[1.0, 2.0], (3, 4)], Kind.VECTOR),
        (np.zeros((3, 5), dtype=np.float32), Kind.VECTOR),
        (np.zeros((3, 8, 8), dtype=np.uint8), Kind.IMAGE),
        (np.zeros((3, 8, 8, 3), dtype=np.uint8), Kind.IMAGE),
    ],
)
def test_kind_is_read_off_the_values(values: object, kind: Kind) -> None:
    assert infer_roles(_table(anything=values)).kind is kind


def test_numeric_columns_are_stacked_without_identifiers_and_label(tmp_path: Path) -> None:
    path = tmp_path / "iris.csv"
    path.write_text(",sepal,petal,x,y,label\n0,1.5,2,1,2,a\n1,2.5,3,1,2,b\n")
    roles = infer_roles(open_table(path))
    assert roles.anchor == ("sepal", "petal", "x", "y")
    assert (roles.kind, roles.label) == (Kind.VECTOR, "label")
    assert infer_roles(_table(a=[1, 2], b=[3, 4], y=[0, 1])).label == "y"


def test_arrays_under_common_names() -> None:
    roles = infer_roles(_table(X=np.zeros((2, 8, 8), np.uint8), y=np.array([0, 1])))
    assert (roles.anchor, roles.label, roles.kind) == (("X",), "y", Kind.IMAGE)
    roles = infer_roles(_table(data=np.zeros((2, 3)), labels=np.array([0, 1])))
    assert (roles.anchor, roles.label, roles.kind) == (("data",), "labels", Kind.VECTOR)


@pytest.mark.parametrize(
    ("overrides", "anchor", "positives", "label", "supervision"),
    [
        ({"anchor": "en", "positive": "de"}, ("en",), ("de",), None, S.PAIRS),
        ({"query": "de", "positives": "en,fr"}, ("de",), ("en", "fr"), None, S.PAIRS),
        ({"text": "en", "label": "topic"}, ("en",), (), "topic", S.LABELS),
        ({"anchor": "fr"}, ("fr",), (), None, S.VIEWS),
        ({"sentence1": "en", "sentence2": "de", "score": "n"}, ("en",), ("de",), None, S.SCORES),
    ],
)
def test_overrides(
    overrides: dict[str, str],
    anchor: tuple[str, ...],
    positives: tuple[str, ...],
    label: str | None,
    supervision: Supervision,
) -> None:
    table = _table(en=T, de=T, fr=T, n=[1, 2], topic=["a", "b"])
    roles = infer_roles(table, overrides)
    assert (roles.anchor, roles.positives, roles.label, roles.supervision) == (anchor, positives, label, supervision)


def test_an_empty_override_means_no_such_column() -> None:
    table = _table(sentence1=T, sentence2=T, score=[1.0, 2.0])
    assert infer_roles(table, {"score": ""}).supervision is S.PAIRS
    assert infer_roles(_table(text=T, label=[0, 1]), {"label": ""}).supervision is S.VIEWS


def test_override_of_the_image_finds_the_caption_and_a_name_with_comma_is_one_column() -> None:
    assert infer_roles(_table(foto=["a.png", "b.png"], caption=T), {"image": "foto"}).positives == ("caption",)
    assert infer_roles(table_from({"a, b": T, "z": T}), {"text": "a, b"}).anchor == ("a, b",)


@pytest.mark.parametrize(
    ("columns", "overrides", "message"),
    [
        ({"anchor": T, "postive": T}, {}, "'postive' is not used, but looks like a misspelt 'positive'"),
        ({"anchor": T, "positive": T, "negatve": T}, {}, "misspelt 'negative'"),
        ({"text": T, "lable": ["a", "b"]}, {}, "misspelt 'label'"),
        ({"sentence1": T, "sentence2": T, "scor": [1, 2]}, {}, "misspelt 'score'"),
        ({"ankor": T, "foo": T}, {}, r"Columns found: 'ankor', 'foo'.*did you mean 'anchor'\?.*Expected: anchor"),
        ({"foo": T, "bar": T}, {}, "no column says what an example is"),
        ({"a": [1, 2], "b": [1, 2], "species": T}, {}, "'a', 'b' are numbers .* 'species' not"),
        ({"text": T, "label": [0, 1], "category": [0, 1]}, {}, "'label', 'category' could each be the label"),
        ({"text": T, "sentence": T}, {}, "could each be the example"),
        ({"text": T, "label": [0, 1]}, {"anchr": "text"}, r"unknown role 'anchr' \(did you mean 'anchor'\?\)"),
        ({"text": T, "label": [0, 1]}, {"anchor": "txt"}, r"no column 'txt' \(did you mean 'text'\?\)"),
        ({"text": T, "a": T}, {"anchor": "a", "query": "text"}, "given twice"),
        ({"text": T, "a": [0, 1], "b": [0, 1]}, {"label": "a,b"}, "one column is expected"),
        ({"en": T, "fr": T}, {"anchor": "en,fr"}, "'en' is no number"),
        ({"anchor": T, "positive": T, "negative": [1, 2]}, {}, "'positive' is text, 'negative' is vector"),
        ({"text": ["a", b"\x89PNG"]}, {}, "mixes image and text"),
        ({"text": [None, ""]}, {}, "is empty in the first"),
        ({"image": [b"not an image"]}, {}, "neither text, an image nor numbers"),
        ({"premise": T, "hypothesis": T, "label": ["entailment", "neutral"]}, {}, "not every pair is a positive"),
        ({"a": T}, {"anchor": "a", "negatives": "a"}, "without a positive"),
    ],
)
def test_mistakes_are_explained(columns: dict[str, object], overrides: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        infer_roles(_table(**columns), overrides)


def test_a_misspelling_can_be_answered() -> None:
    table = _table(anchor=T, postive=T)
    assert infer_roles(table, {"positive": "postive"}).positives == ("postive",)
    assert infer_roles(table, {"positive": ""}).supervision is S.VIEWS


def test_describe_names_every_column() -> None:
    table = _table(image=["a.png", "b.png"], caption=T, label=["x", "y"], width=[1, 2])
    text = infer_roles(table).describe(table)
    assert "2 rows" in text
    assert "Anchor: images from column 'image'" in text
    assert "Positive: text from column 'caption'" in text
    assert "Class: column 'label'" in text
    assert "Not used: 'width'" in text


def test_roles_survive_json() -> None:
    roles = Roles(anchor=("a",), positives=("b", "c"), kind=Kind.TEXT, other_kind=Kind.TEXT)
    assert from_json(to_json(roles)) == roles
