"""What docs/relations.md, docs/queues.md, docs/mixing.md and docs/clustering.md show runs as it stands."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("page", "printed"),
    [
        (
            "relations.md",
            "(tensor([2, 2, 2, 2, 2, 2]), tensor([4, 4, 4, 4, 4, 4]))\n"
            "6 anchors, 6 candidates; an anchor has 2 positives and 4 negatives\n",
        ),
        ("queues.md", ""),
        ("mixing.md", ""),
        ("clustering.md", ""),
    ],
)
def test_the_code_on_the_page_runs(page, printed, capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(), re.DOTALL))
    exec(compile(code, page, "exec"), {})
    assert capsys.readouterr().out == printed
