"""What slope costs on foot, along and against each street, from the heights of the ground.

The measure is Tobler's hiking function (W. Tobler, *Three presentations on geographical analysis
and modeling*, NCGIA technical report 93-1, 1993): speed is proportional to
``exp(-3.5 |s + 0.05|)`` at slope ``s``, rising positive. Relative to the flat a metre then costs
``exp(3.5 (|s + 0.05| - 0.05))`` metres.

A factor is never below 1. Tobler's walker is fastest at 5 % downhill, but whoever walks down to a
facility walks up to get home; a verdict must not be won by the way down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.canonical_edges import assemble
from spatial.elevation import Elevation
from spatial.errors import InputError
from spatial.grouping import weighted_count
from spatial.network import Network
from spatial.street_heights import Chain, cut_streets, drawn_straight
from spatial.traits import GROUND

# Tobler 1993.
_STEEPNESS: Final = 3.5
_KINDEST: Final = 0.05

# Up to the first, a slope is what errors of the raster explain, and counts as flat; from the
# second on it counts in full; between them it grows evenly, so that no metre of height jumps.
FLAT_UP_TO: Final = 0.02
FULL_FROM: Final = 0.04

# Steeper is hardly a street but a wall or a cutting the raster does not see.
STEEPEST: Final = 0.30

# Of the street length, most that may lie outside the raster, and on cells without a height.
MOST_OUTSIDE: Final = 0.05
MOST_UNKNOWN: Final = 0.20


@dataclass(frozen=True, eq=False)
class Slopes:
    """What slope costs on each edge of a network.

    Parameters
    ----------
    forward, backward
        Cost of a metre from `u` to `v` and from `v` to `u`, in metres on the flat, ≥ 1, shape
        (m,).
    length_m
        Length of all edges, metres.
    outside_m, unknown_m
        Length that lies outside the raster, and on cells without a height: it counts as flat.
    """

    forward: NDArray[np.float64]
    backward: NDArray[np.float64]
    length_m: float
    outside_m: float
    unknown_m: float

    @property
    def sloped_share(self) -> float:
        """Share of the edges that cost more than on the flat in either direction, in [0, 1]."""
        return float(((self.forward > 1) | (self.backward > 1)).mean())


def tobler_factor(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a metre costs in metres on the flat, ≥ 1.

    Parameters
    ----------
    slope
        Rise over run in the direction of walking, positive uphill. NaN costs 1.
    """
    cost = np.exp(_STEEPNESS * (np.abs(slope + _KINDEST) - _KINDEST))
    return np.asarray(np.fmax(cost, 1.0))


def counted_slope(slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the slope that counts: none up to `FLAT_UP_TO`, all from `FULL_FROM`, ≤ `STEEPEST`.

    Odd in `slope`, continuous and never steeper than given. NaN stays NaN.
    """
    steep = np.abs(slope)
    growing = (steep - FLAT_UP_TO) * FULL_FROM / (FULL_FROM - FLAT_UP_TO)
    counted = np.where(steep < FULL_FROM, np.maximum(growing, 0.0), steep)
    return np.asarray(np.sign(slope) * np.minimum(counted, STEEPEST))


def measure_slopes(network: Network, elevation: Elevation) -> Slopes:
    """Measure the slopes of a network on the ground.

    Heights are those of `Elevation.sample` at most `SAMPLE_STEP_M` apart, so that a stub of 3 m
    has the slope of the ground for some hundred metres around. A street between two samples has
    the slope between them, as `counted_slope` counts it.

    Bridges and tunnels, and streets within `END_ZONE_M` of where they join others, run straight
    between the ground beyond; edges of one bridge are one, and one that joins nothing is flat.
    About its ends a street has the slope so drawn or its own on the ground, whichever is gentler,
    and none where they go different ways. Stairs and lifts cost nothing here, having penalties of
    their own, and do not carry heights. A street without known heights is flat, and its length is
    told.

    Parameters
    ----------
    network
        Streets.
    elevation
        Heights of the ground (a surface of roofs and trees makes hills of them) that reach over
        the whole network.

    Raises
    ------
    InputError
        When more than `MOST_OUTSIDE` of the street length lies outside the raster, or more than
        `MOST_UNKNOWN` on cells without a height.
    """
    traits = network.traits
    structure = np.asarray(traits.structure) != GROUND
    # Half a lift is that at one end of a street, which is a street for all that; of a bridge it is
    # how one gets up.
    lifts = np.asarray(traits.lifts)
    climbed = np.asarray(traits.steps) | (lifts >= 1) | (structure & (lifts > 0))
    chain = cut_streets(network, whole=structure | climbed)
    outside = ~elevation.inside(chain.lonlat)
    outside_m = float(chain.metres[outside[chain.start] | outside[chain.end]].sum())
    length_m = float(chain.metres.sum())
    ground = elevation.sample(chain.lonlat)
    # Of a bridge only what lies beyond its ends is asked.
    asked = (~structure & ~climbed)[chain.edge]
    blind = ~outside & np.isnan(ground)
    unknown_m = float(chain.metres[asked & (blind[chain.start] | blind[chain.end])].sum())
    _refuse_poor_cover(outside_m / length_m, unknown_m / length_m)

    carried = ~climbed[chain.edge]
    drawn = drawn_straight(chain, ground, structure=structure[chain.edge], carried=carried)
    slope = chain.rise(drawn)
    own = np.where(asked, chain.rise(ground), np.nan)
    slope = np.where(np.isnan(own), slope, _gentler(slope, own))
    slope = counted_slope(np.where(carried, slope, 0.0))
    edges = len(network.u)
    return Slopes(
        forward=_mean(tobler_factor(slope), chain, edges),
        backward=_mean(tobler_factor(-slope), chain, edges),
        length_m=length_m,
        outside_m=outside_m,
        unknown_m=unknown_m,
    )


def with_slope(network: Network, elevation: Elevation) -> Network:
    """Return the network with what slope costs on each edge; see `measure_slopes`.

    The version is another wherever any factor is.
    """
    return sloped(network, measure_slopes(network, elevation))


def sloped(network: Network, slopes: Slopes) -> Network:
    """Return the network with measured slopes in the place of those it has."""
    return _with_factors(network, slopes.forward, slopes.backward)


def without_slope(network: Network) -> Network:
    """Return the network as if it were level everywhere, with the version such a network has."""
    level = np.ones(len(network.u))
    return _with_factors(network, level, level)


def _with_factors(
    network: Network, forward: NDArray[np.float64], backward: NDArray[np.float64]
) -> Network:
    return assemble(
        network.u,
        network.v,
        network.length_m,
        network.coordinates,
        network.offsets,
        replace(network.traits, slope_forward=forward, slope_backward=backward),
        left_out=network.left_out,
        barriers=network.barriers,
    )


def _refuse_poor_cover(outside: float, unknown: float) -> None:
    """Refuse a raster of which too little lies under the streets; shares of the length."""
    if outside > MOST_OUTSIDE:
        share = f"{100 * outside:.0f} % of the street length lies outside"
        raise InputError(f"the raster does not cover the network: {share}")
    if unknown > MOST_UNKNOWN:
        share = f"{100 * unknown:.0f} % of the street length"
        raise InputError(f"the raster does not cover the network: it has no height for {share}")


def _gentler(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return of two slopes the gentler where they go the same way, and level elsewhere."""
    same = np.sign(one) == np.sign(other)
    return np.where(same, np.sign(one) * np.minimum(np.abs(one), np.abs(other)), 0.0)


def _mean(cost: NDArray[np.float64], chain: Chain, size: int) -> NDArray[np.float64]:
    """Average costs over each edge by length; an average of ones is 1 to the last bit."""
    above = weighted_count(chain.edge, (cost - 1) * chain.metres, size=size)
    return 1 + above / weighted_count(chain.edge, chain.metres, size=size)
