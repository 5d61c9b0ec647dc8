"""Frozen embeddings to numbers, each with its interval."""
