"""SplitMix64: 64 random bits as a pure function of a counter, in int64 tensors.

Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014), OOPSLA.
"""

from torch import Tensor


def _signed(value: int) -> int:
    """The int64 with the same bits as the unsigned 64-bit ``value``."""
    return value - (1 << 64) if value >= 1 << 63 else value


GOLDEN = _signed(0x9E3779B97F4A7C15)
"""Between the states of two draws of one stream."""

_MIX_1 = _signed(0xBF58476D1CE4E5B9)
_MIX_2 = _signed(0x94D049BB133111EB)


def shift_right(bits: Tensor, count: int) -> Tensor:
    """Logical shift: int64 ``>>`` copies the sign bit, the mask clears the copies."""
    return (bits >> count) & ((1 << (64 - count)) - 1)


def finalise(bits: Tensor) -> Tensor:
    """SplitMix64's output function, a bijection of 64 bits; int64 products wrap as the unsigned ones do."""
    bits = (bits ^ shift_right(bits, 30)) * _MIX_1
    bits = (bits ^ shift_right(bits, 27)) * _MIX_2
    return bits ^ shift_right(bits, 31)


def uniform_entries(seed: int, rows_n: Tensor, cols_m: Tensor) -> Tensor:
    """Float64 `[n, m]` on the open interval (0, 1): a pure function of the seed and the numbers of row and column.

    Every row is a stream of its own, whose draws the columns number.
    """
    start = finalise(rows_n.new_tensor(seed) * GOLDEN + 1)
    bits = finalise(finalise(start + rows_n)[:, None] + ((cols_m + 1) * GOLDEN)[None, :])
    return (shift_right(bits, 12).double() + 0.5) / (1 << 52)
