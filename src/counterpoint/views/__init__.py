"""How an example becomes views: random changes of images, texts and vectors, each decided by the sample's own seed."""

from counterpoint.views.coding_tree import coding_tree, structural_entropy
from counterpoint.views.colour import ColourJitter, Greyscale
from counterpoint.views.communal import CommunalView, community_strengths, edge_chances, feature_chances, louvain
from counterpoint.views.contact_sheet import contact_sheet
from counterpoint.views.crop import RandomResizedCrop
from counterpoint.views.defaults import default_views
from counterpoint.views.diffusion import DiffusedView, Diffusion, personalised_pagerank
from counterpoint.views.easy import EasyAugmentation
from counterpoint.views.far_neighbours import without_far_neighbours
from counterpoint.views.geometry import HorizontalFlip, Rotation, Translate
from counterpoint.views.graph import GraphView
from counterpoint.views.presets import light_images, simclr_images
from counterpoint.views.random import fork, row_seeds
from counterpoint.views.refill import WordRefill
from counterpoint.views.reword import Reworded
from counterpoint.views.sequences import CropItems, MaskItems, OneOf, ReorderItems, SequenceView
from counterpoint.views.spoil import CutOut, GaussianBlur
from counterpoint.views.text import SpanCut, WordDrop, WordRepeat, WordSwap
from counterpoint.views.vectors import FeatureDrop, FeatureSwap, GaussianNoise, MixUp
from counterpoint.views.view import Compose, Identity, Randomly, View

__all__ = [
    "ColourJitter",
    "CommunalView",
    "Compose",
    "CropItems",
    "CutOut",
    "DiffusedView",
    "Diffusion",
    "EasyAugmentation",
    "FeatureDrop",
    "FeatureSwap",
    "GaussianBlur",
    "GaussianNoise",
    "GraphView",
    "Greyscale",
    "HorizontalFlip",
    "Identity",
    "MaskItems",
    "MixUp",
    "OneOf",
    "RandomResizedCrop",
    "Randomly",
    "ReorderItems",
    "Reworded",
    "Rotation",
    "SequenceView",
    "SpanCut",
    "Translate",
    "View",
    "WordDrop",
    "WordRefill",
    "WordRepeat",
    "WordSwap",
    "coding_tree",
    "community_strengths",
    "contact_sheet",
    "default_views",
    "edge_chances",
    "feature_chances",
    "fork",
    "light_images",
    "louvain",
    "personalised_pagerank",
    "row_seeds",
    "simclr_images",
    "structural_entropy",
    "without_far_neighbours",
]
