"""Pages in order and in every form: sorted, as sequences, tables, files; what limits them."""

from __future__ import annotations

import csv
import functools
import io
import json
import socket
import time
from urllib.parse import quote

import geopandas as gpd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import pytest
import shapely
from served_town import collection, feature, point, serving

from service.core.database import create_database_engine

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
ITEMS = "/ogc/collections/districts/items"
FACILITIES = "/ogc/collections/facilities/items"
MEDIA_TYPES = {
    "json": "application/geo+json",
    "html": "text/html; charset=utf-8",
    "geojsonseq": "application/geo+json-seq",
    "csv": "text/csv; charset=utf-8",
    "fgb": "application/flatgeobuf",
    "parquet": "application/vnd.apache.parquet",
}


@pytest.fixture(scope="module")
def sorted_town(town):
    """Facilities with equal, missing and odd values to sort by."""
    values = [
        ("a", "甲", 5, True, "2020-01-01", 1.5),
        ("b", "甲", None, False, None, 1.25),
        ("c", None, 5, None, "2019-01-01", None),
        ("d", "Z", -0, True, "2021-01-01", 1000000.000001),
        ("e", "a", 7, None, None, 1.5),
        ("f", "“\"\\,:'", 7, False, "2020-01-01", 0.1),
        ("g", "x" * 300, 1, True, "2020-01-01", 1.5),
        ("h", None, None, None, None, None),
    ]
    body = collection(
        *(
            feature(point(1, number), id=f"s-{key}", kind="nursery", pool="sorted", name=name,
                    places=places, lift=lift, opened_on=opened, site_area_m2=area)
            for number, (key, name, places, lift, opened, area) in enumerate(values)
        )
    )  # fmt: skip
    answer = town.post("/v1/facilities", json=body)
    assert answer.status_code == 201, answer.text
    return town


def read(town, path):
    answer = town.get(path, role="viewer")
    assert answer.status_code == 200, answer.text
    return answer.json()


def link_of(page, relation="next"):
    return next((one["href"] for one in page["links"] if one["rel"] == relation), None)


SORTS = (
    "+name",
    "-name",
    "places,-name",
    "-places,+site_area_m2",
    "lift,-opened_on,name",
    "-lift,-site_area_m2",
    "opened_on",
    "-opened_on,id",
    "-id",
)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_follow_the_order_asked_for(sorted_town, sort):
    rows = read(sorted_town, f"{FACILITIES}?pool=sorted&limit=100")["features"]
    keys = [part.lstrip("+-") for part in sort.split(",")]

    def compare(first, second):
        for part, name in zip(sort.split(","), keys, strict=True):
            one, two = first["properties"][name], second["properties"][name]
            if one == two:
                continue
            if one is None or two is None:  # last, whatever the direction
                return 1 if one is None else -1
            return (1 if one > two else -1) * (-1 if part.startswith("-") else 1)
        return 1 if first["id"] > second["id"] else -1

    expected = [one["id"] for one in sorted(rows, key=functools.cmp_to_key(compare))]
    assert len(expected) == 8
    for limit in (1, 3, 8):
        path, seen = f"{FACILITIES}?pool=sorted&limit={limit}&sortby={quote(sort)}", []
        while path:
            page = read(sorted_town, path)
            assert page["numberMatched"] == 8
            seen += [one["id"] for one in page["features"]]
            path = link_of(page)
        assert seen == expected
    # A plus sign in an address is a blank, and needs no writing at all.
    for written in (sort, sort.replace("+", "")):
        page = read(sorted_town, f"{FACILITIES}?pool=sorted&sortby={written}")
        assert [one["id"] for one in page["features"]] == expected


def test_sorted_pages_stay_right_while_rows_come(sorted_town):
    path = f"{FACILITIES}?pool=going&limit=2&sortby=-places"
    for key, places in (("1", 10), ("2", 20), ("3", 30), ("4", None)):
        body = feature(point(2, 2), id=f"go-{key}", kind="nursery", pool="going", places=places)
        assert sorted_town.post("/v1/facilities", json=body).status_code == 201
    first = read(sorted_town, path)
    assert [one["id"] for one in first["features"]] == ["go-3", "go-2"]
    gone = sorted_town.ask("DELETE", f"{FACILITIES}/go-2")
    assert gone.status_code == 204
    new = feature(point(2, 2), id="go-5", kind="nursery", pool="going", places=25)
    sorted_town.post("/v1/facilities", json=new)
    second = read(sorted_town, link_of(first))
    assert [one["id"] for one in second["features"]] == ["go-1", "go-4"]
    assert second["numberMatched"] == first["numberMatched"] == 4, "counted once"


def test_sortables_are_what_can_be_sorted_by(sorted_town):
    for name in ("facilities", "network-edges"):
        path = f"/ogc/collections/{name}"
        document = sorted_town.get(f"{path}/sortables", role="viewer")
        assert document.headers["content-type"] == "application/schema+json"
        # OGC 24-030, Annex A: the head of the features leads to the sortables.
        head = sorted_town.ask("HEAD", f"{path}/items", role="viewer").headers["link"]
        relation = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
        (address,) = [one for one in head.split(", <") if f'rel="{relation}"' in one]
        shown = document.json()
        assert shown["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert address.startswith(shown["$id"])
        assert shown["$id"] == f"{sorted_town.address}{path}/sortables"
        assert (shown["type"], shown["additionalProperties"]) == ("object", False)
        listed = shown["properties"]
        assert all("type" in one for one in listed.values())
        assert "geometry" not in listed
        for one in listed:
            read(sorted_town, f"{path}/items?limit=1&sortby=-{one}")
        assert link_of(read(sorted_town, path), relation).endswith(f"{path}/sortables")


@pytest.mark.parametrize(
    "sort",
    ["", "+", "-", "zzz", "geometry", "service_area", "name,name", "name,-name", "++name", "name,",
     "name;places", "id,name,places,lift,opened_on", "x" * 9000, "\x00", "entrances", "name desc"],
)  # fmt: skip
def test_bad_orders_are_refused(sorted_town, check_problem, sort):
    answer = sorted_town.get(f"{FACILITIES}?sortby={quote(sort)}", role="viewer")
    assert check_problem(answer, 400)["errors"][0]["parameter"] == "sortby"


def test_a_cursor_of_another_order_is_refused(sorted_town, check_problem):
    page = read(sorted_town, f"{FACILITIES}?pool=sorted&limit=1&sortby=name")
    following = link_of(page)
    for other in ("sortby=-name", "sortby=places", ""):
        answer = sorted_town.get(following.replace("sortby=name", other), role="viewer")
        assert check_problem(answer, 400)["errors"][0]["parameter"] == "after"


# --- forms ----------------------------------------------------------------------------------


def frame_of(answer, form, tmp_path):
    path = tmp_path / f"answer.{form}"
    path.write_bytes(answer.content)
    return gpd.read_parquet(path) if form == "parquet" else pyogrio.read_dataframe(path)


@pytest.mark.parametrize("form", MEDIA_TYPES)
def test_a_form_is_asked_for_by_name_or_by_accept(town, form):
    by_name = town.get(f"{ITEMS}?limit=2&f={form}", role="viewer")
    assert by_name.status_code == 200, by_name.text
    accept = MEDIA_TYPES[form].partition(";")[0]
    for header in (accept, f"image/png, {accept};q=0.9, */*;q=0.1", accept.upper()):
        by_accept = town.get(f"{ITEMS}?limit=2", role="viewer", headers={"Accept": header})
        for answer in (by_name, by_accept):
            assert answer.headers["content-type"] == MEDIA_TYPES[form]
            assert "Accept" in answer.headers["vary"]
        assert by_accept.headers["etag"] != by_name.headers["etag"]
    again = town.get(
        f"{ITEMS}?limit=2&f={form}", role="viewer",
        headers={"If-None-Match": by_name.headers["etag"]},
    )  # fmt: skip
    assert (again.status_code, again.content) == (304, b"")
    # Every form leads to all the others.
    page = read(town, f"{ITEMS}?limit=2")
    shown = {one["type"] for one in page["links"] if one["rel"] in {"self", "alternate"}}
    assert accept in shown
    if form not in {"json", "html"}:
        links = by_name.headers["link"]
        assert all(f'type="{one}"' in links for one in shown)
        assert 'rel="next"' in links


def test_other_documents_have_two_forms(town, check_problem):
    for path in ("/ogc/collections", f"{ITEMS}/west-2"):
        check_problem(town.get(f"{path}?f=csv", role="viewer"), 400)


@pytest.mark.parametrize("form", ["geojsonseq", "csv", "fgb", "parquet"])
def test_every_form_holds_the_same_rows(town, form, tmp_path):
    expected = read(town, f"{ITEMS}?limit=100&sortby=id")["features"]
    answer = town.get(f"{ITEMS}?limit=100&sortby=id&f={form}", role="viewer")
    assert answer.status_code == 200, answer.text
    if form == "geojsonseq":
        assert answer.text.startswith("\x1e{")
        rows = [json.loads(text) for text in answer.text.split("\x1e")[1:]]
        assert rows == expected
        return
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [row["id"] for row in rows] == [one["id"] for one in expected]
        for row, one in zip(rows, expected, strict=True):
            assert row["households"] == str(one["properties"]["households"] or "")
            place = shapely.from_wkt(row["wkt"])
            assert place.equals(shapely.geometry.shape(one["geometry"]))
        return
    frame = frame_of(answer, form, tmp_path).set_index("id")
    assert set(frame.index) == {one["id"] for one in expected}
    for one in expected:
        row = frame.loc[one["id"]]
        assert row["name"] == one["properties"]["name"]
        assert row.geometry.equals(shapely.geometry.shape(one["geometry"]))


@pytest.mark.parametrize("form", ["geojsonseq", "csv", "fgb", "parquet"])
def test_forms_are_filtered_and_paged(town, form):
    query = f"filter={quote('households > 0')}&limit=2&sortby=-households&f={form}"
    path, pages = f"{ITEMS}?{query}", 0
    while path:
        answer = town.get(path, role="viewer")
        assert answer.status_code == 200, answer.text
        pages += 1
        links = [one.strip() for one in answer.headers["link"].split(", <")]
        path = next(
            (one.partition(">")[0].lstrip("<") for one in links if 'rel="next"' in one), None
        )
    assert pages == 3
    empty = town.get(f"{ITEMS}?f={form}&name=nobody", role="viewer")
    assert empty.status_code == 200, empty.text
    assert 'rel="next"' not in empty.headers["link"]
    scoped = town.get(f"{ITEMS}?f={form}", role="west viewer")
    assert "东" not in scoped.content.decode("utf-8", "ignore")
    assert "%E5%90%88%E6%88%90" in scoped.headers["yike-notices"], "made up, and says so"


@pytest.mark.parametrize("srid", [4326, 4490, 3857, 4547])
@pytest.mark.parametrize("form", ["geojsonseq", "csv", "fgb", "parquet"])
def test_forms_are_in_the_crs_asked_for(town, form, srid, tmp_path):
    answer = town.get(f"{ITEMS}?id=west-2&f={form}&crs={EPSG}{srid}", role="viewer")
    assert answer.headers["content-crs"] == f"<{EPSG}{srid}>"
    if form in {"fgb", "parquet"}:
        # These formats have the easting first, and say what they are in.
        frame = frame_of(answer, form, tmp_path)
        assert frame.crs == ("OGC:CRS84" if (form, srid) == ("parquet", 4326) else srid)
        shown = frame.geometry.iloc[0].exterior
        expected = pyproj.Transformer.from_crs(4326, srid, always_xy=True).transform(
            114.302, 30.602
        )
    else:
        text = answer.content.decode("utf-8-sig")
        shown = (
            shapely.geometry.shape(json.loads(text.lstrip("\x1e"))["geometry"])
            if form == "geojsonseq"
            else shapely.from_wkt(next(csv.DictReader(io.StringIO(text)))["wkt"])
        ).exterior
        expected = pyproj.Transformer.from_crs(4326, srid).transform(30.602, 114.302)
    nearest = min(shapely.Point(xy).distance(shapely.Point(expected)) for xy in shown.coords)
    assert nearest < 1e-3


def test_evaluations_and_streets_have_every_form(town):
    body = {"packs": ["jinhua-2022"], "as_of": "2026-06-30"}
    assert town.post("/v1/evaluations", json=body).status_code == 201
    for name in ("latest-districts", "latest-findings", "network-edges"):
        for form in ("geojsonseq", "csv", "fgb", "parquet"):
            path = f"/ogc/collections/{name}/items?limit=50&f={form}"
            answer = town.get(path, role="viewer")
            assert answer.status_code == 200, (path, answer.text)
    parquet = town.get("/ogc/collections/latest-findings/items?limit=3&f=parquet", role="viewer")
    assert pq.read_table(io.BytesIO(parquet.content)).num_rows == 3


# --- limits ---------------------------------------------------------------------------------


def test_a_query_that_takes_too_long_is_ended(town, make_settings, check_problem):
    settings = make_settings(ogc={"statement_seconds": 0.001})
    with serving(settings) as address:
        path = f"{address}{'/ogc/collections/network-edges/items'}?limit=10000&sortby=-length_m"
        slow = " OR ".join(f"length_m ^ 2.5 ^ 1.5 > {number}" for number in range(60))
        headers = {"X-API-Key": town.keys["viewer"]}
        answer = town.client.get(path, params={"filter": slow}, headers=headers)
        check_problem(answer, 503, "too-slow")
        assert answer.headers["retry-after"] == "5"


def test_numbers_too_large_are_no_defect(town, check_problem):
    answer = town.get(f"{ITEMS}?filter={quote('households * 1e300 * 1e300 > 1')}", role="viewer")
    assert answer.status_code == 200
    factors = "*".join(["(1e300" + "*1e300" * 20 + ")"] * 30)
    answer = town.get(ITEMS, params={"filter": f"households * {factors} > 1"}, role="viewer")
    check_problem(answer, 400)


def test_a_reader_that_is_stuck_is_let_go(town, make_settings):
    """It holds a connection to the database for as long as the setting says, and no longer."""
    crowd = collection(
        *(feature(point(number % 20, number // 200), id=f"crowd-{number:05}", kind="nursery",
                  pool="x" * 2_000)
          for number in range(8_000))
    )  # fmt: skip
    assert town.post("/v1/facilities", json=crowd).status_code == 201
    settings = make_settings(ogc={"reader_seconds": 2})
    # As the role that serves: another one is not told what its sessions do.
    engine = create_database_engine(town.settings.database.url.get_secret_value())
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE usename = current_user "
        "AND state = 'idle in transaction' AND datname = current_database()"
    )
    with serving(settings) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            head = f"GET {FACILITIES}?limit=10000 HTTP/1.1\r\nHost: {host}\r\n"
            reader.sendall(f"{head}X-API-Key: {town.keys['viewer']}\r\n\r\n".encode())
            assert reader.recv(20).startswith(b"HTTP/1.1 200")
            with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                for held in (True, False):
                    deadline = time.monotonic() + 30
                    while (connection.exec_driver_sql(busy).scalar_one() > 0) is not held:
                        assert time.monotonic() < deadline, f"held: {not held}"
                        time.sleep(0.05)
    engine.dispose()
