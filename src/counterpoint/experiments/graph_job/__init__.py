"""Runs on a list of edges: which columns, what is learnt, how it is judged, and the page about it."""
