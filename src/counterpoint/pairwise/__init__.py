"""The room pairwise."""
