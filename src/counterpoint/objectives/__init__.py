"""The room objectives."""
