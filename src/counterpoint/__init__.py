"""Counterpoint: contrastive representation learning for embeddings of any modality.

Objectives are imported at once; what trains, loads or searches is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from counterpoint.objectives import CLIP, DCL, Alignment, CoSENT, InfoNCE, NTXent, SigLIP, SupCon, Uniformity
from counterpoint.pairwise import Budget, explain

if TYPE_CHECKING:
    from counterpoint.experiments.estimator import ContrastiveEncoder
    from counterpoint.experiments.model import Model, load
    from counterpoint.experiments.quick import train

__version__ = "0.1.0.dev0"

_LATER = {
    "ContrastiveEncoder": "counterpoint.experiments.estimator",
    "Model": "counterpoint.experiments.model",
    "load": "counterpoint.experiments.model",
    "train": "counterpoint.experiments.quick",
}

__all__ = [
    "CLIP",
    "DCL",
    "Alignment",
    "Budget",
    "CoSENT",
    "ContrastiveEncoder",
    "InfoNCE",
    "Model",
    "NTXent",
    "SigLIP",
    "SupCon",
    "Uniformity",
    "explain",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'counterpoint' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
