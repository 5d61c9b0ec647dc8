"""What a text is encoded as; asymmetric models put another prompt before a query than before a document."""

from enum import StrEnum


class Role(StrEnum):
    """The part that content plays in a search."""

    PLAIN = "plain"
    QUERY = "query"
    DOCUMENT = "document"
