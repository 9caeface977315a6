"""A small layer written in every format, encoding and system that users bring."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import openpyxl
import pyogrio
import shapely
from town import EAST, LAT, LON, NORTH, square

# 䶮 and 㙍 are of GBK and GB18030 alone; 𠮷 has four bytes in GB18030 and none in GBK.
NAMES = {"gbk": ("幸福里小区", "镕基路（一期）", "丽水苑"), "gb18030": ("𠮷祥里", "㙍头村", "䶮园")}
HEADINGS = {"编号": "id", "名称": "name", "户数": "households"}


def layer(encoding: str = "utf-8", *, crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    """Three districts; with characters that GBK lacks where the encoding has them."""
    names = NAMES["gbk" if encoding == "gbk" else "gb18030"]
    hole = shapely.Polygon(square(8, 0).exterior, [square(8, 0).buffer(-0.0002).exterior])
    frame = gpd.GeoDataFrame(
        {"编号": ["甲-1", "B2", "003"], "名称": names, "户数": [500, 1200, 80]},
        geometry=[square(0, 0), square(4, 0), hole],
        crs="EPSG:4326",
    )
    return frame.to_crs(crs)


def to_geojson(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    document = json.loads(frame.to_json(drop_id=True, to_wgs84=False))
    document["crs"] = {"type": "name", "properties": {"name": frame.crs.to_string()}}
    path = folder / "layer.geojson"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding=encoding)
    return path


def _by_gdal(suffix: str, driver: str) -> Callable[[Path, gpd.GeoDataFrame, str], Path]:
    def write(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
        assert encoding == "utf-8"
        path = folder / f"layer{suffix}"
        pyogrio.write_dataframe(frame, path, driver=driver)
        return path

    return write


def to_parquet(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    assert encoding == "utf-8"
    path = folder / "layer.parquet"
    frame.to_parquet(path)
    return path


def to_shapefile(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    """A Shapefile whose .dbf is written here byte by byte, as no GDAL would have it."""
    path = folder / "layer.shp"
    pyogrio.write_dataframe(frame[["geometry"]].assign(n=0), path, driver="ESRI Shapefile")
    path.with_suffix(".cpg").unlink()
    write_dbf(path.with_suffix(".dbf"), frame.drop(columns="geometry"), encoding=encoding)
    return path


def write_dbf(path: Path, table: Any, *, encoding: str, width: int = 40) -> None:
    names = [str(name).encode(encoding)[:10] for name in table.columns]
    head = struct.pack(
        "<BBBBIHH20x", 3, 126, 1, 1, len(table), 33 + 32 * len(names), 1 + width * len(names)
    )
    fields = b"".join(
        name.ljust(11, b"\0") + struct.pack("<cIBB14x", b"C", 0, width, 0) for name in names
    )
    rows = b"".join(
        b" " + b"".join(str(cell).encode(encoding)[:width].ljust(width) for cell in row)
        for row in table.itertuples(index=False)
    )
    path.write_bytes(head + fields + b"\r" + rows + b"\x1a")


def with_cpg(name: str) -> Callable[[Path, gpd.GeoDataFrame, str], Path]:
    def write(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
        path = to_shapefile(folder, frame, encoding)
        path.with_suffix(".cpg").write_text(name, encoding="ascii")
        return path

    return write


def to_zip(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    inner = to_shapefile(folder, frame, encoding)
    path = folder / "layer.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.glob("layer.*")):
            if file != path:
                archive.write(file, f"数据/{file.name}")
    inner.unlink()
    return path


def to_csv(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    path = folder / "layer.csv"
    table = frame.drop(columns="geometry").assign(wkt=[shape.wkt for shape in frame.geometry])
    table.to_csv(path, index=False, encoding=encoding)
    return path


def to_xlsx(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    """A workbook with a title above its heading, as offices send them."""
    assert encoding == "utf-8"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["居住区一览表"])
    sheet.merge_cells("A1:D1")
    sheet.append([*HEADINGS, "wkt"])
    for row in frame.itertuples(index=False):
        sheet.append([*row[:3], row.geometry.wkt])
    path = folder / "layer.xlsx"
    book.save(path)
    return path


def to_kml(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    marks = []
    for row in frame.itertuples(index=False):
        rings = [row.geometry.exterior, *row.geometry.interiors]
        shapes = "".join(
            f"<{kind}BoundaryIs><LinearRing><coordinates>"
            + " ".join(f"{x!r},{y!r}" for x, y in ring.coords)
            + f"</coordinates></LinearRing></{kind}BoundaryIs>"
            for kind, ring in zip(["outer"] + ["inner"] * len(rings), rings, strict=False)
        )
        data = "".join(
            f'<Data name="{name}"><value>{escape(str(cell))}</value></Data>'
            for name, cell in zip(HEADINGS, row[:3], strict=True)
        )
        marks.append(
            f"<Placemark><ExtendedData>{data}</ExtendedData><Polygon>{shapes}</Polygon></Placemark>"
        )
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document><Folder><name>layer</name>{''.join(marks)}</Folder></Document></kml>"
    )
    path = folder / "layer.kml"
    path.write_text(text, encoding=encoding)
    return path


def to_dxf(folder: Path, frame: gpd.GeoDataFrame, encoding: str) -> Path:
    """A drawing: outlines on layers called after the districts, with their numbers as texts."""
    version = "AC1021" if encoding == "utf-8" else "AC1015"
    parts: list[tuple[int, object]] = [
        (0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, version),
        (9, "$DWGCODEPAGE"), (3, "ANSI_936"), (0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES"),
    ]  # fmt: skip
    for row in frame.itertuples(index=False):
        points = list(row.geometry.exterior.coords)[:-1]
        parts += [(0, "LWPOLYLINE"), (100, "AcDbEntity"), (8, row.名称), (100, "AcDbPolyline")]
        parts += [(90, len(points)), (70, 1)]
        for x, y in points:
            parts += [(10, repr(float(x))), (20, repr(float(y)))]
        inside = shapely.Polygon(row.geometry.exterior).centroid
        parts += [(0, "TEXT"), (100, "AcDbEntity"), (8, "注记"), (100, "AcDbText")]
        parts += [(10, inside.x), (20, inside.y), (40, 1), (1, row.编号)]
    parts += [(0, "LINE"), (100, "AcDbEntity"), (8, "道路"), (100, "AcDbLine")]
    x, y = frame.total_bounds[:2]
    parts += [(10, x), (20, y), (11, x + 1), (21, y + 1), (0, "ENDSEC"), (0, "EOF")]
    path = folder / "layer.dxf"
    text = "".join(f"{code}\n{value}\n" for code, value in parts)
    path.write_text(text, encoding=encoding)
    return path


@dataclass(frozen=True)
class Written:
    """A way to write the layer: the encoding, how, and what is expected to come of it."""

    encoding: str
    write: Callable[[Path, gpd.GeoDataFrame, str], Path]
    rule: str | None = None
    says_crs: bool = True
    lonlat_only: bool = False
    columns: Mapping[str, str] | None = None


CASES: dict[str, Written] = {
    "GeoJSON": Written("utf-8", to_geojson),
    "GeoPackage": Written("utf-8", _by_gdal(".gpkg", "GPKG")),
    "FlatGeobuf": Written("utf-8", _by_gdal(".fgb", "FlatGeobuf")),
    "GeoParquet": Written("utf-8", to_parquet),
    "Shapefile, UTF-8 without .cpg": Written("utf-8", to_shapefile, "utf-8"),
    "Shapefile, UTF-8 with .cpg": Written("utf-8", with_cpg("UTF-8"), "declared"),
    "Shapefile, GBK without .cpg": Written("gbk", to_shapefile, "gb18030"),
    "Shapefile, GBK with .cpg 936": Written("gbk", with_cpg("936"), "declared"),
    "Shapefile, GBK with a .cpg that says UTF-8": Written("gbk", with_cpg("UTF-8"), "gb18030"),
    "Shapefile, GB18030 without .cpg": Written("gb18030", to_shapefile, "gb18030"),
    "Shapefile in a zip, GBK": Written("gbk", to_zip, "gb18030"),
    "CSV, UTF-8": Written("utf-8", to_csv, "utf-8", says_crs=False),
    "CSV, UTF-8 with a mark": Written("utf-8-sig", to_csv, "mark", says_crs=False),
    "CSV, UTF-16": Written("utf-16", to_csv, "mark", says_crs=False),
    "CSV, GBK": Written("gbk", to_csv, "gb18030", says_crs=False),
    "CSV, GB18030": Written("gb18030", to_csv, "gb18030", says_crs=False),
    "XLSX": Written("utf-8", to_xlsx, says_crs=False),
    "KML, UTF-8": Written("utf-8", to_kml, "declared", lonlat_only=True),
    "KML, GBK": Written("gbk", to_kml, "declared", lonlat_only=True),
    "KML, GB18030": Written("gb18030", to_kml, "declared", lonlat_only=True),
    "DXF, UTF-8": Written("utf-8", to_dxf, "declared", says_crs=False),
    "DXF, GBK": Written("gbk", to_dxf, "declared", says_crs=False),
    "DXF, GB18030": Written("gb18030", to_dxf, "declared", says_crs=False),
}
DXF_COLUMNS = {"text": "id", "layer": "name"}

__all__ = ["CASES", "DXF_COLUMNS", "EAST", "HEADINGS", "LAT", "LON", "NORTH", "layer"]
