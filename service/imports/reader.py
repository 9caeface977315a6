"""Reading a layer from a file, checked and in EPSG:4326."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from service.imports.column_map import NOT_READ, ColumnMap
from service.imports.columns import name_columns, target_names
from service.imports.coordinates import to_lonlat
from service.imports.crs_check import CrsSubject, decide_system
from service.imports.encoding import EncodingEvidence
from service.imports.formats import read_raw
from service.imports.geometries import Geometries, flatten, flattened_warning, parse_geometries
from service.imports.joining import join_stored, says_where
from service.imports.placed_rows import place_rows
from service.imports.raw import PLAIN, RawTable, Reading, without_reasons
from service.imports.saved_mapping import SavedLayer, SavedMapping, saved_layer
from service.imports.systems import LONLAT, overrule_warning
from service.imports.validation import check
from service.imports.values import Values, read_values
from spatial.errors import Fault, InputError, InputFaults
from spatial.fields import STATUSES, FieldType, Layer


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
    joined = not raw.placed and stored is not None and not says_where(named.frame)
    values = read_values(
        named.frame,
        layer,
        source=source,
        units=named.columns.units(),
        saved=kept,
        serial_dates=raw.serial_dates,
        kinds_from_names=kinds_from_names,
        joined=joined,
    )
    frame = values.frame
    faults = list(values.faults)
    at_fault = dict(values.at_fault)
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
        # Stored places were checked when they came.
        subject=None if joined else subject,
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
