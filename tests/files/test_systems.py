"""Files in GCJ-02, BD-09 and the zones of Chinese surveys: read, proposed, refused, told apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import prcoords
import psycopg
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy.engine import make_url
from town import LAT, LON, Run

from service.imports.reader import read_layer
from service.imports.street_reader import read_network
from spatial.crs import geodesic_m
from spatial.errors import InputError, UnknownCRSError
from spatial.fields import DISTRICTS, FACILITIES

Points = NDArray[np.float64]
LAYERS = ("--districts=d.geojson", "--areas=a.geojson", "--network=streets.parquet")


def displaced(lonlat: Points, how: Callable[[tuple[float, float]], tuple[float, float]]) -> Points:
    """Displace as the independent implementation does, latitude first."""
    return np.array([tuple(how((lat, lon)))[::-1] for lon, lat in lonlat.tolist()])


def in_zone(lonlat: Points, code: str) -> Points:
    turn = Transformer.from_crs("EPSG:4326", code, always_xy=True)
    return np.column_stack(turn.transform(lonlat[:, 0], lonlat[:, 1]))


WRITTEN: dict[str, Callable[[Points], Points]] = {
    "EPSG:4326": lambda p: p,
    "EPSG:4490": lambda p: p,
    "GCJ-02": lambda p: displaced(p, prcoords.wgs_gcj),
    "BD-09": lambda p: displaced(p, prcoords.wgs_bd),
    "EPSG:4547": lambda p: in_zone(p, "EPSG:4547"),
    "EPSG:4526": lambda p: in_zone(p, "EPSG:4526"),
    "EPSG:4498": lambda p: in_zone(p, "EPSG:4498"),
    "EPSG:3857": lambda p: in_zone(p, "EPSG:3857"),
}
WRITTEN |= {f"{name},yx": (lambda p, w=write: w(p)[:, ::-1]) for name, write in WRITTEN.items()}

SPELLINGS = {
    "GCJ-02": ("GCJ-02", "GCJ02", "gcj_02", "gcj02ll", "火星坐标", "火星坐标系", "ＧＣＪ－０２"),
    "BD-09": ("BD-09", "BD09", "bd09ll", "bd 09", "百度坐标", "百度坐标系"),
    "EPSG:4490": ("CGCS2000", "cgcs 2000", "2000国家大地坐标系"),
    "EPSG:4326": ("WGS84", "WGS-84", "wgs 84"),
}


def write_points(path: Path, xy: Points, *, kind: str = "nursery") -> Path:
    rows = [f"f{i},{kind},operating,{x!r},{y!r}" for i, (x, y) in enumerate(xy.tolist())]
    path.write_text("\n".join(["id,kind,status,x,y", *rows]) + "\n", encoding="utf-8")
    return path


def off_m(frame: gpd.GeoDataFrame, lonlat: Points) -> float:
    return float(geodesic_m(shapely.get_coordinates(frame.geometry.to_numpy()), lonlat).max())


@pytest.fixture
def places() -> Points:
    random = np.random.default_rng(20260612)
    return np.column_stack(
        [LON + random.uniform(-0.02, 0.02, 40), LAT + random.uniform(-0.02, 0.02, 40)]
    )


@pytest.mark.parametrize("name", list(WRITTEN))
def test_every_system_gives_the_same_places(tmp_path: Path, places: Points, name: str) -> None:
    path = write_points(tmp_path / "f.csv", WRITTEN[name](places))

    read = read_layer(path, FACILITIES, crs=name)

    assert off_m(read.frame, places) < 0.002
    assert read.origin_crs == name.removesuffix(",yx")
    said = read.transformation or ""
    assert ("axes exchanged" in said) == name.endswith(",yx")
    if name.startswith(("GCJ", "BD")):
        plain = f"{name.removesuffix(',yx')} → EPSG:4326, iterated inverse; accuracy about 1 m"
        assert said.endswith(plain)
    assert read.warnings == ()


@pytest.mark.parametrize(
    ("name", "spelling"), [(name, word) for name, words in SPELLINGS.items() for word in words]
)
def test_spellings(tmp_path: Path, places: Points, name: str, spelling: str) -> None:
    path = write_points(tmp_path / "f.csv", WRITTEN[name](places))

    read = read_layer(path, FACILITIES, crs=spelling)
    turned = read_layer(
        write_points(tmp_path / "yx.csv", WRITTEN[f"{name},yx"](places)),
        FACILITIES,
        crs=f"{spelling},YX",
    )

    assert read.origin_crs == turned.origin_crs == name
    assert off_m(read.frame, places) < 0.002
    assert off_m(turned.frame, places) < 0.002


# Web Mercator has room for both orders; there only the evidence tells, as it does below.
ORDERED = [name for name in WRITTEN if not name.endswith(",yx") and name != "EPSG:3857"]


@pytest.mark.parametrize("name", ORDERED)
def test_exchanged_axes_are_refused_both_ways(tmp_path: Path, places: Points, name: str) -> None:
    northing_first = write_points(tmp_path / "yx.csv", WRITTEN[f"{name},yx"](places))
    easting_first = write_points(tmp_path / "xy.csv", WRITTEN[name](places))

    with pytest.raises(InputError, match=r"swapped in every row.*say --crs .*,yx"):
        read_layer(northing_first, FACILITIES, crs=name)
    with pytest.raises(InputError, match=r"swapped in every row.*leave ,yx out"):
        read_layer(easting_first, FACILITIES, crs=f"{name},yx")


def test_geometries_of_any_kind_and_entrances_move_along(tmp_path: Path) -> None:
    outline = np.array(shapely.box(LON, LAT, LON + 0.001, LAT + 0.001).exterior.coords)
    doors = np.array([[LON, LAT], [LON + 0.001, LAT]])
    bd09 = WRITTEN["BD-09"]
    path = tmp_path / "d.csv"
    polygon, gates = shapely.Polygon(bd09(outline)), shapely.MultiPoint(bd09(doors))
    path.write_text(f'id,wkt,entrances\na,"{polygon.wkt}","{gates.wkt}"\n', encoding="utf-8")

    read = read_layer(path, DISTRICTS, crs="百度坐标")

    for field, expected in (("geometry", outline), ("entrances", doors)):
        found = shapely.get_coordinates(read.frame[field].to_numpy(dtype=object))
        assert geodesic_m(found, expected).max() < 0.002


def test_streets_in_gcj02_still_meet(tmp_path: Path, streets: gpd.GeoDataFrame) -> None:
    moved = streets.set_geometry(
        shapely.transform(streets.geometry.to_numpy(), WRITTEN["GCJ-02"]), crs="EPSG:4326"
    )
    moved.to_parquet(tmp_path / "gcj.parquet")
    streets.to_parquet(tmp_path / "wgs.parquet")

    ours = read_network(tmp_path / "gcj.parquet", crs="GCJ-02")
    plain = read_network(tmp_path / "wgs.parquet")

    assert ours.origin_crs == "GCJ-02"
    assert len(ours.network.u) == len(plain.network.u)
    assert ours.network.length_m == pytest.approx(plain.network.length_m, abs=0.005)


def test_a_file_that_says_wgs84_may_be_in_gcj02(tmp_path: Path, places: Points) -> None:
    """No file can say that it is in GCJ-02: what it says for want of a code may be overruled."""
    xy = WRITTEN["GCJ-02"](places)
    frame = gpd.GeoDataFrame(
        {"id": [f"f{i}" for i in range(len(xy))], "kind": "nursery", "status": "operating"},
        geometry=shapely.points(xy),
        crs="EPSG:4326",
    )
    frame.to_parquet(tmp_path / "f.parquet")
    frame.to_crs("EPSG:4547").to_parquet(tmp_path / "zone.parquet")

    read = read_layer(tmp_path / "f.parquet", FACILITIES, crs="GCJ02")

    assert off_m(read.frame, places) < 0.002
    (warning,) = read.warnings
    assert "read in GCJ-02 as --crs says; the file says EPSG:4326" in warning
    with pytest.raises(InputError, match="--crs says GCJ-02, but the file says EPSG:4547"):
        read_layer(tmp_path / "zone.parquet", FACILITIES, crs="GCJ02")


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ("BD09MC", "are metres of a web map; export longitude and latitude, and name them BD-09"),
        ("GCJ-03", "there is no coordinate reference system 'GCJ-03'"),
        (",yx", "there is no coordinate reference system ''"),
    ],
)
def test_names_nobody_knows(tmp_path: Path, places: Points, crs: str, message: str) -> None:
    path = write_points(tmp_path / "f.csv", places)

    with pytest.raises(UnknownCRSError) as caught:
        read_layer(path, FACILITIES, crs=crs)

    assert message in str(caught.value)


# --- with areas and streets at hand ---------------------------------------------------------------


@pytest.fixture
def quarter(tmp_path: Path) -> Points:
    """A folder with 8 by 8 blocks of uneven size, their streets, and 64 nurseries beside them."""
    random = np.random.default_rng(7)
    steps = random.uniform(0.0012, 0.0032, (2, 8))
    lon = LON + np.concatenate([[0.0], np.cumsum(steps[0])])
    lat = LAT + np.concatenate([[0.0], np.cumsum(steps[1])])
    lines = [
        shapely.LineString([(lon[i], lat[j]), (lon[i + di], lat[j + dj])])
        for i in range(9)
        for j in range(9)
        for di, dj in ((1, 0), (0, 1))
        if i + di < 9 and j + dj < 9
    ]
    classes = ["residential"] * len(lines)
    streets = gpd.GeoDataFrame({"highway": classes}, geometry=lines, crs="EPSG:4326")
    streets.to_parquet(tmp_path / "streets.parquet")
    corners = [(i, j) for i in range(8) for j in range(8)]
    blocks = [
        shapely.box(lon[i] + 2e-4, lat[j] + 2e-4, lon[i + 1] - 2e-4, lat[j + 1] - 2e-4)
        for i, j in corners
    ]
    write(tmp_path / "d.geojson", [{"id": f"d{n}"} for n in range(64)], blocks)
    area = shapely.box(lon[0] - 0.01, lat[0] - 0.01, lon[-1] + 0.01, lat[-1] + 0.01)
    write(tmp_path / "a.geojson", [{"code": "1", "kind": "county", "name": "示范"}], [area])
    # Some ten metres behind the kerb, somewhere along the block: beside the street in the west
    # of one block, beside that in the south of the next.
    places = []
    for (i, j), share in zip(corners, random.uniform(0.1, 0.9, 64), strict=True):
        east, north = lon[i + 1] - lon[i], lat[j + 1] - lat[j]
        beside = (1.5e-4, share * north) if (i + j) % 2 else (share * east, 1.5e-4)
        places.append((lon[i] + beside[0], lat[j] + beside[1]))
    return np.array(places)


def write(path: Path, rows: list[dict[str, Any]], shapes: list[shapely.Geometry]) -> None:
    features = [
        {"type": "Feature", "properties": row, "geometry": json.loads(shapely.to_geojson(shape))}
        for row, shape in zip(rows, shapes, strict=True)
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False),
        encoding="utf-8",
    )


@pytest.mark.parametrize("name", ["GCJ-02", "BD-09", "EPSG:4547,yx"])
def test_a_list_is_refused_proposed_and_read_after_confirmation(
    tmp_path: Path, quarter: Points, yike: Run, name: str
) -> None:
    """Acceptance 2 of the import: the wrong declaration refused, the silent list proposed."""
    write_points(tmp_path / "f.csv", WRITTEN[name](quarter))
    write_points(tmp_path / "plain.csv", quarter)
    common = ("evaluate", "--pack=jinhua-2022", "--as-of=2025-06-01", "--json", *LAYERS)
    one = (*common, "--facilities=f.csv")

    silent = yike(*one)
    confirmed = yike(*one, f"--crs=facilities={name}")
    plain = yike(*common, "--facilities=plain.csv", "--crs=facilities=EPSG:4326")
    wrong = yike(*one, "--crs=facilities=WGS84")

    assert silent.returncode == wrong.returncode == 2
    lines = silent.stderr.splitlines()
    assert any(f"its places fit {name}" in line and f"say --crs {name}" in line for line in lines)
    assert any(line.startswith(f"yike: {name} ") and "100.0 %" in line for line in lines)
    assert "Traceback" not in silent.stderr + wrong.stderr
    assert confirmed.returncode == plain.returncode == 0, confirmed.stderr
    assert "not checked: f.csv" not in confirmed.stderr
    same = [json.loads(done.stdout) for done in (confirmed, plain)]
    assert same[0]["flags"] == same[1]["flags"]
    assert same[0]["rules"] == same[1]["rules"]
    if "yx" in name:
        assert "lies outside" in wrong.stderr
        return
    assert f"f.csv: --crs says EPSG:4326, but its places fit {name}" in wrong.stderr
    assert "(displaced)" in wrong.stderr
    insisted = yike(*one, "--crs=facilities=WGS84", "--crs-as-declared")
    assert insisted.returncode == 0, insisted.stderr
    assert f"--crs says EPSG:4326; as declared, though the places fit {name}" in insisted.stderr


def test_a_file_that_declares_itself_is_checked_too(
    tmp_path: Path, quarter: Points, yike: Run
) -> None:
    blocks = gpd.read_file(tmp_path / "d.geojson")
    moved = shapely.transform(blocks.geometry.to_numpy(), WRITTEN["GCJ-02"])
    blocks.set_geometry(moved, crs="EPSG:4326").to_parquet(tmp_path / "d.parquet")
    write_points(tmp_path / "f.csv", quarter)

    done = yike(
        "evaluate",
        "--pack=jinhua-2022",
        "--json",
        "--districts=d.parquet",
        *LAYERS[1:],
        "--facilities=f.csv",
        "--crs=facilities=EPSG:4326",
    )

    assert done.returncode == 2
    assert "d.parquet: it says EPSG:4326, but its places fit GCJ-02" in done.stderr
    assert "f.csv" not in done.stderr


class Database(Protocol):
    owner_url: str
    app_url: str


def test_an_import_is_checked_against_what_is_stored(
    tmp_path: Path, quarter: Points, yike: Run, database: Database
) -> None:
    environment = {
        "YIKE_DATABASE__URL": database.app_url,
        "YIKE_CACHE_DIR": str(tmp_path / "cache"),
    }

    def ask(query: str) -> list[tuple[Any, ...]]:
        url = make_url(database.owner_url).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as session:
            return session.execute(query.encode()).fetchall()

    write_points(tmp_path / "f.csv", WRITTEN["BD-09"](quarter))
    first = yike("import", "facilities", "f.csv", "--crs=WGS84", "--dry-run", **environment)
    for kind, file in (("areas", "a.geojson"), ("network", "streets.parquet")):
        done = yike("import", kind, file, **environment)
        assert done.returncode == 0, done.stderr

    silent = yike("import", "facilities", "f.csv", **environment)
    wrong = yike("import", "facilities", "f.csv", "--crs=WGS84", **environment)

    assert first.returncode == 0
    assert "not checked: f.csv (EPSG:4326): neither areas nor streets" in first.stderr
    assert silent.returncode == wrong.returncode == 2
    assert "its places fit BD-09" in silent.stderr
    assert "--crs says EPSG:4326, but its places fit BD-09" in wrong.stderr
    assert ask("SELECT count(*) FROM facility") == [(0,)]

    insisted = yike(
        "import", "facilities", "f.csv", "--crs=WGS84", "--crs-as-declared", **environment
    )
    confirmed = yike("import", "facilities", "f.csv", "--crs=bd09", **environment)

    assert insisted.returncode == confirmed.returncode == 0, confirmed.stderr
    assert "64 changed" in confirmed.stdout
    kept = "SELECT DISTINCT version, source_crs, transformation FROM facility ORDER BY version"
    assert [row[1:] for row in ask(kept)] == [
        ("EPSG:4326", "as declared, though the places fit BD-09"),
        ("BD-09", "BD-09 → EPSG:4326, iterated inverse; accuracy about 1 m"),
    ]
    ((x, y),) = ask(
        "SELECT ST_X(geometry), ST_Y(geometry) FROM facility WHERE id = 'f7' AND version = 2"
    )
    assert geodesic_m(np.array([[x, y]]), quarter[7:8])[0] < 0.002


def test_what_cannot_be_checked_is_believed_and_said(
    tmp_path: Path, quarter: Points, yike: Run
) -> None:
    write_points(tmp_path / "f.csv", quarter[:3])

    alone = yike(
        "evaluate",
        "--pack=jinhua-2022",
        "--json",
        "--districts=d.geojson",
        "--facilities=f.csv",
        "--crs=facilities=EPSG:4326",
    )
    few = yike(
        "evaluate",
        "--pack=jinhua-2022",
        "--json",
        *LAYERS,
        "--facilities=f.csv",
        "--crs=facilities=EPSG:4326",
    )

    assert alone.returncode == few.returncode == 0, few.stderr
    assert (
        "coordinate systems believed, not checked: d.geojson (OGC:CRS84), f.csv (EPSG:4326): "
        "neither areas nor streets are at hand"
    ) in alone.stderr
    assert "f.csv (EPSG:4326): fewer than 20 places lie among the streets" in few.stderr
