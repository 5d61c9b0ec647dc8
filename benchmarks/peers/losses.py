"""The peers' losses on two views `[N, D]`, with the numbers that the dense formulas use.

A peer is built where it is first used, so that a missing library is an ImportError of that contender alone.
"""

import importlib.util
from collections.abc import Callable
from functools import cache

import dense
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

Run = Callable[[Tensor, Tensor], Tensor]
CACHED_ROWS = 512


def libraries() -> bool:
    """Whether this is the peers' environment; if so, they can be imported from now on."""
    if importlib.util.find_spec("open_clip") is None:
        return False
    import peers.schemas  # noqa: F401  (what it does on import is its purpose)

    return True


@cache
def open_clip_clip() -> Run:
    """ClipLoss."""
    from open_clip.loss import ClipLoss

    loss, scale = ClipLoss(), 1 / dense.TEMPERATURE["clip"]
    return lambda a, b: loss(normalize(a), normalize(b), scale)


@cache
def open_clip_sig_lip() -> Run:
    """SigLipLoss."""
    from open_clip.loss import SigLipLoss

    loss = SigLipLoss()
    return lambda a, b: loss(normalize(a), normalize(b), dense.SCALE, dense.BIAS)


@cache
def lightly_nt_xent() -> Run:
    """NTXentLoss."""
    from lightly.loss import NTXentLoss

    return NTXentLoss(temperature=dense.TEMPERATURE["nt-xent"])


@cache
def pml_nt_xent() -> Run:
    """NTXentLoss on stacked views whose labels are their numbers."""
    from pytorch_metric_learning.losses import NTXentLoss

    loss = NTXentLoss(temperature=dense.TEMPERATURE["nt-xent"])
    return lambda a, b: loss(torch.cat([a, b]), dense.places(a).repeat(2))


@cache
def pml_sup_con() -> Run:
    """SupConLoss."""
    from pytorch_metric_learning.losses import SupConLoss

    loss = SupConLoss(temperature=dense.TEMPERATURE["sup-con"])
    return lambda a, b: loss(torch.cat([a, b]), dense.classes(a).repeat(2))


@cache
def pml_triplet() -> Run:
    """BatchHardMiner and TripletMarginLoss on cosines; mean over all triplets, as the formula has it."""
    from pytorch_metric_learning.distances import CosineSimilarity
    from pytorch_metric_learning.losses import TripletMarginLoss
    from pytorch_metric_learning.miners import BatchHardMiner
    from pytorch_metric_learning.reducers import MeanReducer

    distance = CosineSimilarity()
    miner = BatchHardMiner(distance=distance)
    loss = TripletMarginLoss(margin=dense.MARGIN, distance=distance, reducer=MeanReducer())

    def run(a: Tensor, b: Tensor) -> Tensor:
        z, labels = torch.cat([a, b]), dense.classes(a).repeat(2)
        return loss(z, labels, miner(z, labels))

    return run


SYMMETRIC = {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}


def _st_plain(temperature: float, **settings: object) -> Run:
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    loss = MultipleNegativesRankingLoss(nn.Sequential(nn.Identity()), scale=1 / temperature, **settings)
    return lambda a, b: loss.compute_loss_from_embeddings([a, b], None)


def _st_cached(temperature: float, **settings: object) -> Run:
    """The cached loss on embeddings: its own chunked backward pass, whose graph is gone when it returns."""
    from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss

    loss = CachedMultipleNegativesRankingLoss(
        nn.Sequential(nn.Identity()), scale=1 / temperature, mini_batch_size=CACHED_ROWS, **settings
    )
    return lambda a, b: loss.calculate_loss([[a], [b]], with_backward=True)


@cache
def st_info_nce() -> Run:
    """MultipleNegativesRankingLoss."""
    return _st_plain(dense.TEMPERATURE["info-nce"])


@cache
def st_clip() -> Run:
    """MultipleNegativesRankingLoss in both directions."""
    return _st_plain(dense.TEMPERATURE["clip"], **SYMMETRIC)


@cache
def st_cached_info_nce() -> Run:
    """CachedMultipleNegativesRankingLoss."""
    return _st_cached(dense.TEMPERATURE["info-nce"])


@cache
def st_cached_clip() -> Run:
    """CachedMultipleNegativesRankingLoss in both directions."""
    return _st_cached(dense.TEMPERATURE["clip"], **SYMMETRIC)


@cache
def inf_cl() -> Run:
    """Inf-CL, which has Triton kernels only."""
    if not torch.cuda.is_available():
        raise RuntimeError("needs a CUDA device: its kernels are Triton's")
    from inf_cl import cal_flash_loss

    scale = 1 / dense.TEMPERATURE["clip"]

    def run(a: Tensor, b: Tensor) -> Tensor:
        a, b = normalize(a), normalize(b)
        return (cal_flash_loss(a, b, scale=scale).mean() + cal_flash_loss(b, a, scale=scale).mean()) / 2

    return run


LOSSES: dict[str, dict[str, Callable[[], Run]]] = {
    "info-nce": {"sentence-transformers": st_info_nce, "sentence-transformers cached": st_cached_info_nce},
    "clip": {
        "open_clip": open_clip_clip,
        "sentence-transformers": st_clip,
        "sentence-transformers cached": st_cached_clip,
        "Inf-CL": inf_cl,
    },
    "nt-xent": {"lightly": lightly_nt_xent, "pytorch-metric-learning": pml_nt_xent},
    "sup-con": {"pytorch-metric-learning": pml_sup_con},
    "sig-lip": {"open_clip": open_clip_sig_lip},
    "triplet": {"pytorch-metric-learning": pml_triplet},
}
"""By case and library: builders of losses."""
