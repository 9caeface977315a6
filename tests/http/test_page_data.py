"""What the page is drawn from: its start, figures for charts, and the lines of a district."""

from __future__ import annotations

import math
from collections import Counter

import httpx2
import pytest
import shapely
from pyproj import Geod
from served_town import SOUTH, WEST, block, collection, feature, place, point, serving

from service.core.keys import Principal
from service.core.resources import build_resources
from service.ogc.catalogue import find_collection
from service.ogc.tiles import serving as serving_of_tiles
from service.ogc.tiles.matrix_sets import WEB_MERCATOR, matrix_sets
from service.ogc.tiles.serving import keep_tile
from service.packs import cache as pack_cache_module
from service.page.warming import first_view, warm

PACKS = ["jinhua-2022"]
AS_OF = "2026-11-22"


@pytest.fixture(scope="module")
def run(town):
    # Entrances on the far side, buildings, and a district that is on no street.
    far_side = {"type": "MultiPoint", "coordinates": [place(8.5, 6), place(9, 6.5)]}
    town.post(
        "/v1/districts",
        json=collection(
            feature(
                block(8, 6),
                id="gated/一",
                stage="existing",
                households=70,
                entrances=far_side,
                community="420101001001",
            ),
            feature(block(7, 9), id="built", stage="existing", households=30),
        ),
    )
    town.post(
        "/v1/buildings",
        json=collection(
            feature(block(7.1, 9.1, 0.2), id="b1", district_id="built", households=20),
            feature(block(7.7, 9.7, 0.2), id="b2", district_id="built", households=10),
        ),
    )
    answer = town.post("/v1/evaluations", json={"packs": PACKS, "as_of": AS_OF})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture(scope="module")
def districts(town, run):
    page = town.get(f"/v1/evaluations/{run}/districts?limit=1000").json()
    return {one["id"]: one["properties"] for one in page["features"]}


def test_the_page_starts_from_one_answer(town, run):
    page = town.get("/v1/page", role="viewer", headers={"Accept-Language": "en"}).json()
    packs = {one["id"]: one for one in page["packs"]}
    assert packs["jinhua-2022"]["latest_evaluation"] == {"id": run, "as_of": AS_OF, "area": None}
    assert packs["dali-2022"]["latest_evaluation"] is None
    assert page["evaluations"][0]["id"] == run
    assert page["evaluations_total"] == len(page["evaluations"])
    assert page["network"]["attribution"] == "a test"
    assert page["base_map"] is None
    assert page["languages"] == ["zh", "en"]
    assert page["limits"]["scenario_changes"] == 500
    assert any("synthetic" in one for one in page["notices"])
    west, south, _, _ = page["extent"]
    assert (west, south) == pytest.approx((WEST + 0.002, SOUTH + 0.002))
    # A key for one area sees no evaluation of everything, and its own ground only.
    scoped = town.get("/v1/page", role="west viewer").json()
    assert scoped["evaluations"] == []
    assert scoped["extent"][2] < WEST + 0.0101
    area = {"packs": PACKS, "as_of": AS_OF, "area": "420101001001"}
    own = town.post("/v1/evaluations", json=area).json()["id"]
    scoped = town.get("/v1/page", role="west viewer").json()
    latest = {one["id"]: one["latest_evaluation"] for one in scoped["packs"]}
    assert latest["jinhua-2022"] == {"id": own, "as_of": AS_OF, "area": "420101001001"}
    # The newest of everything comes before a newer one of an area.
    packs = {one["id"]: one for one in town.get("/v1/page").json()["packs"]}
    assert packs["jinhua-2022"]["latest_evaluation"]["id"] == run


def test_the_base_map_is_as_set(make_settings, town):
    settings = make_settings(
        page_map={
            "url": "https://t{s}.map.example/{z}/{x}/{y}.png?tk=KEY",
            "subdomains": ["0", "1"],
            "attribution": "天地图",
        }
    )
    headers = {"X-API-Key": town.keys["viewer"]}
    with serving(settings) as address, httpx2.Client(base_url=address, headers=headers) as client:
        assert client.get("/v1/page").json()["base_map"] == {
            "tiles": [f"https://t{n}.map.example/{{z}}/{{x}}/{{y}}.png?tk=KEY" for n in (0, 1)],
            "labels": None,
            "attribution": "天地图",
            "tile_size": 256,
            "max_zoom": 18,
        }


def test_verdicts_are_counted_by_area(town, run):
    answer = town.get(f"/v1/evaluations/{run}/verdicts").json()
    areas = {one["code"]: one for one in answer["areas"]}
    inside = [one for one in answer["areas"] if one["level"] == "community"]
    assert {one["code"] for one in inside} == {"420101001001", "420101001002"}
    for code, row in areas.items():
        page = town.get(f"/v1/evaluations/{run}/districts?area={code}&limit=1000").json()
        mine = [one["properties"] for one in page["features"]]
        assert row["districts"] == len(mine)
        assert row["households"] == sum(one["households"] or 0 for one in mine)
        assert row["households_concerned"] == sum(one["households_concerned"] or 0 for one in mine)
        flags = Counter(one["flag"] for one in mine)
        assert {name: n for name, n in row["flags"].items() if n} == flags
        found = Counter((f["rule"], f["verdict"]) for one in mine for f in one["findings"])
        assert found == Counter(
            {
                (rule, verdict): number
                for rule, verdicts in row["rules"].items()
                for verdict, number in verdicts.items()
            }
        )
    level = town.get(f"/v1/evaluations/{run}/verdicts?level=county").json()["areas"]
    assert level == [areas["420101"]]


def test_all_districts_are_read_as_columns(town, run, districts):
    table = town.get(f"/v1/evaluations/{run}/table", role="viewer").json()
    assert table["rank"] == list(range(1, len(districts) + 1))
    shapes = {
        one["id"]: shapely.geometry.shape(one["geometry"])
        for one in town.get(f"/v1/evaluations/{run}/districts?limit=1000").json()["features"]
    }
    for number, key in enumerate(table["id"]):
        one = districts[key]
        for name in ("rank", "name", "stage", "households", "flag", "households_concerned"):
            assert table[name][number] == one[name], (key, name)
        verdicts = {rule: column[number] for rule, column in table["verdicts"].items()}
        assert verdicts == {f["rule"]: f["verdict"] for f in one["findings"]}
        assert table["bbox"][number] == pytest.approx(shapes[key].bounds, abs=1e-6)
        assert shapes[key].distance(shapely.Point(table["place"][number])) < 1e-6
    assert list(table["verdicts"]) == list(
        town.get(f"/v1/evaluations/{run}/summary").json()["rules"]
    )


@pytest.mark.parametrize("rule", ["jinhua.childcare.radius", "circle"])
@pytest.mark.parametrize(("step", "until"), [("5", "60"), ("0.5", "7"), ("7", "20")])
def test_households_are_counted_by_minutes(town, run, districts, rule, step, until):
    rule = reach_rule(town, rule)
    answer = town.get(
        f"/v1/evaluations/{run}/walking-minutes",
        params={"rule": rule, "bin_minutes": step, "until_minutes": until},
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert len(found["bins"]) == math.ceil(float(until) / float(step))
    expected, apart = Counter(), Counter()
    for one in districts.values():
        finding = next(f for f in one["findings"] if f["rule"] == rule)
        minutes = finding["walking_minutes"]
        households = one["households"] or 0
        if finding["verdict"] == "not_applicable":
            continue
        if minutes is None:
            apart["undetermined" if one["households"] in {50, None} else "beyond"] += households
            continue
        number = next(
            (n for n, one in enumerate(found["bins"]) if minutes <= one["to_minutes"]), "longer"
        )
        expected[number] += households
    for number, one in enumerate(found["bins"]):
        assert one["households"] == expected[number], one
    assert found["longer"]["households"] == expected["longer"]
    total = sum(
        one["districts"]
        for one in (
            *found["bins"],
            *(found[name] for name in ("longer", "beyond_5000_m", "undetermined")),
        )
    )
    assert total == len(districts)
    # Nothing is known of the walk of the district on no street, 30 km away.
    assert found["undetermined"]["households"] + found["beyond_5000_m"]["households"] == (
        apart["undetermined"] + apart["beyond"]
    )
    west = town.get(
        f"/v1/evaluations/{run}/walking-minutes", params={"rule": rule, "area": "420101001002"}
    ).json()
    assert sum(one["districts"] for one in west["bins"]) + west["longer"]["districts"] == 2


def test_bad_questions_about_minutes_are_named(town, run, check_problem):
    radius, rules = "jinhua.childcare.radius", town.get("/v1/packs/jinhua-2022/rules").json()
    area = next(one["id"] for one in rules["rules"] if one["kind"] == "floor_area_per_100hh")
    for query, parameter in (
        ("", "rule"),
        ("rule=no", "rule"),
        (f"rule={area}", "rule"),
        (f"rule={radius}&bin_minutes=0", "bin_minutes"),
        (f"rule={radius}&bin_minutes=NaN", "bin_minutes"),
        (f"rule={radius}&bin_minutes=0.001", "bin_minutes"),
        (f"rule={radius}&until_minutes=1e9", "until_minutes"),
        (f"rule={radius}&area=no", "area"),
    ):
        answer = town.get(f"/v1/evaluations/{run}/walking-minutes?{query}")
        assert check_problem(answer, 400)["errors"][0]["parameter"] == parameter, query
    check_problem(town.get(f"/v1/evaluations/{'0' * 32}/verdicts"), 404)
    check_problem(town.get(f"/v1/evaluations/{run}/verdicts", role="west viewer"), 404)
    check_problem(town.get(f"/v1/evaluations/{run}/districts/no/paths"), 404)
    check_problem(
        town.get(f"/v1/evaluations/{run}/districts/west-2/paths", role="west viewer"), 404
    )


@pytest.mark.parametrize("district", ["west-2", "west-6", "east-16", "gated/一", "built", "far"])
def test_the_lines_of_a_district_are_those_its_findings_name(town, run, districts, district):
    answer = town.get(f"/v1/evaluations/{run}/districts/{district}/paths")
    assert answer.status_code == 200, answer.text
    lines = {
        (one["properties"]["rule"], one["properties"]["line"]): one
        for one in answer.json()["features"]
    }
    judged = {
        f["rule"]: f
        for f in districts[district]["findings"]
        if f["kind"] in {"service_radius", "service_circle_time"}
        and f["verdict"] != "not_applicable"
    }
    assert {rule for rule, _ in lines} == set(judged)
    geod = Geod(ellps="WGS84")
    facilities = {
        one["id"]: shapely.geometry.shape(one["geometry"])
        for one in town.get("/v1/facilities").json()["features"]
    }
    for (rule, name), one in lines.items():
        properties, finding = one["properties"], judged[rule]
        assert properties["decides"] == (
            (name == "walking") == (finding["kind"] == "service_circle_time")
        )
        metres = finding["walking_m" if name == "walking" else "straight_m"]
        assert properties["metres"] == metres, (rule, name)
        if metres is None:
            assert one["geometry"] is None
            assert properties["facility"] is None
            continue
        if name == "walking":
            assert properties["minutes"] == finding["walking_minutes"]
        line = shapely.geometry.shape(one["geometry"])
        drawn = geod.geometry_length(line)
        # Drawn on the ellipsoid: as long as it says, but for corners cut at the entrances.
        assert drawn == pytest.approx(metres, rel=0.01, abs=0.5), (rule, name)
        end = shapely.Point(line.coords[-1])
        assert end.distance(facilities[properties["facility"]]) < 1e-6
        if name == "walking" and district == "gated/一" and metres:
            gates = [shapely.Point(place(8.5, 6)), shapely.Point(place(9, 6.5))]
            assert min(line.distance(gate) for gate in gates) < 1e-7
    # Nothing to walk to is far; all the others draw both lines of each rule.
    assert len(lines) == 2 * len(judged) > 0
    assert any(one["geometry"] for one in lines.values()) == (district != "far")


def test_lines_are_drawn_from_the_data_that_were_judged(town, run):
    before = town.get(f"/v1/evaluations/{run}/districts/west-2/paths").json()["features"]
    moved = {"geometry": point(15, 15)}
    headers = {"If-Match": "*"}
    for key in ("nursery-1", "day-1"):
        answer = town.ask("PATCH", f"/v1/facilities/{key}", json=moved, headers=headers)
        assert answer.status_code == 200
    again = town.get(f"/v1/evaluations/{run}/districts/west-2/paths").json()["features"]
    assert again == before


def reach_rule(town, name):
    if name != "circle":
        return name
    rules = town.get("/v1/packs/jinhua-2022/rules").json()["rules"]
    return next(one["id"] for one in rules if one["kind"] == "service_circle_time")


# --- before anybody asks ---------------------------------------------------------------------


@pytest.mark.usefixtures("run")
def test_what_the_page_first_shows_is_in_memory_when_it_is_asked(town, monkeypatch):
    resources = build_resources(town.settings)
    warm(resources)
    page = town.get("/v1/page", role="viewer").json()
    extent, newest = page["extent"], page["evaluations"][0]["id"]
    level = math.floor(min(math.log2(914 / 512 / ((extent[2] - extent[0]) / 360)), 14))
    assert first_view(extent)[0] in {level, level - 1}
    centre = ((extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2)
    tile = tile_of(*centre, first_view(extent)[0])

    def forbidden(*_arguments, **_options):
        raise AssertionError("a tile is made anew")

    monkeypatch.setattr(serving_of_tiles, "make_tile", forbidden)
    web_mercator = matrix_sets()[WEB_MERCATOR]
    admin = Principal(id="x", name="x", role="admin", areas=())
    with resources.reading() as connection:
        for name in ("areas", f"evaluation-{newest}-districts"):
            keep_tile(
                connection,
                find_collection(connection, admin, name),
                web_mercator.find(*(str(number) for number in tile)),
                limits=resources.settings.tiles,
                cache=resources.tile_cache,
            )
    # Packs are parsed once, not for every answer.
    monkeypatch.setattr(pack_cache_module, "load_versions", forbidden)
    with resources.reading() as connection:
        assert len(resources.pack_cache.in_use(connection)) > 3
    resources.engine.dispose()


def test_the_first_view_of_the_demo_city():
    level, box = first_view((114.02, 30.37, 114.64, 30.76))
    assert level == 10
    # Every tile of the map around the middle, and the extent within.
    assert shapely.box(*box).covers(shapely.box(114.02, 30.37, 114.64, 30.76))
    assert first_view((114, 30, 114, 30))[0] == 14
    assert first_view((-180, -85, 180, 85))[0] == 0


def tile_of(lon, lat, level):
    """Level, row and column of a place, as OpenStreetMap's wiki gives them."""
    count = 2**level
    down = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return level, int(down * count), int((lon + 180) / 360 * count)
