"""Every output reads back with the counts and figures that were found."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
from geopandas.testing import assert_geoseries_equal
from town import DISTRICT_ROWS, FACILITY_ROWS, frame_of

from service.exports.content import DISTRICT_COLUMNS, Content, collect
from service.exports.headings import HEADINGS
from service.exports.writer import check_output, write_content, write_evaluation
from service.imports.packs import find_packs
from service.imports.validation import validate
from service.reports.map_words import FLAG_STYLES
from spatial.errors import InputError
from spatial.fields import DISTRICTS, FACILITIES
from spatial.network_building import build_network
from spatial.policy.evaluation import evaluate
from spatial.policy.findings import LIST_COLUMNS, NUMBER_COLUMNS, OUTPUT_COLUMNS
from spatial.policy.planning_data import PlanningData

NOTICE = "合成数据，仅为演示"
# Design, section 6, written out: a change of the contract must fail here.
FINDING_MEMBERS = [
    "rule",
    "kind",
    "verdict",
    "severity",
    "value",
    "threshold",
    "unit",
    "deficit",
    "reason",
    "missing",
    "straight_m",
    "walking_m",
    "walking_minutes",
    "nearest_m",
    "snap_m",
    "covered_share",
    "households_outside",
    "demand",
    "definition",
    "near_threshold",
    "unit_id",
    "facilities",
    "alternatives",
    "would_count_if",
    "clause",
    "quote",
    "reading",
]
DISTRICT_MEMBERS = [
    "id",
    "name",
    "stage",
    "households",
    "flag",
    "rank",
    "households_concerned",
    "reasons",
]


@pytest.fixture
def content(streets: gpd.GeoDataFrame) -> Content:
    """What an evaluation of the town found, in Chinese."""
    data = PlanningData(
        districts=validate(frame_of(DISTRICT_ROWS), DISTRICTS, source="d"),
        facilities=validate(frame_of(FACILITY_ROWS), FACILITIES, source="f"),
        network=build_network(streets),
    )
    packs = find_packs(["jinhua-2022"])
    evaluation = evaluate(data, packs=packs, as_of=date(2025, 6, 1))
    return collect(
        evaluation,
        packs=packs,
        lang="zh",
        notices=[NOTICE],
        facilities=data.facilities,
        network=data.network,
    )


def test_geojson_holds_the_contract(tmp_path: Path, content: Content) -> None:
    path = tmp_path / "r.geojson"
    write_content(path, content)

    document = json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)

    assert document["type"] == "FeatureCollection"
    assert "crs" not in document
    assert document["notices"] == [NOTICE]
    assert document["evaluation"] == json.loads(json.dumps(content.summary))
    assert len(document["features"]) == len(DISTRICT_ROWS)
    properties = [feature["properties"] for feature in document["features"]]
    assert [p["rank"] for p in properties] == [1, 2, 3, 4]
    for feature, found in zip(document["features"], properties, strict=True):
        assert feature["type"] == "Feature"
        assert feature["id"] == found["id"]
        assert list(found) == [*DISTRICT_MEMBERS, "findings"]
        assert all(isinstance(reason, str) for reason in found["reasons"])
        for finding in found["findings"]:
            assert list(finding) == FINDING_MEMBERS
            assert finding["quote"]
    assert sum(len(p["findings"]) for p in properties) == len(content.findings)
    whole = next(p for p in properties if p["id"] == "007")
    assert whole["households"] == 1200
    assert isinstance(whole["households"], int)


def test_geojson_rings_run_counterclockwise_and_places_are_kept(
    tmp_path: Path, content: Content
) -> None:
    path = tmp_path / "r.geojson"
    write_content(path, content)

    read = gpd.read_file(path)

    polygons = read.geometry[read.geom_type == "Polygon"]
    assert len(polygons)
    assert all(shape.exterior.is_ccw for shape in polygons)
    assert_geoseries_equal(
        read.geometry.normalize(),
        content.districts.geometry.normalize(),
        check_crs=False,
    )


def test_geopackage_holds_three_layers_with_equal_counts(tmp_path: Path, content: Content) -> None:
    path = tmp_path / "r.gpkg"
    write_content(path, content)

    layers = {name for name, _ in pyogrio.list_layers(path)}
    districts = pyogrio.read_dataframe(path, layer="districts")
    findings = pyogrio.read_dataframe(path, layer="findings")

    assert layers == {"districts", "findings", "areas", "layer_styles"}
    assert len(districts) == len(content.districts)
    assert len(findings) == len(content.findings)
    assert len(pyogrio.read_dataframe(path, layer="areas")) == len(content.areas)
    assert [c for c in districts.columns if c != "geometry"] == list(DISTRICT_COLUMNS)
    assert list(findings.columns) == ["district_id", *OUTPUT_COLUMNS]
    assert districts.crs is not None
    assert districts.crs.to_epsg() == 4326
    assert [json.loads(cell) for cell in districts["reasons"]] == content.districts[
        "reasons"
    ].tolist()
    for name in set(NUMBER_COLUMNS) & set(findings.columns):
        assert findings[name].dtype == "float64"
        pd.testing.assert_series_equal(findings[name], content.findings[name].astype("float64"))
    for name in LIST_COLUMNS:
        for written, held in zip(findings[name], content.findings[name], strict=True):
            assert (None if pd.isna(written) else json.loads(written)) == held
    metadata = pyogrio.read_info(path, layer="districts")["dataset_metadata"]
    assert json.loads(metadata["YIKE_NOTICES"]) == [NOTICE]


def test_geopackage_colours_districts_by_flag_as_the_map_does(
    tmp_path: Path, content: Content
) -> None:
    path = tmp_path / "r.gpkg"
    write_content(path, content)

    styles = pyogrio.read_dataframe(path, layer="layer_styles")

    assert styles["f_table_name"].tolist() == ["districts"]
    assert styles["useAsDefault"].tolist() == [True]
    renderer = ET.fromstring(styles["styleQML"].iloc[0]).find("renderer-v2")  # noqa: S314  # our own
    assert renderer is not None
    assert renderer.get("attr") == "flag"
    found = {}
    for category in renderer.iter("category"):
        symbol = renderer.find(f"symbols/symbol[@name='{category.get('symbol')}']")
        assert symbol is not None
        # The town has polygons and a point: the polygons are coloured.
        assert symbol.get("type") == "fill"
        colour = symbol.find("layer/Option/Option[@name='color']")
        assert colour is not None
        rgb = [int(part) for part in str(colour.get("value")).split(",")[:3]]
        found[category.get("value")] = (category.get("label"), "#{:02X}{:02X}{:02X}".format(*rgb))
    assert found == {flag: (how.zh, how.colour) for flag, how in FLAG_STYLES.items()}


def test_geoparquet_holds_the_districts_with_their_findings(
    tmp_path: Path, content: Content
) -> None:
    path = tmp_path / "r.parquet"
    write_content(path, content)

    read = gpd.read_parquet(path)

    assert pq.read_metadata(path).num_rows == len(content.districts)
    assert b"geo" in pq.read_schema(path).metadata
    assert [c for c in read.columns if c != "geometry"] == [*DISTRICT_COLUMNS, "findings"]
    assert [list(cell) for cell in read["reasons"]] == content.districts["reasons"].tolist()
    assert sum(len(json.loads(cell)) for cell in read["findings"]) == len(content.findings)
    assert read.attrs["notices"] == [NOTICE]
    assert read.attrs["evaluation"]["districts"] == len(content.districts)


def test_workbook_holds_three_sheets_with_equal_counts(tmp_path: Path, content: Content) -> None:
    path = tmp_path / "r.xlsx"
    write_content(path, content)

    book = openpyxl.load_workbook(path)

    assert book.sheetnames == ["居住区", "规则结果", "汇总", "说明"]
    districts, findings, summary, notes = (list(sheet.values) for sheet in book)
    assert list(districts[0]) == [HEADINGS[name].zh for name in DISTRICT_COLUMNS]
    assert len(districts) == len(content.districts) + 1
    assert len(findings) == len(content.findings) + 1
    assert [row[0] for row in districts[1:]] == content.districts["id"].tolist()
    value = list(OUTPUT_COLUMNS).index("value") + 1
    numbers = [None if pd.isna(v) else float(v) for v in content.findings["value"]]
    assert [None if row[value] is None else float(row[value]) for row in findings[1:]] == numbers
    flags = {row[1]: row[3] for row in summary if row[0] == "结论"}
    assert flags == content.summary["flags"]
    assert ("声明", NOTICE, None, None) in summary
    assert ("声明", None, None, NOTICE) in notes
    for sheet in list(book)[:2]:
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref.startswith("A1:")


def test_workbook_cannot_be_made_to_compute(tmp_path: Path, content: Content) -> None:
    path = tmp_path / "r.xlsx"
    evil = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1"]
    districts = content.districts.assign(name=evil[:4])
    findings = content.findings.assign(reason=evil[0], clause="=cmd|' /C calc'!A0", quote="\x0bx")
    write_content(
        path,
        Content(
            districts=districts,
            findings=findings,
            areas=content.areas,
            summary=content.summary,
            notices=("=HYPERLINK(1)",),
            lang="zh",
        ),
    )

    book = openpyxl.load_workbook(path)

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert [row[1] for row in list(book["居住区"].values)[1:]] == evil[:4]
    assert all(c.quotePrefix for c in book["居住区"]["B"][1:])
    assert "<f>" not in _sheet_xml(path)


def _sheet_xml(path: Path) -> str:
    shutil.unpack_archive(path, path.with_suffix(".d"), "zip")
    sheets = sorted((path.with_suffix(".d") / "xl" / "worksheets").glob("*.xml"))
    assert len(sheets) == 4
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def test_workbook_says_where_text_was_cut(tmp_path: Path, content: Content) -> None:
    path = tmp_path / "r.xlsx"
    districts = content.districts.assign(name="长" * 40_000)
    write_content(
        path,
        Content(
            districts=districts,
            findings=content.findings,
            areas=content.areas,
            summary=content.summary,
            notices=(),
            lang="en",
        ),
    )

    sheet = openpyxl.load_workbook(path)["居住区"]

    assert sheet["B1"].value == "Name"
    assert str(sheet["B2"].value).endswith("… (40000 characters, cut)")
    assert len(str(sheet["B2"].value)) == 32_767


def test_a_map_is_a_picture(tmp_path: Path, content: Content) -> None:
    path = tmp_path / "r.png"
    write_content(path, content)

    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize("name", ["r.gpkg", "r.geojson"])
def test_gdal_reads_the_counts_too(tmp_path: Path, content: Content, name: str) -> None:
    write_content(tmp_path / name, content)
    tool = shutil.which("ogrinfo")
    if tool is None:
        # A machine without GDAL's programs still proves it with the GDAL of pyogrio.
        layer = "districts" if name.endswith("gpkg") else None
        assert pyogrio.read_info(tmp_path / name, layer=layer)["features"] == len(DISTRICT_ROWS)
        return

    said = subprocess.run(
        [tool, "-so", "-al", tmp_path / name], capture_output=True, text=True, check=True
    )

    assert f"Feature Count: {len(DISTRICT_ROWS)}" in said.stdout
    assert "Warning" not in said.stderr
    if name.endswith("gpkg"):
        assert f"Feature Count: {len(content.findings)}" in said.stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "r.shp",
            "unknown output format '.shp'; known are .geojson, .geojsonl, .geojsons, .gpkg",
        ),
        ("r", "unknown output format ''"),
        ("no/r.gpkg", "there is no folder"),
    ],
)
def test_an_output_nothing_can_be_written_to_is_told(
    tmp_path: Path, name: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        check_output(tmp_path / name)

    assert message in str(caught.value)


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "r.gpkg").mkdir()

    with pytest.raises(InputError, match="is a folder"):
        check_output(tmp_path / "r.gpkg")


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".xlsx"])
def test_a_file_is_replaced_whole_or_left_alone(
    tmp_path: Path, content: Content, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"r{suffix}"
    path.write_text("before")

    def fail(_source: Path, _target: object) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(InputError, match="cannot be written: No space left on device"):
            write_content(path, content)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]

    write_content(path, content)
    assert path.read_bytes() != b"before"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_findings_in_english_have_the_same_figures(
    tmp_path: Path, streets: gpd.GeoDataFrame
) -> None:
    data = PlanningData(
        districts=validate(frame_of(DISTRICT_ROWS), DISTRICTS, source="d"),
        facilities=validate(frame_of(FACILITY_ROWS), FACILITIES, source="f"),
        network=build_network(streets),
    )
    packs = find_packs(["jinhua-2022", "dali-2022"])
    evaluation = evaluate(data, packs=packs, as_of=date(2025, 6, 1))
    files = {}
    for lang in ("zh", "en"):
        path = tmp_path / f"{lang}.geojson"
        write_evaluation(path, evaluation, packs=packs, lang=lang, notices=())
        files[lang] = json.loads(path.read_text(encoding="utf-8"))["features"]

    texts = {"reason", "definition", "reading"}
    for chinese, english in zip(files["zh"], files["en"], strict=True):
        for ours, theirs in zip(
            chinese["properties"]["findings"], english["properties"]["findings"], strict=True
        ):
            assert {k: v for k, v in ours.items() if k not in texts} == {
                k: v for k, v in theirs.items() if k not in texts
            }
    assert json.dumps(files["en"]) != json.dumps(files["zh"])
