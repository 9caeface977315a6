"""Pandana as a peer. The only module that imports it: it is an optional dependency."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandana
import pandas as pd
from numpy.typing import NDArray

from spatial.crs import project_lonlat
from spatial.graph import WalkGraph
from spatial.network import Network

# Pandana cuts every edge to a whole millimetre, so a path of many edges comes out shorter.
TOLERANCE_M = 0.5

_CATEGORY = "facilities"


def build(network: Network, xy: NDArray[np.float64]) -> pandana.Network:
    """Build pandana's network, contraction hierarchy included.

    Parameters
    ----------
    network
        The streets.
    xy
        Node coordinates in metres, so that the nearest node is nearest in metres, shape (n, 2).
    """
    with quiet():
        return pandana.Network(
            pd.Series(xy[:, 0]),
            pd.Series(xy[:, 1]),
            pd.Series(network.u.astype(np.int64)),
            pd.Series(network.v.astype(np.int64)),
            pd.DataFrame({"length_m": network.length_m}),
            twoway=True,
        )


def node_xy(network: Network, graph: WalkGraph) -> NDArray[np.float64]:
    """Node coordinates in the graph's projected system, metres, shape (n, 2)."""
    return project_lonlat(np.asarray(network.node_lonlat), target=graph.crs)


def place_facilities(network: pandana.Network, xy: NDArray[np.float64], *, limit_m: float) -> None:
    """Put facilities on their nearest nodes, metres, shape (k, 2)."""
    network.set_pois(_CATEGORY, limit_m, 1, pd.Series(xy[:, 0]), pd.Series(xy[:, 1]))


def nearest(network: pandana.Network, *, limit_m: float) -> pd.Series:
    """Metres to the nearest facility for every node; `limit_m` where there is none within it."""
    found: pd.DataFrame = network.nearest_pois(limit_m, _CATEGORY, num_pois=1)
    return found[1]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what C++ code prints off standard output."""
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(nowhere)
        os.close(kept)
