"""The room retrieval."""
