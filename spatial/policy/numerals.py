"""Numbers in words people read: exact, without the noise of floats."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd

# Decimals printed of a number that does not end, and at most of one that does.
_CUT = 4
_LONGEST = 6


def figure(value: float | None) -> str:
    """Write a number as a person does: no exponent, no trailing zeros; — for none."""
    if value is None or pd.isna(value):
        return "—"
    text = np.format_float_positional(float(value), trim="-")
    return text.rstrip(".")


def metres(value: float | None, *, limits: Sequence[float] = ()) -> str:
    """Write metres of a sentence in whole decimetres; — for none.

    Exactly where rounding would change how they compare with a limit, or make them equal to one.
    """
    if value is None or pd.isna(value):
        return "—"
    rounded = round(float(value), 1)
    for limit in limits:
        if (value > limit, value == limit) != (rounded > limit, rounded == limit):
            return figure(value)
    return figure(rounded)


def exact(value: object) -> Fraction | None:
    """Give back the decimal a stored float stands for; None for none and NaN.

    Stored numbers are the floats nearest to decimals of at most 15 digits, so their shortest text
    is that decimal.
    """
    if value is None or pd.isna(value):  # type: ignore[call-overload]  # any scalar of a frame
        return None
    return Fraction(Decimal(repr(float(value))))  # type: ignore[arg-type]  # likewise


def grouped(number: Fraction | Decimal | int) -> str:
    """Write a number with thousands separators, exactly where its decimals end.

    Else cut, never rounded, after four decimals (more where these are all nought) and marked
    with …: a share just short of its threshold is never printed as if it had reached it.
    """
    given = Fraction(number)
    sign, size = ("-" if given < 0 else ""), abs(given)
    digits = next((d for d in range(_LONGEST + 1) if (size * 10**d).denominator == 1), None)
    if digits is not None:
        return sign + _decimals(int(size * 10**digits), digits)
    digits = _CUT
    while int(size * 10**digits) == 0:
        digits += 1
    return f"{sign}{_decimals(int(size * 10**digits), digits)}…"


def cut(value: Fraction, *, digits: int = 2) -> Fraction:
    """Cut a weighted sum to a few decimals, after clearing the noise of the floats it came from."""
    return Fraction(floor(round(value, _LONGEST) * 10**digits), 10**digits)


def _decimals(scaled: int, digits: int) -> str:
    whole, rest = divmod(scaled, 10**digits)
    return f"{whole:,}" if digits == 0 else f"{whole:,}.{rest:0{digits}d}"


def phase_word(phase: str, *, lang: str) -> str:
    """Write the id of a phase (分期) for a text that says 期 behind it in Chinese: once, not twice.

    ``"1"`` stays ``"1"``, and ``"一期"`` becomes ``"一"``; English has the id as it is.
    """
    return phase.removesuffix("期") or phase if lang == "zh" else phase
