"""From what a user passes (anchors, candidates, labels, negatives) to rows, columns and a relation between them."""

from dataclasses import dataclass, fields
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from counterpoint.base.errors import InputError, NotFiniteError
from counterpoint.pairwise.relation import Others, Relation, SameKey


@dataclass(frozen=True)
class Problem:
    """What the engine works on.

    Attributes:
        anchors: `[N, D]`, this rank's rows; `[N, L, D]` where rows are sets.
        candidates: `[M, D]` or `[M, L, D]`, this rank's columns.
        relation: `[N, M]`.
        paired: Candidate i came with anchor i, whatever the relation says; further candidates came with none.
    """

    anchors: Tensor
    candidates: Tensor
    relation: Relation
    paired: bool = True


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the caller said about who belongs to whom; see :meth:`Objective.__call__`."""

    labels: Tensor | None = None
    scores: Tensor | None = None
    relation: Relation | None = None
    negatives: Tensor | None = None

    def only(self, *names: str, why: str) -> None:
        """Refuse everything but ``names``.

        Raises:
            InputError: Something else was given too.
        """
        for field in fields(self):
            if field.name not in names and getattr(self, field.name) is not None:
                raise InputError(f"{field.name} cannot be used here: {why}")


def arrange_features(anchors: Tensor, candidates: Tensor | None, given: Given) -> Problem:
    """Features compared with features, `[D, D]`: feature d of the anchors is positive with feature d of the candidates.

    Rows stay examples here; the engine turns them around once it has those of all ranks.

    Raises:
        InputError: Something does not fit; the message names the argument.
    """
    given.only(why="features are compared, not examples")
    anchors = checked_embeddings("anchors", anchors)
    keys = torch.arange(anchors.shape[1], device=anchors.device)
    same = SameKey(keys, keys, numbered=len(keys))
    if candidates is None:
        return Problem(anchors, anchors, Others(same))
    candidates = checked_embeddings("candidates", candidates, like=anchors)
    if candidates.shape[0] != anchors.shape[0]:
        raise InputError(f"candidates must be a second view of the {len(anchors)} anchors, got {len(candidates)} rows")
    return Problem(anchors, candidates, same)


def arrange_prototypes(anchors: Tensor, candidates: Tensor | None, given: Given, *, per_class: int = 1) -> Problem:
    """Anchors against one row per class, or several that follow each other; all ranks have the same rows.

    Raises:
        InputError: Something does not fit; the message names the argument.
    """
    count = "one row" if per_class == 1 else f"{per_class} rows"
    given.only("labels", "relation", why=f"candidates are {count} per class")
    anchors = checked_embeddings("anchors", anchors)
    if candidates is None:
        raise InputError(f"candidates must be {count} per class, and there are none")
    candidates = checked_embeddings("candidates", candidates, like=anchors)
    if len(candidates) % per_class:
        raise InputError(f"candidates must be {count} per class, and {len(candidates)} is no multiple of {per_class}")
    if given.relation is not None:
        _check_shape(given.relation, len(anchors), len(candidates))
        return Problem(anchors, candidates, given.relation, paired=False)
    if given.labels is None:
        raise InputError("labels must say which of the candidates is the class of each anchor, and there are none")
    keys = row_keys(given.labels, anchors)
    if int(keys.max()) >= len(candidates) // per_class:
        raise InputError(
            f"labels go up to {int(keys.max())}, and candidates hold {len(candidates)} rows, {per_class} per class"
        )
    classes = torch.arange(len(candidates), device=anchors.device) // per_class
    return Problem(anchors, candidates, SameKey(keys, classes, prototypes=True), paired=False)


def arrange(anchors: Tensor, candidates: Tensor | None, given: Given, *, joint: bool, row_dims: int = 1) -> Problem:
    """Build the problem; see :meth:`Objective.__call__` for the arguments.

    Raises:
        InputError: Something does not fit; the message names the argument.
    """
    axes = "N, D" if row_dims == 1 else "N, L, D"
    anchors = checked_embeddings("anchors", anchors, axes=axes)
    if candidates is not None:
        candidates = checked_embeddings("candidates", candidates, like=anchors, axes=axes)
    if given.scores is not None:
        raise InputError("scores are for objectives that rank scored pairs, such as CoSENT")
    if given.labels is not None and given.relation is not None:
        raise InputError("labels and relation both say who is positive: give one of them")
    if candidates is None or joint:
        return _among_themselves(anchors, candidates, given)
    return _two_sided(anchors, candidates, given)


def _among_themselves(anchors: Tensor, others: Tensor | None, given: Given) -> Problem:
    given.only("labels", "relation", why="this call compares the anchors among themselves")
    if others is not None and others.shape[0] != anchors.shape[0]:
        raise InputError(f"candidates must be a second view of the {len(anchors)} anchors, got {len(others)} rows")
    z = anchors if others is None else _joined(("anchors", anchors), ("candidates", others))
    relation = given.relation
    if relation is None:
        keys, numbered = _keys(given.labels, anchors)
        keys = keys if others is None else torch.cat([keys, keys])
        partner = None if numbered is None or others is None else numbered
        relation = SameKey(keys, keys, local=numbered is not None, numbered=numbered, partner=partner)
    _check_shape(relation, z.shape[0], z.shape[0])
    return Problem(z, z, Others(relation))


def _two_sided(anchors: Tensor, candidates: Tensor, given: Given) -> Problem:
    relation = given.relation
    if relation is None:
        if candidates.shape[0] != anchors.shape[0]:
            raise InputError(
                f"{len(candidates)} candidates for {len(anchors)} anchors: row i must be the positive of anchor i, "
                "or relation must say who is"
            )
        keys, numbered = _keys(given.labels, anchors)
        candidate_keys = keys
        if given.negatives is not None:
            extra = _flat_negatives(given.negatives, anchors)
            candidate_keys = torch.cat([keys, keys.new_full((extra.shape[0],), -1)])
            candidates = _joined(("candidates", candidates), ("negatives", extra))
        partner = None if numbered is None else 0
        relation = SameKey(keys, candidate_keys, local=numbered is not None, numbered=numbered, partner=partner)
    elif given.negatives is not None:
        raise InputError("negatives cannot be used with a relation: put them among the candidates")
    _check_shape(relation, anchors.shape[0], candidates.shape[0])
    return Problem(anchors, candidates, relation, paired=given.relation is None)


def _keys(labels: Tensor | None, anchors: Tensor) -> tuple[Tensor, int | None]:
    """One key per anchor, and how many there are when they are row numbers of this rank."""
    return row_keys(labels, anchors), anchors.shape[0] if labels is None else None


def row_keys(labels: Tensor | None, anchors: Tensor) -> Tensor:
    """Labels as int64 `[N]`, or row numbers where there are none.

    Raises:
        InputError: They are no integers, or not one per anchor.
    """
    if labels is None:
        return torch.arange(anchors.shape[0], device=anchors.device)
    if labels.shape != (anchors.shape[0],) or labels.is_floating_point() or labels.is_complex():
        raise InputError(
            f"labels must be {anchors.shape[0]} integers, one per anchor, got {labels.dtype} {list(labels.shape)}"
        )
    return labels.to(anchors.device, torch.int64)


def _flat_negatives(negatives: Tensor, anchors: Tensor) -> Tensor:
    if negatives.ndim == anchors.ndim + 1 and len(negatives) == anchors.shape[0]:
        negatives = negatives.flatten(0, 1)
    return checked_embeddings("negatives", negatives, like=anchors, axes="N, D" if anchors.ndim == 2 else "N, L, D")


def _joined(*named: tuple[str, Tensor]) -> Tensor:
    """All rows, one after the other; sets must have one length for it."""
    (first, x), (second, y) = named
    if x.shape[1:] != y.shape[1:]:
        raise InputError(
            f"{second} {list(y.shape)} and {first} {list(x.shape)} become one tensor: pad the shorter sets with zeros "
            "to the same L"
        )
    return torch.cat([x, y])


def _check_shape(relation: Relation, n: int, m: int) -> None:
    if relation.shape != (n, m):
        raise InputError(f"relation has shape {list(relation.shape)}, expected [{n}, {m}] (anchors, candidates)")


def checked_embeddings(name: str, x: Any, *, like: Tensor | None = None, axes: str = "N, D") -> Tensor:
    """``x`` in float32 or better, once it has proved to be a non-empty, finite, floating-point `[N, D]`.

    Args:
        name: The argument's name, for the message.
        x: What the caller passed.
        like: The anchors, whose D, device and dtype it must share; half precision goes with float32.
        axes: "N, L, D" where rows are sets, whose L may differ from that of the anchors.

    Raises:
        InputError: It is something else.
    """
    if not isinstance(x, Tensor):
        raise InputError(f"{name} must be a torch.Tensor, got {type(x).__name__}")
    if x.ndim != axes.count(",") + 1 or 0 in x.shape:
        raise InputError(f"{name} must have shape [{axes}] with at least one row, got {list(x.shape)}")
    if not x.is_floating_point():
        raise InputError(f"{name} must be floating point, got {x.dtype}")
    x = at_least_float32(x)
    if like is not None:
        _check_alike(name, x, like)
    # One sum instead of isfinite on every entry: where it is finite, so is every entry, and it costs no copy.
    if not isfinite(x.detach().sum().item()) and not bool(torch.isfinite(x.detach()).all()):
        row = int((~torch.isfinite(x.detach())).flatten(1).any(1).nonzero()[0])
        raise NotFiniteError(f"{name} holds NaN or infinity, first in row {row}")
    return x


def _check_alike(name: str, x: Tensor, like: Tensor) -> None:
    if x.shape[-1] != like.shape[-1]:
        raise InputError(f"{name} has D = {x.shape[-1]}, but the anchors have D = {like.shape[-1]}")
    for what in ("dtype", "device"):
        if getattr(x, what) != getattr(like, what):
            raise InputError(f"{name} has {what} {getattr(x, what)}, but the anchors have {getattr(like, what)}")


def at_least_float32(x: Tensor) -> Tensor:
    """Half precision becomes float32: similarities and statistics are never kept in less."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
