"""The room encoders."""
