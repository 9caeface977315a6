"""OpenStreetMap files on the real command line, and real extracts against GDAL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely
from osm_xml import write_osm
from pyproj import Geod
from stored_files import Stored
from town import Run, write_geojson

from service.commands.osm_layers import read_osm_layers
from service.commands.progress import Progress
from service.imports.osm.layers import OsmPlaces, place_layers
from service.imports.osm.place_table import load_place_table
from service.imports.osm.places import read_places
from service.imports.osm.streets import OsmStreets, read_streets
from spatial.errors import InputError
from spatial.network_building import build_network

EXTRACTS = Path(__file__).parents[3] / "shared" / "data" / "osm"
LAS_PALMAS = "las_palmas_20230221.osm.pbf"
BEIJING = "beijing_tsinghua.osm"
HELSINKI = "Helsinki.osm.pbf"
GEOD = Geod(ellps="WGS84")
NO_DATABASE = {"YIKE_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/none"}
EVALUATE = ("evaluate", "--pack=jinhua-2022", "--pack=dali-2022", "--as-of=2026-06-30")

# Streets, lines, kilometres (at least, at most), districts, dwellings and facilities by kind.
COUNTS: dict[str, tuple[int, int, float, int, int, dict[str, int]]] = {
    LAS_PALMAS: (14318, 27893, 2145.634, 7294, 7368, {"kindergarten_class": 23, "care_home": 12}),
    BEIJING: (688, 1447, 125.758, 111, 147, {"kindergarten_class": 1}),
    HELSINKI: (2778, 5693, 125.003, 26, 21, {}),
}
# Classes with no way that GDAL draws as a polygon, or joins across a gap at the edge.
SAME_AS_GDAL = {
    LAS_PALMAS: ("unclassified", "cycleway", "living_street"),
    BEIJING: ("residential", "primary", "secondary", "tertiary", "cycleway", "path"),
    HELSINKI: ("residential", "primary", "secondary", "tertiary", "cycleway", "steps"),
}
CLOSED = (
    r'"(?:foot|access)"=>"(?:no|private|use_sidepath|permit|restricted|military|residents)"'
    r'|"motorroad"=>"yes"|"abandoned"=>"yes"|"disused"=>"yes"'
)
OPENED = r'"foot"=>"(?:yes|designated|permissive|destination|official)"'


@pytest.fixture
def village(tmp_path: Path) -> Path:
    """A file with two residential areas, a house, a care home and streets."""
    return write_osm(
        tmp_path / "village.osm",
        ways={
            1: ([1, 2, 3, 4, 5, 6, 7], {"highway": "residential"}),
            2: ([3, 13, 23, 33], {"highway": "footway"}),
            3: ([1, 41], {"highway": "motorway"}),
            11: ([11, 12, 22, 21, 11], {"landuse": "residential", "name": "幸福里"}),
            12: ([14, 15, 25, 24, 14], {"landuse": "residential", "name": "远村"}),
            13: ([16, 17, 27, 26, 16], {"building": "house"}),
        },
        nodes={
            33: {"amenity": "nursing_home", "name": "敬老院", "capacity": "80"},
            31: {"amenity": "social_facility", "social_facility:for": "homeless"},
        },
    )


# --- real extracts ------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=COUNTS)
def extract(request: pytest.FixtureRequest) -> tuple[str, OsmStreets, OsmPlaces]:
    path = EXTRACTS / request.param
    return request.param, read_streets(path), place_layers(read_places(path))


@pytest.mark.shared
def test_an_extract_has_what_it_is_known_to_have(
    extract: tuple[str, OsmStreets, OsmPlaces],
) -> None:
    name, streets, places = extract
    ways, lines, kilometres, districts, dwellings, kinds = COUNTS[name]
    length_m = sum(GEOD.geometry_length(line) for line in streets.frame.geometry)

    assert (streets.ways, len(streets.frame)) == (ways, lines)
    assert length_m / 1000 == pytest.approx(kilometres, abs=0.001)
    assert (len(places.districts), len(places.buildings)) == (districts, dwellings)
    assert places.facilities["kind"].value_counts().to_dict() == kinds
    assert set(places.buildings["district_id"]) <= set(places.districts["id"])
    network = build_network(streets.frame)
    assert len(network.u) + sum(network.left_out.values()) == lines


@pytest.mark.shared
def test_lengths_are_those_gdal_measures(extract: tuple[str, OsmStreets, OsmPlaces]) -> None:
    """GDAL reads the same ways whole; what is closed to people on foot is told by its text."""
    name, streets, _ = extract
    lines = pyogrio.read_dataframe(EXTRACTS / name, layer="lines")
    tags = lines["other_tags"].fillna("")
    walked = lines[~tags.str.contains(CLOSED) | tags.str.contains(OPENED)]

    def metres(frame: gpd.GeoDataFrame, highway: str) -> float:
        chosen = frame.geometry[frame["highway"] == highway]
        return sum(GEOD.geometry_length(line) for line in chosen)

    for highway in SAME_AS_GDAL[name]:
        theirs = metres(walked, highway)
        assert theirs > 100
        assert metres(streets.frame, highway) == pytest.approx(theirs, abs=0.001), highway


@pytest.mark.shared
def test_dwellings_are_those_gdal_finds() -> None:
    places = place_layers(read_places(EXTRACTS / LAS_PALMAS))
    table = pyogrio.read_dataframe(
        EXTRACTS / LAS_PALMAS, layer="multipolygons", read_geometry=False
    )
    classes = {value for row in load_place_table().dwellings for value in row.values}
    found = table[table["building"].isin(classes)]
    theirs = {f"way/{i}" for i in found["osm_way_id"].dropna()}
    theirs |= {f"relation/{i}" for i in found["osm_id"].dropna()}
    ours = {name for name in places.buildings["id"] if not name.startswith("node/")}
    left_out = {name for ids in places.left_out["buildings"].values() for name in ids}

    assert len(ours & theirs) > 7300
    assert theirs - ours <= left_out
    assert ours - theirs == {
        # Tagged house;museum, which GDAL does not take apart.
        "relation/7528181",
        "relation/12670407",
        # Rings that GDAL does not take for polygons.
        "way/666514083",
        "way/756661946",
    }


@pytest.mark.shared
@pytest.mark.parametrize("name", COUNTS)
def test_an_extract_is_evaluated_in_one_command(yike: Run, tmp_path: Path, name: str) -> None:
    done = yike(*EVALUATE, "--osm", EXTRACTS / name, "--out=r.gpkg", "--json", **NO_DATABASE)

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    districts = COUNTS[name][3]
    assert summary["districts"] == districts
    # No kindergarten is known to take children under 3, so that childcare is near nobody.
    assert summary["flags"]["underserved"] == districts
    assert summary["rules"]["jinhua.childcare.radius"] == {"not_met": districts}
    findings = pyogrio.read_dataframe(tmp_path / "r.gpkg", layer="findings", read_geometry=False)
    radius = findings[findings["rule"] == "jinhua.childcare.radius"]
    circle = findings[findings["rule"] == "dali.elderly.circle15"]
    if name == LAS_PALMAS:
        assert radius["would_count_if"].str.contains("takes_outside_children").sum() == 5577
        verdicts = circle["verdict"].value_counts()
        assert verdicts["met"] == pytest.approx(4010, abs=20)
        assert verdicts[["met", "advise", "not_met"]].sum() > 7280
        assert circle["walking_m"].notna().sum() > 7000
    assert pyogrio.read_info(tmp_path / "r.gpkg", layer="districts")["features"] == districts


@pytest.mark.shared
@pytest.mark.parametrize("name", [BEIJING, pytest.param(LAS_PALMAS, marks=pytest.mark.full)])
def test_an_extract_is_the_same_in_the_database(stored: Stored, tmp_path: Path, name: str) -> None:
    path = EXTRACTS / name
    done = stored.yike("import", "osm", path)
    files = stored.yike(*EVALUATE, "--osm", path, "--out=files.geojson", "--json")
    run = stored.yike(*EVALUATE, "--out=stored.geojson", "--json")

    assert done.returncode == 0, done.stderr
    assert run.returncode == 0, run.stderr
    ours, theirs = json.loads(run.stdout), json.loads(files.stdout)
    for key in ("pack", "region", "districts", "flags", "rules"):
        assert ours[key] == theirs[key], key
    assert _properties(tmp_path / "stored.geojson") == _properties(tmp_path / "files.geojson")
    edges, length_m, geography_m = stored.ask(
        "SELECT count(*), sum(length_m), sum(ST_Length(geometry::geography)) FROM network_edge"
    )[0]
    assert edges == len(build_network(read_streets(path).frame).u)
    assert length_m == pytest.approx(geography_m, abs=0.001)


def _properties(path: Path) -> dict[str, Any]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {feature["id"]: feature["properties"] for feature in features}


# --- the commands -------------------------------------------------------------------------------


def test_one_import_stores_every_layer(village: Path, stored: Stored) -> None:
    dry = stored.yike("import", "osm", village.name, "--dry-run")
    assert stored.ask("SELECT count(*) FROM district") == [(0,)]
    assert stored.ask("SELECT count(*) FROM audit") == [(0,)]
    done = stored.yike("import", "osm", village.name, "--name=village")
    again = stored.yike("import", "osm", village.name)

    assert done.returncode == 0, done.stderr
    # A dry run reports what it would store between the lines of the import itself.
    would = [line.replace("read, ", "read, would be ") for line in done.stdout.splitlines()]
    assert set(would) <= set(dry.stdout.splitlines())
    # What is odd about the network follows.
    assert done.stdout.splitlines()[:4] == [
        "village.osm, districts: 3 rows read, 3 added, 0 changed, 0 unchanged",
        "village.osm, buildings: 1 rows read, 1 added, 0 changed, 0 unchanged",
        "village.osm, facilities: 1 rows read, 1 added, 0 changed, 0 unchanged",
        "village.osm, network: 3 rows read, 3 added, 0 changed, 0 unchanged",
    ]
    assert "facilities left out: 1 not_for_seniors (node/31)" in done.stderr
    assert "streets left out: 1 motorway" in done.stderr
    assert all(
        f"0 added, 0 changed, {count} unchanged" in line
        for count, line in zip((3, 1, 1, 3), again.stdout.splitlines()[:4], strict=True)
    )
    audited = stored.ask("SELECT target FROM audit WHERE action = 'import' ORDER BY sequence")
    targets = [target.partition("/")[0] for (target,) in audited]
    assert sorted(targets[:4]) == ["buildings", "districts", "facilities", "network"]
    assert stored.ask("SELECT id, name, beds FROM facility") == [("node/33", "敬老院", 80)]
    assert stored.ask("SELECT name, source FROM network") == [
        ("village", "© OpenStreetMap contributors, ODbL 1.0")
    ]


def test_streets_alone_are_imported(village: Path, stored: Stored) -> None:
    done = stored.yike("import", "network", village.name)

    told = done.stdout.splitlines()
    assert told[0] == "village.osm: 3 rows read, 3 added, 0 changed, 0 unchanged", done.stderr
    assert told[1].startswith("路网：节点 4 个，边 3 条")
    assert stored.ask("SELECT count(*) FROM district") == [(0,)]


def test_files_of_ones_own_come_before_those_of_the_extract(village: Path, yike: Run) -> None:
    home = {"id": "A", "households": 10, "geometry": shapely.Point(114.3031, 30.5501)}
    write_geojson(village.parent / "d.geojson", [home])
    common = (*EVALUATE, "--osm", village.name, "--out=r.geojson", "--json")

    whole = yike(*common, **NO_DATABASE)
    streets = ("--network", village.name)
    mixed = yike(*common, "--districts=d.geojson", *streets, **NO_DATABASE)

    assert json.loads(whole.stdout)["districts"] == 3
    assert json.loads(mixed.stdout)["districts"] == 1
    assert "its buildings are not taken" in mixed.stderr
    assert json.loads(whole.stdout)["rules"]["dali.elderly.circle15"] == {"met": 3}


# --- bad input ----------------------------------------------------------------------------------


def _file(name: str, content: bytes) -> Any:
    def write(folder: Path) -> str:
        (folder / name).write_bytes(content)
        return name

    return write


def _osm(**things: Any) -> Any:
    def write(folder: Path) -> str:
        return write_osm(folder / "x.osm", **things).name

    return write


HOUSE = {5: ([1, 2, 12, 11, 1], {"building": "house"})}
STREET = {1: ([1, 2, 3], {"highway": "footway"})}
DAMAGED = "is damaged, cut short or no OpenStreetMap file"
BAD: dict[str, tuple[Any, str]] = {
    "no file": (lambda _: "gone.osm.pbf", "gone.osm.pbf: there is no such file"),
    "empty": (_file("x.osm.pbf", b""), "x.osm.pbf: is empty"),
    "text as PBF": (_file("x.osm.pbf", b"hello " * 100), DAMAGED),
    "text as XML": (_file("x.osm", b"hello"), DAMAGED),
    "other XML": (_file("x.osm", b"<gpx version='1.1'></gpx>"), "Unknown top-level element"),
    "cut XML": (_file("x.osm", b"<osm version='0.6'><node id='1' lat='1' lon="), DAMAGED),
    "coordinates that are none": (
        _file("x.osm", b"<osm version='0.6'><node id='1' lat='1000' lon='x'/></osm>"),
        "wrong format for coordinate",
    ),
    "another name": (_file("x.txt", b"hello"), "x.txt: is no OpenStreetMap file by its name"),
    "nothing in it": (_osm(), "x.osm: has neither residential areas nor residential buildings"),
    "nothing residential": (_osm(ways=STREET), "has neither residential areas nor"),
    "no street": (_osm(ways=HOUSE), "x.osm: has no way that is walked"),
    "no street that is walked": (
        _osm(ways={**HOUSE, 1: ([1, 2], {"highway": "motorway"})}),
        "x.osm: has no way that is walked; of its 1 streets: 1 motorway",
    ),
    "streets elsewhere": (
        _osm(ways={**HOUSE, 1: ([31, 32], {"highway": "path"})}, absent=[31, 32]),
        "1 outside_extract; nodes must come before ways",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write, message = BAD[name]
    file = write(tmp_path)

    with pytest.raises(InputError) as told:
        read_osm_layers(Path(file), progress=Progress(quiet=True))

    (line,) = str(told.value).splitlines()
    assert line.startswith(f"{file}: ")
    assert message in line


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (("import", "osm"), "nothing residential"),
        (("import", "network"), "no street that is walked"),
        ((*EVALUATE, "--json", "--osm"), "text as PBF"),
    ],
)
def test_a_bad_file_ends_the_command(
    yike: Run, tmp_path: Path, call: tuple[str, ...], name: str
) -> None:
    write, message = BAD[name]
    done = yike(*call, write(tmp_path), **NO_DATABASE)

    (line,) = [line for line in done.stderr.splitlines() if "yike: reading" not in line]
    assert done.returncode == 2
    assert line.startswith("yike: ")
    assert message in line
    assert done.stdout == ""


@pytest.mark.shared
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("source", [HELSINKI, BEIJING])
def test_a_download_cut_short_is_told(tmp_path: Path, source: str, share: float) -> None:
    whole = (EXTRACTS / source).read_bytes()
    path = tmp_path / source
    path.write_bytes(whole[: int(len(whole) * share)])

    for read in (read_streets, read_places):
        with pytest.raises(InputError, match=f"{source}: {DAMAGED}"):
            read(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "osm", "a.osm", "b.osm"), "one file makes a network"),
        (("import", "osm", "a.osm", "--crs=EPSG:4326"), "--crs: OpenStreetMap files are in"),
        (("import", "osm", "a.osm", "--map=a=name"), "--map: OpenStreetMap files have tags"),
        (("import", "osm", "a.osm", "--assume-status=built"), "--assume-status: is for"),
        (("import", "network", "village.osm", "--crs=EPSG:3857"), "the file says EPSG:4326"),
        ((*EVALUATE, "--osm=village.osm"), "--out is missing"),
        ((*EVALUATE, "--osm=village.osm", "--parks=p.geojson", "--json"), "--parks: is for rules"),
    ],
)
def test_options_that_make_no_sense_are_told(
    village: Path, yike: Run, arguments: tuple[str, ...], message: str
) -> None:
    assert village.exists()
    done = yike(*arguments, **NO_DATABASE)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
