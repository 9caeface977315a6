"""The quick look at a project says what the validator says, and only that."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from housing import SITE, at, conditions, item, nursery, plain, station
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from spatial.policy.review.parsing import project_schema
from spatial.policy.review.soundness import soundness

SCHEMA = project_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
WHOLE = plain(
    {**nursery(150), "handover": {"agreement": "signed", "price": 0}, "entrances": at(0, 0)},
    {**station(), "floor_level": 1, "lift": True, "as_built": {"floor_area_m2": 200.5}},
    site=SITE,
    area="330702",
    removes=["a", "b"],
    phases_under_review=["1"],
    household_size={"persons": 2.7, "source": "s"},
    planning_conditions=conditions(item()),
    land_grant={"id": "g", "granted_on": "2024-01-01"},
    pool={
        "id": "pool",
        "members": [{"project": "o", "units": 100, "facilities": [{"id": "n", "kind": "nursery"}]}],
        "ledger": [{"facility": "n", "to": "o", "floor_area_m2": Decimal("1.5")}],
    },
    history=[{"stage": "plan", "passed_on": "2024-01-01"}],
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document that is not inside a geometry."""
    found = [path] if path else []
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict) and "coordinates" not in value:
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return found + [one for key, part in inner for one in places(part, (*path, key))]


NUMBERS = (0, 1, -1, 2.0, 2.5, 10**9, 10**9 + 1, -0.5, Decimal(2), Decimal("-0.1"))
TEXTS = ("", "x", "x" * 201, "330702", "2024-01-01", "24-1-1", "plan", "nursery", "signed")
HOLDERS = ({}, [], [1], ["a", "a"], ["a", 1], [["a"]], {"id": "x"}, {"nobody": 1})
VALUES = st.sampled_from([None, True, False, *NUMBERS, *TEXTS, *HOLDERS])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(places(WHOLE)), VALUES | st.just("gone")), max_size=2))
def test_what_is_sound_is_what_the_validator_finds_no_fault_with(changes):
    document = copy.deepcopy(WHOLE)
    for path, value in changes:
        holder: Any = document
        try:
            for step in path[:-1]:
                holder = holder[step]
            if value == "gone":
                del holder[path[-1]]
            else:
                holder[path[-1]] = copy.deepcopy(value)
        except (LookupError, TypeError):
            continue  # an earlier change took the place away
    assert soundness(SCHEMA)(document) == VALIDATOR.is_valid(document)


def test_the_whole_document_is_sound_and_so_is_no_other_thing():
    assert soundness(SCHEMA)(WHOLE)
    assert not any(soundness(SCHEMA)(one) for one in (None, 1, [], "x", {}))


def test_a_keyword_it_does_not_know_is_refused_when_it_is_made():
    with pytest.raises(ValueError, match="multipleOf"):
        soundness({"properties": {"units": {"multipleOf": 2}}})
