"""The modified Bessel function of the first kind, by its logarithm: what normalises a von Mises-Fisher density.

With ``y_v(q) = x^(-v) I_v(x)`` at ``x = sqrt(q)``, which is smooth and positive from q = 0 on, two functions are given:
the growth ``log(y_v(q) / y_v(0))`` and the ratio ``y_(v+1)(q) / y_v(q)``. The derivative of the growth is half the
ratio, and that of the ratio is again made of ratios, so both can be differentiated as often as one likes.

From order 25 on both come from the uniform expansion for large orders (DLMF 10.41.3), of whose logarithm five terms
are taken in float32 and nine in float64 (error below 1e-14 for any x). Smaller orders descend from there by
``y_(v-1) = 2 v y_v + q y_(v+1)``, which adds nothing but positive numbers. Cost: some 30 to 80 elementary steps an
entry, three temporaries; nothing but q is kept for the backward pass.
"""

from fractions import Fraction
from functools import cache
from math import ceil
from typing import Any, cast

import torch
from torch import Tensor

LARGE = 25
"""The order from which the expansion is used."""

Polynomial = tuple[Fraction, ...]
"""Coefficients from the constant on."""


def log_growth(q: Tensor, order: float) -> Tensor:
    """``log(y_order(q) / y_order(0))``, where ``y_order(0) = 1 / (2^order Gamma(order + 1))``.

    Args:
        q: Squares of the argument, not negative.
        order: At least -1/2.
    """
    return cast(Tensor, _Growth.apply(q, order))  # pyright: ignore[reportUnknownMemberType]


def ratio(q: Tensor, order: float) -> Tensor:
    """``y_(order+1)(q) / y_order(q)``, which is ``I_(order+1)(x) / (x I_order(x))``; 1 / (2 order + 2) at 0."""
    return cast(Tensor, _Ratio.apply(q, order))  # pyright: ignore[reportUnknownMemberType]


class _Growth(torch.autograd.Function):
    """Derivative: half the ratio."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, order: float) -> Tensor:
        ctx.save_for_backward(q)
        ctx.order = order
        return _descend(q, order)[0]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (q,) = cast(tuple[Tensor], ctx.saved_tensors)
        return grad * ratio(q, ctx.order) / 2, None


class _Ratio(torch.autograd.Function):
    """Derivative of y' / y, with y'_v = y_(v+1) / 2: half the ratio times its step to the next order."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, order: float) -> Tensor:
        ctx.save_for_backward(q)
        ctx.order = order
        return _descend(q, order)[1]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (q,) = cast(tuple[Tensor], ctx.saved_tensors)
        here, above = ratio(q, ctx.order), ratio(q, ctx.order + 1)
        return grad * here * (above - here) / 2, None


def _descend(q: Tensor, order: float) -> tuple[Tensor, Tensor]:
    """Growth and ratio at ``order``, from the expansion at the first order of at least ``LARGE`` in whole steps."""
    steps = max(0, ceil(LARGE - order))
    growth, quotient = _expansion(q, order + steps)
    for k in range(steps, 0, -1):
        # y_(v-1) / y_v = 2 v + q y_(v+1) / y_v, divided by its value at 0.
        part = q * quotient
        growth = growth + torch.log1p(part / (2 * (order + k)))
        quotient = 1 / (2 * (order + k) + part)
    return growth, quotient


def _expansion(q: Tensor, n: float) -> tuple[Tensor, Tensor]:
    """Growth and ratio at a large order n.

    With ``s = sqrt(n^2 + q)`` and ``p = n / s``: ``y_n = exp(s) (n + s)^(-n) (2 pi s)^(-1/2) exp(sum_k d_k(p) / n^k)``.
    Everything is taken relative to s = n, by differences that do not cancel.
    """
    s = torch.sqrt(n**2 + q)
    p, beyond = n / s, q / (s + n)
    terms = _terms(5 if q.dtype == torch.float32 else 9)
    series, slope = torch.zeros_like(q), torch.zeros_like(q)
    coefficients = _collected(terms, n)
    for degree in range(len(coefficients) - 1, 0, -1):
        series = series * p + coefficients[degree]
        slope = slope * p + degree * coefficients[degree]
    at_zero = sum(coefficients)
    growth = beyond - n * torch.log1p(beyond / (2 * n)) - torch.log1p(beyond / n) / 2 + (series * p - at_zero)
    # d/dq is (d/ds) / 2s, and dp/ds = -p / s.
    quotient = 1 / (n + s) - (0.5 + slope * p) / s.square()
    return growth, quotient


def _collected(terms: tuple[Polynomial, ...], n: float) -> list[float]:
    """``sum_k d_k(p) / n^k`` as one polynomial in p; its constant is 0."""
    found = [0.0] * max(len(term) for term in terms)
    for k, term in enumerate(terms, start=1):
        for degree, coefficient in enumerate(term):
            found[degree] += float(coefficient) / n**k
    return found


@cache
def _terms(number: int) -> tuple[Polynomial, ...]:
    """Polynomials d_1, d_2, ... with ``sum_k d_k / n^k = log(1 + sum_k u_k / n^k)``, u_k from DLMF 10.41.9."""
    u: list[Polynomial] = [(Fraction(1),)]
    while len(u) <= number:
        u.append(_next(u[-1]))
    d: list[Polynomial] = []
    for k in range(1, number + 1):
        # From k u_k = sum_{j <= k} j d_j u_(k-j), the power series of f' = (log f)' f.
        rest = [_times(u[k - j], d[j - 1], Fraction(-j, k)) for j in range(1, k)]
        d.append(_plus(u[k], *rest))
    return tuple(d)


def _next(u: Polynomial) -> Polynomial:
    """``u_(k+1)(p) = p^2 (1 - p^2) u_k'(p) / 2 + integral_0^p (1 - 5 t^2) u_k(t) dt / 8``."""
    found = [Fraction(0)] * (len(u) + 3)
    for degree, c in enumerate(u):
        found[degree + 1] += c * (Fraction(degree, 2) + Fraction(1, 8 * (degree + 1)))
        found[degree + 3] -= c * (Fraction(degree, 2) + Fraction(5, 8 * (degree + 3)))
    return tuple(found)


def _times(a: Polynomial, b: Polynomial, factor: Fraction) -> Polynomial:
    found = [Fraction(0)] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            found[i + j] += factor * x * y
    return tuple(found)


def _plus(*terms: Polynomial) -> Polynomial:
    length = max(len(term) for term in terms)
    return tuple(sum((term[i] for term in terms if i < len(term)), Fraction(0)) for i in range(length))
