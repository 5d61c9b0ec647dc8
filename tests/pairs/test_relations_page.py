"""What docs/relations.md shows runs as it stands."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "relations.md"


def test_the_code_on_the_page_runs(capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL))
    exec(compile(code, str(PAGE), "exec"), {})
    assert capsys.readouterr().out == "(tensor([2, 2, 2, 2, 2, 2]), tensor([4, 4, 4, 4, 4, 4]))\n"
