"""Which part of a map to show, and where it is worth enlarging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class Window:
    """A rectangle on the ground, metres."""

    west: float
    south: float
    east: float
    north: float

    @property
    def width(self) -> float:
        """Metres from west to east."""
        return self.east - self.west

    @property
    def height(self) -> float:
        """Metres from south to north."""
        return self.north - self.south


def around(
    bounds: NDArray[np.float64], *, aspect: float, margin: float, smallest_m: float
) -> Window:
    """Widen bounds to a shape.

    Parameters
    ----------
    bounds
        West, south, east, north in metres; may have no extent.
    aspect
        Width over height of the result.
    margin
        Added on each side, as a share of the bounds.
    smallest_m
        Least height of the result.
    """
    west, south, east, north = (float(value) for value in bounds)
    height = max((east - west) / aspect, north - south) * (1 + 2 * margin)
    height = max(height, smallest_m)
    x, y = (west + east) / 2, (south + north) / 2
    width = height * aspect
    return Window(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def densest(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    width_m: float,
    height_m: float,
) -> Window:
    """Find the window around one of the points that holds most weight.

    Parameters
    ----------
    points
        Metres, shape (n, 2), n >= 1.
    weights
        Shape (n,), >= 0.
    width_m, height_m
        Size of the window.

    Returns
    -------
    Centred on a point, the first of equals; points on its rim are inside.
    """
    stretched = points / np.array([width_m / 2, height_m / 2])
    inside = cKDTree(stretched).query_ball_point(stretched, 1.0, p=np.inf)
    held = [float(weights[members].sum()) for members in inside]
    x, y = points[int(np.argmax(held))]
    return Window(
        float(x - width_m / 2),
        float(y - height_m / 2),
        float(x + width_m / 2),
        float(y + height_m / 2),
    )
