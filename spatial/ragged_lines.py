"""Edges in one form, whatever order and direction they came in: nodes, turns, copies.

Lines are ragged: line i has the vertices ``lonlat[offsets[i]:offsets[i + 1]]``, degrees in
EPSG:4326, at least two each.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.crs import geodesic_m
from spatial.grouping import weighted_count
from spatial.traits import EdgeTraits, differing

# Ends closer than this are one node: about a millimetre, far below any survey's accuracy.
_NODE_GRID_DEG: Final = 1e-8


def chosen_lines(
    coordinates: NDArray[np.float64], offsets: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Pick the lines numbered `chosen`, in that order: their coordinates and offsets."""
    count = np.diff(offsets)[chosen]
    picked = np.concatenate([[0], np.cumsum(count)])
    at = np.arange(picked[-1]) + np.repeat(offsets[chosen] - picked[:-1], count)
    return coordinates[at], picked


def number_nodes(
    lonlat: NDArray[np.float64], offsets: NDArray[np.int64], cut: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the ends of lines node numbers, in the order of longitude, then latitude.

    Ends within the same 10⁻⁸ degree are one node. `cut`, shape (m, 2), tells of the beginning and
    the end of each line whether it joins no other: it is then a node of its own.

    Returns
    -------
    u, v
        Node of the beginning and of the end of each line, shape (m,) each.
    """
    ends = np.concatenate([lonlat[offsets[:-1]], lonlat[offsets[1:] - 1]])
    cells = np.rint(ends / _NODE_GRID_DEG).astype(np.int64)
    alone = np.concatenate([cut[:, 0], cut[:, 1]])
    # What tells cut ends at one place apart must not depend on the order of the lines.
    salt = np.zeros(len(ends), dtype=np.uint64)
    lines = len(offsets) - 1
    for end in np.flatnonzero(alone).tolist():
        line = end % lines
        along = lonlat[offsets[line] : offsets[line + 1]]
        outward = along if end < lines else along[::-1]
        digest = hashlib.sha256(np.ascontiguousarray(outward).tobytes()).digest()
        salt[end] = int.from_bytes(digest[:8], "big") | 1
    order = np.lexsort((salt, cells[:, 1], cells[:, 0]))
    x, y, s = cells[order, 0], cells[order, 1], salt[order]
    new = np.ones(len(order), dtype=np.int64)
    new[1:] = (x[1:] != x[:-1]) | (y[1:] != y[:-1]) | (s[1:] != s[:-1])
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number[:lines], number[lines:]


def ends_backward(lonlat: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which lines have the greater vertex after their beginning: loops turn so."""
    second, last = lonlat[offsets[:-1] + 1], lonlat[offsets[1:] - 2]
    east = second[:, 0] - last[:, 0]
    backward = (east > 0) | ((east == 0) & (second[:, 1] > last[:, 1]))
    return np.asarray(backward, dtype=np.bool_)


def reverse(
    lonlat: NDArray[np.float64], offsets: NDArray[np.int64], mask: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Turn the lines of the mask round."""
    count = np.diff(offsets)
    within = np.arange(len(lonlat)) - np.repeat(offsets[:-1], count)
    back = np.repeat(offsets[1:] - 1, count) - within
    turned = np.repeat(mask, count)
    return lonlat[np.where(turned, back, np.arange(len(lonlat)))]


def ordered(
    u: NDArray[np.int64],
    v: NDArray[np.int64],
    lonlat: NDArray[np.float64],
    offsets: NDArray[np.int64],
    traits: EdgeTraits,
) -> NDArray[np.int64]:
    """Order edges by their nodes, parallel ones by their form, and leave out exact copies."""
    order = np.lexsort((v, u))
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (u[order][1:] == u[order][:-1]) & (v[order][1:] == v[order][:-1])
    group = np.cumsum(~same) - 1
    parallel = np.isin(group, group[same])
    kept = [order[~parallel]]
    others = differing(traits)
    by_pair: dict[int, list[int]] = {}
    for number, edge in zip(group[parallel].tolist(), order[parallel].tolist(), strict=True):
        by_pair.setdefault(number, []).append(edge)
    for edges in by_pair.values():
        # Edges of one form and the same traits are copies, whatever class they carry.
        forms = sorted(
            (
                lonlat[offsets[edge] : offsets[edge + 1]].tobytes(),
                tuple(array[edge].item() for array in others.values()),
                str(traits.highway[edge] or ""),
                edge,
            )
            for edge in edges
        )
        kept.append(
            np.array(
                [
                    form[3]
                    for before, form in zip([None, *forms[:-1]], forms, strict=True)
                    if before is None or before[:2] != form[:2]
                ],
                dtype=np.int64,
            )
        )
    found = np.concatenate(kept)
    # Within a pair the order found above stays: the sort is stable.
    return found[np.lexsort((v[found], u[found]))]


def ragged_lengths_m(
    lonlat: NDArray[np.float64], offsets: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Measure lines given by ragged coordinates in EPSG:4326, in metres, shape (m,)."""
    lines = len(offsets) - 1
    line = np.repeat(np.arange(lines), np.diff(offsets))
    inside = line[1:] == line[:-1]
    steps = geodesic_m(lonlat[:-1][inside], lonlat[1:][inside])
    return weighted_count(line[:-1][inside], steps, size=lines)
