"""The file formats Yike writes: one entry in `FORMATS` each, for every command and route."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from service.exports.csv_table import write_csv
from service.exports.features import FeatureFile, geojson_parts, geopackage_parts
from service.exports.flatgeobuf import write_flatgeobuf
from service.exports.geojson import write_geojson, write_lines, write_sequence
from service.exports.geopackage import write_geopackage
from service.exports.geoparquet import write_geoparquet
from service.exports.package import Package
from service.exports.picture import write_map
from service.exports.shapefile import write_shapefile
from service.exports.systems import OutputSystem
from service.exports.workbook import write_workbook
from spatial.errors import InputError


@dataclass(frozen=True)
class Format:
    """A file format.

    Parameters
    ----------
    suffix
        With its dot; it names the format.
    media_type
        As HTTP calls it.
    write
        Writes a package to a path.
    lonlat_only
        True where the format allows longitude and latitude alone.
    picture
        True for a picture of an evaluation in memory, which no stored data can be written to.
    parts
        Opens a file that is written part by part, by questions that are answered so; None where
        the format must be written at once.
    """

    suffix: str
    media_type: str
    write: Callable[[Path, Package], None]
    lonlat_only: bool = False
    picture: bool = False
    parts: Callable[[Path], AbstractContextManager[FeatureFile]] | None = None

    @property
    def name(self) -> str:
        """The suffix without its dot."""
        return self.suffix.removeprefix(".")


FORMATS: Final = MappingProxyType(
    {
        one.suffix: one
        for one in (
            Format(
                ".geojson",
                "application/geo+json",
                write_geojson,
                lonlat_only=True,
                parts=geojson_parts,
            ),
            Format(".geojsonl", "application/x-ndjson", write_lines, lonlat_only=True),
            Format(".geojsons", "application/geo+json-seq", write_sequence, lonlat_only=True),
            Format(
                ".gpkg",
                "application/geopackage+sqlite3",
                write_geopackage,
                parts=geopackage_parts,
            ),
            Format(".shp.zip", "application/zip", write_shapefile),
            Format(".fgb", "application/flatgeobuf", write_flatgeobuf),
            Format(".parquet", "application/vnd.apache.parquet", write_geoparquet),
            Format(".csv", "text/csv; charset=utf-8", write_csv),
            Format(
                ".xlsx",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                write_workbook,
            ),
            Format(".png", "image/png", write_map, picture=True),
        )
    }
)
# What holds a table, of any data.
TABLE_FORMATS: Final = MappingProxyType(
    {one.name: one for one in FORMATS.values() if not one.picture}
)

# What questions about reach are written to, part by part.
PARTS_FORMATS: Final = MappingProxyType(
    {suffix: one for suffix, one in FORMATS.items() if one.parts is not None}
)


def format_of(path: Path) -> Format:
    """Return the format a file's name asks for.

    Raises
    ------
    InputError
        When it asks for none that is known.
    """
    name = path.name.lower()
    for suffix, known in FORMATS.items():
        if name.endswith(suffix) and len(name) > len(suffix):
            return known
    hint = (
        "; a shapefile is several files, write .shp.zip" if name.endswith((".shp", ".zip")) else ""
    )
    raise InputError(
        f"{path}: unknown output format '{path.suffix}'; known are {', '.join(FORMATS)}{hint}"
    )


def refuse_system(format_: Format, system: OutputSystem, *, named: str) -> None:
    """Refuse a system of coordinates the format does not allow.

    Raises
    ------
    InputError
        Naming what was asked for.
    """
    if format_.lonlat_only and system.convert is not None:
        raise InputError(
            f"{named}: GeoJSON is always in longitude and latitude (RFC 7946), "
            f"not in {system.name}; leave the system out, or choose another format"
        )
