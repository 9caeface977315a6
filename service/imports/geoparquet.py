"""Reading GeoParquet."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS
from pyproj.exceptions import CRSError

from service.imports.limits import refuse_many_rows
from service.imports.raw import RawTable, Reading
from spatial.errors import InputError, UnknownCRSError


def read_geoparquet(
    path: Path,
    *,
    prefer: str,  # noqa: ARG001  # one signature for all formats
    table: str | None,  # noqa: ARG001  # likewise
    how: Reading,
) -> RawTable:
    """Read a GeoParquet file; further geometry columns are kept as such.

    Raises
    ------
    InputError
        When the file is no Parquet, or has no geometries, or geometries in several systems.
    """
    source = str(path)
    try:
        rows = pq.read_metadata(path).num_rows
        refuse_many_rows(rows, how.limits, source=source)
        frame = gpd.read_parquet(path)
    except CRSError:
        raise UnknownCRSError(f"{source}: its coordinate reference system is unknown") from None
    except InputError:
        raise
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError) as error:
        reason = " ".join(str(error).split())
        if "geo metadata" in reason.lower():
            reason = "is Parquet without geometries, not GeoParquet"
        raise InputError(f"{source}: cannot be read: {reason[:200]}") from None
    # A named index is a column somebody set aside; an unnamed one only counts rows.
    named = [name for name in frame.index.names if name is not None]
    frame = frame.reset_index(drop=not named)
    others = [
        name
        for name in frame.columns[frame.dtypes == "geometry"]
        if name != frame.active_geometry_name
    ]
    for name in others:
        if frame[name].crs is not None and frame[name].crs != frame.crs:
            raise InputError(f"{source}: its columns geometry and {name} are in different systems")
    plain = pd.DataFrame(frame)
    if frame.active_geometry_name != "geometry":
        plain = plain.rename(columns={frame.active_geometry_name: "geometry"})
    return RawTable(plain, placed=True, declared_crs=None if frame.crs is None else CRS(frame.crs))
