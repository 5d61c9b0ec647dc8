"""What owns parameters: encoders of text, images and vectors, heads, pooling, temperature and prototypes."""

from counterpoint.encoders.bert import SmallBert
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.convnet import ConvNet
from counterpoint.encoders.direct_pred import DirectPred, DirectPredictor
from counterpoint.encoders.gates import ClassPairGate, LearnableGate
from counterpoint.encoders.heads import Head, HeadSpec, LinearHead, NoHead, PredictionHead, ProjectionHead
from counterpoint.encoders.hugging_face import HuggingFace
from counterpoint.encoders.latent_attention import LatentAttention
from counterpoint.encoders.loading import load_encoder
from counterpoint.encoders.modules import freeze, has_batch_statistics, unfreeze, without_dropout
from counterpoint.encoders.nullspace import NullspaceProjection, nullspace_projection
from counterpoint.encoders.pooling import CLS, Attention, LastToken, Mean, Pooling
from counterpoint.encoders.projected import Projected
from counterpoint.encoders.prototypes import LearnablePrototypes, Prototypes
from counterpoint.encoders.role import Role
from counterpoint.encoders.saved import Saved
from counterpoint.encoders.sentence_export import export_obstacle, export_sentence_transformers
from counterpoint.encoders.static_text import StaticText
from counterpoint.encoders.steps import StepPredictors
from counterpoint.encoders.temperature import LearnableTemperature, Temperature
from counterpoint.encoders.vectors import MLP, Passthrough
from counterpoint.encoders.vision_models import ResNet18, ViTTiny
from counterpoint.encoders.von_mises_fisher import von_mises_fisher

__all__ = [
    "CLS",
    "MLP",
    "Attention",
    "ClassPairGate",
    "ConvNet",
    "DirectPred",
    "DirectPredictor",
    "Encoder",
    "EncoderSpec",
    "Head",
    "HeadSpec",
    "HuggingFace",
    "Inputs",
    "LastToken",
    "LatentAttention",
    "LearnableGate",
    "LearnablePrototypes",
    "LearnableTemperature",
    "LinearHead",
    "Mean",
    "NoHead",
    "NullspaceProjection",
    "Passthrough",
    "Pooling",
    "PredictionHead",
    "Projected",
    "ProjectionHead",
    "Prototypes",
    "ResNet18",
    "Role",
    "Saved",
    "SmallBert",
    "StaticText",
    "StepPredictors",
    "Temperature",
    "ViTTiny",
    "export_obstacle",
    "export_sentence_transformers",
    "freeze",
    "has_batch_statistics",
    "load_encoder",
    "nullspace_projection",
    "unfreeze",
    "von_mises_fisher",
    "without_dropout",
]
