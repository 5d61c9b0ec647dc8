"""Who is positive or negative to whom, and how strongly: what is kept between batches to tell."""

from counterpoint.pairs.class_priors import class_priors
from counterpoint.pairs.global_contrast import GlobalContrast

__all__ = ["GlobalContrast", "class_priors"]
