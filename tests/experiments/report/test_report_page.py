"""The page as a file: whole, self-contained, escaped, small, the same every time."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch

from counterpoint.base.errors import StorageError
from counterpoint.experiments.report import Item, Map, Neighbours, Report, SimilarityPlot, render, write_report

VOID = {"meta", "link", "img", "input", "br", "hr", "path"}
LOADING = ("src", "href", "srcset", "poster", "action", "formaction", "data", "background")


class Page(HTMLParser):
    """Elements with attributes, text by element, and whether every tag closes in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data):
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def visible(self) -> str:
        return " ".join(" ".join(text for tag, text in self.texts if tag not in ("script", "style")).split())

    def data(self) -> dict:
        return json.loads(next(text for tag, text in self.texts if tag == "script" and text.startswith('{"curves"')))

    def ids(self) -> set[str | None]:
        return {attrs["id"] for _, attrs in self.elements if "id" in attrs}


@pytest.fixture
def page(full_report: Report) -> Page:
    return Page(render(full_report))


def test_tags_balance_and_ids_are_unique(page: Page) -> None:
    assert page.open == []
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_every_part_left_out_alone_still_makes_a_page(full_report: Report) -> None:
    ids = Page(render(full_report)).ids()
    sections = {
        "map": "map",
        "scores": "scores",
        "neighbours": "neighbours",
        "similarities": "similarities",
        "curves": "training",
        "reproduce": "reproduce",
        "configuration": "configuration",
        "notes": "notes",
    }
    empty = Report(title="t")
    for field in dataclasses.fields(Report)[1:]:
        smaller = Page(render(dataclasses.replace(full_report, **{field.name: getattr(empty, field.name)})))
        assert smaller.open == []
        if field.name in sections:
            section = sections[field.name]
            assert section in ids
            assert section not in smaller.ids()
            links = {attrs.get("href") for tag, attrs in smaller.elements if tag == "a"}
            assert f"#{section}" not in links


def test_every_link_inside_the_page_has_a_target(page: Page) -> None:
    targets = [attrs["href"] for tag, attrs in page.elements if tag == "a"]
    assert len(targets) >= 9
    assert all(str(target).startswith("#") and str(target)[1:] in page.ids() for target in targets)


def test_a_report_with_only_a_title_is_small_and_carries_no_plotting_library() -> None:
    html = render(Report(title="Nothing yet"))
    assert Page(html).open == []
    assert "Nothing yet" in html
    assert len(html) < 60_000


@pytest.mark.parametrize("part", ["curves", "similarities", "map"])
def test_plotting_library_is_inside_once_when_anything_is_drawn(full_report: Report, part: str) -> None:
    html = render(Report(title="t", **{part: getattr(full_report, part)}))
    assert html.count("plotly.js v") == 1


def test_nothing_is_loaded_from_outside(page: Page, full_report: Report) -> None:
    for tag, attrs in page.elements:
        for name in LOADING:
            value = attrs.get(name)
            assert value is None or value.startswith(("data:", "#")), f"<{tag} {name}={value[:80]}>"
        assert not any(name.startswith("on") for name in attrs), f"<{tag}> has an inline handler"
    style = " ".join(text for tag, text in page.texts if tag == "style")
    assert "url(" not in style
    assert "@import" not in style
    own = [text for tag, text in page.texts if tag == "script" and "report-data" in text and len(text) < 100_000]
    assert len(own) == 1
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|import\(|innerHTML|eval\(", own[0])


def test_policy_allows_exactly_the_scripts_of_the_page(page: Page) -> None:
    policy = next(str(attrs["content"]) for _, attrs in page.elements if "http-equiv" in attrs)
    scripts = [text for tag, text in page.texts if tag == "script" and not text.startswith('{"curves"')]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts]
    assert len(hashes) == 2
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in directives["script-src"]
    assert directives["img-src"] == "data: blob:"


def test_hostile_text_stays_text(page: Page, hostile: str) -> None:
    assert [tag for tag, _ in page.elements].count("script") == 3
    assert not any(attrs.get("src") == "x" for _, attrs in page.elements)
    assert any(tag == "h1" and text == hostile for tag, text in page.texts)
    assert hostile in page.visible
    assert any(hostile[:40] in name for name in page.data()["map"]["names"])


def test_hostile_text_on_the_map_cannot_end_its_script(hostile: str) -> None:
    map_ = Map(points=np.eye(2), content=[hostile, "<!--<script>\u2028& ok"], method="PCA")
    html = render(Report(title="t", map=map_))
    assert html.count("<script") == 3
    assert Page(html).data()["map"]["texts"] == [hostile, "<!--<script> & ok"]


def test_numbers_shown_are_the_numbers_given(page: Page) -> None:
    for shown in ("0.954", "0.933 to 0.970", "0.901", "0.712", "+0.052 against raw input", "2 of 3 neighbours"):
        assert shown in page.visible
    assert "similarity 0.900" in page.visible
    curves = {line["role"]: line for panel in page.data()["curves"] for line in panel["lines"]}
    assert curves["loss"]["y"][:3] == [1.5, 1.0, 0.75]
    assert curves["loss"]["x"] == list(range(1, 70))
    assert "Loss 0.043" in page.visible
    assert len(page.data()["map"]["x"]) == 40


def test_table_has_scopes_and_the_pictures_have_alternative_texts(page: Page) -> None:
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for tag, attrs in page.elements if tag == "th")
    assert [attrs["alt"] for tag, attrs in page.elements if tag == "img"] == [
        "Query, row 0, label 0",
        "Neighbour, row 3, label 3",
        "Neighbour, row 0, label 0",
    ]
    plots = [attrs for tag, attrs in page.elements if str(attrs.get("id", "")).startswith("plot-")]
    assert len(plots) == 5
    assert all(attrs.get("aria-label") for attrs in plots)


def test_agreement_is_told_in_words_and_not_only_in_colour(page: Page) -> None:
    assert page.visible.count("same label:") == 2
    assert page.visible.count("another label:") == 1


def test_equal_reports_give_equal_bytes(full_report: Report, tmp_path: Path) -> None:
    assert render(full_report) == render(full_report)
    write_report(full_report, tmp_path / "run" / "report.html")
    assert (tmp_path / "run" / "report.html").read_bytes() == render(full_report).encode()


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(StorageError, match=r"cannot write .*report\.html"):
        write_report(Report(title="t"), tmp_path / "report.html")


def test_half_a_surrogate_pair_does_not_stop_the_report(tmp_path: Path) -> None:
    map_ = Map(points=np.eye(2), content=["broken \ud83d emoji", "fine 🎈"], method="PCA")
    write_report(Report(title="half \ud83d", map=map_), tmp_path / "report.html")
    assert "fine 🎈" in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["text", "image"])
def test_ten_thousand_points_stay_below_eight_megabytes(kind: str) -> None:
    rng = np.random.default_rng(0)
    noise = torch.as_tensor(rng.integers(0, 256, size=(10_000, 3, 16, 16), dtype=np.uint8))
    content = noise if kind == "image" else [f"{row} " + "long words " * 40 for row in range(10_000)]
    map_ = Map(
        points=rng.normal(size=(10_000, 2)),
        labels=tuple(f"class {row % 100}" for row in range(10_000)),
        content=content,
        method="PCA",
    )
    records = tuple({"step": step, "loss": float(rng.normal()), "other": float(rng.normal())} for step in range(20_000))
    pictures = [Item(content=rng.integers(0, 256, size=(3, 224, 224), dtype=np.uint8), row=row) for row in range(40)]
    shelves = tuple(Neighbours(query=item, hits=tuple((hit, 0.5) for hit in pictures[:9])) for item in pictures[:4])
    sample = rng.normal(size=4000).clip(-1, 1)
    report = Report(
        title="large",
        map=map_,
        curves=records,
        neighbours=shelves,
        similarities=SimilarityPlot(before=(sample, sample), after=(sample, sample)),
    )
    assert len(render(report).encode()) < 8_000_000
