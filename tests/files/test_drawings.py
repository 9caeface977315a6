"""Drawings (DXF), KML and odd Shapefiles: what is made of what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from format_writers import HEADINGS, layer, to_dxf, to_kml, to_shapefile, write_dbf

from service.imports.formats import read_raw
from service.imports.reader import read_layer
from service.imports.street_reader import read_street_lines
from spatial.errors import InputError, UnknownCRSError
from spatial.fields import DISTRICTS


def drawing(path: Path, *entities: list[tuple[int, object]], blocks: str = "") -> Path:
    parts: list[tuple[int, object]] = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER")]
    parts += [(1, "AC1015"), (0, "ENDSEC")]
    text = "".join(f"{code}\n{value}\n" for code, value in parts) + blocks
    body: list[tuple[int, object]] = [(0, "SECTION"), (2, "ENTITIES")]
    for entity in entities:
        body += entity
    body += [(0, "ENDSEC"), (0, "EOF")]
    path.write_text(text + "".join(f"{c}\n{v}\n" for c, v in body), encoding="gbk")
    return path


def outline(name: str, x: float, y: float, size: float = 10, *, closed: int = 1) -> list:
    corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
    entity: list[tuple[int, object]] = [(0, "LWPOLYLINE"), (8, name), (100, "AcDbPolyline")]
    entity += [(90, 4), (70, closed)]
    for a, b in corners:
        entity += [(10, a), (20, b)]
    return entity


def text(words: str, x: float, y: float) -> list:
    return [(0, "TEXT"), (8, "注记"), (100, "AcDbText"), (10, x), (20, y), (40, 1), (1, words)]


BLOCKS = (
    "0\nSECTION\n2\nBLOCKS\n0\nBLOCK\n8\n0\n2\n托育点\n70\n2\n10\n0\n20\n0\n"
    "0\nLINE\n8\n0\n10\n0\n20\n0\n11\n1\n21\n1\n0\nENDBLK\n8\n0\n0\nENDSEC\n"
)


def test_outlines_texts_points_and_blocks(tmp_path: Path) -> None:
    insert: list[tuple[int, object]] = [(0, "INSERT"), (8, "设施"), (66, 1), (2, "托育点")]
    insert += [(10, 100), (20, 100), (0, "ATTRIB"), (8, "设施"), (10, 100), (20, 100), (40, 1)]
    insert += [(1, "60"), (2, "托位数"), (70, 0), (0, "SEQEND"), (8, "设施")]
    path = drawing(
        tmp_path / "f.dxf",
        outline("小区", 0, 0),
        text("甲", 5, 5),
        outline("小区", 20, 0),
        text("两", 22, 2),
        text("个", 24, 4),
        text("外", 50, 50),
        outline("道路", 40, 0, closed=0),
        [(0, "POINT"), (8, "点"), (10, 70), (20, 70)],
        insert,
        [(0, "CIRCLE"), (8, "圆"), (10, 90), (20, 90), (40, 2)],
        blocks=BLOCKS,
    )

    raw = read_raw(path, prefer="districts")

    rows = raw.frame.assign(kind=[g.geom_type for g in raw.frame["geometry"]])
    found = rows[["kind", "layer", "text"]].astype(object).where(rows.notna(), None)
    assert found.to_numpy().tolist()[:4] == [
        ["Polygon", "小区", "甲"],
        ["Polygon", "小区", None],
        ["Point", "点", None],
        ["Point", "设施", None],
    ]
    assert rows["block"].tolist()[3] == "托育点"
    assert rows["托位数"].tolist()[3] == "60"
    assert raw.not_read["texts that are no area's only text"] == 3
    assert raw.not_read["open lines"] >= 1
    assert f"{path}: not read: 3 texts that are no area's only text" in raw.warnings
    assert raw.encoding is not None
    assert raw.encoding.name == "gb18030"


def test_a_drawing_has_no_system_of_its_own(tmp_path: Path) -> None:
    path = to_dxf(tmp_path, layer("gbk", crs="EPSG:4547"), "gbk")

    with pytest.raises(UnknownCRSError, match="say which with --crs"):
        read_layer(path, DISTRICTS)
    lines = read_street_lines(path, crs="EPSG:4547")
    assert len(lines.frame) == 1
    assert lines.frame.crs == "EPSG:4547"


def test_a_binary_drawing_is_told(tmp_path: Path) -> None:
    path = tmp_path / "f.dxf"
    path.write_bytes(b"AutoCAD Binary DXF\r\n\x1a\0")

    with pytest.raises(InputError, match="is a binary DXF; save it as an ASCII DXF"):
        read_layer(path, DISTRICTS, crs="EPSG:4547")


KML = """<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document><Schema name="s" id="s"><SimpleField name="x" type="string"/></Schema>
<Folder><name>幼儿园</name>
<Placemark><name>甲</name><Point><coordinates>114.3,30.5,0</coordinates></Point>
<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="托位">60</SimpleData></SchemaData>
</ExtendedData></Placemark></Folder>
<Folder><name>其他</name><Folder><name>里</name>
<Placemark><name>乙</name><MultiGeometry>
<Point><coordinates>114.3,30.5</coordinates></Point>
<Point><coordinates>114.4,30.5</coordinates></Point></MultiGeometry></Placemark></Folder>
<NetworkLink><name>n</name><Link><href>http://example.org/x.kml</href></Link></NetworkLink>
<Placemark><name>丙</name><gx:Track><gx:coord>114 30 0</gx:coord></gx:Track></Placemark>
</Folder></Document></kml>"""


def test_placemarks_in_folders(tmp_path: Path) -> None:
    path = tmp_path / "f.kml"
    path.write_text(KML, encoding="utf-8")

    raw = read_raw(path, prefer="x")

    assert raw.frame["name"].tolist() == ["甲", "乙", "丙"]
    assert raw.frame["folder"].tolist() == ["幼儿园", "其他/里", "其他"]
    assert raw.frame["托位"].tolist() == ["60", None, None]
    assert raw.frame["geometry"].tolist() == [
        shapely.Point(114.3, 30.5),
        shapely.MultiPoint([(114.3, 30.5), (114.4, 30.5)]),
        None,
    ]
    assert raw.not_read == {"NetworkLink": 1, "Track": 1}
    assert read_raw(Path(f"{path}|layername=里"), prefer="x").frame["name"].tolist() == ["乙"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!DOCTYPE kml [<!ENTITY a 'b'>]>" + KML, "declares a document type"),
        ("<gpx/>", "is no KML"),
        (KML[:400], "is no XML that can be read"),
        (KML.replace("114.3,30.5,0", "114.3;30.5"), "row 1, field geometry: '114.3;30.5' is no"),
        ("<kml/>", "has no placemarks"),
    ],
)
def test_what_is_no_sound_kml_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "f.kml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError) as caught:
        read_raw(path, prefer="x")

    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_texts_and_headings_of_a_dbf_are_cut_at_whole_characters(
    tmp_path: Path, encoding: str
) -> None:
    frame = layer("gbk").rename(columns={"名称": "小区的名称"})
    path = to_shapefile(tmp_path, frame, encoding)
    # Seven bytes hold three characters of GBK and a half, two of UTF-8 and a third.
    table = frame.drop(columns="geometry")
    write_dbf(path.with_suffix(".dbf"), table, encoding=encoding, width=7)

    raw = read_raw(path, prefer="x")

    whole = 7 // len("幸".encode(encoding))
    heading = "小区的名称"[: 10 // len("幸".encode(encoding))]
    assert raw.frame[heading].tolist() == [str(name)[:whole] for name in frame["小区的名称"]]
    assert raw.encoding is not None
    long_names = sum(len(name.encode(encoding)) > 7 for name in frame["小区的名称"])
    assert raw.encoding.cut == long_names
    assert any(f"{long_names} texts were cut within a character" in w for w in raw.warnings)


@pytest.mark.parametrize("missing", [".shx", ".dbf", ".prj"])
def test_a_shapefile_without_one_of_its_files(tmp_path: Path, missing: str) -> None:
    path = to_shapefile(tmp_path, layer("gbk"), "gbk")
    path.with_suffix(missing).unlink()
    before = sorted(tmp_path.iterdir())

    raw = read_raw(path, prefer="x")

    assert len(raw.frame) == 3
    assert (raw.declared_crs is None) == (missing == ".prj")
    assert ("名称" in raw.frame) == (missing != ".dbf")
    # Nothing is written beside it.
    assert sorted(tmp_path.iterdir()) == before


def test_headings_in_kml_stay_chinese(tmp_path: Path) -> None:
    raw = read_raw(to_kml(tmp_path, layer(), "utf-8"), prefer="x")

    assert list(raw.frame.columns) == [*HEADINGS, "geometry"]
