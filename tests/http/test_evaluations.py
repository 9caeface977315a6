"""Evaluations over HTTP: the job the service is for."""

from __future__ import annotations

import pytest
import shapely

from spatial.policy.findings import OUTPUT_COLUMNS

DISTRICT_PROPERTIES = [
    "id",
    "name",
    "stage",
    "households",
    "flag",
    "rank",
    "households_concerned",
    "reasons",
    "findings",
]
BODY = {"packs": ["jinhua-2022"], "as_of": "2026-11-22"}


@pytest.fixture(scope="module")
def run(town):
    answer = town.post("/v1/evaluations", json=BODY)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


def follow(town, path, **options):
    """Read all pages, following the links as a client does."""
    pages = []
    while path is not None:
        answer = town.get(path, **options)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/geo+json"
        pages.append(answer.json())
        path = next((ln["href"] for ln in pages[-1]["links"] if ln["rel"] == "next"), None)
    return pages


def test_create_page_and_filter_with_a_key_and_not_without(town, check_problem):
    """Acceptance line 4 of the issue."""
    check_problem(town.post("/v1/evaluations", json=BODY, role=None), 401, "unauthorized")
    check_problem(town.post("/v1/evaluations", json=BODY, role="viewer"), 403, "forbidden")

    created = town.post("/v1/evaluations", json={**BODY, "as_of": "2026-11-21"})
    assert created.status_code == 201
    location = created.headers["location"]
    assert location == f"/v1/evaluations/{created.json()['id']}"

    pages = follow(town, f"{location}/districts?limit=3", role="viewer")
    assert [page["numberReturned"] for page in pages] == [3, 3, 1]
    features = [one for page in pages for one in page["features"]]
    assert len({one["id"] for one in features}) == 7
    assert [one["properties"]["rank"] for one in features] == list(range(1, 8))
    for one in features:
        assert list(one["properties"]) == DISTRICT_PROPERTIES
        for finding in one["properties"]["findings"]:
            assert tuple(finding) == OUTPUT_COLUMNS

    underserved = follow(town, f"{location}/districts?flag=underserved", role="viewer")[0]
    ids = {one["id"] for one in underserved["features"]}
    assert ids == {o["id"] for o in features if o["properties"]["flag"] == "underserved"}
    assert {"east-16", "east-18"} <= ids
    assert not ids & {"west-2", "west-4", "west-6"}
    for one in underserved["features"]:
        assert one["properties"]["reasons"], "an underserved district says why"
        assert "金政发〔2022〕29号" in one["properties"]["reasons"][0]


def test_the_same_request_on_the_same_data_is_the_same_run(town, run):
    again = town.post("/v1/evaluations", json=BODY)
    assert again.status_code == 200
    assert again.json()["id"] == run["id"]
    assert again.headers["location"] == f"/v1/evaluations/{run['id']}"


def test_a_run_says_what_it_rests_on(town, run):
    shown = town.get(f"/v1/evaluations/{run['id']}").json()
    assert shown["as_of"] == "2026-11-22"
    assert list(shown["packs"]) == ["jinhua-2022"]
    assert shown["region"] == {"jinhua-2022": "outside (illustration)"}
    assert shown["parameters"]["snap_limit_m"] == 200
    assert len(shown["network_version"]) == 64
    assert shown["notices"], "some of the districts are synthetic"
    for link in shown["links"]:
        assert town.get(link["href"]).status_code == 200


def test_summary_is_the_json_object_of_the_command_line(town, run):
    summary = town.get(f"/v1/evaluations/{run['id']}/summary").json()
    notices = summary.pop("notices")
    assert notices
    assert list(summary) == [
        "evaluation",
        "pack",
        "region",
        "as_of",
        "districts",
        "flags",
        "rules",
        "areas",
        "seconds",
    ]
    assert summary["districts"] == 7
    assert list(summary["flags"]) == [
        "underserved",
        "undetermined",
        "watch",
        "served",
        "not_assessed",
    ]
    assert sum(summary["flags"].values()) == 7
    assert all(sum(counts.values()) == 7 for counts in summary["rules"].values())


def test_flags_in_the_summary_are_the_flags_of_the_districts(town, run):
    summary = town.get(f"/v1/evaluations/{run['id']}/summary").json()
    for flag, count in summary["flags"].items():
        page = town.get(f"/v1/evaluations/{run['id']}/districts?flag={flag}").json()
        assert page["numberReturned"] == count


def test_findings_are_filtered_and_paged(town, run):
    path = f"/v1/evaluations/{run['id']}/findings"
    everything = [o for page in follow(town, f"{path}?limit=10") for o in page["features"]]
    rules = {one["properties"]["rule"] for one in everything}
    assert len(everything) == 7 * len(rules)
    for one in everything:
        assert list(one["properties"]) == ["district_id", *OUTPUT_COLUMNS]
        assert one["geometry"]["type"] in {"Polygon", "Point"}

    def expected(**wanted):
        return [o for o in everything if all(o["properties"][n] == v for n, v in wanted.items())]

    for query, wanted in (
        ("verdict=not_met", expected(verdict="not_met")),
        ("rule=jinhua.childcare.radius", expected(rule="jinhua.childcare.radius")),
        (
            "rule=jinhua.childcare.radius&verdict=met",
            expected(rule="jinhua.childcare.radius", verdict="met"),
        ),
    ):
        assert wanted, "the filter is worth nothing where it finds nothing"
        assert town.get(f"{path}?{query}").json()["features"] == wanted
    flagged = town.get(f"/v1/evaluations/{run['id']}/districts?flag=underserved").json()
    ids = {one["id"] for one in flagged["features"]}
    found = town.get(f"{path}?flag=underserved").json()["features"]
    assert found == [one for one in everything if one["properties"]["district_id"] in ids]


def test_one_area_and_all_under_it(town, run):
    path = f"/v1/evaluations/{run['id']}/districts"
    east = town.get(f"{path}?area=420101001002").json()["features"]
    assert {one["id"] for one in east} == {"east-16", "east-18"}
    county = town.get(f"{path}?area=420101").json()["features"]
    assert {one["id"] for one in county} == {
        "west-2",
        "west-4",
        "west-6",
        "east-16",
        "east-18",
        "unknown",
    }
    found = town.get(f"/v1/evaluations/{run['id']}/findings?area=420101001002").json()
    assert {o["properties"]["district_id"] for o in found["features"]} == {"east-16", "east-18"}


def test_a_box_holds_what_it_touches(town, run):
    path = f"/v1/evaluations/{run['id']}/districts"
    found = town.get(f"{path}?bbox=114.3165,30.602,114.3175,30.603").json()["features"]
    assert {one["id"] for one in found} == {"east-16"}


def test_one_district_is_found_by_its_id(town, run):
    path = f"/v1/evaluations/{run['id']}/districts"
    found = town.get(f"{path}?id=west-4").json()["features"]
    assert [one["id"] for one in found] == ["west-4"]
    assert found[0] in town.get(path).json()["features"]
    assert town.get(f"{path}?id=nobody").json()["features"] == []
    assert town.get(f"{path}?id=west-4&flag=not_assessed").json()["features"] == []


def test_areas_roll_up_by_level(town, run):
    path = f"/v1/evaluations/{run['id']}/areas"
    everything = town.get(path).json()["features"]
    assert {one["properties"]["level"] for one in everything} == {
        "prefecture",
        "county",
        "township",
        "community",
    }
    communities = town.get(f"{path}?level=community").json()
    assert communities["numberMatched"] == communities["numberReturned"]
    assert {one["properties"]["code"] for one in communities["features"]} == {
        "420101001001",
        "420101001002",
    }
    for one in communities["features"]:
        assert shapely.geometry.shape(one["geometry"]).is_valid


def test_every_part_carries_region_day_and_notices(town, run):
    for part in ("districts", "findings", "areas"):
        page = town.get(f"/v1/evaluations/{run['id']}/{part}").json()
        assert page["evaluation"] == run["id"]
        assert page["region"] == {"jinhua-2022": "outside (illustration)"}
        assert page["as_of"] == "2026-11-22"
        assert "合成数据" in page["notices"][0]
        assert "crs" not in page


def test_texts_are_chinese_unless_english_is_preferred(town, run):
    path = f"/v1/evaluations/{run['id']}/districts?flag=underserved&limit=1"
    chinese = town.get(path)
    english = town.get(path, headers={"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"})
    assert chinese.headers["content-language"] == "zh"
    assert english.headers["content-language"] == "en"
    assert english.headers["vary"] == "Accept-Language"
    before, after = (a.json()["features"][0]["properties"] for a in (chinese, english))
    assert before["reasons"] != after["reasons"]
    assert "childcare" in after["reasons"][0]
    untranslated = ("rule", "verdict", "value", "threshold", "clause", "quote")
    for one, other in zip(before["findings"], after["findings"], strict=True):
        assert {n: one[n] for n in untranslated} == {n: other[n] for n in untranslated}


def test_one_area_is_evaluated_alone(town):
    answer = town.post("/v1/evaluations", json={**BODY, "area": "420101001002"})
    assert answer.status_code == 201
    page = town.get(f"{answer.headers['location']}/districts").json()
    assert {one["id"] for one in page["features"]} == {"east-16", "east-18"}


def test_writing_data_makes_another_run(town):
    before = town.post("/v1/evaluations", json={**BODY, "as_of": "2026-11-20"})
    town.post(
        "/v1/facilities",
        json={
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [114.3, 30.6]},
            "properties": {"id": "one-more", "kind": "care_home", "status": "operating"},
        },
    )
    after = town.post("/v1/evaluations", json={**BODY, "as_of": "2026-11-20"})
    assert (before.status_code, after.status_code) == (201, 201)
    assert before.json()["id"] != after.json()["id"]
    assert town.get(before.headers["location"]).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**BODY, "packs": []}, "/packs"),
        ({**BODY, "packs": "jinhua-2022"}, "/packs"),
        ({**BODY, "packs": ["jinhua-2022", "jinhua-2022"]}, "/packs"),
        ({**BODY, "packs": ["jinhua-2022", "atlantis-1"]}, "/packs/1"),
        ({**BODY, "packs": [5]}, "/packs/0"),
        ({"as_of": "2026-11-22"}, "/packs"),
        ({**BODY, "as_of": "2026-13-45"}, "/as_of"),
        ({**BODY, "as_of": "22.11.2026"}, "/as_of"),
        ({**BODY, "as_of": 20261122}, "/as_of"),
        ({**BODY, "as_of": "0001-01-01"}, "/as_of"),
        ({**BODY, "as_of": "9999-12-31"}, "/as_of"),
        ({**BODY, "area": "999999"}, "/area"),
        ({**BODY, "area": 420101}, "/area"),
        ({**BODY, "colour": "red"}, "/colour"),
        ({**BODY, "parameters": {"snap_limit_m": "200"}}, "/parameters/snap_limit_m"),
        ({**BODY, "parameters": {"snap_limit_m": True}}, "/parameters/snap_limit_m"),
        ({**BODY, "parameters": {"snap_limit_m": 0}}, "/parameters/snap_limit_m"),
        ({**BODY, "parameters": {"grid_spacing_m": 0.001}}, "/parameters/grid_spacing_m"),
        ({**BODY, "parameters": {"speed": 1}}, "/parameters/speed"),
        ({**BODY, "parameters": {"min_share": {"x": 2}}}, "/parameters/min_share/x"),
        ([BODY], ""),
        (5, ""),
    ],
)
def test_a_request_that_cannot_be_met_says_where(town, check_problem, body, pointer):
    problem = check_problem(town.post("/v1/evaluations", json=body), 400, "invalid-body")
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_a_share_for_an_unknown_rule_is_refused(town, check_problem):
    body = {**BODY, "parameters": {"min_share": {"no.such.rule": 0.5}}}
    problem = check_problem(town.post("/v1/evaluations", json=body), 400)
    assert "no.such.rule" in problem["detail"]


def test_parameters_are_part_of_the_run(town):
    wanted = {"snap_limit_m": 150.5, "min_share": {"jinhua.childcare.circle15": 0.85}}
    answer = town.post("/v1/evaluations", json={**BODY, "parameters": wanted})
    assert answer.status_code == 201
    shown = answer.json()["parameters"]
    assert shown["snap_limit_m"] == 150.5
    assert shown["min_share"] == {"jinhua.childcare.circle15": "0.85"}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("districts?flag=bad", "flag"),
        ("districts?area=999", "area"),
        ("districts?after=WyJ4Il0", "after"),
        ("districts?after=WyI5OTk5OTk5OTk5OTkiXQ", "after"),
        ("districts?rule=jinhua.childcare.radius", "rule"),
        ("findings?verdict=good", "verdict"),
        ("findings?rule=no.such.rule", "rule"),
        ("findings?area=999", "area"),
        ("areas?level=galaxy", "level"),
        ("areas?limit=5", "limit"),
        ("summary?lang=en", "lang"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(town, run, check_problem, query, parameter):
    problem = check_problem(town.get(f"/v1/evaluations/{run['id']}/{query}"), 400)
    assert [error["parameter"] for error in problem["errors"]] == [parameter]


@pytest.mark.parametrize("part", ["", "/summary", "/districts", "/findings", "/areas"])
@pytest.mark.parametrize("unknown", ["0" * 32, "x", "%00", "a" * 10_000])
def test_an_unknown_run_is_not_found(town, check_problem, part, unknown):
    check_problem(town.get(f"/v1/evaluations/{unknown}{part}"), 404, "not-found")


def test_a_scoped_key_evaluates_and_sees_its_area_only(town, run, check_problem):
    everything = town.post("/v1/evaluations", json=BODY, role="west editor")
    check_problem(everything, 403, "forbidden")
    other = {**BODY, "area": "420101001002"}
    check_problem(town.post("/v1/evaluations", json=other, role="west editor"), 403)
    own = {**BODY, "area": "420101001001"}
    answer = town.post("/v1/evaluations", json=own, role="west editor")
    assert answer.status_code in {200, 201}
    location = answer.headers["location"]
    page = town.get(f"{location}/districts", role="west viewer").json()
    assert {one["id"] for one in page["features"]} >= {"west-2", "west-4", "west-6"}
    check_problem(town.get(f"/v1/evaluations/{run['id']}", role="west viewer"), 404)
    check_problem(town.get(f"/v1/evaluations/{run['id']}/districts", role="west viewer"), 404)
