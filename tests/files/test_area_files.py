"""Rules about areas from files: figures, parks, areas alone, and what every format carries."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
from town import AREA_ROWS, PARK_ROWS, Run, write_geojson

from service.exports.areas import AREA_OUTPUT_COLUMNS
from service.imports.indicators import read_indicators
from service.imports.packs import find_packs
from service.indicators.asked import asked_indicators
from spatial.errors import InputError, InputFaults

HEAD = "area,indicator,year,value,source\n"
PLACES = "jinhua.childcare.places_per_1000"


@pytest.fixture
def province(tmp_path: Path) -> Path:
    """A folder with a city, its figures and a park."""
    write_geojson(tmp_path / "areas.geojson", AREA_ROWS)
    write_geojson(tmp_path / "parks.geojson", PARK_ROWS)
    (tmp_path / "figures.csv").write_text(
        f"{HEAD}330700,childcare_places,2025,4499,公报\n"
        "330700,childcare_places,2023,9999,\n"
        "330701,no_such_figure,2025,1,\n"
        "999999,childcare_places,2025,5,公报\n",
        encoding="utf-8",
    )
    return tmp_path


COMMON = ("evaluate", "--pack=jinhua-2022", "--as-of=2026-06-30", "--areas=areas.geojson")
WITH_FIGURES = (*COMMON, "--indicators=figures.csv")


def table(path: Path, rule: str = PLACES) -> pd.DataFrame:
    areas = pyogrio.read_dataframe(path, layer="areas")
    return areas[areas["rule"] == rule].set_index("code")


def test_areas_alone_are_evaluated_to_every_format(province: Path, yike: Run) -> None:
    outs = [f"--out=r.{suffix}" for suffix in ("gpkg", "geojson", "parquet", "xlsx")]

    done = yike(*WITH_FIGURES, *outs)

    assert done.returncode == 0, done.stderr
    assert f"{PLACES}: 不符合 1" in done.stdout
    assert "居住区" not in done.stdout
    assert "含合成数据" in done.stdout
    assert "1 of 4 figures are of areas that are not known (999999)" in done.stderr
    assert "no rule asks for the indicator no_such_figure" in done.stderr
    row = table(province / "r.gpkg").loc["330700"]
    numbers = ["numerator", "denominator", "value", "threshold", "target_year", "deficit"]
    assert row[numbers].tolist() == [4499, 1_000_000, 4.499, 4.5, 2025, 1]
    assert row["verdict"] == "not_met"
    assert "4.499" in row["reason"]
    everything = pyogrio.read_dataframe(province / "r.gpkg", layer="areas")
    assert list(everything.columns) == [*AREA_OUTPUT_COLUMNS, "geometry"]
    features = json.loads((province / "r.geojson").read_text(encoding="utf-8"))["features"]
    assert len(features) == len(everything) == len(gpd.read_parquet(province / "r.parquet"))
    (feature,) = (
        f
        for f in features
        if (f["properties"]["rule"], f["properties"]["code"]) == (PLACES, "330700")
    )
    assert list(feature["properties"]) == list(AREA_OUTPUT_COLUMNS)
    assert "id" not in feature
    assert (feature["properties"]["target_year"], feature["properties"]["districts"]) == (
        2025,
        None,
    )
    missing = next(f["properties"] for f in features if f["properties"]["missing"])
    assert isinstance(missing["missing"], list)


def test_the_workbook_has_the_table_of_areas_below_the_summary(province: Path, yike: Run) -> None:
    done = yike(*WITH_FIGURES, "--out=r.xlsx")

    assert done.returncode == 0, done.stderr
    rows = list(openpyxl.load_workbook(province / "r.xlsx")["汇总"].values)
    at = next(i for i, row in enumerate(rows) if row[0] == "区划代码")
    heads = rows[at]
    assert {"分子", "分母", "现值", "目标值", "目标年", "缺口", "缺失数据"} <= set(heads)
    assert ("行政区规则", PLACES, "not_met 不符合", 1) in [row[:4] for row in rows[:at]]
    found = [dict(zip(heads, row, strict=True)) for row in rows[at + 1 :]]
    (places,) = (row for row in found if row["规则"] == PLACES)
    assert places["名称"] == "=示范市"
    wanted = {
        "级别": "prefecture 市（州）",
        "判定": "not_met 不符合",
        "分子": 4499,
        "分母": 1_000_000,
        "现值": 4.499,
        "目标值": 4.5,
        "目标年": 2025,
        "缺口": 1,
    }
    assert {name: places[name] for name in wanted} == wanted


def test_a_named_year_chooses_the_target(province: Path, yike: Run) -> None:
    done = yike(*WITH_FIGURES, "--out=r.gpkg", "--target-year=2022")

    assert done.returncode == 0, done.stderr
    row = table(province / "r.gpkg").loc["330700"]
    assert (row["threshold"], row["target_year"], row["verdict"]) == (3.3, 2022, "met")


def test_without_facilities_nothing_is_counted_as_nought(province: Path, yike: Run) -> None:
    assert yike(*COMMON, "--out=r.gpkg").returncode == 0

    row = table(province / "r.gpkg").loc["330700"]
    assert row["verdict"] == "undetermined"
    assert json.loads(row["missing"]) == [{"layer": "facilities"}]


def test_facilities_count_for_areas_and_parks(town: Path, province: Path, yike: Run) -> None:
    files = ("--facilities=facilities.geojson", "--parks=parks.geojson")

    done = yike(*COMMON, *files, "--out=r.gpkg")

    assert town == province
    assert done.returncode == 0, done.stderr
    assert table(province / "r.gpkg").loc["330700", "numerator"] == 60
    park = table(province / "r.gpkg", "jinhua.childcare.park").loc["P1"]
    assert (park["level"], park["verdict"], park["name"]) == ("park", "not_met", "示范园区")
    # One operates, of another it is not known: even with it one would be missing.
    assert (park["numerator"], park["threshold"], park["deficit"]) == (1, 3, 2)
    assert park.geometry.equals(PARK_ROWS[0]["geometry"])


def test_districts_and_areas_are_evaluated_together(town: Path, province: Path, yike: Run) -> None:
    files = ("--districts=districts.geojson", "--facilities=facilities.geojson")

    done = yike(*WITH_FIGURES, *files, "--out=r.gpkg", "--json")

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["districts"] == 4
    assert summary["areas"][PLACES] == {"not_met": 1}
    assert PLACES not in summary["rules"]
    parts = set(pyogrio.read_dataframe(town / "r.gpkg", layer="areas")["part"])
    assert {"all", "occupied"} <= parts
    assert province.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--facilities=f.geojson",), "--districts is missing: --facilities alone"),
        (("--indicators=figures.csv",), "--districts is missing"),
        (("--districts=d.geojson",), "--facilities is missing"),
        (("--areas=areas.geojson", "--network=s.parquet"), "--network: is for districts"),
        (("--areas=areas.geojson", "--buildings=b.csv"), "--buildings: is for districts"),
        (
            ("--districts=d.geojson", "--facilities=f.geojson", "--parks=parks.geojson"),
            "--parks: is for rules about areas",
        ),
        (("--areas=areas.geojson", "--out=m.png"), "m.png: a map shows districts"),
        (("--areas=areas.geojson", "--target-year=12"), "--target-year: must be a year from 1900"),
        (("--areas=areas.geojson", "--target-year=1999"), "target year 1999: the first target"),
        (("--areas=areas.geojson", "--indicators=areas.geojson"), "figures are read from CSV"),
        (("--areas=areas.geojson", "--indicators=gone.csv"), "gone.csv: there is no such file"),
        (("--areas=areas.geojson", "--map=indicators:x=value"), "--map indicators: there is no"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_in_one_line(
    province: Path, yike: Run, arguments: tuple[str, ...], said: str
) -> None:
    done = yike("evaluate", "--pack=jinhua-2022", "--out=r.gpkg", *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (province / "r.gpkg").exists()


def test_all_faults_of_a_table_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(
        f"{HEAD}a,x,2020,1.5,s\n"
        "a,x,1899,1,s\n"
        "a,x,2201,1,s\n"
        "a,x,2020.5,many,s\n"
        ",,2020,,s\n"
        "a,x,2020,2,s\n"
        f"{'长' * 201},x,2020,NaN,\n",
        encoding="utf-8",
    )

    with pytest.raises(InputFaults) as caught:
        read_indicators(path)

    assert [(f.row, f.field) for f in caught.value.faults] == [
        (2, "year"),
        (3, "year"),
        (4, "year"),
        (4, "value"),
        (5, "area"),
        (5, "indicator"),
        (5, "value"),
        (6, None),
        (7, "area"),
        (7, "value"),
    ]
    messages = [fault.message for fault in caught.value.faults]
    assert messages[7] == "a, x, 2020 is already in row 1"


def test_years_at_the_ends_and_other_headings_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("地区,indicator,year,value,备注\na,x,1900,-1.50,\nb,x,2200,1e3,好\n")

    read = read_indicators(path, columns={"地区": "area"}, shared_columns={"备注": "source"})

    assert read.frame["year"].tolist() == [1900, 2200]
    assert [str(value) for value in read.frame["value"]] == ["-1.50", "1E+3"]
    assert read.frame["source"].tolist() == [None, "好"]
    assert read.shared_columns == {"备注"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("area,indicator,year\na,x,2020\n", "field value: there is no such column"),
        ("", "is empty"),
        ("area;indicator\n", "is not separated by commas"),
        (f"{HEAD}a,x,2020\n", "has 3 cells"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=said):
        read_indicators(path)


def test_the_figures_a_pack_asks_for_are_known() -> None:
    asked = asked_indicators(find_packs(["jinhua-2022"]))

    assert {
        "childcare_places",  # in place of a sum over facilities
        "childcare_staff_certified",  # a numerator
        "complete_community_childcare_standard_met",  # in a list of what is asked
        "jinhua.childcare.renewal_include",  # the answer to a statement
    } <= asked
    assert "jinhua.childcare.places_per_1000" not in asked


def test_a_finding_of_files_is_explained(town: Path, province: Path, yike: Run) -> None:
    files = ("--pack=jinhua-2022", "--as-of=2026-06-30", "--areas=areas.geojson")
    files = (*files, "--indicators=figures.csv", "--facilities=facilities.geojson")
    homes = "--districts=districts.geojson"

    area = yike("explain", f"areas/330700/{PLACES}", *files)
    english = yike("explain", "A~jinhua.childcare.radius", *files, homes, "--lang=en")
    both = yike("explain", "0", *files, homes, "--json")
    wrong = [
        yike("explain", address, *files, homes)
        for address in ("A~no.such.rule", "Z~jinhua.childcare.radius", "areas/1/x", "A", "99999999")
    ]

    assert town == province
    assert area.returncode == 0, area.stderr
    assert "金政发〔2022〕29号" in area.stdout
    assert "4.499‰" in area.stdout
    assert english.returncode == 0, english.stderr
    assert "District" in english.stdout
    (row,) = json.loads(both.stdout)["rows"]
    assert (row["finding"], row["district"]) == (0, "007")
    assert row["text"] == row["texts"]["zh"] != row["texts"]["en"]
    for done in wrong:
        assert done.returncode == 2
        assert done.stderr.splitlines()[-1].startswith("yike: ")
        assert "Traceback" not in done.stderr
