"""The demo city: real streets, the census total, everything else synthetic and labelled."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import os
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from typer.testing import CliRunner

from seed.wuhan import census
from seed.wuhan.chance import largest_remainder
from seed.wuhan.city import DemoCity, demo_city
from seed.wuhan.streets import LOCAL_CRS, NOT_WALKABLE, STREETS_FILE
from service.cli import build_app
from service.core.usage import UsageFault
from service.imports.reader import read_layer
from service.imports.street_reader import read_lines
from service.imports.validation import check
from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import AREAS, DISTRICTS, FACILITIES, Layer
from spatial.network_building import build_network
from spatial.policy.evaluation import evaluate
from spatial.policy.pack_file import load_pack
from spatial.policy.planning_data import PlanningData

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
LAYERS = (("districts", DISTRICTS), ("facilities", FACILITIES), ("areas", AREAS))


@pytest.fixture(scope="module")
def local(city: DemoCity) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers in metres, entrances included."""
    frames = {
        name: getattr(city, name).to_crs(LOCAL_CRS)
        for name in ("districts", "facilities", "areas", "streets")
    }
    for name in ("districts", "facilities"):
        gates = gpd.GeoSeries(frames[name]["entrances"].tolist(), crs="EPSG:4326")
        frames[name] = frames[name].assign(entrances=gates.to_crs(LOCAL_CRS).to_numpy())
    return frames


# --- size and sums ----------------------------------------------------------------------------


def test_households_add_up_to_the_census_of_the_seven_districts(city):
    seven = (363_761, 247_617, 251_421, 301_555, 385_991, 164_954, 710_950)
    assert sum(seven) == 2_426_249
    assert int(city.districts["households"].sum()) == 2_426_249
    assert int(city.areas.loc[city.areas["level"] == "prefecture", "households"].item()) == (
        2_426_249
    )


def test_there_are_enough_districts_and_facilities(city):
    assert len(city.districts) >= 3_000
    assert len(city.facilities) >= 1_500
    assert set(city.facilities["kind"]) == set(FACILITY_KINDS)
    assert set(city.facilities["service"]) == {"childcare", "elderly", "education"}


def test_households_and_sizes_are_those_of_xiaoqu(city, local):
    households = city.districts["households"].dropna().to_numpy(dtype=float)
    assert households.min() >= 100
    assert households.max() <= 4_000
    assert 400 <= np.median(households) <= 1_000
    hectares = local["districts"].area / 10_000
    assert hectares.between(0.5, 20).all()


def test_people_follow_the_published_shares(city):
    people = city.districts.dropna(subset=["population", "households"])
    lived_in = people[people["population"] > 0]
    persons = lived_in["population"].sum() / lived_in["households"].sum()
    assert persons == pytest.approx(5_850_383 / 2_426_249, rel=0.01)
    older = city.districts["population_60_plus"].sum() / city.districts["population"].sum()
    assert older == pytest.approx(1_286_486 / 7_205_525, rel=1e-4)
    assert (people["population_60_plus"] + people["population_0_3"] <= people["population"]).all()


def test_stages_are_mixed(city):
    stages = city.districts["stage"].value_counts(normalize=True)
    assert stages["existing"] > 0.85
    assert stages["new"] == pytest.approx(0.06, abs=0.02)
    assert stages["planned"] == pytest.approx(0.02, abs=0.01)
    new = city.districts[city.districts["stage"] == "new"]
    assert min(new["permitted_on"]) >= dt.date(2023, 1, 1)


@pytest.mark.parametrize("total", [0, 1, 7, 1_000])
def test_largest_remainder_adds_up_and_stays_within_one(total):
    weights = np.array([0.1, 3.0, 3.0, 0.0, 1.7])
    parts = largest_remainder(weights, total)
    assert parts.sum() == total
    assert (np.abs(parts - weights / weights.sum() * total) < 1).all()
    assert parts[3] == 0


# --- always the same, always valid ------------------------------------------------------------


def test_two_calls_give_the_same_city(city):
    again = demo_city()
    for name in ("streets", "districts", "facilities", "areas"):
        assert_geodataframe_equal(getattr(again, name), getattr(city, name))
        # The comparison above leaves the entrances to ==; compare them byte by byte.
        if "entrances" in getattr(city, name):
            first, second = (
                shapely.to_wkb(np.array(getattr(made, name)["entrances"].tolist(), dtype=object))
                for made in (city, again)
            )
            assert list(first) == list(second)
    assert (again.notice_zh, again.notice_en) == (city.notice_zh, city.notice_en)


@pytest.mark.parametrize(("name", "layer"), LAYERS)
def test_layers_pass_validation_unchanged(city, name, layer: Layer):
    frame = getattr(city, name)
    checked = check(frame, layer, source=name)
    assert checked.warnings == ()
    assert_geodataframe_equal(checked.frame, frame)


# --- geometry ---------------------------------------------------------------------------------


def test_districts_do_not_overlap(local):
    shapes = local["districts"].geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (first == second).all()


@pytest.mark.parametrize("level", ["community", "township", "county"])
def test_areas_of_a_level_partition_the_city(local, level):
    areas = local["areas"]
    shapes = areas.loc[areas["level"] == level, "geometry"].to_numpy()
    assert shapely.coverage_is_valid(shapes)
    whole = areas.loc[areas["level"] == "prefecture", "geometry"].item()
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-9)


def test_each_community_contains_its_districts(city, local):
    communities = local["areas"].set_index("code").geometry
    named = local["districts"].dropna(subset=["community"])
    assert len(named) > 0.95 * len(city.districts)
    homes = communities.loc[named["community"]].to_numpy()
    assert shapely.covers(homes, named.geometry.to_numpy()).all()


def test_gates_are_on_the_fence_and_on_a_street(local):
    districts = local["districts"]
    gated = districts[districts["entrances"].notna()]
    assert len(gated) / len(districts) == pytest.approx(0.85, abs=0.03)
    gates, of = shapely.get_parts(gated["entrances"].to_numpy(), return_index=True)
    assert set(Counter(of.tolist()).values()) == {1, 2, 3, 4}
    fences = shapely.boundary(gated.geometry.to_numpy())
    assert shapely.distance(gates, fences[of]).max() < 0.01
    streets = local["streets"]
    walkable = streets[~streets["highway"].isin(NOT_WALKABLE)].geometry.to_numpy()
    asked, _ = shapely.STRtree(walkable).query(gates, predicate="dwithin", distance=10.0)
    assert len(np.unique(asked)) == len(gates)


def test_a_few_districts_are_off_the_network(local):
    streets = local["streets"].geometry.to_numpy()
    near, _ = shapely.STRtree(streets).query(
        local["districts"].geometry.to_numpy(), predicate="dwithin", distance=200.0
    )
    assert 3 <= len(local["districts"]) - len(np.unique(near)) <= 10


def test_allotted_facilities_stand_in_their_district(city, local):
    facilities = local["facilities"]
    allotted = facilities[facilities["district_id"].notna()]
    share = (facilities["district_id"].notna() | facilities["pool"].notna()).mean()
    assert share == pytest.approx(0.5, abs=0.1)
    homes = local["districts"].set_index("id").geometry.loc[allotted["district_id"]].to_numpy()
    assert shapely.contains(homes, allotted.geometry.to_numpy()).all()
    assert set(city.facilities["pool"].dropna()) <= set(city.districts["pool"].dropna())


# --- areas ------------------------------------------------------------------------------------


def test_parents_exist_one_level_up(city):
    level = city.areas.set_index("code")["level"]
    up = {"community": "township", "township": "county", "county": "prefecture"}
    for code, parent in zip(city.areas["code"], city.areas["parent"], strict=True):
        if level[code] == "prefecture":
            assert parent is None
        else:
            assert level[parent] == up[level[code]]


def test_areas_are_as_many_and_as_large_as_meant(city):
    assert city.areas["level"].value_counts()["county"] == 7
    assert 60 <= city.areas["level"].value_counts()["township"] <= 90
    assert {"subdistrict", "town", "urban_community", "rural_community"} <= set(city.areas["kind"])
    communities = city.areas[city.areas["level"] == "community"]
    assert communities["households"].between(2_000, 5_000).mean() >= 0.9


@pytest.mark.parametrize(
    "field", ["households", "population", "population_60_plus", "population_0_3"]
)
def test_figures_of_an_area_are_the_sums_of_its_members(city, field):
    areas = city.areas.set_index("code")
    for level in ("community", "township", "county"):
        members = areas[areas["level"] == level]
        sums = members.groupby("parent")[field].sum()
        assert (sums == areas.loc[sums.index, field]).all()
    named = city.districts.dropna(subset=["community"]).groupby("community")[field].sum()
    # Districts without a community lie in one all the same.
    assert (named <= areas.loc[named.index, field]).all()


def test_codes_are_no_administrative_codes(city):
    assert city.areas["code"].str.startswith("WH-D").all()
    assert city.areas["name"].str.contains("示范").all()
    assert set(city.districts["community"].dropna()) <= set(city.areas["code"])


# --- labels, gaps and contradictions meant -----------------------------------------------------


def test_every_synthetic_row_says_so(city):
    for name, _ in LAYERS:
        assert (
            getattr(city, name)["source"].str.contains("synthetic (yike demo)", regex=False).all()
        )
        assert getattr(city, name)["name"].str.contains("示范").all()
    assert city.streets["source"].str.contains("OpenStreetMap").all()
    for notice in (city.notice_zh, city.notice_en):
        assert "OpenStreetMap" in notice
        assert "ODbL" in notice
    assert "合成" in city.notice_zh
    assert "synthetic" in city.notice_en
    notice = STREETS_FILE.with_name("streets.NOTICE.txt").read_text(encoding="utf-8")
    for text in (notice, (ROOT / "NOTICE").read_text(encoding="utf-8")):
        assert "Contains data © OpenStreetMap contributors" in text
        assert "Open Database License (ODbL) 1.0" in text


def test_data_are_imperfect_as_in_life(city):
    districts, facilities = city.districts, city.facilities
    for column in ("community", "stage", "households"):
        assert 0 < districts[column].isna().sum() < 50
    assert (districts["pool"].value_counts() >= 2).all()
    assert (districts["land_grant"].value_counts() >= 2).all()
    assert 0 < facilities["floor_area_m2"].isna().sum() < 0.05 * len(facilities)
    assert 0 < facilities["entrances"].isna().sum() < 0.25 * len(facilities)
    for kind, answer in (
        ("kindergarten_class", "takes_outside_children"),
        ("workplace_childcare", "open_to_residents"),
    ):
        answers = facilities.loc[facilities["kind"] == kind, answer]
        assert set(answers.dropna()) == {True, False}
        assert answers.isna().any()
    opened, closed = facilities["opened_on"].notna(), facilities["closed_on"].notna()
    assert (closed & (facilities["status"] == "operating")).any()
    assert (opened & (facilities["status"] == "under_construction")).any()
    assert {"approved", "closed", "planned", "operating"} <= set(facilities["status"].dropna())


def test_relaxations_carry_their_whole_record(city):
    claims = ["siting_difficult", "low_demand", "conditions_available"]
    claimed = city.districts[city.districts[claims].fillna(value=False).any(axis=1)]
    assert len(claimed) > 20
    assert claimed[["justified_by", "justified_on", "justified_body"]].notna().all(axis=None)
    radius = claimed["approved_radius_m"].dropna()
    assert len(radius) > 20
    assert radius.between(500, 800).all()


def test_every_flag_occurs_when_evaluated(city):
    data = PlanningData(
        city.districts, city.facilities, city.areas, network=build_network(city.streets)
    )
    pack = load_pack(ROOT / "seed" / "policies" / "jinhua-2022.yaml")
    found = evaluate(data, packs=[pack], as_of=dt.date(2026, 6, 30))
    flags = found.districts["flag"].value_counts()
    assert flags["underserved"] > 500
    assert flags["watch"] > 100
    assert flags["served"] > 500
    assert 0 < flags["undetermined"] < 200
    # Whole quarters are left behind: some communities entirely, others not at all.
    poor = (
        city.districts[["id", "community"]]
        .merge(found.districts[["id", "flag"]], on="id")
        .groupby("community")["flag"]
        .agg(lambda of: (of == "underserved").mean())
    )
    assert (poor == 1).sum() > 50
    assert (poor == 0).sum() > 50


# --- files ------------------------------------------------------------------------------------


def test_the_demo_command_writes_files_that_read_back_the_same(city, tmp_path):
    folder = tmp_path / "tour"
    run = CliRunner().invoke(build_app(["demo"]), ["demo", str(folder)], catch_exceptions=False)
    assert run.exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "NOTICE.txt",
        "areas.gpkg",
        "districts.gpkg",
        "facilities.gpkg",
        "streets.gpkg",
    ]
    for name, layer in LAYERS:
        read = read_layer(folder / f"{name}.gpkg", layer, crs=None)
        assert read.warnings == ()
        assert_geodataframe_equal(read.frame, getattr(city, name))
    assert len(read_lines(folder / "streets.gpkg", crs=None)) == len(city.streets) == 92_667
    notice = (folder / "NOTICE.txt").read_text(encoding="utf-8")
    assert city.notice_zh in notice
    assert city.notice_en in notice


def test_the_demo_command_keeps_files_it_did_not_write(tmp_path):
    mine = tmp_path / "districts.gpkg"
    mine.write_text("mine")
    with pytest.raises(UsageFault, match=r"districts\.gpkg: exists; --overwrite"):
        CliRunner().invoke(build_app(["demo"]), ["demo", str(tmp_path)], catch_exceptions=False)
    assert mine.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [mine]


def test_the_demo_command_names_a_folder_it_cannot_use(tmp_path):
    file = tmp_path / "file"
    file.touch()
    for place in (file, file / "below"):
        with pytest.raises(UsageFault, match="is no folder"):
            CliRunner().invoke(build_app(["demo"]), ["demo", str(place)], catch_exceptions=False)


def test_the_demo_command_refuses_a_folder_without_room(city, monkeypatch, tmp_path):
    monkeypatch.setattr("seed.wuhan.city.demo_city", lambda: city)

    # The test may run as root, whom permissions do not stop: a full disk does.
    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28), str(self))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageFault, match=r"cannot be written: No space left"):
        CliRunner().invoke(build_app(["demo"]), ["demo", str(tmp_path)], catch_exceptions=False)
    assert list(tmp_path.iterdir()) == []


def test_seed_does_not_import_service():
    for path in sorted((ROOT / "seed").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not any(name.split(".")[0] == "service" for name in names), path


# --- against the sources ----------------------------------------------------------------------


@pytest.mark.shared
def test_the_totals_are_those_of_the_census():
    with (SHARED / "data/census/census_county_2020_v1.csv").open(encoding="utf-8") as file:
        rows = {row["区县"]: row for row in csv.DictReader(file) if row["市"] == "武汉市"}
    seven = [rows[name] for name in census.FAMILY_HOUSEHOLDS]
    for row in seven:
        assert int(row["家庭户数"]) == census.FAMILY_HOUSEHOLDS[row["区县"]]
    assert sum(int(float(row["家庭户人口数"])) for row in seven) == census.FAMILY_PERSONS
    assert sum(int(float(row["人口数_合计"])) for row in seven) == census.RESIDENTS
    assert sum(int(float(row["60+"])) for row in seven) == census.RESIDENTS_60_PLUS


@pytest.mark.shared
def test_the_streets_are_the_file_they_come_from():
    original = SHARED / "data/wuhan/streets.parquet"
    assert STREETS_FILE.read_bytes() == original.read_bytes()
