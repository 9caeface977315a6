"""Writing rows that were set aside as they stood in their file, each with its reason.

The file can be corrected and imported again: the column of reasons is passed over.
"""

from __future__ import annotations

import csv
import io
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from openpyxl.cell import WriteOnlyCell
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from service.core.geojson import encode_json
from service.imports.geojson import CRS84
from service.imports.raw import REASON_COLUMN, RawTable
from service.imports.repairs import GEOMETRY
from spatial.coordinate_systems import crs_code
from spatial.errors import Fault, InputError

# A cell that starts so is a formula to a spreadsheet.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_Writer = Callable[[RawTable, pd.DataFrame, Path], None]


def reasons(
    faults: Sequence[Fault], rows: NDArray[np.int64], *, wording: Callable[[str], str] = str
) -> list[str]:
    """Return why each of the rows was set aside, in one line a row, worded for its reader."""
    told: dict[int, list[str]] = {}
    for fault in faults:
        if fault.row is not None:
            place = f"{fault.field}: " if fault.field else ""
            told.setdefault(fault.row, []).append(f"{place}{wording(fault.message)}")
    return ["; ".join(told.get(row, ())) for row in rows.tolist()]


def quarantine_suffix(suffix: str, raw: RawTable) -> str:
    """Return the suffix of the format the rows of a file are set aside in.

    That of the file where it is written here; else GeoPackage for rows with geometries that can
    be in one, and CSV for all others.
    """
    suffix = {".json": ".geojson", ".geoparquet": ".parquet"}.get(suffix.lower(), suffix.lower())
    if suffix in _WRITERS and (suffix not in _NEED_SHAPES or _has_shapes(raw)):
        return suffix
    return ".gpkg" if raw.placed and _has_shapes(raw) else ".csv"


def write_quarantine(
    raw: RawTable,
    rows: NDArray[np.int64],
    faults: Sequence[Fault],
    path: Path,
    *,
    wording: Callable[[str], str] = str,
) -> None:
    """Write rows as they stand in their file, with a column `REASON_COLUMN`.

    Parameters
    ----------
    rows
        Numbers of the rows, from 1.
    path
        Its suffix is the format; a file there is replaced.
    wording
        What makes of a reason the text its reader takes.

    Raises
    ------
    InputError
        When the format is none that is written, or cannot hold the rows.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise InputError(
            f"{path}: rows are set aside as {', '.join(_WRITERS)}, not '{path.suffix}'"
        )
    at = rows - 1
    frame = raw.frame.iloc[at].reset_index(drop=True)
    frame[REASON_COLUMN] = pd.Series(
        reasons(faults, rows, wording=wording), index=frame.index, dtype=object
    )
    if raw.feature_ids is not None:
        name, values = raw.feature_ids
        picked = [values[position] for position in at.tolist()]
        raw = RawTable(
            raw.frame, raw.placed, raw.declared_crs, raw.assumed_crs, feature_ids=(name, picked)
        )
    try:
        write(raw, frame, path)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: the rows set aside cannot be written: {reason}") from None


def _has_shapes(raw: RawTable) -> bool:
    return GEOMETRY in raw.frame and all(
        cell is None or isinstance(cell, BaseGeometry) for cell in raw.frame[GEOMETRY]
    )


def _crs(raw: RawTable) -> CRS | None:
    """Return the system a file names, where formats can name it: those of web maps they cannot."""
    named = raw.declared_crs if raw.declared_crs is not None else raw.assumed_crs
    return named if isinstance(named, CRS) else None


def _write_geojson(raw: RawTable, frame: pd.DataFrame, path: Path) -> None:
    """Write the geometries as they stand, open rings and all, which GDAL would not."""
    names = [str(name) for name in frame.columns if name != GEOMETRY]
    ids = [None] * len(frame) if raw.feature_ids is None else raw.feature_ids[1]
    features = []
    for number, identifier in zip(range(len(frame)), ids, strict=True):
        row = frame.iloc[number]
        head = {} if identifier is None else {"id": identifier}
        shape = row[GEOMETRY] if GEOMETRY in frame else None
        if isinstance(shape, BaseGeometry):
            shape = json.loads(shapely.to_geojson(shape))
        values = {name: row[name] for name in names}
        features.append({"type": "Feature", **head, "geometry": shape, "properties": values})
    document: dict[str, Any] = {"type": "FeatureCollection"}
    declared = _crs(raw)
    if declared is not None and declared != CRS84:
        # RFC 7946 has no other system; its forerunner, which is read here too, names it.
        document["crs"] = {"type": "name", "properties": {"name": crs_code(declared)}}
    lines = ",\n".join(encode_json(feature) for feature in features)
    head_text = encode_json(document)[:-1]
    path.write_text(f'{head_text}, "features": [\n{lines}\n]}}\n', encoding="utf-8")


def _write_csv(raw: RawTable, frame: pd.DataFrame, path: Path) -> None:
    """Write cells as the text they are; geometries as WKT."""
    if raw.placed:
        frame = frame.rename(columns={GEOMETRY: "wkt"})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(frame.columns)
    for row in frame.itertuples(index=False):
        cells = [_cell(value) for value in row]
        # Only what is said here: the user's own cells must come back as they were.
        cells[-1] = f"'{cells[-1]}" if cells[-1].startswith(_FORMULA) else cells[-1]
        writer.writerow(cells)
    path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")


def _cell(value: object) -> str:
    if isinstance(value, BaseGeometry):
        return value.wkt
    if isinstance(value, Mapping | list | tuple | np.ndarray):
        return encode_json(value)
    return "" if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124  # NaN


def _geo_frame(raw: RawTable, frame: pd.DataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(frame, geometry=GEOMETRY, crs=_crs(raw))


def _write_geopackage(raw: RawTable, frame: pd.DataFrame, path: Path) -> None:
    path.unlink(missing_ok=True)
    table = _geo_frame(raw, frame) if raw.placed else frame
    with warnings.catch_warnings():
        # A file that names no system is set aside without one; the import asked for it anyway.
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        pyogrio.write_dataframe(table, path, driver="GPKG", layer="quarantine")


def _write_parquet(raw: RawTable, frame: pd.DataFrame, path: Path) -> None:
    if raw.placed:
        _geo_frame(raw, frame).to_parquet(path)
    else:
        frame.to_parquet(path)


def _write_workbook(raw: RawTable, frame: pd.DataFrame, path: Path) -> None:
    """Write cells as numbers and text; a text that looks like a formula stays a text."""
    if raw.placed:
        frame = frame.rename(columns={GEOMETRY: "wkt"})
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("quarantine")
    sheet.append([str(name) for name in frame.columns])
    for row in frame.itertuples(index=False):
        cells = []
        for value in row:
            number = isinstance(value, int | float) and not pd.isna(value)
            cell = WriteOnlyCell(sheet, value if number else _cell(value))
            if not number:
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    book.save(path)


_NEED_SHAPES: Final = (".gpkg", ".parquet")
_WRITERS: Final[Mapping[str, _Writer]] = {
    ".geojson": _write_geojson,
    ".csv": _write_csv,
    ".gpkg": _write_geopackage,
    ".parquet": _write_parquet,
    ".xlsx": _write_workbook,
}
