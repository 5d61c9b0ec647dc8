"""How an example becomes views: random changes of images, texts and vectors, each decided by the sample's own seed."""

from counterpoint.views.colour import ColourJitter, Greyscale
from counterpoint.views.contact_sheet import contact_sheet
from counterpoint.views.crop import RandomResizedCrop
from counterpoint.views.defaults import default_views
from counterpoint.views.geometry import HorizontalFlip, Rotation, Translate
from counterpoint.views.presets import light_images, simclr_images
from counterpoint.views.random import fork, row_seeds
from counterpoint.views.spoil import CutOut, GaussianBlur
from counterpoint.views.text import SpanCut, WordDrop, WordRepeat, WordSwap
from counterpoint.views.vectors import FeatureDrop, FeatureSwap, GaussianNoise, MixUp
from counterpoint.views.view import Compose, Identity, Randomly, View

__all__ = [
    "ColourJitter",
    "Compose",
    "CutOut",
    "FeatureDrop",
    "FeatureSwap",
    "GaussianBlur",
    "GaussianNoise",
    "Greyscale",
    "HorizontalFlip",
    "Identity",
    "MixUp",
    "RandomResizedCrop",
    "Randomly",
    "Rotation",
    "SpanCut",
    "Translate",
    "View",
    "WordDrop",
    "WordRepeat",
    "WordSwap",
    "contact_sheet",
    "default_views",
    "fork",
    "light_images",
    "row_seeds",
    "simclr_images",
]
