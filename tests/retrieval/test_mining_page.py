"""What docs/mining.md shows runs as it stands."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "mining.md"


def test_the_code_on_the_page_runs(capsys):
    code = "\n".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    exec(compile(code, PAGE.name, "exec"), {})
    assert capsys.readouterr().out == "True\n"
