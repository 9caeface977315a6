"""Reading GeoPackage through GDAL."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyogrio

from service.imports.cells import near
from service.imports.gdal import declared_crs, one_line
from service.imports.raw import RawTable
from spatial.errors import InputError

_MAGIC: Final = b"SQLite format 3\x00"
# The application id at byte 68 since version 1.2, and those of 1.0 and 1.1.
_APPLICATION_IDS: Final = (b"GPKG", b"GP10", b"GP11")


def read_geopackage(path: Path, *, prefer: str, table: str | None) -> RawTable:
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
    # An absolute path is never one of GDAL's virtual file systems.
    place = str(path.resolve())
    with one_line(source) as said:
        tables = {str(name): kind for name, kind in pyogrio.list_layers(place)}
        layer = _layer(tables, prefer=prefer, table=table, source=source)
        info = pyogrio.read_info(place, layer=layer)
        # The system is read by itself below: "undefined" is one to GDAL.
        frame = pyogrio.read_dataframe(place, layer=layer, fid_as_index=True)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{source}: its table {layer} has no geometries")
    fids = [int(fid) for fid in frame.index]
    return RawTable(
        pd.DataFrame(frame.reset_index(drop=True)),
        placed=True,
        declared_crs=declared_crs(info["crs"], source=source),
        feature_ids=(str(info["fid_column"]), list(fids)) if info["fid_column"] else None,
        warnings=tuple(dict.fromkeys(f"{source}: {message}" for message in said)),
    )


def _layer(tables: Mapping[str, str | None], *, prefer: str, table: str | None, source: str) -> str:
    spatial = [name for name, kind in tables.items() if kind is not None]
    if table is not None:
        if table in tables:
            return table
        guess = near(table, tables)
        hint = f" (did you mean {guess[0]}?)" if guess else ""
        raise InputError(
            f"{source}: there is no table '{table}'{hint}; its tables are {', '.join(tables)}"
        )
    if len(spatial) == 1:
        return spatial[0]
    if prefer in spatial:
        return prefer
    if not spatial:
        raise InputError(f"{source}: has no table with geometries")
    raise InputError(
        f"{source}: has several tables ({', '.join(spatial)}); "
        f"name one, as in '{source}|layername={spatial[0]}'"
    )
