"""The file formats Yike reads: one entry in `FORMATS` each.

A format turns a file into a table as it stands, with what the file says of its coordinate
reference system. What the columns mean is not its business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

from service.imports.apart import Apart
from service.imports.csv_table import read_csv
from service.imports.dxf import read_dxf
from service.imports.gdal import VectorReader
from service.imports.geojson import read_geojson
from service.imports.geopackage import read_geopackage
from service.imports.geoparquet import read_geoparquet
from service.imports.kml import read_kml, read_kmz
from service.imports.limits import refuse_large_file
from service.imports.raw import PLAIN, RawTable, Reading
from service.imports.shapefile import read_shapefile
from service.imports.transport import Streamed
from service.imports.workbook import read_workbook
from service.imports.zipped import ZipReader
from spatial.errors import InputError


class Reader(Protocol):
    """Reads one table of a file: the one named, else the only one, else the one preferred."""

    def __call__(
        self, path: Path, *, prefer: str, table: str | None, how: Reading
    ) -> RawTable | Streamed:
        """Read the file; InputError in one line when it cannot be."""


@dataclass(frozen=True)
class Format:
    """A file format: its name, the suffixes that mean it, and what reads it.

    Parameters
    ----------
    tables
        True where one file may hold several.
    apart
        True where it is read in a process of its own: libraries for it are written in C, or what
        a file unpacks to is not known beforehand.
    zipped
        True where a file of it may come in a zip archive.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Reader
    tables: bool = False
    apart: bool = True
    zipped: bool = True


def _read_graphml(path: Path, *, prefer: str, table: str | None, how: Reading) -> RawTable:
    # NetworkX takes long to import, and few files need it.
    from service.imports.graphml import read_graphml  # noqa: PLC0415

    return read_graphml(path, prefer=prefer, table=table, how=how)


def _readers_in_zip() -> Mapping[str, Reader]:
    return {suffix: entry.read for entry in EVERY if entry.zipped for suffix in entry.suffixes}


_FLATGEOBUF: Final = VectorReader("FlatGeobuf", "FlatGeobuf", b"fgb\x03fgb")
_TAB: Final = VectorReader("MapInfo table", "MapInfo File", b"!table")
_MIF: Final = VectorReader("MapInfo interchange file", "MapInfo File", b"version")

FORMATS: Final = (
    Format("GeoJSON", (".geojson", ".json"), read_geojson, apart=False),
    Format("GeoPackage", (".gpkg",), read_geopackage, tables=True),
    Format("Shapefile", (".shp",), read_shapefile),
    Format("FlatGeobuf", (".fgb",), _FLATGEOBUF),
    Format("CSV", (".csv",), read_csv, apart=False),
    Format("XLSX", (".xlsx",), read_workbook, tables=True),
    Format("GeoParquet", (".parquet", ".geoparquet"), read_geoparquet),
    Format("KML", (".kml",), read_kml, tables=True),
    Format("KMZ", (".kmz",), read_kmz, tables=True, zipped=False),
    Format("DXF", (".dxf",), read_dxf),
    Format("zip archive", (".zip",), ZipReader(_readers_in_zip), tables=True, zipped=False),
)
# What street lines come in besides.
LINE_FORMATS: Final = (
    Format("MapInfo table", (".tab",), _TAB),
    Format("MapInfo interchange", (".mif",), _MIF),
    Format("GraphML", (".graphml",), _read_graphml, apart=False, zipped=False),
)
EVERY: Final = (*FORMATS, *LINE_FORMATS)

# How QGIS writes the table of a file, and so how users find it written.
_TABLE_MARK: Final = "|layername="


def format_named(name: str) -> Format:
    """Return the format of that name; KeyError when there is none."""
    return {entry.name: entry for entry in EVERY}[name]


def read_raw(
    path: Path, *, prefer: str, formats: Sequence[Format] = FORMATS, how: Reading = PLAIN
) -> RawTable:
    """Read a file by its suffix; ``file.gpkg|layername=name`` names one of its tables.

    Parameters
    ----------
    path
        A file of this machine; addresses and GDAL's virtual file systems are no files.
    prefer
        The table to take where a file has several and none is named.
    formats
        Those it may be in.
    how
        What the user says of its encoding and heading, and what reading it may cost.

    Raises
    ------
    InputError
        When there is no such file, it is empty or too large, its format is unknown or damaged, or
        reading it took more than allowed.
    """
    text, mark, table = str(path).partition(_TABLE_MARK)
    file = Path(text)
    by_suffix = {suffix: entry for entry in formats for suffix in entry.suffixes}
    entry = by_suffix.get(file.suffix.lower())
    check_file(path if not mark else file)
    if entry is None:
        known = ", ".join(by_suffix)
        raise InputError(f"{file}: unknown format '{file.suffix}'; known are {known}")
    if mark and not entry.tables:
        raise InputError(f"{file}: a {entry.name} file has no tables to name")
    refuse_large_file(file, how.limits, source=str(file))
    asked: dict[str, Any] = {"prefer": prefer, "table": table if mark else None, "how": how}
    try:
        raw = _read_apart(file, entry, asked) if entry.apart else entry.read(file, **asked)
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None
    if isinstance(raw, Streamed):
        msg = f"{entry.name} is streamed, and so must be read apart"
        raise TypeError(msg)
    if raw.encoding is None or not raw.encoding.doubtful:
        return raw
    note = raw.encoding.note()
    return raw if note is None else replace(raw, warnings=(*raw.warnings, f"{file}: {note}"))


def _read_apart(file: Path, entry: Format, asked: Mapping[str, Any]) -> RawTable:
    how: Reading = asked["how"]
    if how.apart is not None:
        return how.apart.read(file, name=entry.name, **asked)
    with Apart(memory_bytes=how.limits.memory_bytes) as apart:
        return apart.read(file, name=entry.name, **asked)


def check_file(path: Path) -> None:
    """Refuse what is no file with something in it.

    Raises
    ------
    InputError
        When there is no such file, it is an address or a folder, or it is empty.
    """
    try:
        if not path.exists() and "://" in str(path).replace(":/", "://", 1):
            raise InputError(f"{path}: addresses are not read; download the file first")
        if not path.exists():
            raise InputError(f"{path}: there is no such file")
        if not path.is_file():
            raise InputError(f"{path}: is a folder, not a file")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: is empty")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
