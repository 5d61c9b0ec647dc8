"""Numbers and strings as a reader wants them."""

import math

_MINUS = "\N{MINUS SIGN}"


def number(value: float) -> str:
    """A number in three decimals or about four digits: 0.912, −12.34, 4,096, 1.2e-05."""
    if not math.isfinite(value):
        return "not finite"
    return (_MINUS if value < 0 else "") + _magnitude(abs(float(value)))


def _magnitude(size: float) -> str:
    if size == 0:
        return "0"
    if size < 1e-3 or size >= 1e7:
        return f"{size:.2g}"
    if size.is_integer() and size >= 10:
        return f"{size:,.0f}"
    decimals = 3 if size < 10 else 2 if size < 100 else 1 if size < 1000 else 0
    return f"{size:,.{decimals}f}"


def signed(value: float) -> str:
    """A difference with its sign: +0.213, −0.020 (a real minus), ±0."""
    return "±0" if value == 0 else ("+" if value > 0 else "") + number(value)


def shorten(text: str, limit: int) -> str:
    """The first ``limit`` characters, blanks run together, an ellipsis where something was cut."""
    text = " ".join(text[: 4 * limit].split()) if len(text) > 4 * limit else " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About ``count`` round numbers (steps of 1, 2 or 5 times a power of ten) inside ``[low, high]``, low < high."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def tick_label(value: float) -> str:
    """A round number without needless zeros."""
    text = f"{value:,.6g}" if abs(value) < 1e6 else f"{value:.0e}"
    return text.replace("-", _MINUS, 1) if value < 0 else text
