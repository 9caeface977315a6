"""What is wrong with a project is said in one message a fault, with its JSON pointer."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from decimal import Decimal

import pytest
import shapely
from housing import (
    AREA,
    COUNT,
    RADIUS,
    SITE,
    at,
    conditions,
    item,
    nursery,
    of,
    plain,
    project,
    reviewed,
    station,
)
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from planning import point, square

from spatial.errors import InputError, InputFaults
from spatial.policy.review.massing import demand_buildings
from spatial.policy.review.parsing import parse_project, project_schema


def ground(east_m: float, side_m: float) -> dict:
    return shapely.geometry.mapping(square(east_m, 0, side_m))


def faults(document: object) -> list[tuple[str | None, str]]:
    with pytest.raises(InputFaults) as caught:
        parse_project(document, source="project.json")
    return [(fault.field, fault.message) for fault in caught.value.faults]


def phased(*shapes: dict) -> dict:
    document = plain(units=[500] * len(shapes))
    for phase, shape in zip(document["phases"], shapes, strict=True):
        phase["geometry"] = shape
    return document


def with_pool(*members: dict, ledger: list | None = None, rows: tuple = (nursery(150),)) -> dict:
    pool = {"id": "统筹一", "members": list(members), "ledger": ledger or []}
    return plain(*rows, pool=pool)


@pytest.mark.parametrize(
    ("document", "pointer", "words"),
    [
        (phased(ground(-50, 100), ground(0, 100)), "/phases/1/geometry", "overlap by 50"),
        (plain({"id": "n", "kind": "nursery"}), "/facilities/0/phase", "in no phase"),
        (plain(nursery(phase="9")), "/facilities/0/phase", "there is no phase '9'"),
        (plain(units=0), "/phases/0/units", "0 is less than the minimum of 1"),
        (plain(nursery(geometry=at(102))), "/facilities/0/geometry", "outside the site"),
        (phased(ground(50, 200)), "/phases/0/geometry", "outside the site"),
        (with_pool({"project": "p", "units": 9}), "/pool/members/0/project", "names itself"),
        (with_pool({"project": "统筹一", "units": 9}), "/pool/members/0/project", "names itself"),
        (
            plain(station(dates={"planned_on": "2025-01-02", "built_on": "2025-01-01"})),
            "/facilities/0/dates/built_on",
            "2025-01-01 is before planned_on, 2025-01-02",
        ),
        (
            plain(housing={"accepted_on": "2025-01-02", "handed_over_on": "2025-01-01"}),
            "/phases/0/housing/handed_over_on",
            "is before accepted_on",
        ),
        (
            plain(
                history=[
                    {"stage": "plan", "passed_on": "2024-01-01"},
                    {"stage": "design", "passed_on": "2024-02-01"},
                ]
            ),
            "/history/1/stage",
            "'land_grant' comes next",
        ),
        (
            plain(stage="design", history=[{"stage": "plan", "passed_on": "2024-01-01"}]),
            "/stage",
            "'design' skips 'land_grant'",
        ),
        (
            plain(
                planning_conditions=conditions(item()),
                land_grant={"id": "g", "granted_on": "2023-04-30"},
            ),
            "/land_grant/granted_on",
            "is before /planning_conditions/issued_on",
        ),
        (
            plain(nursery(), nursery()),
            "/facilities/1/id",
            "is already in facilities",
        ),
        (
            plain(station(), planning_conditions=conditions(item(), item(id="b"))),
            "/facilities/0",
            "say which one in fulfils",
        ),
        (
            plain(
                record={
                    "justified_by": "王某",
                    "justified_on": "2026-01-01",
                    "justified_body": "局",
                    "approved_radius_m": 600,
                }
            ),
            "/record/approved_radius_m",
            "neither siting_difficult nor low_demand",
        ),
        (
            plain(record={"justified_by": "王某", "justified_on": "2026-01-01"}),
            "/record",
            "'justified_body' is a required property",
        ),
        (plain(site={"type": "Point", "coordinates": [30.58, 114.3]}), "/site", "longitude"),
        (plain(site={"type": "LineString", "coordinates": [[0, 0], [1, 1]]}), "/site", "GeoJSON"),
        (plain(housing={"built_on": "2025-02-30"}), "/phases/0/housing/built_on", "no day"),
        (plain(site=ground(0, 10_100)), "/site", "is more than 10 km across"),
        (plain(site=shapely.geometry.mapping(shapely.box(100, 20, 120, 40))), "/site", "10 km"),
        (plain(unknown=1), "", "'unknown' was unexpected"),
        ([], "", "is not of type 'object'"),
    ],
)
def test_bad_input(document, pointer, words):
    ((found, message),) = faults(document)
    assert found == pointer
    assert words in message


def test_every_fault_is_told_at_once():
    document = plain(nursery(phase="9", geometry=at(500)), station(), station())
    assert [place for place, _ in faults(document)] == [
        "/facilities/2/id",
        "/facilities/0/phase",
        "/facilities/0/geometry",
    ]


def test_touching_phases_do_not_overlap():
    assert parse_project(phased(ground(-50, 100), ground(50, 100)), source="p").units == 1000


def test_a_stage_asked_for_may_not_skip_one():
    submitted = project(nursery(), history=[{"stage": "plan", "passed_on": "2024-01-01"}])
    with pytest.raises(InputError, match="'design' skips 'land_grant'"):
        reviewed(submitted, stage="design")
    assert reviewed(submitted, stage="land_grant").stage.id == "land_grant"


# --- pools ---


def member(*rows: dict, units: int = 1000) -> dict:
    return {"project": "q", "units": units, "facilities": list(rows)}


def theirs(area: object = 150, **changes: object) -> dict:
    return {"id": "m1", "kind": "nursery", "floor_area_m2": area, "status": "approved", **changes}


def pooled_area(document: dict) -> tuple[str, Decimal, Decimal, str]:
    found = of(reviewed(parse_project(document, source="p")), AREA)
    return found.verdict, found.needed, found.provided, found.unit_id


def test_a_pool_adds_up_units_and_floor_area():
    # 0.15 × (1,000 + 1,000) = 300 = 150 + 150.
    assert pooled_area(with_pool(member(theirs()))) == (
        "met", Decimal(300), Decimal(300), "pool:统筹一",
    )  # fmt: skip
    short = with_pool(member(theirs(Decimal("149.99"))))
    assert pooled_area(short)[0] == "not_met"
    planned = with_pool(member(theirs(status="planned")))
    assert pooled_area(planned)[2] == 150, "another's facility counts once it is approved"


def test_the_ledger_counts_no_square_metre_twice():
    entry = {"facility": "m1", "to": "别处", "floor_area_m2": 100}
    here = {"facility": "m1", "to": "统筹一", "floor_area_m2": 50}
    # Of the 150 m² of q 100 count elsewhere: 150 + 50.
    document = with_pool(member(theirs()), ledger=[entry, here])
    assert pooled_area(document) == ("not_met", Decimal(300), Decimal(200), "pool:统筹一")
    gone = with_pool(member(theirs()), ledger=[entry])
    assert pooled_area(gone)[2] == 150
    over = {**here, "floor_area_m2": Decimal("50.01")}
    ((place, message),) = faults(with_pool(member(theirs()), ledger=[entry, over]))
    assert place == "/pool/ledger/1/floor_area_m2"
    assert "150.01 m²" in message
    assert "counts twice" in message
    ((place, message),) = faults(with_pool(member(theirs()), ledger=[here, here]))
    assert place == "/pool/ledger/1"
    ((place, _),) = faults(with_pool(member(theirs(id="n1"))))
    assert place == "/pool/members/0/facilities/0/id"
    ((place, _),) = faults(with_pool(member(theirs()), ledger=[{**here, "facility": "x"}]))
    assert place == "/pool/ledger/0/facility"


@pytest.mark.parametrize("named", [{"pool": "统筹一"}, {"district_id": "q"}, {}])
def test_what_another_member_brings_counts_once_where_it_is_stored_too(named):
    unplaced = {"id": "n1", "kind": "nursery", "phase": "1", "floor_area_m2": 150}
    submitted = parse_project(with_pool(member(theirs()), rows=(unplaced,)), source="p")
    stored = {"id": "m1", "floor_area_m2": 150, "geometry": point(100), **named}
    found = reviewed(submitted, around=[stored])
    assert of(found, AREA).provided == 300
    # Where it stands is known from what is stored: no corner of the site is 224 m away.
    assert of(found, RADIUS).verdict == "met"


def test_what_is_made_out_to_others_wholly_still_serves_who_lives_there():
    gone = {"facility": "n1", "to": "别处", "floor_area_m2": 150}
    found = reviewed(parse_project(with_pool(member(theirs()), ledger=[gone]), source="p"))
    assert (of(found, AREA).provided, of(found, RADIUS).verdict) == (150, "met")
    assert of(found, COUNT).provided == 1


def test_of_a_kindergarten_only_its_rooms_for_under_threes_are_made_out():
    rooms = theirs(
        1000, kind="kindergarten_class", takes_outside_children=True, childcare_floor_area_m2=200
    )
    entries = [{"facility": "m1", "to": to, "floor_area_m2": 101} for to in ("统筹一", "别处")]
    ((place, message),) = faults(with_pool(member(rooms), ledger=entries))
    assert place == "/pool/ledger/1/floor_area_m2"
    assert "202 m² of 'm1' are made out, and it has 200 m²" in message


def test_the_stand_alone_figure_stands_beside_the_pools():
    found = of(reviewed(parse_project(with_pool(member(theirs())), source="p")), AREA)
    alone = next(one for one in found.alternatives if one["reading"] == "stand_alone")
    # Alone: 150 of 200.
    assert (alone["verdict"], alone["value"], alone["threshold"]) == ("not_met", 150, 200)
    assert alone["changes"]


def test_a_facility_of_the_surroundings_that_counts_elsewhere_counts_once():
    submitted = project(nursery())
    taken = [{"id": "n1", "geometry": shapely.Point(at(0)["coordinates"]), "district_id": "other"}]
    with pytest.raises(InputError, match="counts for district_id other already"):
        reviewed(submitted, around=taken)


# --- the schema ---


def test_the_schema_is_published_and_holds():
    schema = project_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    whole = plain(
        station(),
        site=SITE,
        planning_conditions=conditions(item()),
        control_plan=conditions(item()),
    )
    assert validator.is_valid(json.loads(json.dumps(whole)))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "site", "phases", "units", "type", "coordinates", "pool"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["site", "phases", "facilities", "pool", "history", "record", "entrances"]),
)
def test_nonsense_is_a_fault_and_no_crash(nonsense, where):
    document = {**plain(nursery()), where: nonsense}
    with suppress(InputFaults):
        assert parse_project(document, source="p").id == "p"


def test_dates_are_dates():
    assert project(station()).facilities[0].dates.built_on == dt.date(2025, 6, 1)


# --- massing ---


def mass(east_m: float, side_m: float, storeys: int, **changes: object) -> dict:
    shape = ground(east_m, side_m)
    return {"id": f"b{east_m}", "phase": "1", "geometry": shape, "storeys": storeys, **changes}


def test_units_are_spread_over_a_massing_by_floor_area():
    """20 × 20 × 6 = 2,400 and 40 × 40 × 3 = 4,800 m²: of 100 units 33.3 and 66.7."""
    document = plain(units=[100, 7], massing=[mass(-60, 20, 6), mass(40, 40, 3)])
    document["massing"].append(mass(0, 10, 1, phase="2"))
    submitted = parse_project(document, source="p")
    assert [(one.phase, one.units) for one in demand_buildings(submitted)] == [
        ("1", 33),
        ("1", 67),
        ("2", 7),
    ]
    found = reviewed(
        submitted, around=[{"id": "old", "geometry": shapely.Point(at(0)["coordinates"])}]
    )
    radius = of(found, RADIUS)
    assert radius.measures["demand"] == "buildings"
    assert {"assumption": "massing", "blocks": "3"} in found.assumptions


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"massing": [mass(0, 10, 0)]}, "/massing/0/storeys", "minimum"),
        ({"massing": [mass(0, 10, 1, phase="9")]}, "/massing/0/phase", "there is no phase '9'"),
        ({"massing": [mass(100, 10, 1)]}, "/massing/0/geometry", "outside the site"),
        ({"massing": [mass(0, 10, 1, geometry=at(0))]}, "/massing/0/geometry", "Polygon"),
        ({"massing": [mass(0, 10, 1)] * 2}, "/massing/1/id", "is already in massing"),
        (
            {"massing": [mass(0, 10, 1)], "units": [5, 5]},
            "/massing",
            "phase '2' has units, and no block",
        ),
        (
            {
                "massing": [mass(0, 10, 1)],
                "buildings": [{"id": "h", "phase": "1", "geometry": at(0)}],
            },
            "/massing",
            "beside buildings",
        ),
    ],
)
def test_a_massing_that_cannot_be_used(changes, pointer, words):
    found = faults(plain(**changes))
    assert any(place == pointer and words in message for place, message in found), found
