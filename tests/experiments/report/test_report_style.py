"""Colours a person can tell from what is behind them, in both themes (WCAG 2.1 contrast)."""

import importlib.resources
import re

import pytest


def themes() -> dict[str, dict[str, str]]:
    style = importlib.resources.files("counterpoint.experiments.report").joinpath("style.css").read_text("utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    found = [dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6})", block)) for block in blocks]
    return {"light": found[0], "dark": found[1]}


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_contrast_is_at_least_4_5(theme: str) -> None:
    colours = themes()[theme]
    for text in ("ink", "muted", "accent", "good", "bad", "warn"):
        for ground in ("paper", "card", "wash"):
            assert contrast(colours[text], colours[ground]) >= 4.5, f"{text} on {ground}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_drawing_contrast_is_at_least_3(theme: str) -> None:
    colours = themes()[theme]
    for mark in ("quiet", "positive", "negative", *(f"c{index}" for index in range(10))):
        assert contrast(colours[mark], colours["card"]) >= 3, mark


def test_both_themes_define_the_same_colours() -> None:
    assert themes()["light"].keys() == themes()["dark"].keys()
