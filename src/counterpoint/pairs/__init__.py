"""The room pairs."""
