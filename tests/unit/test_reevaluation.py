"""Evaluating again after edits gives what evaluating from nothing gives, cell by cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from planning import (
    areas,
    buildings,
    districts,
    facilities,
    gates_at,
    layer_frame,
    line,
    point,
    square,
    street,
)

from seed.wuhan.city import DemoCity
from spatial.errors import InputError
from spatial.fields import FACILITIES, PARKS
from spatial.network import Network
from spatial.network_building import build_network
from spatial.policy.baseline import Baseline, evaluate_for_edits
from spatial.policy.evaluation import Evaluation, evaluate
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facility_edits import FacilityEdits
from spatial.policy.pack_file import load_packs
from spatial.policy.planning_data import PlanningData
from spatial.policy.reevaluation import reevaluate

POLICIES = Path(__file__).resolve().parents[2] / "seed" / "policies"
DOCUMENTS = ("dali-2022", "guizhou-2022", "jinhua-2022", "panzhihua-2020")
PACKS = [one for one in load_packs(POLICIES) if one.id in DOCUMENTS]
AS_OF = dt.date(2026, 6, 30)
KINDS = (
    "nursery",
    "community_childcare",
    "kindergarten_class",
    "workplace_childcare",
    "home_childcare",
    "care_home",
    "day_care",
    "complex",
    "home_service_station",
    "mutual_aid",
)


# --- a town -----------------------------------------------------------------------------------


@cache
def town_streets() -> Network:
    """Blocks of 200 m, so that many places are as near to one facility as to another; an island."""
    lines = []
    for step in range(0, 1601, 200):
        for at in range(0, 1600, 200):
            lines += [line((at, step), (at + 200, step)), line((step, at), (step, at + 200))]
    lines.append(line((2600, 0), (2900, 0)))
    return street(*lines)


@cache
def town(*, walking: bool = True) -> PlanningData:
    """Districts of every stage, demand and unit in two counties, and facilities among them."""
    places = districts(
        {"id": "point", "stage": "existing", "households": 900, "geometry": point(210, 190)},
        {
            "id": "gated",
            "stage": "existing",
            "households": 1400,
            "population_0_3": 60,
            "community": "330701001001",
            "entrances": gates_at(point(400, 390), point(600, 610)),
            "geometry": square(500, 500, 180),
        },
        {
            "id": "neighbour",
            "stage": "existing",
            "households": 700,
            "community": "330701001001",
            "geometry": square(300, 700, 160),
        },
        {
            "id": "built",
            "stage": "new",
            "permitted_on": dt.date(2024, 5, 1),
            "households": 3400,
            "land_grant": "L1",
            "geometry": square(1000, 300, 190),
        },
        {
            "id": "phase",
            "stage": "planned",
            "households": 800,
            "land_grant": "L1",
            "geometry": point(1210, 390),
        },
        {
            "id": "pooled",
            "stage": "new",
            "households": 500,
            "pool": "P",
            "conditions_available": True,
            "geometry": point(1000, 1000),
        },
        {
            "id": "pooled too",
            "stage": "planned",
            "households": 4200,
            "pool": "P",
            "geometry": square(1300, 1300, 150),
        },
        {
            "id": "mixed",
            "stage": "existing",
            "pool": "M",
            "households": 90,
            "geometry": point(5, 5),
        },
        {"id": "mixed new", "stage": "new", "pool": "M", "geometry": point(1590, 1590)},
        {
            "id": "relaxed",
            "stage": "existing",
            "households": 1100,
            "siting_difficult": True,
            "approved_radius_m": Decimal(650),
            "geometry": square(900, 700, 120),
        },
        {
            "id": "village",
            "stage": "existing",
            "households": 120,
            "community": "330702001001",
            "geometry": point(1500, 100),
        },
        {"id": "empty", "stage": "existing", "households": 0, "geometry": point(800, 1400)},
        {"id": "undated", "permitted_on": dt.date(2022, 6, 1), "geometry": point(600, 1200)},
        {"id": "cut off", "stage": "existing", "households": 60, "geometry": point(2700, 20)},
        {"id": "off", "stage": "existing", "households": 75, "geometry": point(4500, 900)},
    )
    homes = buildings(
        {"id": "b1", "district_id": "neighbour", "households": 40, "geometry": square(250, 660, 9)},
        {"id": "b2", "district_id": "neighbour", "households": 25, "geometry": square(340, 740, 9)},
        {"id": "b3", "district_id": "relaxed", "geometry": point(930, 690)},
        {"id": "b4", "district_id": "relaxed", "households": 12, "geometry": point(880, 740)},
    )
    grounds = areas(
        {"code": "3307", "level": "prefecture", "kind": "prefecture", "population": 1_000_000,
         "population_60_plus": 200_000, "geometry": square(2400, 800, 6000)},
        {"code": "330701", "level": "county", "kind": "county", "parent": "3307",
         "population": 600_000, "geometry": _box(-600, -600, 900, 3800)},
        {"code": "330702", "level": "county", "kind": "county", "parent": "3307",
         "geometry": _box(900, -600, 5400, 3800)},
        {"code": "330701001", "level": "township", "kind": "subdistrict", "parent": "330701",
         "geometry": _box(-600, -600, 900, 3800)},
        {"code": "330702001", "level": "township", "kind": "town", "parent": "330702",
         "geometry": _box(900, -600, 5400, 3800)},
        {"code": "330701001001", "level": "community", "kind": "urban_community",
         "parent": "330701001", "population": 4000, "geometry": _box(-600, -600, 900, 800)},
        {"code": "330701001002", "level": "community", "kind": "urban_community",
         "parent": "330701001", "population": 900, "geometry": _box(-600, 800, 900, 3800)},
        {"code": "330702001001", "level": "community", "kind": "rural_community",
         "parent": "330702001", "population": 2100, "geometry": _box(900, -600, 5400, 800)},
        {"code": "330702001002", "level": "community", "kind": "urban_community",
         "parent": "330702001", "population": 15_000, "geometry": _box(900, 800, 5400, 3800)},
    )  # fmt: skip
    table = pd.DataFrame(
        [("3307", "childcare_staff", 2025, 100), ("3307", "childcare_staff_certified", 2025, 80)],
        columns=["area", "indicator", "year", "value"],
    )
    return PlanningData(
        districts=places,
        facilities=facilities(
            {"id": "f1", "geometry": point(200, 200), "places": 40, "floor_area_m2": 260},
            {"id": "f2", "kind": "community_childcare", "geometry": point(620, 600), "places": 12},
            {"id": "f4", "kind": "day_care", "geometry": point(1000, 1010), "beds": 12},
            {"id": "f5", "status": "approved", "district_id": "built", "geometry": point(990, 310)},
            {"id": "f6", "kind": "care_home", "beds": 120, "geometry": square(1200, 600, 40)},
            {"id": "f7", "status": None, "geometry": point(1400, 1400)},
            {"id": "f8", "kind": "kindergarten_class", "geometry": point(10, 1000)},
            {"id": "f9", "pool": "P", "status": "approved", "geometry": point(1010, 990)},
        ),
        areas=grounds,
        buildings=homes,
        parks=layer_frame(
            PARKS,
            [
                {"id": "west", "employees": 24_000, "geometry": _box(0, 0, 700, 700)},
                {"id": "all", "employees": 61_000, "geometry": _box(-100, -100, 1700, 1700)},
            ],
        ),
        indicators=table.assign(source="登记册"),
        network=town_streets() if walking else None,
    )


def _box(west_m: float, south_m: float, east_m: float, north_m: float) -> shapely.Polygon:
    corners = ((west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m))
    return shapely.Polygon([point(*corner).coords[0] for corner in corners])


# --- edits ------------------------------------------------------------------------------------

# Mostly on the streets' lattice, where ties are; also on the island and off the streets.
coordinates = st.one_of(
    st.tuples(st.integers(0, 16).map(lambda n: n * 100), st.integers(0, 16).map(lambda n: n * 100)),
    st.tuples(st.integers(-300, 2000), st.integers(-300, 2000)),
    st.sampled_from([(2650, 5), (2800, -10), (4480, 900), (3500, 3500), (9000, 800)]),
)
shapes = st.one_of(
    coordinates.map(lambda at: point(*at)),
    coordinates.map(lambda at: square(*at, 70)),
)
days = st.sampled_from([None, dt.date(2019, 9, 1), dt.date(2026, 6, 30), dt.date(2027, 1, 1)])
rows = st.fixed_dictionaries(
    {
        "geometry": shapes,
        "kind": st.sampled_from(KINDS),
        "status": st.sampled_from([None, "operating", "operating", "approved", "closed"]),
        "opened_on": days,
        "closed_on": st.sampled_from([None, None, dt.date(2025, 1, 1)]),
        "district_id": st.sampled_from([None, None, "built", "gated", "pooled too", "nowhere"]),
        "pool": st.sampled_from([None, None, None, "P", "M", "Q"]),
        "project_id": st.sampled_from([None, None, None, "X"]),
        "floor_area_m2": st.sampled_from([None, 150, Decimal("200.5"), 800]),
        "places": st.sampled_from([None, 10, 90]),
        "beds": st.sampled_from([None, 0, 45]),
        "operator": st.sampled_from([None, "public", "private"]),
        "takes_outside_children": st.sampled_from([None, True, False]),
        "open_to_residents": st.sampled_from([None, True, False]),
        "entrances": st.one_of(
            st.none(),
            st.none(),
            st.lists(coordinates, min_size=1, max_size=3).map(
                lambda places: gates_at(*[point(*at) for at in places])
            ),
        ),
    }
)
NAMES = ("f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "a", "z")
steps = st.lists(
    st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), rows), min_size=1, max_size=3),
    min_size=1,
    max_size=3,
)


def edits_of(step: Mapping[str, Mapping[str, Any] | None], known: Sequence[str]) -> FacilityEdits:
    """None takes a facility away, if it is there; a row puts it where the row says."""
    put = [{"id": name, **row} for name, row in step.items() if row is not None]
    return FacilityEdits(
        rows=layer_frame(FACILITIES, put) if put else None,
        removed=tuple(name for name, row in step.items() if row is None and name in known),
    )


def edited(data: PlanningData, edits: FacilityEdits) -> PlanningData:
    """The data after the edits, worked out the plain way."""
    frame = data.facilities
    assert frame is not None
    named = set(edits.removed) | set([] if edits.rows is None else edits.rows["id"])
    parts = [frame[~frame["id"].isin(named)], *([] if edits.rows is None else [edits.rows])]
    return replace(data, facilities=pd.concat(parts, ignore_index=True))


# --- comparison -------------------------------------------------------------------------------


def cells(column: pd.Series[Any]) -> Iterator[Any]:
    """The cells of a column with their types, so that 1, 1.0, None and NaN all differ."""
    for value in column.tolist():
        if isinstance(value, shapely.Geometry):
            yield value.wkb
        else:
            yield repr(value)


def assert_same(found: Evaluation, whole: Evaluation) -> None:
    for name in ("districts", "findings", "areas"):
        one, other = getattr(found, name), getattr(whole, name)
        assert dict(one.dtypes) == dict(other.dtypes), name
        assert one.index.equals(other.index), name
        assert getattr(one, "crs", None) == getattr(other, "crs", None), name
        for column in other.columns:
            pairs = zip(cells(one[column]), cells(other[column]), strict=True)
            differ = [(row, *pair) for row, pair in enumerate(pairs) if pair[0] != pair[1]]
            assert not differ, (name, column, differ[:3])
    assert found.warnings == whole.warnings
    for name in ("region", "pack_versions", "as_of"):
        assert getattr(found, name) == getattr(whole, name)


@cache
def start(*, walking: bool = True) -> Baseline:
    return evaluate_for_edits(
        town(walking=walking), packs=PACKS, as_of=AS_OF, parameters=PARAMETERS
    )


PARAMETERS = EvaluationParameters(min_share={"jinhua.childcare.radius": Decimal("0.5")})
patient = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


def test_the_town_has_what_edits_can_meet() -> None:
    whole = start().evaluation
    assert set(whole.findings["demand"].dropna()) == {"point", "grid", "buildings"}
    assert set(whole.districts["flag"]) > {"underserved", "undetermined"}
    assert whole.findings["would_count_if"].notna().any()
    assert (whole.areas["kind"] == "park").any()
    assert {"off_network", "pool_of_new_and_existing"} <= set(whole.findings["reason_code"])
    assert_same(whole, evaluate(town(), packs=PACKS, as_of=AS_OF, parameters=PARAMETERS))


@patient
@given(plan=steps)
def test_any_edits_give_what_a_full_evaluation_gives(
    plan: list[dict[str, dict[str, Any] | None]],
) -> None:
    baseline = start()
    data = baseline.data
    for step in plan:
        known = baseline.data.facilities
        assert known is not None
        edits = edits_of(step, known["id"].tolist())
        data = edited(data, edits)
        baseline = reevaluate(baseline, edits)
        whole = evaluate(data, packs=PACKS, as_of=AS_OF, parameters=PARAMETERS)
        assert_same(baseline.evaluation, whole)


@settings(patient, max_examples=8)
@given(plan=steps)
def test_without_streets_too(plan: list[dict[str, dict[str, Any] | None]]) -> None:
    baseline = start(walking=False)
    for step in plan:
        edits = edits_of(step, baseline.data.facilities["id"].tolist())  # type: ignore[index] # there are some
        data = edited(baseline.data, edits)
        baseline = reevaluate(baseline, edits)
        whole = evaluate(data, packs=PACKS, as_of=AS_OF, parameters=PARAMETERS)
        assert_same(baseline.evaluation, whole)


def test_without_areas_or_buildings_too() -> None:
    data = replace(town(), areas=None, buildings=None, parks=None, indicators=None)
    baseline = evaluate_for_edits(data, packs=PACKS, as_of=AS_OF)
    moved = facilities({"id": "f1", "geometry": point(1300, 1300)})
    again = reevaluate(baseline, FacilityEdits(rows=moved, removed=("f2", "f9")))
    assert_same(again.evaluation, evaluate(again.data, packs=PACKS, as_of=AS_OF))
    assert len(again.evaluation.areas) == 0


def test_all_facilities_may_go_and_come_back() -> None:
    baseline = start()
    frame = baseline.data.facilities
    assert frame is not None
    bare = reevaluate(baseline, FacilityEdits(removed=tuple(frame["id"])))
    assert len(bare.evaluation.findings) == len(baseline.evaluation.findings)
    assert bare.evaluation.warnings[0] == "no facilities were given: nothing is covered"
    assert_same(
        bare.evaluation, evaluate(bare.data, packs=PACKS, as_of=AS_OF, parameters=PARAMETERS)
    )
    again = reevaluate(bare, FacilityEdits(rows=frame))
    assert_same(again.evaluation, baseline.evaluation)


def test_an_edit_that_changes_nothing_leaves_the_baseline_as_it_is() -> None:
    baseline = start()
    frame = baseline.data.facilities
    assert frame is not None
    assert_same(
        reevaluate(baseline, FacilityEdits(rows=frame.iloc[[0]])).evaluation, baseline.evaluation
    )
    assert_same(reevaluate(baseline, FacilityEdits()).evaluation, baseline.evaluation)


def test_a_baseline_stays_as_it_is() -> None:
    baseline = start()
    before = evaluate(town(), packs=PACKS, as_of=AS_OF, parameters=PARAMETERS)
    reevaluate(baseline, FacilityEdits(removed=("f1", "f7")))
    assert_same(baseline.evaluation, before)


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        (FacilityEdits(removed=("nobody",)), "there is no facility nobody"),
        (FacilityEdits(removed=("f1", "f1")), "f1 is named twice"),
        (
            FacilityEdits(rows=facilities({"id": "x", "geometry": point(0)}).drop(columns="beds")),
            "column beds is missing",
        ),
    ],
)  # fmt: skip
def test_edits_that_make_no_sense_are_refused(edits: FacilityEdits, says: str) -> None:
    with pytest.raises(InputError, match=says):
        reevaluate(start(), edits)


def test_edits_need_districts() -> None:
    bare = replace(town(), districts=districts())
    with pytest.raises(InputError, match="there are none"):
        evaluate_for_edits(bare, packs=PACKS, as_of=AS_OF)


def test_a_dozen_moves_in_the_demo_city(city: DemoCity) -> None:
    data = PlanningData(
        districts=city.districts,
        facilities=city.facilities,
        areas=city.areas,
        network=build_network(city.streets),
    )
    packs = [one for one in PACKS if one.id == "jinhua-2022"]
    baseline = evaluate_for_edits(data, packs=packs, as_of=AS_OF)
    rng = np.random.default_rng(20261126)
    west, south, east, north = city.districts.total_bounds
    for number in range(12):
        frame = baseline.data.facilities
        assert frame is not None
        moved = frame.iloc[[int(rng.integers(len(frame)))]].assign(entrances=None)
        # Into a district and anywhere in turn: unallotted, across units, off the streets.
        home = city.districts.geometry.iloc[int(rng.integers(len(city.districts)))].centroid
        anywhere = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
        moved = moved.set_geometry([anywhere if number % 3 == 0 else home], crs=frame.crs)
        baseline = reevaluate(baseline, FacilityEdits(rows=moved))
        if number % 4 == 3:
            whole = evaluate(baseline.data, packs=packs, as_of=AS_OF)
            assert_same(baseline.evaluation, whole)
