"""Shapefile: a zip of one shapefile a table and kind of geometry, with what the format loses.

A shapefile holds one kind of geometry, names of 10 bytes and texts of 254. So a table whose rows
are of several kinds becomes several files; ``fields.csv`` says what each name stands for and how
many texts were cut; ``NOTICE.txt`` what must be said of the data.
"""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from shapely import GeometryType

from service.core.guarded import guarded
from service.exports.arrow import GEOMETRY, batch_of, schema_of
from service.exports.columns import ColumnKind
from service.exports.gdal import undeclared_systems_accepted
from service.exports.package import Chunk, Package, Table, notice_text
from spatial.errors import InputError

NAME_BYTES: Final = 10
TEXT_BYTES: Final = 254
FIELDS_FILE: Final = "fields.csv"
NOTICE_FILE: Final = "NOTICE.txt"
_FIELD_HEADINGS: Final = ("file", "field", "name", "heading", "type", "texts_cut", "note")
_UNPLACED: Final = "no_place"
# The kind of shapefile each type of geometry goes to, and what GDAL calls its layers.
_KIND_OF: Final[Mapping[int, str]] = MappingProxyType(
    {
        GeometryType.MISSING: _UNPLACED,
        GeometryType.POINT: "point",
        GeometryType.MULTIPOINT: "multipoint",
        GeometryType.LINESTRING: "line",
        GeometryType.MULTILINESTRING: "line",
        GeometryType.POLYGON: "polygon",
        GeometryType.MULTIPOLYGON: "polygon",
    }
)
_GDAL_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"point": "Point", "multipoint": "MultiPoint", "line": "LineString", "polygon": "Polygon"}
)
_NOTES: Final[Mapping[ColumnKind, str]] = MappingProxyType(
    {
        ColumnKind.TEXT: "an empty text cannot be told from none",
        ColumnKind.NUMBER: "15 decimals at most",
        ColumnKind.BOOLEAN: "1 true, 0 false",
        ColumnKind.TEXTS: "JSON",
        ColumnKind.JSON: "JSON",
        ColumnKind.POINTS: "WKT",
    }
)


@dataclass(frozen=True)
class _Written:
    """The shapefiles of one table: names of fields, files by kind, texts cut by field."""

    table: Table
    names: tuple[str, ...]
    files: dict[str, Path] = field(default_factory=dict)
    cut: dict[tuple[str, str], int] = field(default_factory=dict)


def write_shapefile(path: Path, package: Package) -> None:
    """Write the zip.

    Raises
    ------
    InputError
        When a geometry is a collection, which no shapefile holds.
    """
    folder = path.with_name("shapefile")
    folder.mkdir()
    written = [_write_table(folder, package, table) for table in package.tables]
    _write_fields(folder / FIELDS_FILE, written, package)
    (folder / NOTICE_FILE).write_text(notice_text(package), encoding="utf-8-sig", newline="")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    shutil.rmtree(folder)


def short_names(names: Iterable[str], *, limit: int = NAME_BYTES) -> tuple[str, ...]:
    """Return a name of at most so many bytes in UTF-8 for each, no two alike but for case.

    A name that fits stays; another is cut between characters, and numbered where that gives one
    there is already.
    """
    given = list(names)
    taken = {name.casefold() for name in given if len(name.encode()) <= limit}
    short = []
    for name in given:
        if len(name.encode()) <= limit:
            short.append(name)
            continue
        candidate, number = _cut(name, limit), 1
        while candidate.casefold() in taken:
            tail = f"_{number}"
            candidate = _cut(name, limit - len(tail)) + tail
            number += 1
        taken.add(candidate.casefold())
        short.append(candidate)
    return tuple(short)


def _cut(text: str, limit: int) -> str:
    """Return as much of a text as fits in so many bytes of UTF-8, whole characters."""
    return text.encode()[:limit].decode(errors="ignore")


def _write_table(folder: Path, package: Package, table: Table) -> _Written:
    written = _Written(table, short_names(column.name for column in table.columns))
    schema = schema_of(table)
    for chunk in package.chunks(table):
        for kind, rows in _by_kind(chunk, table):
            part = batch_of(chunk, table, schema).take(pa.array(rows))
            _append(folder, written, kind, part, package)
    if not written.files:
        kind = "polygon" if table.placed else _UNPLACED
        _append(folder, written, kind, schema.empty_table(), package)
    if len(written.files) == 1:
        _rename(folder, written)
    return written


def _by_kind(chunk: Chunk, table: Table) -> Iterable[tuple[str, Any]]:
    """Yield the kinds of geometry of a chunk and the positions of their rows."""
    if chunk.shapes is None:
        yield _UNPLACED, np.arange(chunk.rows)
        return
    types = shapely.get_type_id(chunk.shapes)
    known = np.isin(types, list(_KIND_OF))
    if not known.all():
        other = GeometryType(int(types[~known][0])).name
        raise InputError(f"{table.name}: no shapefile holds a {other}; write .gpkg instead")
    kinds = np.array([_KIND_OF[number] for number in types.tolist()], dtype=object)
    for kind in sorted(set(kinds.tolist())):
        yield kind, np.flatnonzero(kinds == kind)


def _append(
    folder: Path, written: _Written, kind: str, part: pa.RecordBatch | pa.Table, package: Package
) -> None:
    before = kind in written.files
    suffix = ".dbf" if kind == _UNPLACED else ".shp"
    file = written.files.setdefault(kind, folder / f"{written.table.name}_{kind}{suffix}")
    placed = kind != _UNPLACED
    arrays = {}
    for name, short in zip(part.schema.names, [*written.names, GEOMETRY], strict=False):
        if name != GEOMETRY:
            arrays[short] = _fitting(part[name], written, kind, name)
        elif placed:
            arrays[GEOMETRY] = part[name]
    with undeclared_systems_accepted():
        pyogrio.write_arrow(
            pa.table(arrays),
            file,
            layer=file.stem,
            driver="ESRI Shapefile",
            geometry_name=GEOMETRY if placed else None,
            geometry_type=_GDAL_TYPES[kind] if placed else None,
            crs=package.system.wkt if placed else None,
            encoding="UTF-8",
            append=before,
        )


def _fitting(values: pa.Array, written: _Written, kind: str, name: str) -> pa.Array:
    """Cut texts that are too long, and count them; truth values become 1 and 0."""
    if pa.types.is_boolean(values.type):
        return values.cast(pa.int32())
    if not pa.types.is_string(values.type):
        return values
    texts = values.to_pylist()
    long = [t is not None and len(t.encode()) > TEXT_BYTES for t in texts]
    if not any(long):
        return values
    written.cut[kind, name] = written.cut.get((kind, name), 0) + sum(long)
    return pa.array([t and _cut(t, TEXT_BYTES) for t in texts], type=pa.string())


def _rename(folder: Path, written: _Written) -> None:
    """Call the only shapefile of a table by the name of the table."""
    ((kind, file),) = written.files.items()
    for part in folder.glob(f"{file.stem}.*"):
        part.rename(folder / f"{written.table.name}{part.suffix}")
    written.files[kind] = folder / f"{written.table.name}{file.suffix}"


def _write_fields(path: Path, written: Iterable[_Written], package: Package) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_FIELD_HEADINGS)
        for one in written:
            for kind, shapefile in one.files.items():
                for short, column in zip(one.names, one.table.columns, strict=True):
                    cut = one.cut.get((kind, column.name), 0)
                    note = _NOTES.get(column.kind, "")
                    if cut:
                        note = f"{note}; cut to {TEXT_BYTES} bytes".removeprefix("; ")
                    heading = one.table.heading(column, package.lang)
                    texts = (shapefile.name, short, column.name, guarded(heading), column.kind)
                    writer.writerow([*texts, cut, note])
