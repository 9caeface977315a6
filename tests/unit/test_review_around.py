"""What is known of the facilities around before a review: it says what an evaluation would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas import GeoDataFrame
from housing import AS_OF, PACKS, at, nursery, plain, station, street
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import facilities, layer_frame, point

from spatial.errors import InputError
from spatial.fields import BUILDINGS, DISTRICTS, FACILITIES
from spatial.policy.evaluation import evaluate
from spatial.policy.output import output_findings
from spatial.policy.planning_data import PlanningData
from spatial.policy.review.around import Around, KnownAround
from spatial.policy.review.parsing import parse_project
from spatial.policy.review.placing import Placed, Surroundings, place
from spatial.policy.review.project import Project
from spatial.policy.review.review import review
from spatial.policy.review.stages import STAGES

ASKED = [PACKS["jinhua-2022"], PACKS["dali-2022"]]
POOL = {
    "id": "pool",
    "members": [
        {
            "project": "other",
            "units": 700,
            "facilities": [
                {"id": "b-pooled", "kind": "nursery", "floor_area_m2": 400, "geometry": at(0, 50)}
            ],
        }
    ],
    "ledger": [
        {"facility": "b-pooled", "to": "p", "floor_area_m2": 100},
        {"facility": "b-pooled", "to": "other", "floor_area_m2": 300},
    ],
}
BUILDINGS_OF_P = [
    {"id": f"h{number}", "phase": "1", "units": 500, "geometry": square}
    for number, square in enumerate(
        shapely.geometry.mapping(shapely.box(*point(east).buffer(1e-4).bounds))
        for east in (-60, 60)
    )
]

# Multiples of 50 m on one street: many are just as far as others, and the lowest id wins.
places = st.integers(-20, 140).map(lambda step: 50 * step)
around_rows = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(
            ("nursery", "kindergarten_class", "day_care", "care_home", "mutual_aid")
        ),
        "status": st.sampled_from(("operating", "approved", "closed", None)),
        "district_id": st.sampled_from((None, None, None, "p", "elsewhere")),
        "pool": st.sampled_from((None, None, "pool")),
        "takes_outside_children": st.sampled_from((None, True, False)),
        "floor_area_m2": st.sampled_from((None, 150, 250)),
        "geometry": st.tuples(places, st.sampled_from((0, 0, 40, 300))).map(
            lambda place: point(*place)
        ),
    }
)
names = st.permutations([f"{letter}{number}" for letter in "aoz" for number in range(4)])
own_rows = st.lists(
    st.tuples(
        st.sampled_from(("nursery", "home_service_station", "kindergarten_class")),
        st.sampled_from((None, "approved", "operating")),
        st.one_of(st.none(), st.integers(-90, 90)),
    ),
    max_size=3,
)
projects = st.fixed_dictionaries(
    {
        "own": own_rows,
        "removes": st.integers(0, 2),
        "stored": st.booleans(),
        "pool": st.booleans(),
        "gates": st.booleans(),
        "buildings": st.booleans(),
    }
)


def submitted(shape: Mapping[str, Any], ids: Sequence[str]) -> Project:
    """Make a project that may take down what is around, and have facilities stored already."""
    rows = [
        {
            "id": f"n{number}",
            "kind": kind,
            "phase": "1",
            "floor_area_m2": 200,
            **({} if status is None else {"status": status}),
            **({} if east is None else {"geometry": at(east)}),
        }
        for number, (kind, status, east) in enumerate(shape["own"])
    ]
    if shape["stored"] and ids:
        rows.append(nursery(300, id=ids[-1]))
    members: dict[str, Any] = {}
    if shape["pool"]:
        members["pool"] = POOL
    if shape["gates"]:
        gates = [at(east)["coordinates"] for east in (-100, 100)]
        members["entrances"] = {"type": "MultiPoint", "coordinates": gates}
    if shape["buildings"]:
        members["buildings"] = BUILDINGS_OF_P
    removes = ids[: shape["removes"]]
    if removes:
        members["removes"] = list(removes)
    return parse_project(plain(*rows, units=[700, 634], **members), source="p")


def as_evaluated(placed: Placed, around: GeoDataFrame) -> PlanningData:
    """Lay the same out as frames: an evaluation knows nothing of what was known before."""
    gone = {around["id"].iloc[at] for at in (*placed.mine, *placed.taken)}
    names = list(FACILITIES.names)

    def frame(layer, rows):
        columns = [dict(zip(layer.names, cells, strict=True)) for cells in cells_of(layer, rows)]
        return layer_frame(layer, columns)

    def cells_of(layer, rows):
        return zip(*(rows[name] for name in layer.names), strict=True)

    stayed = around[~around["id"].isin(gone)]
    own = frame(FACILITIES, placed.reach.own)
    return PlanningData(
        districts=frame(DISTRICTS, placed.districts),
        facilities=GeoDataFrame(
            pd.concat([stayed[names], own[names]], ignore_index=True),
            geometry="geometry",
            crs="EPSG:4326",
        ),
        buildings=None if placed.buildings is None else frame(BUILDINGS, placed.buildings),
        network=street(),
    )


@settings(max_examples=15, deadline=None)
@given(rows=st.lists(around_rows, max_size=9), ids=names, shape=projects)
def test_a_review_says_what_an_evaluation_of_the_same_city_says(rows, ids, shape):
    """By plain frames, by what is known of them, and by what is known of more than is around."""
    frame = facilities(
        *({**row, "id": name} for row, name in zip(rows, ids, strict=False))
    ).sort_values("id", kind="stable", ignore_index=True)
    east_m = np.array([row["geometry"].x for row in rows])
    near = east_m <= point(5100).x if len(rows) else np.zeros(0, dtype=bool)
    order = np.argsort([name for name, _ in zip(ids, rows, strict=False)], kind="stable")
    near = near[order]
    exact = frame[near].reset_index(drop=True)
    project = submitted(shape, exact["id"].tolist())
    known = KnownAround.of(frame, network=street(), as_of=AS_OF)
    answers: list[Any] = []
    for around in (
        Surroundings(exact, street()),
        Surroundings(Around(known, near), street()),
        # What the one before has asked for is known by now.
        Surroundings(Around(known, near), street()),
    ):
        try:
            found = review(project, packs=ASKED, stage="design", as_of=AS_OF, surroundings=around)
        except InputError as error:
            answers.append(str(error))
            continue
        answers.append([vars(one) for one in found.findings if not one.gate])
    assert answers[0] == answers[1] == answers[2]
    if isinstance(answers[0], str):
        assert "counts once" in answers[0]
        return
    placed = place(
        project,
        stage=STAGES["design"],
        around=Surroundings(exact, street()).around(as_of=AS_OF),
        as_of=AS_OF,
    )
    if placed.stock is not placed.reach:
        return
    run = evaluate(as_evaluated(placed, exact), packs=ASKED, as_of=AS_OF).findings
    run = run[(run["district_id"] == "p") & (run["reason_code"] != "other_stage")]
    wanted = output_findings(run.reset_index(drop=True), packs=ASKED, lang="en")
    assert [one["rule"] for one in answers[0]] == wanted["rule"].tolist()
    for number, finding in enumerate(answers[0]):
        row = wanted.iloc[number]
        lacking = {(gap.get("field"), "facility" in gap) for gap in finding["missing"]}
        unknown_walk = lacking == {("street_within_snap_limit", True)}
        if unknown_walk:
            # An evaluation warns of an entrance off the streets; a review refuses nobody for it.
            assert finding["kind"] == "service_circle_time"
            assert row["verdict"] in ("advise", "not_met")
            continue
        for ours, theirs in (("needed", "threshold"), ("provided", "value"), ("deficit",) * 2):
            figure = finding[ours]
            assert (None if figure is None else float(figure)) == row[theirs]
        assert finding["verdict"] == row["verdict"]
        assert finding["reason"]["en"] == row["reason"]
        assert finding["definition"]["en"] == row["definition"]
        assert list(finding["facilities"]) == (row["facilities"] or [])
        assert list(finding["would_count_if"]) == (row["would_count_if"] or [])
        assert bool(finding["near_threshold"]) == bool(row["near_threshold"])
        for name, value in finding["measures"].items():
            assert value == row[name], (finding["rule"], name)


def test_one_who_is_far_is_none_of_the_project_s():
    """Of a stretch of land only what is around a project can be its own or taken down."""
    stock = facilities(
        {"id": "far", "geometry": point(6000), "district_id": "elsewhere", "floor_area_m2": 900},
        {"id": "near", "geometry": point(420)},
    )
    around = Around(KnownAround.of(stock, network=street(), as_of=AS_OF), np.array([False, True]))

    def asked(document: dict[str, Any], facilities_around: Any = around) -> Any:
        return review(
            parse_project(document, source="p"),
            packs=ASKED,
            stage="design",
            as_of=AS_OF,
            surroundings=Surroundings(facilities_around, street()),
        )

    with pytest.raises(InputError, match="there is no facility 'far' around"):
        asked(plain(station(), removes=["far"]))
    assert asked(plain(nursery(200, id="far"))).verdict == asked(plain(nursery(200))).verdict
    with pytest.raises(InputError, match="counts for district_id elsewhere"):
        asked(plain(nursery(200, id="far")), stock)
