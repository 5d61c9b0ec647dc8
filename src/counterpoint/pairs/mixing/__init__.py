"""Pairs that are made in embedding space: mixes, extrapolations and noise, for any objective that takes a relation."""

from counterpoint.pairs.mixing.arranged import Pairs
from counterpoint.pairs.mixing.gaps import LabelGaps
from counterpoint.pairs.mixing.gated import class_pair_keys, gated_pairs
from counterpoint.pairs.mixing.hard_pairs import hard_pair_mixes, told_apart
from counterpoint.pairs.mixing.mixes import Mixes, interpolated, mixup
from counterpoint.pairs.mixing.modalities import mixed_modality
from counterpoint.pairs.mixing.negatives import hard_negative_mixes, with_own_negatives
from counterpoint.pairs.mixing.noise import noise_negatives, shaken, worst_noise
from counterpoint.pairs.mixing.ordered import OrderedMixes, ordered_mixes, ordered_pairs
from counterpoint.pairs.mixing.own_negatives import listed_mixes, paired_mixes
from counterpoint.pairs.mixing.quality import quality_weights, view_quality
from counterpoint.pairs.mixing.replication import replicated
from counterpoint.pairs.mixing.transformation import extrapolated, interpolated_negatives
from counterpoint.pairs.mixing.weighing import WeightedCandidates

__all__ = [
    "LabelGaps",
    "Mixes",
    "OrderedMixes",
    "Pairs",
    "WeightedCandidates",
    "class_pair_keys",
    "extrapolated",
    "gated_pairs",
    "hard_negative_mixes",
    "hard_pair_mixes",
    "interpolated",
    "interpolated_negatives",
    "listed_mixes",
    "mixed_modality",
    "mixup",
    "noise_negatives",
    "ordered_mixes",
    "ordered_pairs",
    "paired_mixes",
    "quality_weights",
    "replicated",
    "shaken",
    "told_apart",
    "view_quality",
    "with_own_negatives",
    "worst_noise",
]
