"""Reading GeoPackage through GDAL."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from service.imports.gdal import read_stream
from service.imports.raw import RawTable, Reading
from service.imports.transport import Streamed
from service.imports.vector_tables import layer_of
from spatial.errors import InputError

_MAGIC: Final = b"SQLite format 3\x00"
# The application id at byte 68 since version 1.2, and those of 1.0 and 1.1.
_APPLICATION_IDS: Final = (b"GPKG", b"GP10", b"GP11")


def read_geopackage(
    path: Path, *, prefer: str, table: str | None, how: Reading
) -> RawTable | Streamed:
    """Read one table of a GeoPackage.

    Parameters
    ----------
    prefer
        Name of the table to take where there are several and none is named.
    table
        Name of the table the user wants; None to take the only one, or `prefer`.

    Raises
    ------
    InputError
        When the file is no GeoPackage, is damaged, or does not say which table is meant.
    """
    source = str(path)
    with path.open("rb") as file:
        head = file.read(72)
    # Looked at first, so that GDAL opens this format and no other.
    if not head.startswith(_MAGIC) or head[68:72] not in _APPLICATION_IDS:
        raise InputError(f"{source}: is no GeoPackage")
    layer = layer_of(path, prefer=prefer, table=table, source=source)
    return read_stream(path, layer, driver="GPKG", how=how, source=source)
