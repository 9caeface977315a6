"""Reading through GDAL: only the drivers needed, its faults in one line, its words for a system.

What is here runs in a process of its own (`service.imports.worker`), except what names a system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyogrio.raw
from pyproj import CRS
from pyproj.exceptions import CRSError

from service.imports.gdal_messages import one_line, told
from service.imports.limits import refuse_many_rows
from service.imports.raw import RawTable, Reading
from service.imports.transport import FEATURE_ID, Streamed
from service.imports.vector_tables import layer_of, place_of
from spatial.errors import InputError, UnknownCRSError

# Every other one is taken out of the reading process, above all those that open addresses or
# files named within a file.
DRIVERS: Final = frozenset({"GPKG", "ESRI Shapefile", "FlatGeobuf", "DXF", "MapInfo File"})
# GDAL hands these over as they are stored; curves and mixtures go through its own conversion.
_PLAIN_SHAPES: Final = re.compile(
    r"(2\.5D |3D |Measured |3D Measured )?(Multi)?(Point|LineString|Polygon)( Z| M| ZM)?"
)
BATCH_ROWS: Final = 20_000


def enable_needed_drivers() -> None:
    """Take every driver but `DRIVERS` out of this process, and what reaches the network.

    For a process that only reads: nothing else can be opened or written by GDAL in it afterwards.
    """
    skipped = sorted(set(pyogrio.list_drivers()) - DRIVERS)
    pyogrio.set_gdal_config_options(
        {
            "GDAL_SKIP": ",".join(skipped),
            # Files beside the one opened are found by their names, not by listing the folder.
            "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
            # The whole answer is checked at the end; a half-written file must not pass for whole.
            "OGR_GPKG_NUM_THREADS": "1",
        }
    )
    # Registering again is when GDAL looks at what is to be skipped.
    pyogrio._ogr._register_drivers()  # noqa: SLF001  # GDAL has no other way after its start
    left = set(pyogrio.list_drivers())
    if left != DRIVERS:
        msg = f"GDAL keeps other drivers than asked for: {sorted(left ^ DRIVERS)}"
        raise RuntimeError(msg)


@dataclass(frozen=True)
class VectorReader:
    """Reads a file of one format through GDAL, as a stream of Arrow tables.

    Parameters
    ----------
    name
        What the format is called.
    driver
        The one of GDAL that must have opened it.
    magic
        What the file begins with, case aside: looked at first, so that GDAL opens this format
        and no other.
    """

    name: str
    driver: str
    magic: bytes

    def __call__(
        self, path: Path, *, prefer: str, table: str | None, how: Reading
    ) -> RawTable | Streamed:
        """Read the file.

        Raises
        ------
        InputError
            When it is of another format, damaged, or has no geometries.
        """
        source = str(path)
        with path.open("rb") as file:
            head = file.read(64).lstrip()
        if not head.lower().startswith(self.magic.lower()):
            raise InputError(f"{source}: is no {self.name}")
        layer = layer_of(path, prefer=prefer, table=table, source=source)
        return read_stream(path, layer, driver=self.driver, how=how, source=source)


def layer_facts(
    path: Path,
    layer: str | None,
    *,
    driver: str,
    how: Reading,
    source: str,
    encoding: str | None = None,
) -> dict[str, Any]:
    """Return what GDAL says of a layer, once it is within the limits and of the right format.

    Raises
    ------
    InputError
        When another driver opened it, it has no geometries, or too many rows.
    """
    info: dict[str, Any] = pyogrio.read_info(place_of(path), layer=layer, encoding=encoding)
    if info["driver"] != driver:
        raise InputError(f"{source}: cannot be read: it is a file of {info['driver']}")
    if info["geometry_type"] is None:
        raise InputError(f"{source}: its table {info['layer_name']} has no geometries")
    refuse_many_rows(info["features"], how.limits, source=source)
    return info


def read_stream(
    path: Path, layer: str, *, driver: str, how: Reading, source: str
) -> RawTable | Streamed:
    """Read a layer whose texts are in UTF-8, in batches where its geometries are plain.

    Raises
    ------
    InputError
        When it is damaged.
    """
    with one_line(source) as said:
        info = layer_facts(path, layer, driver=driver, how=how, source=source)
    if not _PLAIN_SHAPES.fullmatch(str(info["geometry_type"])):
        return read_whole(path, layer, info=info, how=how, source=source)
    return Streamed(
        batches=_batches(path, layer, info=info, how=how, source=source, said=said),
        crs=info["crs"],
        fid_column=info["fid_column"] or None,
        total=max(0, int(info["features"])),
        said=said,
    )


def _batches(
    path: Path,
    layer: str,
    *,
    info: Mapping[str, Any],
    how: Reading,
    source: str,
    said: list[str],
) -> Iterator[pa.Table]:
    rows = 0
    names = list(dict.fromkeys(map(str, info["fields"])))
    with (
        one_line(source) as more,
        pyogrio.raw.open_arrow(
            place_of(path), layer=layer, return_fids=True, batch_size=BATCH_ROWS, use_pyarrow=True
        ) as (meta, reader),
    ):
        geometry = meta["geometry_name"] or "wkb_geometry"
        fid = meta["fid_column"] or "OGC_FID"
        for batch in reader:
            table = pa.Table.from_batches([batch])
            table.validate(full=True)
            columns = {name: table.column(name) for name in names if name in table.column_names}
            columns["geometry"] = table.column(geometry).cast(pa.large_binary())
            columns[FEATURE_ID] = table.column(fid)
            rows += len(table)
            refuse_many_rows(rows, how.limits, source=source)
            yield pa.table(columns)
    said.extend(more)
    refuse_missing_rows(rows, info["features"], source=source)


def refuse_missing_rows(rows: int, claimed: int, *, source: str) -> None:
    """Refuse a file of which fewer rows can be read than it claims to have.

    Raises
    ------
    InputError
        Naming both numbers.
    """
    if rows < claimed:
        raise InputError(f"{source}: cannot be read: only {rows} of {claimed} rows are there")


def read_whole(
    path: Path, layer: str | None, *, info: Mapping[str, Any], how: Reading, source: str
) -> RawTable:
    """Read a layer at once, with curves made straight lines.

    Raises
    ------
    InputError
        When it is damaged.
    """
    with one_line(source) as said:
        frame, fids = columns_of(path, layer)
    refuse_missing_rows(len(frame), info["features"], source=source)
    refuse_many_rows(len(frame), how.limits, source=source)
    return RawTable(
        frame,
        placed=True,
        declared_crs=declared_crs(info["crs"], source=source),
        feature_ids=(str(info["fid_column"]), list(fids)) if info["fid_column"] else None,
        warnings=told(said, source),
    )


def columns_of(
    path: Path, layer: str | None, *, encoding: str | None = None
) -> tuple[pd.DataFrame, list[int]]:
    """Return the columns of a layer, ``geometry`` as WKB among them, and the number of each row."""
    meta, fids, geometry, fields = pyogrio.raw.read(
        place_of(path), layer=layer, encoding=encoding, return_fids=True
    )
    index = pd.RangeIndex(len(fids))
    columns: dict[str, Any] = {}
    for name, values in zip(meta["fields"], fields, strict=True):
        # Days are dates, as they come from a stream: pandas has no type for them.
        cells = values.astype(object) if values.dtype == "datetime64[D]" else values
        columns[str(name)] = pd.Series(cells, index=index, dtype=cells.dtype)
    shapes = np.full(len(fids), None, dtype=object) if geometry is None else geometry
    columns["geometry"] = pd.Series(shapes, index=index, dtype=object)
    return pd.DataFrame(columns, index=index), [int(fid) for fid in fids]


def declared_crs(crs: object, *, source: str) -> CRS | None:
    """Return the system GDAL read from a file; None where it names none.

    Raises
    ------
    UnknownCRSError
        When PROJ knows no such system.
    """
    if not crs:
        return None
    try:
        declared = CRS.from_user_input(crs)
    except CRSError:
        raise UnknownCRSError(f"{source}: its coordinate reference system is unknown") from None
    # GeoPackage's srs_id 0 and -1, "undefined", which GDAL gives a name.
    return None if declared.name.lower().startswith("undefined") else declared
