"""Isochrones, catchments and coverage on the command line, from files without any database."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import Geod
from town import EAST, LAT, LON, NORTH

from service.cli import main

GEOD = Geod(ellps="WGS84")
# On the street along the southern edge, at the second column.
SOUTH = round(LAT - NORTH / 2, 6)
HERE = ("--lon", round(LON + EAST, 6), "--lat", SOUTH)


@pytest.fixture
def _places(town):
    (town / "places.csv").write_text(
        "id,lon,lat\n"
        f"here,{LON + EAST:.6f},{SOUTH}\n"
        "abroad,-15.43,28.12\n"
        "nowhere,,\n"
        "wrong,114.3,95\n"
        f"there,{LON + 5 * EAST:.6f},{SOUTH}\n",
        encoding="utf-8",
    )


POINTS = ("--points", "places.csv", "--crs", "points=EPSG:4326")
STREETS = ("--network", "streets.parquet")


def test_an_isochrone_of_one_place(town, yike):
    done = yike("isochrone", *HERE, *STREETS, "--minutes", "2,4", "--out", "i.geojson")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == {"ok": 1}
    document = json.loads((town / "i.geojson").read_text(encoding="utf-8"))
    assert [f["properties"]["metres"] for f in document["features"]] == [144, 288]
    small, large = (shapely.geometry.shape(f["geometry"]) for f in document["features"])
    assert small.area < large.area
    # 200 m east along the street lies within 288 m and not within 144 m.
    east = shapely.Point(LON + 3 * EAST, SOUTH)
    assert large.contains(east)
    assert not small.contains(east)
    assert document["profile"] == "adult"


@pytest.mark.usefixtures("_places")
def test_isochrones_of_many_places_with_a_status_each(town, yike):
    options = ("--metres", "150", "--streets", "--speed", "1.0", "--direction", "away")
    done = yike("isochrone", *POINTS, *STREETS, *options, "--out", "i.gpkg")
    assert done.returncode == 0, done.stderr
    assert "drawing: 5 of 5" in done.stderr
    summary = json.loads(done.stdout)
    assert summary["status"] == {"ok": 2, "outside": 1, "invalid_geometry": 2}
    assert (summary["speed_m_per_s"], summary["direction"]) == (1, "away")
    layers = dict(pyogrio.list_layers(town / "i.gpkg"))
    assert layers == {
        "isochrones": "MultiPolygon",
        "streets": "MultiLineString",
        "items": None,
        "about": None,
    }
    items = pyogrio.read_dataframe(town / "i.gpkg", layer="items")
    assert items["origin"].tolist() == ["here", "abroad", "nowhere", "wrong", "there"]
    assert items["detail"].notna().tolist() == [False, True, True, True, False]
    drawn = gpd.read_file(town / "i.gpkg", layer="isochrones")
    assert drawn["origin"].tolist() == ["here", "there"]
    assert drawn.geometry.is_valid.all()


def test_many_are_drawn_in_parts(town, yike):
    rows = [f"{LON + EAST + n * 1e-6:.7f},{SOUTH}" for n in range(420)]
    rows[:201] = [",", *["-15.43,28.12"] * 200]
    (town / "many.csv").write_text("lon,lat\n" + "\n".join(rows) + "\n", encoding="utf-8")
    options = ("--points", "many.csv", "--crs", "points=EPSG:4326", "--metres", "20")
    done = yike("isochrone", *options, *STREETS, "--out", "i.gpkg")
    assert done.returncode == 0, done.stderr
    assert "drawing: 200 of 420" in done.stderr
    items = pyogrio.read_dataframe(town / "i.gpkg", layer="items")
    assert items["row"].tolist() == list(range(1, 421))
    assert items["snap_m"].notna().sum() == 219
    assert len(gpd.read_file(town / "i.gpkg", layer="isochrones")) == 219


@pytest.mark.usefixtures("_places")
@pytest.mark.parametrize(
    "command",
    [
        ("isochrone", *POINTS, *STREETS, "--metres", "20", "--out", "i.gpkg"),
        ("coverage", *POINTS, *STREETS, "--facilities", "facilities.geojson"),
        ("catchments", *POINTS, *STREETS, "--districts", "districts.geojson", "--out", "c.gpkg"),
    ],
    ids=lambda command: command[0],
)
def test_points_are_read_under_the_limits_of_the_settings(yike, command):
    # The town has three facilities and four districts; of the points there are five.
    done = yike(*command, YIKE_IMPORTS__MAX_ROWS="4")
    assert done.returncode == 2
    assert "places.csv" in done.stderr
    assert "at most 4 are read" in done.stderr


CATCHMENTS = ("catchments", "--districts", "districts.geojson", *STREETS)


def test_catchments_of_facilities_and_of_all_together(town, yike):
    done = yike(*CATCHMENTS, "--facilities", "facilities.geojson", "--json", "--out", "c.gpkg")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["totals"]["households"] == {"known": 1780, "districts_without": 1}
    assert [item["id"] for item in told["items"]] == ["F1", "F2", "F3"]
    for number, union in enumerate(told["union"]):
        each = [item["figures"][number]["households"]["at_least"] for item in told["items"]]
        assert max(each) <= union["households"]["at_least"] <= sum(each) + 0.3
        assert union["households"]["at_least"] <= 1780
    # By hand: district D is the point at the middle of the block (8, 0), F2 that of (5, 1):
    # 300 m east and 100 m north of it, so D lies within 500 m and has no number of households.
    (far,) = [f for f in told["items"][1]["figures"] if f["measure"] == "straight"][1:2]
    assert far["households"]["inside"] is None
    assert far["households"]["districts_without"] == 1
    table = gpd.read_file(town / "c.gpkg", layer="catchments")
    assert len(table) == 3 * 9
    assert table["facility"].tolist() == [name for name in ("F1", "F2", "F3") for _ in range(9)]
    union = pyogrio.read_dataframe(town / "c.gpkg", layer="union")
    assert union["households_at_least"].tolist() == [
        row["households"]["at_least"] for row in told["union"]
    ]


@pytest.mark.usefixtures("_places")
def test_catchments_of_places(yike):
    done = yike(*CATCHMENTS, *POINTS, "--json", "--metres", "500", "--minutes", "5")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [item["status"] for item in told["items"]] == [
        "ok",
        "off_network",
        "invalid_geometry",
        "invalid_geometry",
        "ok",
    ]
    assert told["items"][3]["detail"]
    assert told["items"][3]["figures"] is None
    assert {f["households"]["inside"] for f in told["items"][1]["figures"]} == {0}


@pytest.mark.usefixtures("town")
def test_what_serves_a_place(yike):
    files = ("--facilities", "facilities.geojson", *STREETS, "--as-of", "2026-11-22")
    done = yike("coverage", *HERE, *files, "--pack", "jinhua-2022", "--k", "3", "--path")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["packs"] == ["jinhua-2022"]
    for rule in told["rules"]:
        (nearest,) = rule["nearest"]
        assert nearest["facility"]["id"] == rule["walking"]["facility"]["id"] == "F1"
        assert nearest["metres"] == rule["walking"]["metres"]
        length = GEOD.geometry_length(shapely.geometry.shape(nearest["path"]))
        assert length == pytest.approx(nearest["metres"], abs=0.05)
        assert rule["quote"]


@pytest.mark.usefixtures("_places")
def test_what_serves_many_places(town, yike):
    files = ("--facilities", "facilities.geojson", *STREETS, "--pack", "jinhua-2022")
    done = yike("coverage", *POINTS, *files, "--path", "--out", "c.gpkg")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["status"] == {"ok": 3, "invalid_geometry": 2}
    table = gpd.read_file(town / "c.gpkg", layer="coverage")
    one = table[table["place"] == "here"]
    assert set(one["walking_facility"]) == {"F1"}
    abroad = table[table["place"] == "abroad"]
    assert abroad["walking_m"].isna().all()
    assert (table["status"] == "invalid_geometry").sum() == 2
    ways = gpd.read_file(town / "c.gpkg", layer="nearest")
    drawn = [GEOD.geometry_length(way) for way in ways.geometry]
    assert drawn == pytest.approx(ways["metres"].tolist(), abs=0.01)
    merged = ways.merge(table, on=["row", "rule"])
    assert merged["metres"].tolist() == pytest.approx(merged["walking_m"].tolist(), abs=1e-6)


def test_a_barrier_and_lost_seconds_shorten_the_walk(town, yike):
    wall = shapely.LineString([(LON + 2.5 * EAST, SOUTH - 0.01), (LON + 2.5 * EAST, SOUTH + 0.01)])
    gpd.GeoDataFrame(geometry=[wall], crs=4326).to_file(town / "wall.geojson")
    options = ("isochrone", *HERE, *STREETS, "--metres", "300")
    for name, more in (("open", ()), ("barred", ("--barriers", "wall.geojson"))):
        done = yike(*options, *more, "--out", f"{name}.geojson")
        assert done.returncode == 0, done.stderr
    east = shapely.Point(LON + 3 * EAST, SOUTH)
    grounds = {
        name: gpd.read_file(town / f"{name}.geojson").geometry[0] for name in ("open", "barred")
    }
    assert grounds["open"].contains(east)
    assert not grounds["barred"].contains(east)
    losing = ("--crossing-seconds", "30", "--out", "slow.geojson")
    told = json.loads(yike(*options, *losing).stdout)
    assert told["penalties"]["crossing_seconds"] == "30"


ISOCHRONE = ("isochrone", *HERE, *STREETS, "--out", "i.geojson")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((*ISOCHRONE, "--minutes", "0"), "minutes: 0 is not above 0"),
        ((*ISOCHRONE, "--minutes", "-5"), "minutes: -5 is not above 0"),
        ((*ISOCHRONE, "--minutes", "10000"), "minutes: 10000 is more than 69.4"),
        ((*ISOCHRONE, "--minutes", "NaN"), "minutes: NaN is not a finite number"),
        ((*ISOCHRONE, "--minutes", "five"), "minutes: 'five' is not a number"),
        ((*ISOCHRONE, "--minutes", "5", "--metres", "5"), "minutes or metres, not both"),
        (ISOCHRONE, "give minutes or metres"),
        ((*ISOCHRONE, "--minutes", "5", "--profile", "runner"), "no profile 'runner'"),
        ((*ISOCHRONE, "--minutes", "5", "--speed", "9"), "speed: 9 is not between"),
        ((*ISOCHRONE, "--minutes", "5", "--direction", "up"), "direction: must be"),
        ((*ISOCHRONE, "--minutes", "5", "--out", "i.kml"), "unknown output format '.kml'"),
        ((*ISOCHRONE, "--minutes", "5", "--points", "p.csv"), "--lon and --lat, or --points"),
        ((*ISOCHRONE[:3], *STREETS, "--minutes", "5", "--out", "i.gpkg"), "--lat is missing"),
        (("isochrone", "--lon", 114, "--lat", 91, "--minutes", 5, "--out", "i.gpkg"), "--lat: 91"),
        (("isochrone", *HERE, *STREETS, "--minutes", "5"), "--out is missing"),
        ((*ISOCHRONE, "--minutes", "5", "--lift-seconds", "9999"), "lift_seconds: 9999"),
        (
            ("isochrone", *HERE, "--minutes", "5", "--barriers", "w", "--out", "i.gpkg"),
            "--barriers: is for street lines",
        ),
        (("isochrone", *POINTS, *STREETS, "--minutes", "5", "--out", "i.gpkg"), "places.csv"),
        ((*CATCHMENTS, "--json"), "--facilities: give --facilities"),
        ((*CATCHMENTS, "--facilities", "facilities.geojson"), "--out is missing"),
        ((*CATCHMENTS, "--facility", "F1", "--json"), "--facility: is for the database"),
        ((*CATCHMENTS, *POINTS, "--json", "--metres", "5001"), "metres: 5001 is more than"),
        (("catchments", *POINTS, *STREETS, "--json"), "--network: is for files"),
        (("coverage", *HERE, *STREETS), "--network: is for files"),
        (("coverage", *HERE, "--service", "dentist"), "--service: must be"),
        (("coverage", *HERE, "--k", "0"), "--k: 0 is not between"),
    ],
)
def test_bad_input_is_one_line(town, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(town)
    monkeypatch.setattr("sys.argv", ["yike", *map(str, arguments)])
    # The handlers of the command line are not for the process of the tests.
    monkeypatch.setattr("signal.signal", lambda _number, _handler: None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    told = capsys.readouterr()
    lines = [line for line in told.err.splitlines() if "warning" not in line]
    assert len(lines) == 1, told.err
    assert says in lines[0]
    assert not told.out
    assert not list(town.glob("i.*"))


def test_districts_without_rows_cannot_be_counted(town, yike):
    (town / "none.csv").write_text("id,lon,lat\n", encoding="utf-8")
    files = ("--districts", "none.csv", "--crs", "districts=EPSG:4326", *STREETS)
    done = yike("catchments", *files, "--facilities", "facilities.geojson", "--json")
    assert done.returncode == 2
    assert "there are no districts to count" in done.stderr


def test_places_are_read_in_any_system(town, yike):
    frame = gpd.GeoDataFrame(
        pd.DataFrame({"id": ["here"]}), geometry=[shapely.Point(LON + EAST, SOUTH)], crs=4326
    )
    frame.to_crs("EPSG:4547").to_file(town / "places.gpkg", layer="places")
    options = ("--points", "places.gpkg", *STREETS, "--metres", "150", "--out", "there.geojson")
    assert yike("isochrone", *options).returncode == 0
    assert (
        yike("isochrone", *HERE, *STREETS, "--metres", "150", "--out", "here.geojson").returncode
        == 0
    )
    grounds = [gpd.read_file(town / f"{name}.geojson").geometry[0] for name in ("here", "there")]
    assert grounds[0].symmetric_difference(grounds[1]).area < grounds[0].area * 1e-3
