"""Standing of a facility on a date: dates beat status, and a conflict is reported."""

import datetime as dt

import pytest
from planning import AS_OF, facilities, point

from spatial.policy.counting import standing

PAST, FUTURE = dt.date(2024, 5, 1), dt.date(2027, 5, 1)


@pytest.mark.parametrize(
    ("given", "operating", "approved", "unknown", "conflict"),
    [
        ({"status": "operating"}, True, True, False, False),
        ({"status": "closed"}, False, False, False, False),
        ({"status": "planned"}, False, False, False, False),
        ({"status": "approved"}, False, True, False, False),
        ({"status": "built"}, False, True, False, False),
        ({"status": None}, False, False, True, False),
        ({"status": None, "opened_on": PAST}, True, True, False, False),
        ({"status": None, "opened_on": AS_OF}, True, True, False, False),
        ({"status": None, "opened_on": FUTURE}, False, False, False, False),
        ({"status": None, "opened_on": PAST, "closed_on": AS_OF}, False, False, False, False),
        ({"status": None, "opened_on": PAST, "closed_on": FUTURE}, True, True, False, False),
        ({"status": None, "closed_on": PAST}, False, False, False, False),
        ({"status": None, "approved_on": PAST}, False, True, True, False),
        ({"status": "operating", "opened_on": FUTURE}, False, False, False, True),
        ({"status": "approved", "opened_on": PAST}, True, True, False, True),
        ({"status": "operating", "closed_on": PAST}, False, False, False, True),
        ({"status": "closed", "opened_on": PAST}, False, False, False, False),
        ({"status": "closed", "approved_on": PAST}, False, False, False, False),
        ({"status": "closed", "opened_on": FUTURE}, False, False, False, True),
        ({"status": "closed", "opened_on": PAST, "closed_on": FUTURE}, True, True, False, True),
        ({"status": "approved", "approved_on": FUTURE}, False, False, False, False),
    ],
)
def test_standing(
    given: dict[str, object], *, operating: bool, approved: bool, unknown: bool, conflict: bool
) -> None:
    found = standing(facilities({"id": "f", "geometry": point(0), **given}), as_of=AS_OF)
    assert found.operating.tolist() == [operating]
    assert found.approved.tolist() == [approved]
    assert found.unknown.tolist() == [unknown]
    assert found.conflict.tolist() == [conflict]
