"""Writing the demo city to files, for the tour without a database."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from seed.wuhan.city import DemoCity
from spatial.fields import AREAS, DISTRICTS, FACILITIES, FieldType, Layer

NOTICE_FILE: Final = "NOTICE.txt"
FILES: Final = (
    "districts.gpkg",
    "facilities.gpkg",
    "areas.gpkg",
    "streets.gpkg",
    NOTICE_FILE,
)


def write_city(city: DemoCity, folder: Path) -> tuple[Path, ...]:
    """Write the four layers as GeoPackage, EPSG:4326, and the notice.

    Parameters
    ----------
    folder
        An existing folder; files of the same names are replaced, all of them or none.

    Returns
    -------
    The files, in the order of `FILES`.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    frames = {
        "districts.gpkg": plain_columns(city.districts, DISTRICTS),
        "facilities.gpkg": plain_columns(city.facilities, FACILITIES),
        "areas.gpkg": plain_columns(city.areas, AREAS),
        "streets.gpkg": city.streets,
    }
    with tempfile.TemporaryDirectory(dir=folder, prefix=".yike-demo-") as temporary:
        for name, frame in frames.items():
            pyogrio.write_dataframe(
                frame,
                Path(temporary) / name,
                driver="GPKG",
                layer=Path(name).stem,
                geometry_type=None if name == "streets.gpkg" else "Unknown",
                dataset_metadata={"YIKE_NOTICE": f"{city.notice_zh} / {city.notice_en}"},
            )
        (Path(temporary) / NOTICE_FILE).write_text(
            f"{city.notice_zh}\n\n{city.notice_en}\n", encoding="utf-8", newline="\n"
        )
        for name in FILES:
            (Path(temporary) / name).replace(folder / name)
    return tuple(folder / name for name in FILES)


def plain_columns(frame: gpd.GeoDataFrame, layer: Layer) -> gpd.GeoDataFrame:
    """Turn the fields of a layer into what a GeoPackage holds.

    Lists become words separated by semicolons, entrances WKT (a table has one geometry), decimals
    floating point (exact to 15 digits), dates dates. Missing values stay missing.
    """
    columns: dict[str, object] = {}
    for field in layer.fields:
        values = frame[field.name]
        if field.type is FieldType.GEOMETRY:
            continue
        if field.type is FieldType.TEXTS:
            values = values.map(lambda words: None if words is None else ";".join(words))
        elif field.type is FieldType.POINTS:
            points = np.asarray(values.to_numpy(), dtype=object)
            values = pd.Series(shapely.to_wkt(points, rounding_precision=-1), index=frame.index)
        elif field.type is FieldType.DECIMAL:
            values = values.map(lambda value: np.nan if value is None else float(value))
            values = values.astype("float64")
        elif field.type is FieldType.DATE:
            values = pd.to_datetime(values).astype("datetime64[ms]")
        if field.type in {FieldType.TEXT, FieldType.TEXTS, FieldType.POINTS}:
            # A column without any value is text too.
            values = values.astype("str")
        columns[field.name] = values
    return gpd.GeoDataFrame(columns, geometry=frame.geometry, crs=frame.crs)
