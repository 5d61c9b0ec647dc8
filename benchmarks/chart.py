"""Lines on logarithmic axes as a small SVG file, readable on light and dark pages."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 420, 300, 58, 34, 40, 16
COLOURS = ("#1f77b4", "#d62728", "#7f7f7f", "#2ca02c")
STYLE = "text{font:12px sans-serif;fill:#777}.grid{stroke:#777;stroke-opacity:.25}.line{fill:none;stroke-width:2}"


@dataclass(frozen=True)
class Series:
    """A named line: value by N."""

    name: str
    points: dict[int, float]


@dataclass(frozen=True)
class Panel:
    """A title over some lines."""

    title: str
    series: list[Series]


@dataclass(frozen=True)
class Scale:
    """Logarithms of values from ``low`` to ``high`` onto pixels from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Where a value lies."""
        part = (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return self.start + part * (self.end - self.start)


def svg(panels: Sequence[Panel]) -> str:
    """Panels side by side."""
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(panels)} {HEIGHT}">']
    parts.append(f"<style>{STYLE}</style>")
    for k, panel in enumerate(panels):
        parts += [f'<g transform="translate({k * WIDTH} 0)">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> Iterator[str]:
    sizes = sorted({n for series in panel.series for n in series.points})
    values = [value for series in panel.series for value in series.points.values()]
    x = Scale(sizes[0] / 1.2, sizes[-1] * 1.2, LEFT, WIDTH - RIGHT)
    lowest, highest = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    y = Scale(10**lowest, 10 ** max(highest, lowest + 1), HEIGHT - BOTTOM, TOP)
    yield f'<text x="{LEFT}" y="20">{panel.title}</text>'
    for power in range(lowest, max(highest, lowest + 1) + 1):
        at = y(10**power)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
    for n in sizes[:: max(1, len(sizes) // 4)]:
        yield f'<text x="{x(n):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{n:,}</text>'
    for k, (series, colour) in enumerate(zip(panel.series, COLOURS, strict=False)):
        path = " ".join(f"{x(n):.1f},{y(value):.1f}" for n, value in sorted(series.points.items()))
        yield f'<polyline class="line" stroke="{colour}" points="{path}"/>'
        yield f'<text x="{LEFT + 8}" y="{TOP + 14 + 15 * k}" style="fill:{colour}">{series.name}</text>'
