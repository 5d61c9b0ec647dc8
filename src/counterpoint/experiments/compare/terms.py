"""What the parts of a comparison are called, which depends on what is learnt from."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Words, and what is a short run.

    Attributes:
        unit: What the length of a run is counted in.
        each: One of them, with its article.
        limit: Whether runs take all of them, or that many at most.
        short: Rather fewer trials than runs shorter than this.
        examples: What is judged.
        same: What all candidates have in common besides the length and the seeds.
        tuned_on: What trials are judged on.
        smaller: What else would make a comparison cheaper.
    """

    unit: str
    each: str
    limit: str
    short: int
    examples: str
    same: str
    tuned_on: str
    smaller: str

    @property
    def units(self) -> str:
        """Several of them."""
        return f"{self.unit}s"

    def length(self, count: int) -> str:
        """So many of them, in words."""
        return f"{self.limit}{count} {self.units}"


CONTENT = Terms(
    unit="step",
    each="a step",
    limit="",
    short=100,
    examples="test rows",
    same="Encoder (of the same name), its first weights, data, their order and views, batch",
    tuned_on="a part of the training rows",
    smaller="or fewer rows",
)
INTERACTIONS = Terms(
    unit="epoch",
    each="an epoch",
    limit="at most ",
    short=30,
    examples="test users",
    same="Interactions to learn from, those to choose the epoch by, those known at the test",
    tuned_on="the part that the epoch is chosen by",
    smaller="or a longer budget",
)
EDGES = Terms(
    unit="step",
    each="a step",
    limit="at most ",
    short=100,
    examples="test pairs",
    same="Edges and features to learn from, edges to choose the step by, pairs without an edge beside them",
    tuned_on="the edges that the step is chosen by",
    smaller="or a longer budget",
)
