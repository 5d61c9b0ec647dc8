"""Counterpoint: contrastive representation learning."""
