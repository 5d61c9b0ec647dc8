"""Who is measured: the bare products, the plain dense loss, Counterpoint, and the peers where they are installed."""

from collections.abc import Callable

import dense
import ours
import torch
from products import products
from torch import Tensor

from peers import losses as peers

PRODUCTS, DENSE, COUNTERPOINT = "products", "dense", "counterpoint"
DENSE_FLOAT = "dense in float32"
"""The plain loss on views that are first turned into float32: on a CPU without bfloat16 units the fair comparison."""

Run = Callable[[Tensor, Tensor], None]
Loss = Callable[[Tensor, Tensor], Tensor]

DENSE_LOSSES: dict[str, Loss] = {
    "info-nce": dense.info_nce,
    "clip": dense.clip,
    "nt-xent": dense.nt_xent,
    "sup-con": dense.sup_con,
    "sig-lip": dense.sig_lip,
    "hcl": dense.hcl,
    "triplet": dense.triplet,
    "user-term": dense.user_term,
}
CASES = tuple(DENSE_LOSSES)
STACKED = {"nt-xent", "sup-con", "hcl", "triplet"}
"""Cases that compare two stacked views among themselves: 2N rows with 2N rows."""

TITLES = {
    "info-nce": "InfoNCE, one direction",
    "clip": "symmetric InfoNCE",
    "nt-xent": "NT-Xent, 2N rows among themselves",
    "sup-con": "SupCon, 1,000 classes, 2N rows",
    "sig-lip": "SigLIP",
    "hcl": "hardness-weighted (HCL), 2N rows",
    "triplet": "batch-hard triplet, 1,000 classes, 2N rows",
    "user-term": "a term of a user's own",
}


class Missing(Exception):
    """This contender cannot take part here, and why."""


def names(case: str, dtype: str = "float32") -> list[str]:
    """Everyone who has an answer to this case in this environment."""
    found = [PRODUCTS, DENSE, *([DENSE_FLOAT] if dtype != "float32" else [])]
    if case in ours.losses():
        found.append(COUNTERPOINT)
    return found + (list(peers.LOSSES.get(case, {})) if peers.libraries() else [])


def loss_of(case: str, name: str) -> Loss:
    """The loss function of a contender.

    Raises:
        Missing: It cannot be had here.
    """
    if name == DENSE:
        return DENSE_LOSSES[case]
    if name == DENSE_FLOAT:
        return lambda a, b: DENSE_LOSSES[case](a.float(), b.float())
    if name == COUNTERPOINT:
        return ours.losses()[case]
    if not peers.libraries():
        raise Missing("the peers are not installed (make peers)")
    try:
        return peers.LOSSES[case][name]()
    except (ImportError, RuntimeError) as error:
        raise Missing(str(error)) from error


def run_of(case: str, name: str, shape: tuple[int, int]) -> Run:
    """What is timed: forward and backward, or the products in blocks of this shape."""
    if name != PRODUCTS:
        return trained(loss_of(case, name))
    if case in STACKED:
        return lambda a, b: products(torch.cat([a, b]), torch.cat([a, b]), shape)
    return lambda a, b: products(a, b, shape)


def trained(loss: Loss) -> Run:
    """Forward and backward; a loss that has already been taken backward in pieces comes without a graph."""

    def run(a: Tensor, b: Tensor) -> None:
        value = loss(a.requires_grad_(), b.requires_grad_())
        if value.requires_grad:
            value.backward()
        if a.grad is None or b.grad is None:
            raise RuntimeError("no gradient came back")
        a.grad = b.grad = None

    return run
