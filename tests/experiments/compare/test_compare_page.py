"""The page of a comparison: everything in one file, names stay text, and the numbers are those of the verdict."""

import re
from dataclasses import replace

from counterpoint.experiments.compare.page import render
from counterpoint.experiments.report.text import number


def test_the_page_holds_the_table_and_loads_nothing(finished):
    page = render(finished[1], commands="counterpoint train planted --recipe x.py")
    verdict = finished[1].verdict
    for row in verdict.rows:
        assert number(row.estimate.value) in page
        assert row.candidate in page
    assert "not significantly worse" in page
    assert all(sentence.split(":")[0].split("'")[0] in page for sentence in verdict.sentences)
    assert "counterpoint train planted" in page
    own = page[: page.index("<script>")]
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", own)
    assert "default-src &#39;none&#39;" in own
    assert len(page) < 8e6


def test_quality_is_drawn_against_time_and_memory(finished):
    page = render(finished[1], commands="")
    assert page.count('role="img" aria-label="Training time') == 1
    assert page.count('role="img" aria-label="Peak memory') == 1


def test_a_name_cannot_become_markup(finished):
    verdict = finished[1].verdict
    row = replace(verdict.rows[0], candidate="<b>bold</b></script>")
    result = replace(finished[1], verdict=replace(verdict, rows=(row, *verdict.rows[1:])))
    page = render(result, commands="")
    assert "<b>bold" not in page


def test_equal_results_give_equal_pages(finished):
    assert render(finished[1], commands="x") == render(finished[1], commands="x")
