"""A training step that is more than encode-then-objective, and the plain one."""

from counterpoint.methods.adaptive_negatives import AdaptiveNegatives
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.cluster_affinity import ClusterAffinity
from counterpoint.methods.cluster_contrast import ClusterContrast
from counterpoint.methods.cluster_targets import ClusterTarget, ToCentres, ToMembers
from counterpoint.methods.communal_contrast import CommunalContrast
from counterpoint.methods.contrast import Contrast
from counterpoint.methods.described_queue import DescribedQueue
from counterpoint.methods.graph_contrast import (
    CrossLayer,
    EdgeDrop,
    GlobalView,
    GraphContrast,
    NoContrast,
    Noise,
    recommendation_loss,
)
from counterpoint.methods.hypergraph_contrast import HypergraphContrast
from counterpoint.methods.item_ranking import ItemRanking, PairwiseRanking, SampledSoftmax
from counterpoint.methods.many_tasks import ManyTasks
from counterpoint.methods.masked_graph import MaskedGraphAutoencoder, Masking
from counterpoint.methods.modal_contrast import ModalContrast
from counterpoint.methods.momentum import Momentum
from counterpoint.methods.momentum_contrast import QueueContrast, QueueStep
from counterpoint.methods.nested import Nested, NestedContrast
from counterpoint.methods.node_compactness import (
    CompactnessPenalty,
    EdgeBounds,
    certified_nodes,
    compactness,
    compactness_loss,
)
from counterpoint.methods.parallel_paths import ParallelPaths
from counterpoint.methods.policy import group_advantages, policy_loss
from counterpoint.methods.quantised_contrast import QuantisedContrast
from counterpoint.methods.reclustering import ClusterStep, Reclustering
from counterpoint.methods.related import RelatedContrast
from counterpoint.methods.ruling import Ruling
from counterpoint.methods.separation import SepCLR
from counterpoint.methods.sequence_contrast import Augmenters, DataAugmentation, MetaAugmentation, SequenceContrast
from counterpoint.methods.siamese import Siamese, SiameseStep
from counterpoint.methods.taught import TaughtContrast
from counterpoint.methods.team_up import TeamUp
from counterpoint.methods.temporal_difference import TDInfoNCE

__all__ = [
    "AdaptiveNegatives",
    "Augmenters",
    "ClusterAffinity",
    "ClusterContrast",
    "ClusterStep",
    "ClusterTarget",
    "CommunalContrast",
    "CompactnessPenalty",
    "Contrast",
    "CrossLayer",
    "DataAugmentation",
    "DescribedQueue",
    "EdgeBounds",
    "EdgeDrop",
    "GlobalView",
    "GraphContrast",
    "HypergraphContrast",
    "Inputs",
    "ItemRanking",
    "ManyTasks",
    "MaskedGraphAutoencoder",
    "Masking",
    "MetaAugmentation",
    "Method",
    "ModalContrast",
    "Momentum",
    "Nested",
    "NestedContrast",
    "NoContrast",
    "Noise",
    "PairwiseRanking",
    "ParallelPaths",
    "Prepared",
    "QuantisedContrast",
    "QueueContrast",
    "QueueStep",
    "Reclustering",
    "RelatedContrast",
    "Ruling",
    "SampledSoftmax",
    "SepCLR",
    "SequenceContrast",
    "Siamese",
    "SiameseStep",
    "StepOutput",
    "TDInfoNCE",
    "TaughtContrast",
    "TeamUp",
    "ToCentres",
    "ToMembers",
    "certified_nodes",
    "compactness",
    "compactness_loss",
    "group_advantages",
    "policy_loss",
    "recommendation_loss",
]
