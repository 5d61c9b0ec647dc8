"""The report of a run: one HTML file that needs nothing but a browser."""

from counterpoint.experiments.report.content import (
    MAX_POINTS,
    Comparison,
    ComparisonRow,
    Item,
    Map,
    Neighbours,
    Report,
    SimilarityPlot,
)
from counterpoint.experiments.report.page import render, write_report
from counterpoint.experiments.report.projection import Projection, project

__all__ = [
    "MAX_POINTS",
    "Comparison",
    "ComparisonRow",
    "Item",
    "Map",
    "Neighbours",
    "Projection",
    "Report",
    "SimilarityPlot",
    "project",
    "render",
    "write_report",
]
