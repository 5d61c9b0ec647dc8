"""What the pictures of a diagnosis are drawn from: plain numbers and row ids, saved with the findings."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Numbers of one picture.

    Attributes:
        name: Unique within a diagnosis.
        title: What is to be seen.
    """

    name: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Spectrum(Figure):
    """Singular values of centred unit rows.

    Attributes:
        values: Largest first, summing to 1.
    """

    values: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Histogram(Figure):
    """Densities over common bins.

    Attributes:
        edges: B + 1 bin edges.
        series: Pairs (name, B densities), such as positive and negative pairs.
    """

    edges: tuple[float, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Hubs(Figure):
    """How often rows are among the k nearest of another.

    Attributes:
        k: Neighbours looked at.
        counts: Distinct counts, ascending.
        rows: How many rows have each count.
        top: Ids of the rows of the largest counts, largest first.
        top_counts: Their counts.
    """

    k: int
    counts: tuple[int, ...]
    rows: tuple[int, ...]
    top: tuple[int, ...]
    top_counts: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Pairs(Figure):
    """Pairs of rows to look at: false-negative candidates (``false_negatives``), ``hardest_pairs``, ``duplicates``.

    Ids are row numbers of the data that were diagnosed. In ``hardest_pairs`` the other is the row's own positive, with
    the row of the negative that beats it in ``rivals``.

    Attributes:
        rows: Ids of anchors, worst first.
        others: Ids of what each is paired with.
        similarities: Cosines.
        rivals: Ids of the nearest wrong candidate, or empty.
        rival_similarities: Their cosines, or empty.
        same_label: Whether both rows have one label; empty without labels.
        side: ``positives`` where others are rows of the positive side, ``anchors`` otherwise.
    """

    rows: tuple[int, ...]
    others: tuple[int, ...]
    similarities: tuple[float, ...]
    rivals: tuple[int, ...] = ()
    rival_similarities: tuple[float, ...] = ()
    same_label: tuple[bool, ...] = ()
    side: str = "anchors"


@dataclass(frozen=True, kw_only=True)
class Curve(Figure):
    """One or more numbers over another, such as effective negatives over temperature.

    Attributes:
        x_name: What runs along the axis.
        x: K values.
        series: Pairs (name, K values).
    """

    x_name: str
    x: tuple[float, ...]
    series: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, kw_only=True)
class Bars(Figure):
    """One number per group, such as accuracy per class.

    Attributes:
        value_name: What the bars show.
        groups: Names.
        values: One per group.
        low: Lower ends of 95 % intervals.
        high: Upper ends.
        sizes: Rows of each group.
    """

    value_name: str
    groups: tuple[str, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    sizes: tuple[int, ...]
