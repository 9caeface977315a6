"""Sums over groups of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def weighted_count(group: NDArray[Any], weight: NDArray[Any], *, size: int) -> NDArray[np.float64]:
    """Sum weights by group.

    Parameters
    ----------
    group
        Group numbers in [0, size), shape (n,).
    weight
        Numbers or booleans, shape (n,); NaN makes the sum of its group NaN.
    size
        Number of groups; a group without rows sums to 0.

    Returns
    -------
    float64 of shape (size,), also for no rows (where numpy would answer with integers).
    """
    return np.bincount(group, weights=weight, minlength=size).astype(np.float64)
