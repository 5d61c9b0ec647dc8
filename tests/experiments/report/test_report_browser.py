"""The page in a real browser: everything is drawn and nothing complains."""

import re
import subprocess
from pathlib import Path

import pytest

from counterpoint.experiments.report import Report, write_report

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=8000",
    "--window-size=1280,2000",
)


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: the drawings were NOT checked")
def test_a_browser_draws_everything_and_reports_no_error(full_report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(full_report, path)
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    assert console == []
    body = result.stdout
    assert "<title>owned" not in body
    body = re.sub(r"<script.*?</script>", "", body, flags=re.DOTALL)
    # The similarity drawings and curves have one line per series, and a smoothed loss has two.
    assert len(re.findall(r'<g class="trace scatter', body)) == 2 * 2 + (2 + 2) + 5
    assert body.count('<path class="point') == 40
    assert body.count('aria-pressed="true"') == 5
    assert '<span id="label">0</span>' in body
    assert not re.search(r'<i id="ring"[^>]*hidden=""', body)
