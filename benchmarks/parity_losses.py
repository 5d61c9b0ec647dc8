"""Every loss whose parity is measured: ours, and the peers' in the form that they offer for several processes.

An entry builds, in whichever process it is called, a function of two views and labels to a scalar; with ``world`` 1 it
is the loss of one process on the whole batch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from peers.losses import SYMMETRIC
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint import objectives
from counterpoint.pairwise import Needs, Objective

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
Build = Callable[[int, int], Loss]
SCALE, BIAS, TEMPERATURE, CHUNK = 10.0, -5.0, 0.1, 3


@dataclass(frozen=True)
class Entry:
    """One row of the table.

    Attributes:
        package: Who wrote it.
        loss: What it is, with its options.
        build: ``(rank, world)`` to the loss.
        cached: Takes an encoder and inputs instead of embeddings, see ``parity.gradients``.
        uneven: Processes hold different numbers of rows.
    """

    package: str
    loss: str
    build: Build
    cached: bool = False
    uneven: bool = False


def ours() -> list[Entry]:
    """Every objective, with even and with uneven shares; one through gradient caching."""
    kinds = [getattr(objectives, name) for name in objectives.__all__]
    found = [kind() for kind in kinds if isinstance(kind, type) and issubclass(kind, Objective)]
    entries = [Entry("Counterpoint", type(one).__name__, _plain(one)) for one in found]
    entries += [
        Entry("Counterpoint", f"{type(one).__name__}, uneven shares", _plain(one), uneven=True) for one in found
    ]
    return [*entries, Entry("Counterpoint", "CLIP, gradient caching", _plain(objectives.CLIP()), cached=True)]


def _plain(objective: Objective) -> Build:
    """Labels or scores for those that need them; two views for those that stack them; pairs for all others."""
    labelled = "labels" in _wants(objective)
    scored = "scores" in _wants(objective)

    def loss(a: Tensor, b: Tensor, labels: Tensor) -> Tensor:
        if scored:
            return objective(a, b, scores=labels.to(a.dtype))
        return objective(a, b, labels=labels) if labelled else objective(a, b)

    return lambda rank, world: loss


def _wants(objective: Objective) -> set[str]:
    """Which targets an objective cannot do without, or is there for."""
    needs = objective.needs
    wanted = {"scores"} if any(need.name == "SCORES" for need in Needs if need in needs) else set()
    supervised = {"SupCon", "BatchHardTriplet"}
    return wanted | ({"labels"} if type(objective).__name__ in supervised else set())


def peers() -> list[Entry]:
    """Each with the options that change what is exchanged between processes."""
    entries = [
        Entry("open_clip", f"ClipLoss, local_loss={local}, gather_with_grad={grad}", _clip(local, grad))
        for grad in (False, True) for local in (False, True)
    ]  # fmt: skip
    entries += [
        Entry("open_clip", f"SigLipLoss, dist_impl={how}", _sig_lip(how))
        for how in ("bidir", "shift", "reduce", "gather")
    ]
    entries += [Entry("lightly", f"{name}, gather_distributed=True", _lightly(name)) for name in LIGHTLY]
    entries += [
        Entry("pytorch-metric-learning", f"{name}, DistributedLossWrapper(efficient={eff})", _pml(name, eff))
        for name in ("NTXentLoss", "SupConLoss") for eff in (False, True)
    ]  # fmt: skip
    gather = "gather_across_devices=True"
    plain, both = "MultipleNegativesRankingLoss", "both directions"
    entries += [
        Entry("sentence-transformers", f"{plain}, {gather}", _st(plain)),
        Entry("sentence-transformers", f"{plain}, {both}, {gather}", _st(plain, symmetric=True)),
        Entry("sentence-transformers", f"Cached{plain}, {gather}", _st(f"Cached{plain}"), cached=True),
        Entry(
            "sentence-transformers",
            f"Cached{plain}, {both}, {gather}",
            _st(f"Cached{plain}", symmetric=True),
            cached=True,
        ),
    ]
    return entries


LIGHTLY = ("NTXentLoss", "DCLLoss", "DCLWLoss")


def _clip(local_loss: bool, gather_with_grad: bool) -> Build:
    def build(rank: int, world: int) -> Loss:
        from open_clip.loss import ClipLoss

        loss = ClipLoss(local_loss=local_loss, gather_with_grad=gather_with_grad, rank=rank, world_size=world)
        return lambda a, b, labels: loss(normalize(a), normalize(b), 1 / TEMPERATURE)

    return build


def _sig_lip(how: str) -> Build:
    def build(rank: int, world: int) -> Loss:
        from open_clip.loss import SigLipLoss

        loss = SigLipLoss(rank=rank, world_size=world, dist_impl=how)
        return lambda a, b, labels: loss(normalize(a), normalize(b), SCALE, BIAS)

    return build


def _lightly(name: str) -> Build:
    def build(rank: int, world: int) -> Loss:
        import lightly.loss

        # Its labels start at this rank's rows wherever it is told to gather, so one process must not be told so.
        loss = getattr(lightly.loss, name)(temperature=TEMPERATURE, gather_distributed=world > 1)
        return lambda a, b, labels: loss(a, b)

    return build


def _pml(name: str, efficient: bool) -> Build:
    def build(rank: int, world: int) -> Loss:
        from pytorch_metric_learning import losses
        from pytorch_metric_learning.utils.distributed import DistributedLossWrapper

        loss = getattr(losses, name)(temperature=TEMPERATURE)
        wrapped = DistributedLossWrapper(loss, efficient=efficient) if world > 1 else loss

        def run(a: Tensor, b: Tensor, labels: Tensor) -> Tensor:
            own = torch.arange(len(a)) + rank * len(a)
            keys = labels if name == "SupConLoss" else own
            return wrapped(torch.cat([a, b]), keys.repeat(2))

        return run

    return build


def _st(name: str, *, symmetric: bool = False) -> Build:
    def build(rank: int, world: int) -> Loss:
        from sentence_transformers.sentence_transformer import losses

        settings = {"scale": 1 / TEMPERATURE, "gather_across_devices": world > 1, **(SYMMETRIC if symmetric else {})}
        if not name.startswith("Cached"):
            loss = getattr(losses, name)(nn.Sequential(nn.Identity()), **settings)
            return lambda a, b, labels: loss.compute_loss_from_embeddings([a, b], labels)

        def cached(encoder: nn.Module, a: Tensor, b: Tensor) -> Tensor:
            loss = getattr(losses, name)(nn.Sequential(_Sentences(encoder)), mini_batch_size=CHUNK, **settings)
            return loss([{"input_ids": a}, {"input_ids": b}], torch.zeros(len(a)))

        return cached

    return build


class _Sentences(nn.Module):
    """The encoder under the names that sentence-transformers uses."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        return {"sentence_embedding": self.encoder(features["input_ids"])}
