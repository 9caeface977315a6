"""Reading a layer, street lines or a network from a file, checked and in EPSG:4326."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from service.imports.column_map import NOT_READ, ColumnMap
from service.imports.columns import name_columns, place_rows, target_names
from service.imports.coordinates import Located, in_xy, to_lonlat
from service.imports.crs_check import CrsSubject, decide_system
from service.imports.encoding import EncodingEvidence
from service.imports.formats import FORMATS, LINE_FORMATS, read_raw
from service.imports.geometries import (
    Geometries,
    check_geometries,
    flatten,
    flattened_warning,
    parse_geometries,
)
from service.imports.joining import join_stored, says_where
from service.imports.osm.file import is_osm
from service.imports.osm.reader import ORIGIN_CRS, read_osm_lines
from service.imports.raw import PLAIN, RawTable, Reading, without_reasons
from service.imports.saved_mapping import SavedLayer, SavedMapping, saved_layer
from service.imports.street_columns import street_columns
from service.imports.systems import LONLAT, overrule_warning, refuse_other, same_crs
from service.imports.validation import check
from service.imports.values import Values, read_values
from spatial.coordinate_systems import CoordinateSystem
from spatial.errors import Fault, InputError, InputFaults, NetworkError
from spatial.fields import STATUSES, FieldType, Layer
from spatial.network import Network, build_network
from spatial.planarize import planarize as split_at_crossings
from spatial.webmap_crs import WebMap

LINE_TYPES: Final = ("LineString", "MultiLineString")
BARRIER_TYPES: Final = (*LINE_TYPES, "Polygon", "MultiPolygon")


@dataclass(frozen=True)
class ReadLayer:
    """A layer read from a file.

    Parameters
    ----------
    frame
        Validated, EPSG:4326, index 0..n-1 = data row - 1.
    origin_crs
        The system the file is in: an authority code, or WKT.
    transformation
        The operation to EPSG:4326 and its accuracy; None where nothing was to be done.
    warnings
        What was read otherwise than given, one line each.
    shared_columns
        Which of the columns named for several files this file has.
    columns
        What each column was taken for.
    values
        What was made of the cells; its frame is not in the fields' types yet.
    notes
        What was understood by the tables of headings, one line each.
    encoding
        How the bytes of its text were read, and why so; None where the format leaves no choice.
    not_read
        What the file holds besides, by kind: how many of it were left out.
    subject
        What `service.imports.crs_check` needs to check the system; None for frames of no file.
    """

    frame: gpd.GeoDataFrame
    origin_crs: str
    transformation: str | None
    warnings: tuple[str, ...]
    shared_columns: frozenset[str] = frozenset()
    columns: ColumnMap = field(default_factory=ColumnMap)
    values: Values | None = None
    notes: tuple[str, ...] = ()
    encoding: EncodingEvidence | None = None
    not_read: Mapping[str, int] = field(default_factory=dict)
    subject: CrsSubject | None = None

    def mapping(self, *, before: SavedLayer | None = None) -> SavedLayer:
        """Return what columns and words were taken for, on top of what was used for it."""
        words = {} if self.values is None else self.values.words
        return saved_layer(self.columns, words, before=before)


@dataclass(frozen=True)
class ReadLines:
    """Street lines or barriers read from a file, in the system the file is in.

    Those in GCJ-02 or BD-09 are in EPSG:4326, no register having a code for what they were in.
    """

    frame: gpd.GeoDataFrame
    origin_crs: str
    warnings: tuple[str, ...]
    subject: CrsSubject | None = None


@dataclass(frozen=True)
class ReadNetwork:
    """A street network read from a file.

    Parameters
    ----------
    network
        Edges in EPSG:4326.
    rows
        Lines in the file.
    sources
        What its column ``source`` says, each text once.
    origin_crs
        The system the file is in.
    warnings
        What was not taken, one line each.
    notes
        What was done besides, one line each.
    subject
        As in `ReadLayer`.
    """

    network: Network
    rows: int
    sources: tuple[str, ...]
    origin_crs: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
    subject: CrsSubject | None = None


def read_layer(  # noqa: PLR0913  # what a user may say of a file, by name only
    path: Path,
    layer: Layer,
    *,
    crs: str | None = None,
    columns: Mapping[str, str] = MappingProxyType({}),
    shared_columns: Mapping[str, str] = MappingProxyType({}),
    assume_status: str | None = None,
    saved: SavedMapping | None = None,
    kinds_from_names: bool = False,
    raw: RawTable | None = None,
    source: str | None = None,
    how: Reading = PLAIN,
    stored: Callable[[], gpd.GeoDataFrame] | None = None,
) -> ReadLayer:
    """Read a file of any known format as a layer.

    Parameters
    ----------
    path
        A file; ``file.gpkg|layername=name`` names one of its tables.
    layer
        What its rows are.
    crs
        The system of its coordinates, where the file does not say.
    columns
        Column in the file to field, for columns that do not bear the field's name.
    shared_columns
        The same said of several files at once: it holds where this file has the column and the
        layer the field.
    assume_status
        Status of facilities that give neither a status nor any date; None leaves it open.
    saved
        A saved mapping: what it says of this layer holds where `columns` says nothing.
    kinds_from_names
        True to take the kind of a facility without a type from its name.
    raw
        What stands in the file, where it has been read already.
    source
        What the file is called in messages; None means its path.
    how
        What the user says of encoding and heading, and what reading may cost.
    stored
        The features stored already, asked for where a table says nothing of where its rows are:
        they are joined to them by identifier, else by name, and change what they say.

    Raises
    ------
    InputError
        When the file or its columns cannot be used.
    UndeclaredCRSError
        When nobody says which system the coordinates are in; it carries what proposes one.
    InputFaults
        With every fault of every row.
    """
    source = source or str(path)
    raw = without_reasons(read_raw(path, prefer=layer.name, how=how) if raw is None else raw)
    frame = raw.frame
    shared = {
        column: target
        for column, target in shared_columns.items()
        if column in frame.columns and target in (*target_names(layer), NOT_READ)
    }
    columns = {**shared, **columns}
    if raw.feature_ids is not None:
        name, ids = raw.feature_ids
        target = columns.get(name, layer.key if raw.assumed_crs is not None else name)
        if name not in frame.columns and target in layer.names and target not in frame.columns:
            frame = frame.assign(**{name: pd.Series(ids, index=frame.index, dtype=object)})
            columns = {**columns, name: target}
    kept = (saved or SavedMapping()).of(layer.name)
    named = name_columns(
        frame, layer, columns, source=source, saved=kept.columns, placed=raw.placed
    )
    values = read_values(
        named.frame,
        layer,
        source=source,
        units=named.columns.units(),
        saved=kept,
        serial_dates=raw.serial_dates,
        kinds_from_names=kinds_from_names,
    )
    frame = values.frame
    faults = list(values.faults)
    at_fault = dict(values.at_fault)
    joined = not raw.placed and stored is not None and not says_where(frame)
    if joined and stored is not None:
        frame = join_stored(frame, layer, stored(), source=source)
        # Stored features are where they are, whatever is said of the coordinates of files.
        raw, crs = replace(raw, declared_crs=LONLAT), None
    elif not raw.placed:
        frame, at_fault["geometry"] = _placed(frame, source, faults)
    warnings = [*raw.warnings, *named.warnings, *(f"{source}: {w}" for w in values.warnings())]
    shapes: dict[str, Geometries] = {}
    for one in layer.fields:
        if one.type not in (FieldType.GEOMETRY, FieldType.POINTS) or one.name not in frame:
            continue
        parsed = parse_geometries(frame[one.name])
        faults.extend(Fault(source, at + 1, one.name, why) for at, why in parsed.faults)
        known = at_fault.get(one.name, frozenset())
        at_fault[one.name] = known | {at for at, _ in parsed.faults}
        shapes[one.name], count = flatten(parsed.geometries)
        warnings += flattened_warning(source, one.name, count=count, rows=len(frame))
    system, subject = decide_system(raw, shapes.get("geometry"), option=crs, source=source)
    located = to_lonlat(shapes, system, source=source)
    frame = frame.assign(
        **{
            name: pd.Series(shape, index=frame.index, dtype=object)
            for name, shape in located.columns.items()
        }
    )
    for name, positions in located.at_fault.items():
        at_fault[name] = at_fault.get(name, frozenset()) | positions
    try:
        checked = check(
            frame, layer, source=source, faults=(*faults, *located.faults), at_fault=at_fault
        )
    except InputFaults as error:
        raise InputFaults([_with_columns(f, named.columns) for f in error.faults]) from None
    overruled = overrule_warning(raw, system, option=crs, source=source)
    warnings += [*overruled, *located.warnings, *checked.warnings]
    warnings += [] if len(checked.frame) else [f"{source}: has no rows"]
    result = checked.frame
    if layer.name == "facilities":
        result, lines = _status(result, assume_status, source)
        warnings += lines
    note = named.columns.note()
    return ReadLayer(
        result,
        located.origin_crs,
        located.transformation,
        tuple(warnings),
        frozenset(shared),
        columns=named.columns,
        values=values,
        notes=() if note is None else (f"{source}: {note}",),
        encoding=raw.encoding,
        not_read=raw.not_read,
        subject=subject,
    )


def _placed(
    frame: pd.DataFrame, source: str, faults: list[Fault]
) -> tuple[pd.DataFrame, frozenset[int]]:
    """Give rows their geometries, adding to `faults`; return them and which are at fault."""
    placed = place_rows(frame, source=source)
    faults.extend(placed.faults)
    return placed.frame, placed.at_fault


def _with_columns(fault: Fault, columns: ColumnMap) -> Fault:
    """Add to the fault of a missing column which columns of the file may be it."""
    if fault.row is not None or fault.field is None:
        return fault
    found = columns.may_be(fault.field)
    if not found:
        return fault
    options = " or ".join(f"--map {column}={fault.field}" for column in found)
    return replace(fault, message=f"{fault.message}; if a column is it, say {options}")


def _status(
    frame: gpd.GeoDataFrame, assumed: str | None, source: str
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Give facilities without status and dates the assumed one, or say that they do not count."""
    if assumed is not None and assumed not in STATUSES:
        known = ", ".join(STATUSES)
        raise InputError(f"--assume-status: '{assumed}' is no known status; known are {known}")
    dates = [name for name in frame.columns if name.endswith("_on")]
    silent = frame["status"].isna() & frame[dates].isna().all(axis=1)
    count = int(silent.sum())
    if not count:
        return frame, []
    of = f"{source}: {count} of {len(frame)} facilities have neither a status nor a date"
    if assumed is None:
        return frame, [f"{of} and do not count; if they run, say so with --assume-status operating"]
    filled = frame.copy()
    filled.loc[silent, "status"] = assumed
    return filled, [f"{of}; taken as {assumed}, as --assume-status says"]


def read_lines(path: Path, *, crs: str | None = None) -> gpd.GeoDataFrame:
    """Read street lines in the system the file is in; see `read_street_lines`."""
    return read_street_lines(path, crs=crs).frame


def read_barriers(path: Path, *, crs: str | None = None) -> ReadLines:
    """Read user-drawn barriers: lines and polygons; see `read_street_lines`."""
    return _read_shapes(path, types=BARRIER_TYPES, prefer="barriers", crs=crs)


def read_street_lines(path: Path, *, crs: str | None = None, how: Reading = PLAIN) -> ReadLines:
    """Read street lines for a network.

    Parameters
    ----------
    path
        LineStrings or MultiLineStrings, with a column ``highway`` where there are classes, and
        others that say how they are walked (`service.imports.street_columns`); a graph; or an
        OpenStreetMap file.
    crs
        The system of the coordinates, where the file does not say.
    how
        What the user says of encoding and heading, and what reading may cost.

    Returns
    -------
    All columns, two dimensions, in the system of the file: what belongs together must meet
    exactly, so the network transforms the coordinates itself.

    Raises
    ------
    InputError
        As `read_layer`.
    """
    if is_osm(path):
        refuse_other(LONLAT, option=crs, source=str(path))
        streets = read_osm_lines(path)
        return ReadLines(streets.frame, ORIGIN_CRS, streets.warnings)
    read = _read_shapes(path, types=LINE_TYPES, prefer="network", crs=crs, how=how)
    walked = street_columns(pd.DataFrame(read.frame.drop(columns="geometry")))
    if walked.faults:
        raise InputFaults([Fault(str(path), at + 1, name, why) for at, name, why in walked.faults])
    lines = gpd.GeoDataFrame(walked.frame, geometry=read.frame.geometry, crs=read.frame.crs)
    read = replace(read, frame=lines)
    if "highway" in read.frame:
        return read
    note = f"{path}: has no column highway, so every line counts as walkable"
    return replace(read, warnings=(*read.warnings, note))


def _read_shapes(
    path: Path,
    *,
    types: tuple[str, ...],
    prefer: str,
    crs: str | None,
    how: Reading = PLAIN,
) -> ReadLines:
    """Read geometries of the given types with all columns, in the system the file is in."""
    source = str(path)
    raw = read_raw(path, prefer=prefer, formats=(*FORMATS, *LINE_FORMATS), how=how)
    frame = raw.frame
    faults: list[Fault] = []
    reported: frozenset[int] = frozenset()
    if not raw.placed:
        placed = place_rows(frame, source=source)
        frame, reported = placed.frame, placed.at_fault
        faults.extend(placed.faults)
    parsed = parse_geometries(frame["geometry"])
    shapes, count = flatten(parsed.geometries)
    system, subject = decide_system(raw, shapes, option=crs, source=source)
    located = to_lonlat({"geometry": shapes}, system, source=source)
    reported |= {at for at, _ in parsed.faults} | located.at_fault["geometry"]
    found = check_geometries(
        located.columns["geometry"], types=types, required=True, skip=sorted(reported)
    )
    faults.extend(Fault(source, at + 1, "geometry", why) for at, why in (*parsed.faults, *found))
    faults.extend(located.faults)
    if faults:
        raise InputFaults(sorted(faults, key=lambda fault: fault.row or 0))
    columns: dict[str, Any] = {
        str(name): frame[name] for name in frame.columns if name != "geometry"
    }
    lines = gpd.GeoDataFrame(
        columns, geometry=_plane(shapes, system, located), index=frame.index, crs=_register(system)
    )
    warnings = [*raw.warnings, *overrule_warning(raw, system, option=crs, source=source)]
    warnings += located.warnings
    warnings += flattened_warning(source, "geometry", count=count, rows=len(frame))
    return ReadLines(lines, located.origin_crs, tuple(warnings), subject)


def _plane(shapes: Geometries, system: CoordinateSystem, located: Located) -> Geometries:
    if isinstance(system.base, WebMap):
        return located.columns["geometry"]
    return in_xy(shapes, system)


def _register(system: CoordinateSystem) -> CRS:
    """Return the system of the register that lines are handed on in."""
    # CRS84 is EPSG:4326 to the last bit; a transformation between the two would round.
    if isinstance(system.base, WebMap) or same_crs(system.base, LONLAT):
        return LONLAT
    return system.base


def read_network(
    path: Path, *, crs: str | None = None, planarize: bool = False, how: Reading = PLAIN
) -> ReadNetwork:
    """Read street lines and build their network.

    Parameters
    ----------
    planarize
        True to split lines first where they cross or touch without a common end.
    how
        As `read_street_lines`.

    Raises
    ------
    InputError
        As `read_street_lines`, and when the lines make no network.
    """
    lines = read_street_lines(path, crs=crs, how=how)
    return make_network(lines, source=str(path), planarize=planarize)


def make_network(lines: ReadLines, *, source: str, planarize: bool = False) -> ReadNetwork:
    """Build the network of street lines, wherever they come from.

    Parameters
    ----------
    source
        What the lines are called in messages.
    planarize
        True to split lines first where they cross or touch without a common end.

    Raises
    ------
    InputError
        When the lines make no network.
    """
    frame = lines.frame
    notes: list[str] = []
    if planarize:
        split = split_at_crossings(frame)
        notes.append(f"{source}: {split.cut} lines split at {split.places} places")
        frame = split.lines
    try:
        network = build_network(frame)
    except NetworkError as error:
        raise InputError(f"{source}: {error}") from None
    left_out = [f"{count} {reason}" for reason, count in network.left_out.items() if count]
    note = [f"{source}: lines left out: {', '.join(left_out)}"] if left_out else []
    sources: list[object] = []
    if "source" in lines.frame:
        sources = lines.frame["source"].dropna().unique().tolist()
    return ReadNetwork(
        network,
        rows=len(lines.frame),
        sources=tuple(str(text) for text in sources),
        origin_crs=lines.origin_crs,
        warnings=(*lines.warnings, *note),
        notes=tuple(notes),
        subject=lines.subject,
    )
