"""The area table of a run, as GeoJSON and as CSV, and findings explained."""

from __future__ import annotations

import csv
import io

import pytest

from service.core.negotiation import choose_format
from service.exports.areas import AREA_OUTPUT_COLUMNS

PACKS = ["jinhua-2022", "guizhou-2022"]
BODY = {"packs": PACKS, "as_of": "2026-11-22", "parameters": {"target_year": 2022}}
PLACES = "guizhou.childcare.places_per_1000"
PREFECTURE = "420100"
RADIUS = "jinhua.childcare.radius"


@pytest.fixture(scope="module")
def path(town):
    figures = [
        {"area": PREFECTURE, "indicator": "childcare_places", "year": 2022, "value": 217},
    ]
    assert town.post("/v1/indicators", json=figures).status_code == 200
    area = town.get(f"/v1/areas/{PREFECTURE}")
    changed = town.ask(
        "PATCH",
        f"/v1/areas/{PREFECTURE}",
        json={"properties": {"population": 100_000}},
        headers={"If-Match": area.headers["etag"]},
    )
    assert changed.status_code == 200, changed.text
    answer = town.post("/v1/evaluations", json=BODY)
    assert answer.status_code == 201, answer.text
    assert answer.json()["parameters"]["target_year"] == 2022
    return answer.headers["location"]


def features(town, path, query=""):
    answer = town.get(f"{path}/areas{query}", role="viewer")
    assert answer.status_code == 200, answer.text
    return answer.json()["features"]


def test_each_row_has_numerator_denominator_target_and_gap(town, path):
    (row,) = features(town, path, f"?level=prefecture&rule={PLACES}")
    properties = row["properties"]
    assert list(properties) == list(AREA_OUTPUT_COLUMNS)
    wanted = {
        "code": PREFECTURE,
        "verdict": "not_met",
        "part": "all",
        "numerator": 217,
        "denominator": 100_000,
        "value": 2.17,
        "threshold": 2.18,
        "target_year": 2022,
        "deficit": 1,
        "next_target_year": 2025,
        "districts": None,
        "missing": None,
    }
    assert {name: properties[name] for name in wanted} == wanted
    assert "2.17" in properties["reason"]
    assert row["geometry"]["type"] == "Polygon"


def test_rows_are_filtered_by_level_rule_and_verdict(town, path):
    everything = features(town, path)

    def expected(**wanted):
        return [r for r in everything if all(r["properties"][n] == v for n, v in wanted.items())]

    for query, wanted in (
        ("?verdict=not_met", expected(verdict="not_met")),
        (f"?rule={RADIUS}", expected(rule=RADIUS)),
        (f"?rule={RADIUS}&level=community", expected(rule=RADIUS, level="community")),
        ("?level=county&verdict=undetermined", expected(level="county", verdict="undetermined")),
    ):
        assert wanted, "the filter is worth nothing where it finds nothing"
        assert features(town, path, query) == wanted
    assert features(town, path, "?level=park") == []


def test_the_table_is_csv_where_that_is_asked_for(town, path):
    everything = features(town, path)
    by_parameter = town.get(f"{path}/areas?format=csv")
    by_header = town.get(f"{path}/areas", headers={"Accept": "text/csv"})
    both = town.get(f"{path}/areas?format=geojson", headers={"Accept": "text/csv"})

    assert by_parameter.headers["content-type"] == "text/csv; charset=utf-8"
    assert by_parameter.text == by_header.text
    assert "Accept" in by_header.headers["vary"]
    assert both.headers["content-type"] == "application/geo+json"
    rows = list(csv.DictReader(io.StringIO(by_header.text)))
    assert len(rows) == len(everything)
    assert list(rows[0]) == list(AREA_OUTPUT_COLUMNS)
    for row, feature in zip(rows, everything, strict=True):
        for name in ("numerator", "value", "threshold", "target_year", "deficit", "districts"):
            given = feature["properties"][name]
            assert row[name] == ("" if given is None else str(given))
    english = town.get(f"{path}/areas?format=csv", headers={"Accept-Language": "en"})
    assert english.text != by_header.text


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, "geojson"),
        ("*/*", "geojson"),
        ("text/csv", "csv"),
        ("text/csv, */*", "csv"),
        ("text/csv;q=0.5, application/geo+json", "geojson"),
        ("application/geo+json;q=0.5, text/csv;q=0.9", "csv"),
        ("text/csv, application/json", "geojson"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "geojson"),
        ("text/csv;header=present;q=0.9, */*;q=0.1", "csv"),
        ("nonsense", "geojson"),
    ],
)
def test_the_format_is_the_one_liked_best(accept, form):
    assert choose_format(accept) == form


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("rule=no.such.rule", "rule"),
        ("verdict=good", "verdict"),
        ("level=galaxy", "level"),
        ("format=xlsx", "format"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(town, path, check_problem, query, parameter):
    problem = check_problem(town.get(f"{path}/areas?{query}"), 400)
    assert [error["parameter"] for error in problem["errors"]] == [parameter]


@pytest.mark.parametrize("year", [1899, 2201, "2022", 2022.5, True])
def test_a_year_that_is_none_is_refused(town, check_problem, year):
    body = {**BODY, "parameters": {"target_year": year}}
    problem = check_problem(town.post("/v1/evaluations", json=body), 400, "invalid-body")
    assert problem["errors"][0]["pointer"] == "/parameters/target_year"


def test_a_year_before_every_target_is_refused(town, check_problem):
    body = {**BODY, "parameters": {"target_year": 1999}}
    problem = check_problem(town.post("/v1/evaluations", json=body), 400)
    assert "the first target is of" in problem["detail"]


def test_a_finding_is_explained_by_district_and_rule_or_by_number(town, path):
    answer = town.get(f"{path}/findings/east-16~{RADIUS}/explain", role="viewer")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["district"], told["rule"], told["verdict"]) == ("east-16", RADIUS, "not_met")
    assert told["text"] == told["texts"]["zh"]
    assert "金政发〔2022〕29号" in told["text"]
    assert "\n" not in told["text"]
    assert told["evaluation"] == path.rsplit("/", 1)[-1]
    assert told["region"]["jinhua-2022"] == "outside (illustration)"
    by_number = town.get(f"{path}/findings/{told['finding']}/explain").json()
    assert by_number == told
    english = town.get(
        f"{path}/findings/{told['finding']}/explain", headers={"Accept-Language": "en"}
    )
    assert english.json()["text"] == told["texts"]["en"]
    assert english.headers["content-language"] == "en"


def test_a_district_id_may_hold_what_the_address_is_made_of(town):
    name = "a~b/c"
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [114.3, 30.6]},
        "properties": {"id": name, "stage": "existing", "households": 10},
    }
    assert town.post("/v1/districts", json=feature).status_code == 201
    path = town.post("/v1/evaluations", json=BODY).headers["location"]
    answer = town.get(f"{path}/findings/a~b%2Fc~{RADIUS}/explain")
    assert answer.status_code == 200, answer.text
    assert answer.json()["district"] == name


def test_a_row_of_an_area_is_explained(town, path):
    answer = town.get(f"{path}/areas/{PREFECTURE}/{PLACES}/explain")
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["rows"]
    assert (row["area"], row["part"], row["verdict"]) == (PREFECTURE, "all", "not_met")
    assert "217" in row["text"]
    assert "2.17" in row["texts"]["en"]
    rolled = town.get(f"{path}/areas/420101001002/{RADIUS}/explain").json()["rows"]
    assert {one["part"] for one in rolled} == {"occupied"}


@pytest.mark.parametrize(
    "address",
    [
        "findings/nobody~jinhua.childcare.radius/explain",
        "findings/east-16~no.such.rule/explain",
        "findings/east-16/explain",
        "findings/999999999/explain",
        "findings/99999999999999999999999/explain",
        "findings/~/explain",
        "findings/%00~x/explain",
        "areas/999/guizhou.childcare.places_per_1000/explain",
        "areas/420100/no.such.rule/explain",
    ],
)
def test_what_is_not_there_is_not_found(town, path, check_problem, address):
    check_problem(town.get(f"{path}/{address}"), 404, "not-found")


def test_explanations_need_a_key_and_the_scope(town, path, check_problem):
    address = f"{path}/findings/east-16~{RADIUS}/explain"
    check_problem(town.get(address, role=None), 401)
    check_problem(town.get(address, role="west viewer"), 404)
    check_problem(town.get(f"{address}?colour=red"), 400)
