"""A measure of several systems as pages show it."""

from counterpoint.experiments import report
from counterpoint.experiments.judge import Comparison


def shown_score(one: Comparison) -> report.Comparison:
    """The same numbers, for a page."""
    rows = tuple(
        report.ComparisonRow(system=row.system, value=row.value, low=row.low, high=row.high, is_model=row.is_model)
        for row in one.rows
    )
    return report.Comparison(measure=one.measure, explanation="", rows=rows, greater_is_better=one.greater_is_better)
