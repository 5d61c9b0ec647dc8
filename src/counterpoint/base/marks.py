"""What stands in a sequence of item numbers where there is no item."""

ABSENT, HIDDEN = -1, -2
"""After the end of a sequence, and where a view masks an item."""
