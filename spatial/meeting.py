"""Finding where lines cross, touch or overlap without a common end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

# Parts of different levels at one place are drawn this far apart: a network joins ends that are
# nearer than about a millimetre.
_ASIDE_M: Final = 0.003


@dataclass(frozen=True, eq=False)
class Meetings:
    """Where lines are to be cut, and where their ends belong.

    Parameters
    ----------
    piece, place
        One row a line and a place on it, shapes (k,) and (k, 2); a line's own ends among them.
    start, end
        The first and last place of each line, shape (n, 2) each: its own, or that of another end
        within the tolerance.
    """

    piece: NDArray[np.intp]
    place: NDArray[np.float64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]


def find_meetings(pieces: NDArray[Any], keys: NDArray[np.intp], *, tolerance_m: float) -> Meetings:
    """Find where lines of one height meet, places within the tolerance being one.

    Parameters
    ----------
    pieces
        LineStrings that do not cross themselves, coordinates in metres, shape (n,).
    keys
        Number of the height each one runs at, from 0, shape (n,): equal ones meet anywhere,
        others at ends that are at the same coordinates already.
    tolerance_m
        Places and ends this near (≤) are one place: an end where there is one.
    """
    count = len(pieces)
    tree = shapely.STRtree(pieces)
    one, other = tree.query(pieces, predicate="intersects")
    wanted = (one < other) & (keys[one] == keys[other])
    one, other = one[wanted], other[wanted]
    crossing_one, crossing_other, crossing = _meetings(pieces, one, other)

    ends = np.concatenate([shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)])
    end_piece = np.tile(np.arange(count, dtype=np.intp), 2)
    end_xy = shapely.get_coordinates(ends)
    end, near = tree.query(ends, predicate="dwithin", distance=tolerance_m)
    touching = (end_piece[end] != near) & (keys[end_piece[end]] == keys[near])
    end, near = end[touching], near[touching]

    # One list of points: the ends as they are, then the crossings, then ends as cuts of others.
    xy = np.concatenate([end_xy, crossing, crossing, end_xy[end]])
    piece = np.concatenate([end_piece, crossing_one, crossing_other, near])
    is_end = np.zeros(len(xy), dtype=bool)
    is_end[: 2 * count] = True
    xy = _gathered(xy, keys[piece], is_end, tolerance_m)
    return Meetings(
        piece=piece[2 * count :],
        place=xy[2 * count :],
        start=xy[:count],
        end=xy[count : 2 * count],
    )


def _meetings(
    pieces: NDArray[Any], one: NDArray[np.intp], other: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return where pairs of pieces meet but for common ends; overlaps at all their vertices."""
    meeting = shapely.intersection(pieces[one], pieces[other])
    xy, pair = shapely.get_coordinates(meeting, return_index=True)
    # A copy of a line overlaps it all along, and needs no cut.
    copies = np.zeros(len(one), dtype=bool)
    lengthy = np.flatnonzero(shapely.get_dimensions(meeting) == 1)
    copies[lengthy] = shapely.equals_exact(
        shapely.normalize(pieces[one[lengthy]]), shapely.normalize(pieces[other[lengthy]])
    )
    ends = [
        shapely.get_coordinates(shapely.get_point(pieces[which], place))
        for which in (one, other)
        for place in (0, -1)
    ]
    at_end = [(xy == end[pair]).all(axis=1) for end in ends]
    common = (at_end[0] | at_end[1]) & (at_end[2] | at_end[3])
    kept = ~common & ~copies[pair]
    return one[pair[kept]], other[pair[kept]], xy[kept]


def _gathered(
    xy: NDArray[np.float64],
    keys: NDArray[np.intp],
    is_end: NDArray[np.bool_],
    tolerance_m: float,
) -> NDArray[np.float64]:
    """Bring places of one height that are within the tolerance to one coordinate.

    An end that is there goes before a place computed; ends at the same coordinates stay together
    whatever their height.
    """
    _, first, number = np.unique(as_complex(xy), return_index=True, return_inverse=True)
    unique = xy[first]
    heights = int(keys.max()) + 1
    # What is no end at its own height is a place of its own, apart from those of other heights.
    ended = np.isin(number * heights + keys, (number * heights + keys)[is_end])
    own = np.where(ended, 0, keys + 1)
    rows, place = np.unique(number * (heights + 1) + own, return_inverse=True)
    spots, spot_key = unique[rows // (heights + 1)], rows % (heights + 1)
    near = KDTree(spots).query_pairs(tolerance_m, output_type="ndarray")
    near = near[_share_a_height(near, place, keys)]
    size = len(spots)
    links = csr_matrix((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(size, size))
    _, group = connected_components(links, directed=False)
    # Ends first, then by coordinates, so that the order of the lines does not matter.
    order = np.lexsort((spots[:, 1], spots[:, 0], spot_key != 0))
    _, first = np.unique(group[order], return_index=True)
    chosen = order[first]
    gathered = spots[chosen]
    return _aside(gathered, spot_key[chosen])[group][place]


def _share_a_height(
    pairs: NDArray[np.intp], place: NDArray[np.intp], keys: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Tell which pairs of places have a line of the same height."""
    if not len(pairs):
        return np.zeros(0, dtype=bool)
    heights = int(keys.max()) + 1
    rows = np.unique(place * heights + keys)
    shape = (int(place.max()) + 1, heights)
    has = csr_matrix((np.ones(len(rows)), (rows // heights, rows % heights)), shape=shape)
    both = has[pairs[:, 0]].multiply(has[pairs[:, 1]])
    return np.asarray(both.sum(axis=1)).reshape(-1) > 0


def _aside(xy: NDArray[np.float64], key: NDArray[np.intp]) -> NDArray[np.float64]:
    """Move places of different heights apart that are nearer than a network tells apart."""
    near = KDTree(xy).query_pairs(_ASIDE_M / 2, output_type="ndarray")
    if not len(near):
        return xy
    size = len(xy)
    links = csr_matrix((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(size, size))
    _, group = connected_components(links, directed=False)
    # The true ends stay (their key is 0), the heights follow in order.
    order = np.lexsort((key, group))
    start = np.ones(size, dtype=bool)
    start[1:] = group[order][1:] != group[order][:-1]
    higher = np.cumsum(~start & (key[order] != np.roll(key[order], 1)))
    rank = higher - np.maximum.accumulate(np.where(start, higher, 0))
    moved = xy.copy()
    moved[order, 0] += rank * _ASIDE_M
    return moved


def as_complex(xy: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return coordinates as single numbers, which sort faster than rows."""
    return np.asarray(xy[:, 0] + 1j * xy[:, 1], dtype=np.complex128)
