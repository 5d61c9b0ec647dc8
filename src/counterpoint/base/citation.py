"""Where a formula comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Citation:
    """A paper, as far as a reader needs it to find the equation.

    Attributes:
        authors: Family names, "and others" after the third.
        title: The paper's title.
        year: Year of the version cited.
        identifier: DOI or arXiv number, such as ``"arXiv:2002.05709"``.
        equation: What of it is implemented, such as ``"Eq. 1"``.
    """

    authors: str
    title: str
    year: int
    identifier: str
    equation: str

    def __str__(self) -> str:
        """One line for tables and messages."""
        return f"{self.authors} ({self.year}). {self.title}. {self.identifier}, {self.equation}"
