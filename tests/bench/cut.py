"""Smaller networks cut from a large one."""

from __future__ import annotations

import numpy as np

from spatial.network import Network
from spatial.network_building import build_network


def cut_network(network: Network, *, share: float) -> Network:
    """Keep the edges nearest to the network's middle, in degrees; the same ones every time.

    Parameters
    ----------
    network
        The streets.
    share
        How many of its edges, in (0, 1].
    """
    ends = (network.node_lonlat[network.u] + network.node_lonlat[network.v]) / 2
    away = np.linalg.norm(ends - np.median(ends, axis=0), axis=1)
    kept = np.sort(np.argsort(away, kind="stable")[: max(1, round(share * len(away)))])
    return build_network(network.edge_frame().iloc[kept][["highway", "geometry"]])
