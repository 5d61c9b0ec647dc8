"""The room methods."""
