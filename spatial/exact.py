"""Exact arithmetic in bulk: decimals as whole numbers of one common scale."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

# int64 holds a million m² at nine decimals with room for sums over a city.
_INT64_DIGITS = 9


def decimal_digits(values: Iterable[Decimal | None]) -> int:
    """Count the decimals the most precise of `values` needs; 0 for none."""
    digits = 0
    for value in values:
        if value is not None:
            exponent = value.normalize().as_tuple().exponent
            if isinstance(exponent, int):
                digits = max(digits, -exponent)
    return digits


def scaled(values: Iterable[Decimal | None], *, digits: int) -> NDArray[Any]:
    """Hold decimals as whole numbers of ``10 ** -digits``; None becomes 0.

    Parameters
    ----------
    values
        None of them with more than `digits` decimals.
    digits
        See `decimal_digits`.

    Returns
    -------
    int64 where that cannot overflow, else Python integers in an object array.
    """
    whole = [0 if value is None else int(value.scaleb(digits)) for value in values]
    return np.array(whole, dtype=np.int64 if digits <= _INT64_DIGITS else object)


def unscaled(values: NDArray[Any], *, digits: int) -> NDArray[np.float64]:
    """Write scaled whole numbers as the floats nearest to their decimal values.

    Division by a power of ten rounds correctly, so the shortest text of a float is the decimal
    it stands for up to 15 significant digits.
    """
    return np.asarray(values / 10**digits, dtype=np.float64)
