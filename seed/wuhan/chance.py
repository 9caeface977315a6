"""Chance that gives the same city every time, and shares that add up."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

_SEED: Final = 20_221_101


def generator(stage: int) -> np.random.Generator:
    """Return the random stream of one stage of the making; stages do not disturb each other."""
    return np.random.default_rng([_SEED, stage])


def largest_remainder(weights: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Spread `total` whole units in proportion to `weights`, adding up exactly.

    Parameters
    ----------
    weights
        Not negative, not all zero; shape (n,).
    total
        Units to spread, >= 0.

    Returns
    -------
    Shape (n,), each within one of its exact share. Equal remainders go to the earlier entry.
    """
    exact = weights / weights.sum() * total
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    left = total - int(whole.sum())
    first = np.argsort(whole - exact, kind="stable")[:left]
    whole[first] += 1
    return whole
