"""Splitting street lines where they cross or touch without a common end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.grouping import weighted_count
from spatial.meeting import Meetings, as_complex, find_meetings

# Columns whose figure belongs to the whole line, so that its parts share it by length.
SHARED_COLUMNS: Final = ("crossings", "lifts")
# Columns that say which lines run at the same height.
LEVEL_COLUMNS: Final = ("level", "layer", "structure", "bridge", "tunnel")

_NOTHING: Final = frozenset({"", "no", "none", "nan", "false", "f", "0", "0.0", "<na>"})
# Metres of a degree of latitude, near enough to say what a tolerance in metres is in degrees.
_DEGREE_M: Final = 111_320.0


@dataclass(frozen=True, eq=False)
class Planarized:
    """Street lines that meet only at their ends.

    Parameters
    ----------
    lines
        The lines and parts of lines, LineStrings in the system they came in, index 0..n-1; the
        parts of a line follow one another in its direction and carry its attributes.
    parent
        Position of the line each one is a part of, shape (n,).
    cut
        How many lines were split.
    places
        At how many places lines were split.
    """

    lines: GeoDataFrame
    parent: NDArray[np.intp]
    cut: int
    places: int


def planarize(lines: GeoDataFrame, *, tolerance_m: float = 0.01) -> Planarized:
    """Split lines where they cross, touch or overlap, so that they meet there.

    Lines of one height meet: those whose ``level``, ``layer`` and ``structure`` (or ``bridge``,
    ``tunnel``) say the same, missing values being the ground. Lines of different heights meet
    only where both had an end at the same coordinates before: a bridge does not meet what passes
    beneath it. Where lines of different heights are split at the very same place, their new ends
    are drawn 3 mm apart.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings in any system, with or without the columns of street lines
        (`spatial.network_building.build_network`). Missing and empty geometries are kept as they
        are.
    tolerance_m
        An end nearer than this (≤) to another line, or to another end, lies on it: the line is
        bent to the end, and ends are moved together. In degrees as at the middle of the extent.

    Returns
    -------
    The lines in their order. ``crossings`` and ``lifts`` are shared by length; ``cut_start`` and
    ``cut_end`` stay with the true ends; every other attribute is copied. Lines that overlap are
    split so that what they have in common are exact copies, which a network takes once.

    Notes
    -----
    A place where a line crosses itself is split too. Heights (z) are not kept.
    """
    exploded = lines.reset_index(drop=True)
    origin, parent = _take_apart(exploded)
    if not len(origin):
        return Planarized(exploded, np.arange(len(exploded)), 0, 0)
    scale = _scale_m(lines, origin)
    keys = _level_keys(exploded)[parent]
    # A line that meets itself is cut at all its vertices first; then it is like several lines.
    pieces, piece_line = _simple_pieces(_scaled(origin, scale))
    cuts = find_meetings(pieces, keys[piece_line], tolerance_m=tolerance_m)
    parts = _split(pieces, cuts, tolerance_m)
    # Back in the coordinates of the frame, those that were not moved to the last bit.
    line_of = piece_line[parts.piece]
    geometry = _unscaled(parts.geometry, scale, known=origin)
    return _frame(exploded, geometry, line_of=line_of, parent=parent, places=parts.places)


@dataclass(frozen=True, eq=False)
class _Parts:
    geometry: NDArray[Any]
    piece: NDArray[np.intp]
    places: int


def _take_apart(lines: GeoDataFrame) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the LineStrings of all rows in two dimensions, and the row of each."""
    geometry = np.asarray(lines.geometry.array, dtype=object)
    parts, row = shapely.get_parts(geometry, return_index=True)
    parts = shapely.force_2d(np.asarray(parts, dtype=object))
    coordinates, owner = shapely.get_coordinates(parts, return_index=True)
    usable = ~shapely.is_empty(parts) & (
        shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    )
    usable[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return parts[usable], np.asarray(row[usable], dtype=np.intp)


def _scale_m(lines: GeoDataFrame, parts: NDArray[Any]) -> NDArray[np.float64]:
    """Return how many metres a unit of x and of y is; straight lines stay straight."""
    crs = lines.crs
    if crs is None:
        return np.ones(2)
    if not crs.is_geographic:
        return np.full(2, float(crs.axis_info[0].unit_conversion_factor))
    _, south, _, north = shapely.total_bounds(parts)
    middle = np.clip((south + north) / 2, -89.0, 89.0)
    return np.array([_DEGREE_M * np.cos(np.radians(middle)), _DEGREE_M])


def _scaled(geometry: NDArray[Any], scale: NDArray[np.float64]) -> NDArray[Any]:
    return np.asarray(shapely.transform(geometry, lambda xy: xy * scale), dtype=object)


def _unscaled(
    geometry: NDArray[Any], scale: NDArray[np.float64], *, known: NDArray[Any]
) -> NDArray[Any]:
    """Undo `_scaled`; a coordinate that comes from `known` gets its very value back."""
    values = shapely.get_coordinates(known)
    table, first = np.unique(as_complex(values * scale), return_index=True)
    values = values[first]

    def back(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        wanted = as_complex(xy)
        at = np.minimum(np.searchsorted(table, wanted), len(table) - 1)
        return np.where((table[at] == wanted)[:, None], values[at], xy / scale)

    return np.asarray(shapely.transform(geometry, back), dtype=object)


def _level_keys(lines: GeoDataFrame) -> NDArray[np.intp]:
    """Give each height lines run at a number: those of equal numbers meet."""
    columns = [_level_texts(lines[name]) for name in LEVEL_COLUMNS if name in lines]
    if not columns:
        return np.zeros(len(lines), dtype=np.intp)
    _, number = np.unique(np.column_stack(columns).astype(str), axis=0, return_inverse=True)
    return np.asarray(number, dtype=np.intp).reshape(-1)


def _level_texts(column: Any) -> NDArray[Any]:  # noqa: ANN401  # a pandas column of anything
    texts, codes = np.unique(column.astype(object).map(str).to_numpy(str), return_inverse=True)
    return np.array([_level_text(str(text)) for text in texts], dtype=object)[codes]


def _level_text(text: str) -> str:
    """Bring what says the same into one form: ``1`` and ``1.0``, ``0;1`` and ``1;0``."""
    words = []
    for word in text.strip().casefold().split(";"):
        try:
            words.append(f"{float(word):g}")
        except ValueError:
            words.append(word.strip())
    joined = ";".join(sorted(set(words)))
    return "" if joined in _NOTHING else joined


def _simple_pieces(lines: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Cut lines that meet themselves at all their vertices; the others are one piece each."""
    number = np.arange(len(lines), dtype=np.intp)
    crossed = ~shapely.is_simple(lines)
    if not crossed.any():
        return lines, number
    xy, owner = shapely.get_coordinates(lines[crossed], return_index=True)
    step = (owner[1:] == owner[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    segments = shapely.linestrings(np.stack([xy[:-1][step], xy[1:][step]], axis=1))
    segment_line = number[crossed][owner[:-1][step]]
    # A line of no length has no segment; it stays as it is, for the network to count.
    kept = ~crossed
    kept[crossed] = ~np.isin(number[crossed], segment_line)
    pieces = np.concatenate([lines[kept], segments])
    piece_line = np.concatenate([number[kept], segment_line])
    order = np.argsort(piece_line, kind="stable")
    return pieces[order], piece_line[order]


def _split(pieces: NDArray[Any], cuts: Meetings, tolerance_m: float) -> _Parts:
    """Cut pieces at their places and bring their ends where they belong."""
    at_end = (cuts.place == cuts.start[cuts.piece]).all(axis=1)
    at_end |= (cuts.place == cuts.end[cuts.piece]).all(axis=1)
    rows = np.unique(np.column_stack([cuts.piece, cuts.place])[~at_end], axis=0)
    cut_piece, place = rows[:, 0].astype(np.intp), rows[:, 1:]
    along = shapely.line_locate_point(pieces[cut_piece], shapely.points(place))

    xy, owner = shapely.get_coordinates(pieces, return_index=True)
    first = np.ones(len(xy), dtype=bool)
    first[1:] = owner[1:] != owner[:-1]
    last = np.roll(first, -1)
    steps = np.zeros(len(xy))
    steps[1:] = np.where(first[1:], 0.0, np.hypot(*(xy[1:] - xy[:-1]).T))
    total = np.cumsum(steps)
    vertex_along = total - total[first][np.cumsum(first) - 1]
    xy = xy.copy()
    xy[first], xy[last] = cuts.start, cuts.end
    # An end stays an end wherever rounding would sort a cut.
    sort_along = np.where(first, -np.inf, np.where(last, np.inf, vertex_along))

    owner = np.concatenate([owner, cut_piece])
    xy = np.concatenate([xy, place])
    is_cut = np.concatenate([np.zeros(len(first), dtype=bool), np.ones(len(place), dtype=bool)])
    inner = np.concatenate([~(first | last), np.zeros(len(place), dtype=bool)])
    order = np.lexsort((np.concatenate([sort_along, along]), owner))
    owner, xy, is_cut, inner = owner[order], xy[order], is_cut[order], inner[order]
    kept = ~(inner & _beside_a_cut(owner, xy, is_cut, tolerance_m))
    owner, xy, is_cut = owner[kept], xy[kept], is_cut[kept]

    copies = np.where(is_cut, 2, 1)
    row = np.repeat(np.arange(len(owner)), copies)
    second = np.zeros(len(row), dtype=bool)
    second[1:] = row[1:] == row[:-1]
    starts = second.copy()
    starts[0] = True
    starts[1:] |= owner[row][1:] != owner[row][:-1]
    part = np.cumsum(starts) - 1
    geometry = shapely.linestrings(xy[row], indices=part)
    return _Parts(
        np.asarray(geometry, dtype=object),
        np.asarray(owner[row][starts], dtype=np.intp),
        len(np.unique(place, axis=0)),
    )


def _beside_a_cut(
    owner: NDArray[np.intp],
    xy: NDArray[np.float64],
    is_cut: NDArray[np.bool_],
    tolerance_m: float,
) -> NDArray[np.bool_]:
    """Tell which rows lie next to a cut of their piece, within the tolerance."""
    close = (owner[1:] == owner[:-1]) & (np.hypot(*(xy[1:] - xy[:-1]).T) <= tolerance_m)
    beside = np.zeros(len(owner), dtype=bool)
    beside[:-1] |= close & is_cut[1:]
    beside[1:] |= close & is_cut[:-1]
    return beside & ~is_cut


def _frame(
    lines: GeoDataFrame,
    geometry: NDArray[Any],
    *,
    line_of: NDArray[np.intp],
    parent: NDArray[np.intp],
    places: int,
) -> Planarized:
    """Give the parts the attributes of their lines, with the rows that had no line to split."""
    row = parent[line_of]
    silent = np.setdiff1d(np.arange(len(lines)), row)
    every = np.concatenate([row, silent])
    order = np.argsort(every, kind="stable")
    shapes = np.concatenate([geometry, np.asarray(lines.geometry.array, dtype=object)[silent]])
    parts = lines.iloc[every[order]].reset_index(drop=True)
    parts = parts.set_geometry(GeoDataFrame(geometry=shapes[order], crs=lines.crs).geometry)
    row = every[order]
    first = np.ones(len(row), dtype=bool)
    first[1:] = row[1:] != row[:-1]
    last = np.roll(first, -1)
    for name, place in (("cut_start", first), ("cut_end", last)):
        if name in parts:
            parts[name] = parts[name].where(place, other=False)
    length = np.nan_to_num(np.asarray(shapely.length(shapes[order]), dtype=np.float64))
    whole = weighted_count(row, length, size=len(lines))[row]
    share = np.divide(length, whole, out=np.where(first, 1.0, 0.0), where=whole > 0)
    for name in SHARED_COLUMNS:
        if name in parts:
            parts[name] = parts[name].astype(np.float64) * share
    counts = np.bincount(row, minlength=len(lines))
    taken_apart = np.bincount(parent, minlength=len(lines))
    cut = int((counts > np.maximum(taken_apart, 1)).sum())
    return Planarized(parts, np.asarray(row, dtype=np.intp), cut, places)
