"""Reading GeoPackage through GDAL."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyproj import CRS
from pyproj.exceptions import CRSError

from service.imports.cells import near
from service.imports.raw import RawTable
from spatial.errors import InputError, UnknownCRSError

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
    with _gdal(source) as said:
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
        declared_crs=_declared(info["crs"], source),
        feature_ids=(str(info["fid_column"]), list(fids)) if info["fid_column"] else None,
        warnings=tuple(dict.fromkeys(f"{source}: {message}" for message in said)),
    )


@contextmanager
def _gdal(source: str) -> Iterator[list[str]]:
    """Turn what GDAL raises into one line naming the file, and collect what it warns of."""
    said: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield said
        except (DataSourceError, DataLayerError, FeatureError, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split()) or "GDAL says no more"
            raise InputError(f"{source}: cannot be read: {reason.removeprefix(source)}") from None
    said.extend(" ".join(str(warning.message).split()) for warning in caught)


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


def _declared(crs: object, source: str) -> CRS | None:
    if not crs:
        return None
    try:
        declared = CRS.from_user_input(crs)
    except CRSError:
        raise UnknownCRSError(f"{source}: its coordinate reference system is unknown") from None
    # GeoPackage's srs_id 0 and -1, "undefined", which GDAL gives a name.
    return None if declared.name.lower().startswith("undefined") else declared
