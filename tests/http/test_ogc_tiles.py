"""OGC API Tiles over HTTP: both tile matrix sets, what tiles hold, access, caching, bad input."""

from __future__ import annotations

from decimal import Decimal

import httpx2
import pytest
import shapely
from served_town import DISTRICTS, block, collection, feature, place, point, serving, street_lines
from vector_tiles import in_tile, read_tile, tile_of

from service.core.database import create_database_engine
from service.networks.service import store_network
from spatial.network_building import build_network

MVT = "application/vnd.mapbox-vector-tile"
SETS = ("WebMercatorQuad", "CGCS2000Quad")
REGISTER = "http://www.opengis.net/def/rel/ogc/1.0/"
DAY_AHEAD = "2026-06-30"
CENTRE = place(10, 3)
# A class of street for each row of the grid; the last has none.
CLASSES = ("primary", "tertiary", "residential", "footway", None)
APPEARS = {"primary": 8, "tertiary": 11, "residential": 13, "footway": 14, None: 14}


@pytest.fixture(scope="module")
def query(town):
    engine = create_database_engine(town.settings.database.url.get_secret_value())
    with engine.connect() as connection:

        def ask(statement):
            rows = connection.exec_driver_sql(statement.replace("%", "%%")).mappings().all()
            connection.rollback()
            return rows

        yield ask
    engine.dispose()


@pytest.fixture(scope="module")
def mapped(town):
    """The town with buildings, streets of several classes and an evaluation."""
    lines = street_lines()
    lines["highway"] = [CLASSES[number % len(CLASSES)] for number in range(len(lines))]
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    with owner.begin() as connection:
        store_network(connection, build_network(lines), name="classes", source="a test")
    owner.dispose()
    houses = collection(
        *(
            feature(
                block(2 + step / 4, 2, 0.1),
                id=f"house-{step}",
                district_id="west-2",
                households=step + 1,
            )
            for step in range(4)
        )
    )
    answer = town.post("/v1/buildings", json=houses)
    assert answer.status_code == 201, answer.text
    body = {"packs": ["jinhua-2022"], "as_of": DAY_AHEAD}
    answer = town.post("/v1/evaluations", json=body)
    assert answer.status_code == 201, answer.text
    return town, answer.json()["id"]


def path_of(layer, matrix_set, level, lonlat=CENTRE):
    row, column = tile_of(matrix_set, level, lonlat)
    return f"/ogc/collections/{layer}/tiles/{matrix_set}/{level}/{row}/{column}"


def read(town, *paths, role="viewer"):
    """Return the features of tiles, each of one layer or of none."""
    tiles = []
    for path in paths:
        answer = town.get(path, role=role)
        assert answer.status_code in {200, 204}, answer.text
        assert bool(answer.content) == (answer.status_code == 200)
        assert answer.headers.get("content-type") == (MVT if answer.content else None)
        tiles.append(read_tile(answer.content) if answer.content else {})
    return tiles


def ids(town, *paths, role="viewer"):
    return [
        [one["properties"]["id"] for layer in tile.values() for one in layer]
        for tile in read(town, *paths, role=role)
    ]


# --- documents ------------------------------------------------------------------------------


def test_the_sets_cut_the_world_as_they_are_defined(town):
    listed = town.get("/ogc/tileMatrixSets", role="viewer").json()["tileMatrixSets"]
    assert [one["id"] for one in listed] == list(SETS)
    mercator, tianditu = (town.get(one["links"][0]["href"], role="viewer").json() for one in listed)
    assert mercator["uri"] == "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    assert mercator["crs"].endswith("/EPSG/0/3857")
    assert tianditu["crs"].endswith("/EPSG/0/4490")
    assert tianditu["orderedAxes"] == ["Lat", "Lon"]
    # As the capabilities of 天地图's vec_c say: level, columns, rows; corner; degrees of a cell.
    matrices = {one["id"]: one for one in tianditu["tileMatrices"]}
    assert list(matrices) == [str(level) for level in range(1, 19)]
    for level, columns, rows in ((1, 2, 1), (2, 4, 2), (18, 262_144, 131_072)):
        one = matrices[str(level)]
        assert (one["matrixWidth"], one["matrixHeight"]) == (columns, rows)
        assert one["pointOfOrigin"] == [90, -180]
        assert (one["tileWidth"], one["tileHeight"]) == (256, 256)
        assert one["cellSize"] * 256 * columns == 360
    assert matrices["1"]["cellSize"] == 0.703125
    # The scale of 17-083r4, D.2: GoogleCRS84Quad, whose cells these are.
    assert matrices["1"]["scaleDenominator"] == pytest.approx(279541132.0143589, rel=1e-12)
    # A place of the town in a tile known from elsewhere: 114.31° E, 30.603° N at level 12.
    assert tile_of("CGCS2000Quad", 12, (114.31, 30.603)) == (675, 3348)


def test_links_lead_from_the_landing_page_to_a_tile(mapped):
    town, _ = mapped
    landing = town.get("/ogc", role="viewer").json()["links"]
    assert any(one["rel"] == REGISTER + "tiling-schemes" for one in landing)
    for one in town.get("/ogc/collections", role="viewer").json()["collections"]:
        (href,) = (link["href"] for link in one["links"] if "tilesets-vector" in link["rel"])
        tilesets = town.get(href, role="viewer").json()["tilesets"]
        assert [tileset["tileMatrixSetId"] for tileset in tilesets] == list(SETS)
        for tileset in tilesets:
            links = {link["rel"]: link for link in tileset["links"]}
            scheme = town.get(links[REGISTER + "tiling-scheme"]["href"], role="viewer").json()
            assert scheme["crs"] == tileset["crs"]
            described = town.get(links["self"]["href"], role="viewer").json()
            assert described["dataType"] == "vector"
            assert [layer["id"] for layer in described["layers"]] == [one["id"]]
            item = next(link for link in described["links"] if link["rel"] == "item")
            assert item["templated"] is True
            assert item["type"] == MVT
            row, column = tile_of(tileset["tileMatrixSetId"], 9, CENTRE)
            filled = item["href"].format(tileMatrix=9, tileRow=row, tileCol=column)
            assert town.get(filled, role="viewer").status_code in {200, 204}


def test_tilejson_says_what_maplibre_needs(town):
    path = "/ogc/collections/districts/tiles/WebMercatorQuad"
    answer = town.get(f"{path}?f=tilejson", role="viewer")
    assert answer.headers["content-type"] == "application/vnd.mapbox.tile+json"
    by_accept = town.get(path, role="viewer", headers={"Accept": answer.headers["content-type"]})
    assert by_accept.json() == answer.json()
    document = answer.json()
    assert document["tilejson"] == "3.0.0"
    shapes = [shapely.geometry.shape(one["geometry"]) for one in DISTRICTS["features"]]
    assert document["bounds"] == list(shapely.union_all(shapes).bounds)
    (template,) = document["tiles"]
    (layer,) = document["vector_layers"]
    row, column = tile_of("WebMercatorQuad", 14, place(4.5, 2.5))
    (tile,) = read(town, template.format(z=14, y=row, x=column))
    (features,) = tile.values()
    assert list(tile) == [layer["id"]]
    named = {name for one in features for name in one["properties"]}
    assert named <= {*layer["fields"], "mvt_id"}


def test_what_is_claimed_and_documented(town):
    claimed = town.get("/ogc/conformance", role="viewer").json()["conformsTo"]
    parts = ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")
    for part in parts:
        assert f"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{part}" in claimed
    paths = town.get("/ogc/api", role="viewer").json()["paths"]
    tile = "/collections/parks/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"
    operation = paths[tile]["get"]
    # 20-057, table 11.
    assert operation["operationId"].endswith(".collection.vector.getTile")
    assert list(operation["responses"]["200"]["content"]) == [MVT]


# --- what tiles hold ------------------------------------------------------------------------

ROWS = {
    "districts": "SELECT id, geometry, name, households, community, source FROM district"
    " WHERE superseded_at IS NULL",
    "facilities": "SELECT id, geometry, kind, floor_area_m2, places FROM facility"
    " WHERE superseded_at IS NULL",
    "areas": "SELECT code AS id, code, geometry, level, parent FROM area"
    " WHERE superseded_at IS NULL",
    "buildings": "SELECT id, geometry, households FROM building WHERE superseded_at IS NULL",
    "network-edges": "SELECT number AS id, number, geometry, highway, length_m, forward, structure"
    " FROM network_edge WHERE network_version ="
    " (SELECT version FROM network ORDER BY used_since DESC LIMIT 1)",
    "latest-districts": "SELECT district_id AS id, geometry, name, flag, rank, households"
    " FROM evaluation_district WHERE evaluation_id = '{run}'",
    "latest-findings": "SELECT f.number AS id, f.number, d.geometry, f.rule, f.verdict, f.value"
    " FROM finding f JOIN evaluation_district d USING (evaluation_id, district_id)"
    " WHERE evaluation_id = '{run}'",
}
INTEGERS = {"network-edges", "latest-findings"}


@pytest.mark.parametrize("matrix_set", SETS)
def test_tiles_hold_the_rows_of_the_database(mapped, query, matrix_set):
    town, run = mapped
    level = 15
    row, column = tile_of(matrix_set, level, place(4.5, 2.5))
    frame = shapely.box(-64, -64, 4096 + 64, 4096 + 64)
    paths = [path_of(layer, matrix_set, level, place(4.5, 2.5)) for layer in ROWS]
    for (layer, statement), tile in zip(ROWS.items(), read(town, *paths), strict=True):
        assert list(tile) == [layer]
        found = {one["properties"]["id"]: one for one in tile[layer]}
        assert len(found) == len(tile[layer]), "no feature twice"
        expected = {}
        for record in query(statement.format(run=run)):
            shape = shapely.from_wkb(record["geometry"])
            drawn = in_tile(matrix_set, level, row, column, shape)
            if drawn.intersects(frame):
                expected[record["id"]] = (record, drawn)
        # What touches the very edge of the frame may be in or out.
        surely = {key for key, (_, drawn) in expected.items() if drawn.intersects(frame.buffer(-2))}
        assert surely
        assert surely <= set(found)
        assert set(found) <= set(expected)
        for key, one in found.items():
            record, drawn = expected[key]
            for name, value in record.items():
                if name == "geometry":
                    continue
                if isinstance(value, float | Decimal):
                    value = pytest.approx(float(value), rel=1e-15)  # noqa: PLW2901
                assert one["properties"].get(name) == value, name
            assert one["properties"].get("mvt_id") == (key if layer in INTEGERS else None)
            # Nearest unit, cut at the frame.
            cut = drawn.intersection(frame.buffer(2))
            assert shapely.hausdorff_distance(one["geometry"], cut) < 3


def test_filters_hold_in_tiles(mapped):
    town, _ = mapped
    path = path_of("districts", "WebMercatorQuad", 12)
    facilities = path_of("facilities", "WebMercatorQuad", 12)
    found = ids(
        town,
        f"{path}?households=104",
        f"{path}?filter=households > 1000 AND name LIKE '东%25'",
        f"{path}?community=420101001001&filter=households < 104",
        f"{path}?filter=households > 99999",
        f"{facilities}?kind=day_care&datetime=2026-01-01",
        f"{path_of('latest-districts', 'CGCS2000Quad', 12)}?flag=underserved",
    )
    assert found[:5] == [
        ["west-4"],
        ["east-16", "east-18"],
        ["west-2"],
        [],
        ["day-1"],
    ]
    listed = town.get(
        "/ogc/collections/latest-districts/items?flag=underserved&bbox=114,30,114.5,30.8",
        role="viewer",
    ).json()
    assert found[5] == [one["id"] for one in listed["features"]]
    assert found[5]


def test_far_levels_are_generalised(mapped):
    town, _ = mapped
    for matrix_set in SETS:
        levels = (7, 8, 10, 11, 12, 13, 14)
        tiles = read(town, *(path_of("network-edges", matrix_set, one) for one in levels))
        for level, tile in zip(levels, tiles, strict=True):
            shown = {one["properties"].get("highway") for one in tile.get("network-edges", [])}
            assert shown == {name for name, first in APPEARS.items() if first <= level}
    # At level 9 the town's blocks are smaller than a cell: a square of 16 units each, none lost.
    districts, houses, near = read(
        town,
        path_of("districts", "WebMercatorQuad", 9),
        path_of("buildings", "WebMercatorQuad", 9),
        path_of("buildings", "WebMercatorQuad", 14),
    )
    assert houses == {}
    assert len(near["buildings"]) == 4
    polygons = [
        one for one in districts["districts"] if one["geometry"].geom_type.endswith("Polygon")
    ]
    assert {one["properties"]["id"] for one in polygons} == {
        "west-2", "west-4", "west-6", "east-16", "east-18",
    }  # fmt: skip
    assert all(one["geometry"].area == pytest.approx(256, rel=0.15) for one in polygons)


# --- access and caching ---------------------------------------------------------------------


def test_a_key_of_an_area_sees_no_other_rows_not_even_kept_ones(mapped):
    town, run = mapped
    for layer, mine in (
        ("districts", ["unknown", "west-2", "west-4", "west-6"]),
        ("facilities", ["day-1", "nursery-1"]),
        ("areas", ["420101001001"]),
    ):
        path = path_of(layer, "WebMercatorQuad", 11)
        for _ in range(2):
            whole, own, again = (
                town.get(path, role=role) for role in ("viewer", "west viewer", "west editor")
            )
            assert whole.headers["etag"] != own.headers["etag"]
            assert own.content == again.content
            assert sorted(ids(town, path, role="west viewer")[0]) == mine
            known = {"If-None-Match": whole.headers["etag"]}
            assert town.get(path, role="west viewer", headers=known).status_code == 200
    streets = path_of("network-edges", "WebMercatorQuad", 14)
    whole, own = (set(ids(town, streets, role=role)[0]) for role in ("viewer", "west viewer"))
    assert own < whole
    for name in (f"evaluation-{run}", "latest"):
        path = path_of(f"{name}-districts", "WebMercatorQuad", 11)
        assert town.get(path, role="viewer").status_code == 200
        assert town.get(path, role="west viewer").status_code == 404
    assert town.get(streets, role=None).status_code == 401


def test_a_tile_is_sent_again_when_its_data_changed(town):
    path = path_of("facilities", "WebMercatorQuad", 12)
    first = town.get(path, role="viewer")
    assert first.headers["cache-control"] == "private, no-cache"
    assert "X-API-Key" in first.headers["vary"]
    known = {"If-None-Match": first.headers["etag"]}
    same = town.get(path, role="viewer", headers=known)
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == first.headers["etag"]
    plain, refused = (
        town.get(path, role="viewer", headers={"Accept-Encoding": accepted})
        for accepted in ("identity", "br, gzip;q=0")
    )
    assert "content-encoding" not in {*plain.headers, *refused.headers}
    assert first.headers["content-encoding"] == "gzip"
    assert plain.content == refused.content == first.content
    assert plain.headers["etag"] != first.headers["etag"], "other bytes have another tag"
    body = feature(point(5, 5), id="new", name="新", kind="nursery", status="operating")
    assert town.post("/v1/facilities", json=body).status_code == 201
    later = town.get(path, role="viewer", headers=known)
    assert later.status_code == 200
    assert "new" in ids(town, path)[0]
    gone = town.ask("DELETE", "/v1/facilities/new?on=2020-01-01", headers={"If-Match": "*"})
    assert gone.status_code in {200, 204}, gone.text
    assert "new" not in ids(town, path)[0]


def test_limits_of_a_tile(mapped, make_settings):
    town, _ = mapped
    limited = make_settings(tiles={"max_features": 3, "max_seconds": 0.3, "cache_bytes": 0})
    path = path_of("latest-districts", "WebMercatorQuad", 5)
    owner = create_database_engine(town.settings.database.owner_url.get_secret_value())
    key = {"X-API-Key": town.keys["viewer"]}
    with serving(limited) as address, httpx2.Client(base_url=address, timeout=60) as client:
        first, second = (client.get(path, headers=key) for _ in range(2))
        assert first.content == second.content, "the same bytes, made twice"
        assert first.headers["yike-feature-limit"] == "3"
        tile = read_tile(first.content)
        # The worst served come first.
        assert [one["properties"]["rank"] for one in tile["latest-districts"]] == [1, 2, 3]
        few = client.get(f"{path}?rank=2", headers=key)
        assert "yike-feature-limit" not in few.headers
        with owner.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE facility IN ACCESS EXCLUSIVE MODE")
            slow = client.get(path_of("facilities", "WebMercatorQuad", 10), headers=key)
        assert slow.status_code == 503
        assert slow.headers["content-type"] == "application/problem+json"
        assert slow.json()["type"].endswith("/too-slow")
        assert slow.headers["retry-after"] == "5"
        again = client.get(path_of("facilities", "WebMercatorQuad", 10), headers=key)
        assert again.status_code == 200, "the limit ends with the request"
    owner.dispose()


# --- bad input ------------------------------------------------------------------------------

BAD = (
    ("districts/tiles/WebMercatorQuad/0/0/1", 404),
    ("districts/tiles/WebMercatorQuad/0/1/0", 404),
    ("districts/tiles/WebMercatorQuad/25/0/0", 404),
    ("districts/tiles/WebMercatorQuad/x/0/0", 404),
    ("districts/tiles/WebMercatorQuad/1/-1/0", 404),
    ("districts/tiles/WebMercatorQuad/1/0/1.0", 404),
    ("districts/tiles/WebMercatorQuad/1/00/0", 404),
    ("districts/tiles/WebMercatorQuad/1/0/٣", 404),
    ("districts/tiles/WebMercatorQuad/1/0/" + "9" * 400, 404),
    ("districts/tiles/CGCS2000Quad/0/0/0", 404),
    ("districts/tiles/CGCS2000Quad/1/1/0", 404),
    ("districts/tiles/CGCS2000Quad/19/0/0", 404),
    ("districts/tiles/WorldCRS84Quad/1/0/0", 404),
    ("districts/tiles/WorldCRS84Quad", 404),
    ("nothing/tiles/WebMercatorQuad/0/0/0", 404),
    ("nothing/tiles", 404),
    ("evaluation-1-districts/tiles/WebMercatorQuad", 404),
    ("districts/tiles/WebMercatorQuad/0/0/0?f=png", 400),
    ("districts/tiles/WebMercatorQuad/0/0/0?limit=5", 400),
    ("districts/tiles/WebMercatorQuad/0/0/0?bbox=1,2,3,4", 400),
    ("districts/tiles/WebMercatorQuad/0/0/0?households=many", 400),
    ("districts/tiles/WebMercatorQuad/0/0/0?name=a&name=b", 400),
    ("districts/tiles/WebMercatorQuad/0/0/0?filter=pg_sleep(10)=1", 400),
    ("districts/tiles/WebMercatorQuad/0/0/0?filter=nothing=1", 400),
    ("districts/tiles/WebMercatorQuad/0/0/0?datetime=yesterday", 400),
    ("districts/tiles/WebMercatorQuad?f=html", 400),
    ("districts/tiles/CGCS2000Quad?f=tilejson", 400),
    ("districts/tiles?f=html", 400),
    ("districts/tiles?crs=1", 400),
)


def test_bad_input_is_a_problem(town, check_problem):
    for path, status in BAD:
        check_problem(town.get(f"/ogc/collections/{path}", role="viewer"), status)
    check_problem(town.get("/ogc/tileMatrixSets/x", role="viewer"), 404)
    check_problem(town.get("/ogc/tileMatrixSets?f=xml", role="viewer"), 400)
