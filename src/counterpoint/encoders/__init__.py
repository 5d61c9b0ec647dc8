"""What owns parameters: encoders of every modality, heads, pooling, temperature and prototypes."""

from counterpoint.encoders.bert import SmallBert
from counterpoint.encoders.bipartite import BipartiteGraph
from counterpoint.encoders.causal_mask import BothWays, with_mask
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.convnet import ConvNet
from counterpoint.encoders.decoder import SmallDecoder
from counterpoint.encoders.direct_pred import DirectPred, DirectPredictor
from counterpoint.encoders.dynamic_graph import PatchTransformer
from counterpoint.encoders.edit_detector import EditDetector
from counterpoint.encoders.experts import add_experts
from counterpoint.encoders.fast_rp import fast_rp
from counterpoint.encoders.first_layers import FirstLayers
from counterpoint.encoders.gates import ClassPairGate, LearnableGate
from counterpoint.encoders.graph import GraphEncoder
from counterpoint.encoders.graph_mamba import GraphMamba
from counterpoint.encoders.graph_pooling import PooledGraphs, TreeEncoder
from counterpoint.encoders.heads import Head, HeadSpec, LinearHead, NoHead, PredictionHead, ProjectionHead
from counterpoint.encoders.hugging_face import HuggingFace
from counterpoint.encoders.hyperedges import HyperedgeAttention
from counterpoint.encoders.hypergraphs import HypergraphGCN
from counterpoint.encoders.id_vectors import IdVectors, id_table, id_tables
from counterpoint.encoders.item_sequences import ItemSequences, NextItemEncoder, next_item_encoder
from counterpoint.encoders.latent_attention import LatentAttention
from counterpoint.encoders.layered import layer_embeddings
from counterpoint.encoders.light_gcn import LightGCN
from counterpoint.encoders.link_heads import CommonNeighbours, InnerProduct, NeuralCommonNeighbour
from counterpoint.encoders.loading import load_encoder
from counterpoint.encoders.low_rank import LowRank
from counterpoint.encoders.meta_filter import MetaFilter
from counterpoint.encoders.meta_paths import MetaPathEncoder
from counterpoint.encoders.modal_gcn import ModalGCN
from counterpoint.encoders.modules import freeze, has_batch_statistics, unfreeze, without_dropout
from counterpoint.encoders.nullspace import NullspaceProjection, nullspace_projection
from counterpoint.encoders.pooling import CLS, Attention, LastToken, Mean, Pooling
from counterpoint.encoders.projected import Projected
from counterpoint.encoders.prototypes import LearnablePrototypes, Prototypes
from counterpoint.encoders.restorer import Restorer
from counterpoint.encoders.role import Role
from counterpoint.encoders.saved import Saved
from counterpoint.encoders.sentence_export import export_obstacle, export_sentence_transformers
from counterpoint.encoders.sequences import DescribedItems, GivenItems, LearntItems, SequenceEncoder
from counterpoint.encoders.soft_prompts import SoftPrompts
from counterpoint.encoders.static_text import StaticText
from counterpoint.encoders.steps import StepPredictors
from counterpoint.encoders.task_experts import TaskExperts
from counterpoint.encoders.temperature import LearnableTemperature, Temperature
from counterpoint.encoders.topics import TopicModel
from counterpoint.encoders.vectors import MLP, Passthrough
from counterpoint.encoders.vision_models import ResNet18, ViTTiny
from counterpoint.encoders.von_mises_fisher import von_mises_fisher
from counterpoint.encoders.word_head import WordHead, mask_words

__all__ = [
    "CLS",
    "MLP",
    "Attention",
    "BipartiteGraph",
    "BothWays",
    "ClassPairGate",
    "CommonNeighbours",
    "ConvNet",
    "DescribedItems",
    "DirectPred",
    "DirectPredictor",
    "EditDetector",
    "Encoder",
    "EncoderSpec",
    "FirstLayers",
    "GivenItems",
    "GraphEncoder",
    "GraphMamba",
    "Head",
    "HeadSpec",
    "HuggingFace",
    "HyperedgeAttention",
    "HypergraphGCN",
    "IdVectors",
    "InnerProduct",
    "Inputs",
    "ItemSequences",
    "LastToken",
    "LatentAttention",
    "LearnableGate",
    "LearnablePrototypes",
    "LearnableTemperature",
    "LearntItems",
    "LightGCN",
    "LinearHead",
    "LowRank",
    "Mean",
    "MetaFilter",
    "MetaPathEncoder",
    "ModalGCN",
    "NeuralCommonNeighbour",
    "NextItemEncoder",
    "NoHead",
    "NullspaceProjection",
    "Passthrough",
    "PatchTransformer",
    "PooledGraphs",
    "Pooling",
    "PredictionHead",
    "Projected",
    "ProjectionHead",
    "Prototypes",
    "ResNet18",
    "Restorer",
    "Role",
    "Saved",
    "SequenceEncoder",
    "SmallBert",
    "SmallDecoder",
    "SoftPrompts",
    "StaticText",
    "StepPredictors",
    "TaskExperts",
    "Temperature",
    "TopicModel",
    "TreeEncoder",
    "ViTTiny",
    "WordHead",
    "add_experts",
    "export_obstacle",
    "export_sentence_transformers",
    "fast_rp",
    "freeze",
    "has_batch_statistics",
    "id_table",
    "id_tables",
    "layer_embeddings",
    "load_encoder",
    "mask_words",
    "next_item_encoder",
    "nullspace_projection",
    "unfreeze",
    "von_mises_fisher",
    "with_mask",
    "without_dropout",
]
