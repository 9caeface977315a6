"""Reading an OpenStreetMap file as the layers an evaluation needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from geopandas import GeoDataFrame

from service.imports.osm.layers import SOURCE, OsmPlaces, place_layers
from service.imports.osm.places import read_places
from service.imports.osm.streets import OUTSIDE, read_streets
from service.imports.validation import check
from spatial.errors import InputError
from spatial.fields import LAYERS

PLACE_LAYERS: Final = ("districts", "buildings", "facilities")
ORIGIN_CRS: Final = "EPSG:4326"
_SHOWN: Final = 5


@dataclass(frozen=True, eq=False)
class OsmLines:
    """Street lines of a file, EPSG:4326, with a column ``source``, and what to know of them."""

    frame: GeoDataFrame
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class OsmLayer:
    """A validated layer of a file, EPSG:4326, and what to know of it."""

    frame: GeoDataFrame
    warnings: tuple[str, ...]


def read_osm_lines(path: Path) -> OsmLines:
    """Read the streets of a file.

    Raises
    ------
    InputError
        When the file cannot be read, or has no way that is walked.
    """
    streets = read_streets(path)
    if not len(streets.frame):
        of = f"; of its {streets.ways} streets: {_counts(streets.left_out)}" if streets.ways else ""
        # Places are kept as nodes stream by: a way before its nodes has none.
        hint = (
            "; nodes must come before ways, numbered above 0" if OUTSIDE in streets.left_out else ""
        )
        raise InputError(f"{path}: has no way that is walked{of}{hint}")
    warnings = _told(path, "streets", streets.left_out, streets.notes)
    return OsmLines(streets.frame.assign(source=SOURCE), tuple(warnings))


def read_osm_places(
    path: Path, *, layers: Collection[str] = PLACE_LAYERS
) -> Mapping[str, OsmLayer]:
    """Read where people live and who cares for them.

    Parameters
    ----------
    path
        OpenStreetMap PBF or XML.
    layers
        Which of `PLACE_LAYERS` are wanted.

    Raises
    ------
    InputError
        When the file cannot be read, or districts are wanted and it has nothing residential.
    """
    read = place_layers(read_places(path))
    if "districts" in layers and not len(read.districts):
        raise InputError(f"{path}: has neither residential areas nor residential buildings")
    return {name: _layer(path, name, read) for name in PLACE_LAYERS if name in layers}


def _layer(path: Path, name: str, read: OsmPlaces) -> OsmLayer:
    checked = check(getattr(read, name), LAYERS[name], source=f"{path}, {name}")
    told = {f"{reason} ({_some(ids)})": len(ids) for reason, ids in read.left_out[name].items()}
    warnings = _told(path, name, told, read.notes[name])
    if not len(checked.frame):
        warnings.append(f"{path}: has no {name}")
    return OsmLayer(checked.frame, (*warnings, *checked.warnings))


def _told(
    path: Path, what: str, left_out: Mapping[str, int], notes: Mapping[str, int]
) -> list[str]:
    """Return what to know of a layer, in lines."""
    lines = []
    if any(left_out.values()):
        lines.append(f"{path}: {what} left out: {_counts(left_out)}")
    if any(notes.values()):
        lines.append(f"{path}: {what}, to be known: {_counts(notes)}")
    return lines


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.items() if count)


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more
