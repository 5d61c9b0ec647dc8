"""What an objective asks for, read off its ``terms`` once: reductions of ``scale * s + shift``, sums bent or not.

An objective is written in plain torch operations on a tile. Called here with stand-ins for the tile, it shows whether
all it does to a similarity is multiply and add numbers; then the engine knows every derivative in closed form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn, cast

import torch
from torch import Tensor

from counterpoint.pairwise.bends import BENDS, Bend
from counterpoint.pairwise.terms import Axis, Reduction, Stage, Term
from counterpoint.pairwise.tile import Tile

if TYPE_CHECKING:
    from counterpoint.pairwise.contract import Objective

Number = float | Tensor


class UntraceableError(Exception):
    """The objective does more to a tile than the stand-ins can follow; the tile-by-tile path takes it as it is."""


class Which(Enum):
    """Which entries of the matrix take part."""

    COMPARED = "compared"
    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True, eq=False)
class Affine:
    """``scale * s + shift`` for every similarity s, standing in for a tile of similarities."""

    scale: Number = 1.0
    shift: Number = 0.0

    def __mul__(self, other: Any) -> Affine:
        number = _number(other)
        return Affine(self.scale * number, self.shift * number)

    def __truediv__(self, other: Any) -> Affine:
        number = _number(other)
        return Affine(self.scale / number, self.shift / number)

    def __add__(self, other: Any) -> Affine:
        if isinstance(other, Affine):
            return Affine(self.scale + other.scale, self.shift + other.shift)
        return Affine(self.scale, self.shift + _number(other))

    def __sub__(self, other: Any) -> Affine:
        if isinstance(other, Affine):
            return self + -other
        return Affine(self.scale, self.shift - _number(other))

    def __rsub__(self, other: Any) -> Affine:
        return Affine(-self.scale, _number(other) - self.shift)

    def __neg__(self) -> Affine:
        return Affine(-self.scale, -self.shift)

    __rmul__ = __mul__
    __radd__ = __add__

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Affine:
        """``tensor * s`` and its like, where the number stands on the left, and a bend; nothing else is followed."""
        if function in BENDS and len(args) == 1 and not kwargs:
            return cast(Affine, Bent(args[0], BENDS[function]))
        reflected: dict[Any, Callable[[Affine, Any], Affine]]
        reflected = {Tensor.mul: Affine.__rmul__, Tensor.add: Affine.__radd__, Tensor.sub: Affine.__rsub__}
        if function in reflected and len(args) == 2 and isinstance(args[1], Affine) and not kwargs:
            return reflected[function](args[1], args[0])
        raise UntraceableError(getattr(function, "__name__", str(function)))


@dataclass(frozen=True, eq=False)
class Bent:
    """``factor * bend(scale * s + shift)``, to be summed; it may be negated or multiplied by a number that is fixed."""

    inner: Affine
    bend: Bend
    factor: float = 1.0

    def __mul__(self, other: Any) -> Bent:
        number = _number(other)
        if isinstance(number, Tensor):
            raise UntraceableError("a learnable factor")
        return Bent(self.inner, self.bend, self.factor * number)

    def __neg__(self) -> Bent:
        return Bent(self.inner, self.bend, -self.factor)

    __rmul__ = __mul__

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> NoReturn:
        """No function can be followed."""
        raise UntraceableError(getattr(function, "__name__", str(function)))


@dataclass(frozen=True, eq=False)
class Mask:
    """Stands in for a boolean tile; it can be passed on, not computed with."""

    which: Which

    @classmethod
    def __torch_function__(
        cls, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> NoReturn:
        """No function can be followed."""
        raise UntraceableError(getattr(function, "__name__", str(function)))


def _refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    raise UntraceableError(type(self).__name__)


_ARITHMETIC = ("mul", "rmul", "add", "radd", "sub", "rsub", "truediv", "neg")
_OTHER = (
    *("pow", "rpow", "matmul", "rmatmul", "rtruediv", "mod", "floordiv", "abs", "invert", "and", "or", "xor", "rand"),
    *("ror", "lt", "le", "gt", "ge", "eq", "ne", "getitem", "len", "iter", "bool", "float", "int", "getattr"),
)
_UNBENT = ("add", "radd", "sub", "rsub", "truediv")
for _kind, _names in ((Affine, _OTHER), (Bent, (*_UNBENT, *_OTHER)), (Mask, (*_ARITHMETIC, *_OTHER))):
    for _name in _names:
        setattr(_kind, f"__{_name}__", _refuse)


@dataclass(frozen=True)
class _Masks:
    """Stands in for a :class:`Tile`."""

    positive: Mask = Mask(Which.POSITIVE)
    negative: Mask = Mask(Which.NEGATIVE)
    compared: Mask = Mask(Which.COMPARED)
    weight: None = None

    def weighted(self, values: Affine | Bent) -> Affine | Bent:
        """Keys carry no weights."""
        return values

    log_weighted = weighted


@dataclass(frozen=True, eq=False)
class Request:
    """One term in closed form.

    Attributes:
        axis: Rows or columns.
        reduction: Sum, log-sum-exp or count.
        values: What is reduced, for sums and log-sum-exps.
        which: The entries that take part; None means all.
        k: Of a top term: how many.
        bent: Of a bent sum: what bends the values, and a factor.
    """

    axis: Axis
    reduction: Reduction
    values: Affine
    which: Which | None
    k: int | None = None
    bent: tuple[Bend, float] | None = None


def trace(objective: Objective) -> list[Request] | None:
    """The objective's terms in closed form, or None when one of them is something else, or waits for a stage."""
    found: list[Request] = []
    try:
        for term in objective.terms(cast(Tensor, Affine()), cast(Tile, _Masks())):
            request = None if isinstance(term, Stage) else _request(term)
            if request is None:
                return None
            found.append(request)
    except UntraceableError:
        return None
    return found


def _request(term: Term) -> Request | None:
    values, where = cast(Any, term.values), cast(Any, term.where)
    bent = None
    if isinstance(values, Bent) and term.reduction is Reduction.SUM:
        values, bent = values.inner, (values.bend, values.factor)
    if not isinstance(values, Affine) or not (where is None or isinstance(where, Mask)):
        return None
    return Request(term.axis, term.reduction, values, None if where is None else where.which, term.k, bent)


def _number(value: Any) -> Number:
    if isinstance(value, Tensor) and value.ndim == 0 and value.is_floating_point():
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise UntraceableError(type(value).__name__)


def as_tensor(number: Number, like: Tensor) -> Tensor:
    """A scalar tensor in the dtype and on the device of ``like``."""
    return number.to(like) if isinstance(number, Tensor) else torch.tensor(number, dtype=like.dtype, device=like.device)
