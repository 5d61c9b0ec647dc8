"""The report of a run: one HTML file that needs nothing but a browser."""

from counterpoint.experiments.report.content import (
    MAX_POINTS,
    Comparison,
    ComparisonRow,
    Item,
    Map,
    Neighbours,
    SimilarityPlot,
)
from counterpoint.experiments.report.document import Report
from counterpoint.experiments.report.page import render, write_report
from counterpoint.experiments.report.pictures import thumbnail
from counterpoint.experiments.report.projection import TSNE_LIMIT, Projection, project
from counterpoint.experiments.report.question import Chart, Question, Reading, Series, ShownPair

__all__ = [
    "MAX_POINTS",
    "TSNE_LIMIT",
    "Chart",
    "Comparison",
    "ComparisonRow",
    "Item",
    "Map",
    "Neighbours",
    "Projection",
    "Question",
    "Reading",
    "Report",
    "Series",
    "ShownPair",
    "SimilarityPlot",
    "project",
    "render",
    "thumbnail",
    "write_report",
]
