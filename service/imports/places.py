"""Reading places to ask about from a file: one that cannot be used is told, and spoils no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from service.imports.cells import is_missing
from service.imports.coordinates import to_lonlat
from service.imports.crs_check import decide_system
from service.imports.formats import read_raw
from service.imports.geometries import parse_geometries
from service.imports.placed_rows import place_rows
from service.imports.raw import PLAIN, Reading
from spatial.doors import unusable
from spatial.errors import InputError

_KEYS: Final = ("id", "ID", "fid")


@dataclass(frozen=True, eq=False)
class ReadPlaces:
    """Places in the order of the file.

    Parameters
    ----------
    ids
        Column ``id``, else the number of the row from 1.
    geometry
        In EPSG:4326, flat; None for one that cannot be used, shape (n,).
    faults
        What is wrong, by position from 0.
    """

    ids: NDArray[Any]
    geometry: NDArray[Any]
    faults: Mapping[int, str]


def read_places_file(path: Path, *, crs: str | None = None, how: Reading = PLAIN) -> ReadPlaces:
    """Read a file of places of any known format; only their ids and geometries are read.

    Parameters
    ----------
    crs
        System of the coordinates; None for what the file says.
    how
        Its encoding and heading, and what reading it may cost.

    Raises
    ------
    InputError
        When the file cannot be read at all, or has no rows.
    UnknownCRSError
        When nobody says which system the coordinates are in.
    """
    source = str(path)
    raw = read_raw(path, prefer="places", how=how)
    frame, faults = raw.frame, dict[int, str]()
    if not raw.placed:
        placed = place_rows(frame, source=source)
        frame = placed.frame
        faults |= {(fault.row or 1) - 1: fault.message for fault in placed.faults}
    if not len(frame):
        raise InputError(f"{source}: has no rows")
    parsed = parse_geometries(frame["geometry"])
    faults |= dict(parsed.faults)
    system, _ = decide_system(raw, parsed.geometries, option=crs, source=source)
    located = to_lonlat({"geometry": parsed.geometries}, system, source=source)
    faults |= {(fault.row or 1) - 1: fault.message for fault in located.faults}
    geometry = np.asarray(shapely.force_2d(located.columns["geometry"]), dtype=object)
    geometry[sorted(faults)] = None
    for at in np.flatnonzero(unusable(geometry)).tolist():
        faults.setdefault(at, "the place is missing, empty or not valid")
        geometry[at] = None
    column = next((name for name in _KEYS if name in frame.columns), None)
    cells = [None] * len(frame) if column is None else frame[column].astype(object).tolist()
    if column is None and raw.feature_ids is not None:
        cells = list(raw.feature_ids[1])
    ids = np.array(
        [str(row + 1) if is_missing(cell) else str(cell) for row, cell in enumerate(cells)],
        dtype=object,
    )
    return ReadPlaces(ids, geometry, faults)
