"""Downloads through OSMnx's own code, on recorded answers, without any network.

The answers in ``osm_answers`` are of a made-up place and written by hand, in the form of
Nominatim and of Overpass. Their names are those OSMnx gives the answer of each question: the
SHA-1 of the address it asks. A version of OSMnx that asks otherwise finds them no more, and the
tests say that the servers cannot be reached; then the files are to be renamed.
"""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import geopandas as gpd
import osmnx
import pytest
import shapely
from town import Run

from service.imports.download import download_place, download_polygon, read_area
from service.imports.street_reader import make_network
from spatial.errors import InputError, InputFaults

ANSWERS = Path(__file__).with_name("osm_answers")
PLACE = "一刻镇, 示例县"
BOUNDARY = shapely.box(114.300, 30.580, 114.310, 30.590, ccw=True)


class AskedError(AssertionError):
    """Somebody asked the network."""


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse any connection, and any name to be looked up."""

    def refuse(*_args: object, **_more: object) -> None:
        raise AskedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "gethostbyname", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look-up and connection fail as without internet."""

    def fail(*_args: object, **_more: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket.socket, "connect", fail)
    monkeypatch.setattr(socket, "gethostbyname", fail)
    monkeypatch.setattr(socket, "getaddrinfo", fail)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A cache folder in which the answers are already."""
    shutil.copytree(ANSWERS, tmp_path / "cache" / "osmnx")
    return tmp_path / "cache"


@pytest.fixture
def boundary(tmp_path: Path) -> Path:
    path = tmp_path / "boundary.geojson"
    # Corners in the order of the gazetteer's answer, so that the question is the same.
    ring = shapely.Polygon([(114.3, 30.58), (114.31, 30.58), (114.31, 30.59), (114.3, 30.59)])
    gpd.GeoDataFrame(geometry=[ring], crs="EPSG:4326").to_file(path)
    return path


@pytest.mark.usefixtures("offline")
def test_a_place_is_downloaded_with_what_its_tags_say(answers: Path) -> None:
    lines = download_place(PLACE, cache_dir=answers)
    frame = lines.frame.set_index(lines.frame["highway"].str.cat(lines.frame["layer"], na_rep=""))
    assert len(frame) == 10
    assert lines.frame["highway"].value_counts().to_dict() == {
        "residential": 4,
        "footway": 3,
        "steps": 1,
        "pedestrian": 1,
        "path": 1,
    }
    assert frame.loc["steps", "steps"]
    assert frame.loc["footway1", "structure"] == "bridge"
    # oneway=yes of 一刻路 is for vehicles; oneway:foot is not.
    one_way = lines.frame[~lines.frame["backward"]]
    assert one_way["highway"].tolist() == ["footway"]
    assert list(one_way.geometry.iloc[0].coords) == [(114.306, 30.582), (114.306, 30.585)]
    # The street that leads out of the place is kept as far as its next node, and no farther.
    assert lines.frame.total_bounds[3] == 30.5925
    read = make_network(lines, source=PLACE)
    assert len(read.network.node_lonlat) == 11
    assert read.sources == ("© OpenStreetMap contributors, ODbL 1.0",)
    assert read.origin_crs == "EPSG:4326"


@pytest.mark.usefixtures("offline")
def test_a_polygon_asks_for_the_same_streets(answers: Path, boundary: Path) -> None:
    place = make_network(download_place(PLACE, cache_dir=answers), source="place")
    polygon = make_network(download_polygon(boundary, cache_dir=answers), source="polygon")
    assert polygon.network.version == place.network.version


@pytest.mark.usefixtures("offline")
def test_the_settings_of_osmnx_are_as_before(answers: Path) -> None:
    def state() -> dict[str, object]:
        kept = {
            name: value
            for name, value in vars(osmnx.settings).items()
            if not name.startswith("_") and not callable(value)
        }
        return {**kept, "getaddrinfo": socket.getaddrinfo}

    before = state()
    download_place(PLACE, cache_dir=answers)
    assert state() == before
    with pytest.raises(AskedError):
        download_place("elsewhere", cache_dir=answers)
    assert state() == before


@pytest.mark.usefixtures("unreachable")
def test_without_internet_it_is_said_what_to_do_instead(tmp_path: Path, boundary: Path) -> None:
    for ask in (
        lambda: download_place(PLACE, cache_dir=tmp_path),
        lambda: download_polygon(boundary, cache_dir=tmp_path),
    ):
        with pytest.raises(InputError, match=r"cannot be reached.*import.*osm\.pbf") as told:
            ask()
        assert len(str(told.value).splitlines()) == 1


def replace_answer(folder: Path, wanted: type, answer: object) -> None:
    """Put another answer in the place of the gazetteer's (a list) or of the streets' (a dict)."""
    for path in (folder / "osmnx").iterdir():
        if isinstance(json.loads(path.read_text(encoding="utf-8")), wanted):
            path.write_text(json.dumps(answer), encoding="utf-8")


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (list, []),
        (
            list,
            [
                {
                    "lat": "30.5",
                    "lon": "114.3",
                    "boundingbox": ["30", "31", "114", "115"],
                    "display_name": "一点",
                    "importance": 0.1,
                    "geojson": {"type": "Point", "coordinates": [114.3, 30.5]},
                }
            ],
        ),
        (dict, {"version": 0.6, "elements": []}),
    ],
)
def test_nothing_found_is_told_in_one_line(answers: Path, wanted: type, answer: object) -> None:
    replace_answer(answers, wanted, answer)
    with pytest.raises(InputError, match=f"--place '{PLACE}': nothing could be downloaded") as told:
        download_place(PLACE, cache_dir=answers)
    assert len(str(told.value).splitlines()) == 1


def test_an_area_is_read_in_its_own_system(tmp_path: Path) -> None:
    halves = gpd.GeoDataFrame(
        geometry=[shapely.box(114.30, 30.5, 114.31, 30.6), shapely.box(114.31, 30.5, 114.32, 30.6)],
        crs="EPSG:4326",
    )
    path = tmp_path / "area.shp"
    halves.to_crs("EPSG:4547").to_file(path)
    area = read_area(path)
    assert area.bounds == pytest.approx((114.30, 30.5, 114.32, 30.6), abs=1e-4)
    assert area.geom_type == "Polygon"


def test_what_is_no_area_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.geojson"
    line = shapely.LineString([(114.3, 30.5), (114.4, 30.5)])
    gpd.GeoDataFrame(geometry=[line], crs="EPSG:4326").to_file(path)
    with pytest.raises(InputFaults, match="row 1, field geometry: must be a Polygon"):
        read_area(path)
    path.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(InputError, match="has no polygons"):
        read_area(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("network", "--place", ""), "names no place"),
        (("network", "--place", "x", "--polygon", "p.geojson"), "name one of the two"),
        (("network", "a.gpkg", "--place", "x"), "--place: downloads"),
        (("network",), "import network: name a file"),
        (("districts",), "import districts: name a file"),
        (("districts", "d.csv", "--planarize"), "--planarize: is for import network"),
        (("osm", "c.osm.pbf", "--place", "x"), "--place: is for import network"),
        (("facilities", "f.csv", "--report", "r.json"), "--report: is for a network"),
        (("network", "a.gpkg", "--report", "r.txt"), "the report is JSON"),
        (("network", "--place", "x", "--crs", "EPSG:4326"), "--crs: a place has no coordinates"),
    ],
)
def test_options_that_do_not_go_together(
    yike: Run, arguments: tuple[str, ...], message: str
) -> None:
    done = yike("import", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
