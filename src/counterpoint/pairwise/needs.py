"""What an objective cannot do without."""

from enum import Flag, auto


class Needs(Flag):
    """Declared by every objective and held to by the tests: what is needed and lacking is an error, else a value."""

    NOTHING = 0
    POSITIVES = auto()
    """An anchor without a positive is left out and warned about; when all are without, that is an error."""
    NEGATIVES = auto()
    """An anchor without a negative is an error."""
    SCORES = auto()
    """Two sides of scored pairs, and nothing else, say what should be closer than what."""
    VIEWS = auto()
    """Two views of the same examples, and nothing else, are compared."""
    LABELS = auto()
    """Labels say what the loss is about, where no relation between two rows is asked for."""
