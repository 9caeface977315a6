"""The file formats Yike reads: one entry in `FORMATS` each.

A format turns a file into a table as it stands, with what the file says of its coordinate
reference system. What the columns mean is not its business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from service.imports.csv_table import read_csv
from service.imports.gdal import VectorReader
from service.imports.geojson import read_geojson
from service.imports.geopackage import read_geopackage
from service.imports.geoparquet import read_geoparquet
from service.imports.raw import RawTable
from spatial.errors import InputError


class Reader(Protocol):
    """Reads one table of a file: the one named, else the only one, else the one preferred."""

    def __call__(self, path: Path, *, prefer: str, table: str | None) -> RawTable:
        """Read the file; InputError in one line when it cannot be."""


@dataclass(frozen=True)
class Format:
    """A file format: its name, the suffixes that mean it, and what reads it.

    `tables` is True where one file may hold several.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Reader
    tables: bool = False


def _read_graphml(path: Path, *, prefer: str, table: str | None) -> RawTable:
    # NetworkX takes long to import, and few files need it.
    from service.imports.graphml import read_graphml  # noqa: PLC0415

    return read_graphml(path, prefer=prefer, table=table)


FORMATS: Final = (
    Format("GeoJSON", (".geojson", ".json"), read_geojson),
    Format("GeoPackage", (".gpkg",), read_geopackage, tables=True),
    Format("CSV", (".csv",), read_csv),
    Format("GeoParquet", (".parquet", ".geoparquet"), read_geoparquet),
)
# What street lines come in besides.
LINE_FORMATS: Final = (
    Format("Shapefile", (".shp",), VectorReader("Shapefile", b"\x00\x00\x27\x0a")),
    Format("FlatGeobuf", (".fgb",), VectorReader("FlatGeobuf", b"fgb\x03fgb")),
    Format("MapInfo table", (".tab",), VectorReader("MapInfo table", b"!table")),
    Format("MapInfo interchange", (".mif",), VectorReader("MapInfo interchange file", b"version")),
    Format("GraphML", (".graphml",), _read_graphml),
)

# How QGIS writes the table of a file, and so how users find it written.
_TABLE_MARK: Final = "|layername="


def read_raw(path: Path, *, prefer: str, formats: Sequence[Format] = FORMATS) -> RawTable:
    """Read a file by its suffix; ``file.gpkg|layername=name`` names one of its tables.

    Parameters
    ----------
    path
        A file of this machine; addresses and GDAL's virtual file systems are no files.
    prefer
        The table to take where a file has several and none is named.
    formats
        Those it may be in.

    Raises
    ------
    InputError
        When there is no such file, it is empty, or its format is unknown or damaged.
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
    try:
        return entry.read(file, prefer=prefer, table=table if mark else None)
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None


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
