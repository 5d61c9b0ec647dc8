"""Training: the loop and all that has a step counter (schedules, averages, caching, checkpoints, ranks, records)."""

from counterpoint.training.average import EMA
from counterpoint.training.batches import ExampleRows, plan_batches, with_places
from counterpoint.training.caching import check_cacheable
from counterpoint.training.checkpoint import list_checkpoints
from counterpoint.training.chunk import AUTO, CacheChunk, checked_chunk
from counterpoint.training.fitting import Fit
from counterpoint.training.gradients import cached_gradients, fitting_chunk
from counterpoint.training.logging import MetricsFile, TensorBoardLog, read_records
from counterpoint.training.loop import CHECKPOINTS, train
from counterpoint.training.monitor import monitor
from counterpoint.training.observers import Observer, Record, TrainResult
from counterpoint.training.optimisers import LARS, SGD, AdamW, Optimiser
from counterpoint.training.pareto import Compromise, compromise
from counterpoint.training.precision import Machine, Precision, open_machine
from counterpoint.training.progress import RichProgress
from counterpoint.training.ranks import barrier, is_main
from counterpoint.training.resuming import load_newest_weights
from counterpoint.training.schedules import Constant, CosineWarmup, Schedule
from counterpoint.training.settings import TrainSettings
from counterpoint.training.soup import delta_soup, uniform_soup

__all__ = [
    "AUTO",
    "CHECKPOINTS",
    "EMA",
    "LARS",
    "SGD",
    "AdamW",
    "CacheChunk",
    "Compromise",
    "Constant",
    "CosineWarmup",
    "ExampleRows",
    "Fit",
    "Machine",
    "MetricsFile",
    "Observer",
    "Optimiser",
    "Precision",
    "Record",
    "RichProgress",
    "Schedule",
    "TensorBoardLog",
    "TrainResult",
    "TrainSettings",
    "barrier",
    "cached_gradients",
    "check_cacheable",
    "checked_chunk",
    "compromise",
    "delta_soup",
    "fitting_chunk",
    "is_main",
    "list_checkpoints",
    "load_newest_weights",
    "monitor",
    "open_machine",
    "plan_batches",
    "read_records",
    "train",
    "uniform_soup",
    "with_places",
]
