"""Files in another system: declared with easting first, or said where none can declare it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from export_rows import FACILITY_ROWS, package_of
from exported import READERS, with_gdal, with_openpyxl
from planning import layer_frame
from pyproj import Transformer

from service.exports.systems import output_system
from service.exports.writer import write_package
from spatial.errors import InputError
from spatial.fields import FACILITIES
from spatial.webmap_crs import WebMap


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".shp.zip", ".csv", ".xlsx"])
@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4490", "EPSG:3857"])
def test_another_system_is_declared_with_easting_first(
    tmp_path: Path, suffix: str, crs: str
) -> None:
    path = tmp_path / f"r{suffix}"
    row = {**FACILITY_ROWS[0], "id": "a"}
    write_package(path, package_of(FACILITIES, layer_frame(FACILITIES, [row]), crs=crs))
    to = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    wanted = to.transform(114.30123456789012, 30.5)
    first_entrance = to.transform(114.3001, 30.5001)

    names = [name for name in FACILITIES.names if name != "geometry"]
    if suffix == ".xlsx":
        found = with_openpyxl(path, names, "id")["a"]
    elif suffix == ".shp.zip":
        found = with_gdal(path, "id")["a"]
    else:
        found = READERS[suffix](path, "id")["a"]

    shape = found["geometry"]
    assert (shape.x, shape.y) == pytest.approx(wanted, rel=1e-12)
    entrances = shapely.from_wkt(found["entrances"])
    assert (entrances.geoms[0].x, entrances.geoms[0].y) == pytest.approx(first_entrance, rel=1e-12)
    if suffix in {".gpkg", ".fgb", ".shp.zip"}:
        declared = pyogrio.read_dataframe(path, layer="facilities").crs
        assert declared.equals(output_system(crs, option="x").crs, ignore_axis_order=True) or (
            suffix == ".shp.zip" and declared.to_epsg(min_confidence=20) == int(crs[5:])
        )
    if suffix == ".parquet":
        assert gpd.read_parquet(path).crs.to_epsg() == int(crs[5:])


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".shp.zip", ".csv", ".xlsx"])
@pytest.mark.parametrize("system", WebMap)
def test_a_system_of_web_maps_is_written_and_said_not_declared(
    tmp_path: Path, suffix: str, system: WebMap
) -> None:
    path = tmp_path / f"r{suffix}"
    row = {**FACILITY_ROWS[0], "id": "a"}
    package = package_of(FACILITIES, layer_frame(FACILITIES, [row]), crs=system.value.lower())
    write_package(path, package)

    assert system.value in package.notices[-1]
    names = [name for name in FACILITIES.names if name != "geometry"]
    if suffix == ".xlsx":
        found = with_openpyxl(path, names, "id")["a"]
    elif suffix == ".shp.zip":
        found = with_gdal(path, "id")["a"]
    else:
        found = READERS[suffix](path, "id")["a"]
    wanted = system.from_wgs84(np.array([[114.30123456789012, 30.5]]))[0]
    assert (found["geometry"].x, found["geometry"].y) == pytest.approx(tuple(wanted), rel=1e-12)
    if suffix in {".gpkg", ".fgb", ".shp.zip"}:
        assert pyogrio.read_dataframe(path, layer="facilities").crs is None
    if suffix == ".parquet":
        assert gpd.read_parquet(path).crs is None


@pytest.mark.parametrize("suffix", [".geojson", ".geojsonl", ".geojsons"])
def test_geojson_is_in_longitude_and_latitude_only(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r{suffix}"
    package = package_of(FACILITIES, layer_frame(FACILITIES, FACILITY_ROWS), crs="EPSG:4547")

    with pytest.raises(InputError, match=r"always in longitude and latitude \(RFC 7946\)"):
        write_package(path, package)
    assert not list(tmp_path.iterdir())


def test_a_place_outside_a_system_is_told_by_its_row(tmp_path: Path) -> None:
    rows = [
        {**FACILITY_ROWS[1], "id": "a"},
        {**FACILITY_ROWS[0], "geometry": shapely.Point(24.3, 0)},
    ]
    package = package_of(FACILITIES, layer_frame(FACILITIES, rows), crs="EPSG:4547")

    with pytest.raises(InputError, match=r"^row 2: its place .* no coordinates in EPSG:4547"):
        write_package(tmp_path / "r.gpkg", package)
    assert not list(tmp_path.iterdir())
