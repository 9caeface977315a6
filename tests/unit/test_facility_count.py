"""设施数量: n_min, n_max and the capacity reading of readings §2, by the published table."""

from typing import Any

import numpy as np
import pytest
from planning import districts, facilities, finding, judge, pack, point, rule

from spatial.policy.kinds.facility_count_by_households import needed

COUNT = pack(rule("facility_count_by_households", severity="advisory"))
RECORD = {
    "conditions_available": True,
    "justified_by": "王工",
    "justified_body": "示范区卫健局",
}


@pytest.mark.parametrize(
    ("households", "n_min"),
    [
        (0, 0),
        (2999, 0),
        (3000, 1),
        (4000, 1),
        (4001, 1),
        (5000, 1),
        (6000, 1),
        (6999, 1),
        (7000, 2),
        (9000, 2),
        (9999, 2),
        (10000, 3),
    ],
)
def test_least_number(households: int, n_min: int) -> None:
    assert needed(COUNT.rules[0], np.array([households])).tolist() == [n_min]


def one(households: object, number: int, **district: object) -> Any:
    evaluation = judge(
        districts({"id": "d", "households": households, "geometry": point(0), **district}),
        facilities(
            *[{"id": f"f{i}", "district_id": "d", "geometry": point(i)} for i in range(number)]
        ),
        COUNT,
    )
    return finding(evaluation, "d")


@pytest.mark.parametrize(
    ("households", "number", "record", "verdict"),
    [
        (2999, 0, False, "not_applicable"),
        (3000, 0, False, "advise"),
        (3000, 0, True, "not_met"),
        (3000, 1, True, "met"),
        (5000, 1, True, "met"),
        (7000, 1, False, "advise"),
        (7000, 2, True, "met"),
        (None, 3, True, "undetermined"),
    ],
)
def test_verdicts(households: object, number: int, *, record: bool, verdict: str) -> None:
    assert one(households, number, **(RECORD if record else {}))["verdict"] == verdict


def test_stricter_readings_stand_beside_the_verdict_and_change_nothing() -> None:
    found = one(5000, 1)
    assert found["verdict"] == "met"
    assert found["alternatives"] == [
        {"reading": "capacity", "verdict": "advise", "value": 1.0, "threshold": 2.0}
    ]
    six = one(6000, 1)
    assert [(a["reading"], a["threshold"]) for a in six["alternatives"]] == [
        ("upper_end", 2.0),
        ("capacity", 2.0),
    ]


def test_deficit_and_threshold() -> None:
    found = one(10000, 1)
    assert (found["value"], found["threshold"], found["deficit"]) == (1.0, 3.0, 2.0)
