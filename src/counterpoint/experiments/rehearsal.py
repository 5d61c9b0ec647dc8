"""One batch through a method before the first step."""

import torch

from counterpoint.data import Batch, Supervision
from counterpoint.experiments.job import blaming
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import Data
from counterpoint.methods import Method, StepOutput
from counterpoint.pairs.batches import BatchPlan
from counterpoint.training import AUTO, check_cacheable, open_machine, with_places

REHEARSED_ROWS = 32


@torch.no_grad()
def rehearse(recipe: Recipe, data: Data, method: Method, plan: BatchPlan) -> StepOutput:
    """One batch through views, encoders and objective without learning: what does not fit is known before a step.

    Args:
        recipe: What will be trained.
        data: What on.
        method: Fresh from :func:`start_method`; afterwards it is in evaluation mode and on the device, unchanged.
        plan: The batches of the run; the first one goes through.

    Returns:
        What the objective made of it.

    Raises:
        InputError: The recipe does not fit the data.
    """
    settings = recipe.training
    chunk = None if settings.cache_chunk == AUTO else settings.cache_chunk  # found when the run begins
    if chunk is not None:
        check_cacheable(method)
    method.to(open_machine(settings.precision, cpu=settings.cpu).device).eval()
    # Whether every anchor has what the objective needs depends on the labels of a whole batch; all else shows in a few.
    whole = recipe.supervision is Supervision.LABELS or recipe.relation is not None
    most = settings.batch_size if whole else min(settings.batch_size, REHEARSED_ROWS)
    rows = plan.epoch(0)[0, :most]
    batch = with_places(data.train.batch(rows), rows, settings.batches)
    with blaming("the recipe does not fit the data"):
        return _try(method, batch, chunk or REHEARSED_ROWS)


def _try(method: Method, batch: Batch, chunk: int) -> StepOutput:
    prepared = method.prepare(batch, torch.from_numpy(batch.rows), chunk=chunk)
    prepared = prepared.to(method.encoder.device)
    embeddings = [
        torch.cat([method.encode(call, chunk) for chunk in chunks]) for call, chunks in enumerate(prepared.calls)
    ]
    return method.objective(embeddings, prepared.targets)
