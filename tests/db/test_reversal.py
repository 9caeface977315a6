"""What storing would change is told beforehand, and taken back to the letter afterwards."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import shapely
from sqlalchemy import text

from service.core import history
from service.core.differences import compare
from service.core.history import Origin
from service.core.reversal import close_all, keys_written, later_edits, revert, versions_of
from spatial.errors import InputFaults
from spatial.fields import FACILITIES

DAY = dt.date(2026, 11, 1)
AGAIN = Origin(file="again.csv", crs="EPSG:4490", transformation=None, actor="a second test")


@pytest.fixture
def rows(nursery):
    """Six facilities, the last of which is closed below."""
    return [{**nursery, "id": f"f{number}", "places": 60 + number} for number in range(1, 7)]


@pytest.fixture
def stored(engine, make_frame, rows, origin):
    with engine.begin() as connection:
        history.store(connection, FACILITIES, make_frame(FACILITIES, *rows), origin=origin)
        history.close(connection, FACILITIES, "f6", on=dt.date(2025, 1, 1), origin=origin)
    return rows


def everything(connection):
    """All that is said of the rows there are, closed ones too, but which version says it."""
    found = connection.execute(
        text("SELECT * FROM facility WHERE superseded_at IS NULL ORDER BY id")
    ).mappings()
    return [
        {
            name: str(value)
            for name, value in row.items()
            if name not in {"version", "recorded_at", "recorded_by"}
        }
        for row in found
    ]


def changed_rows(stored):
    """The file that comes next: one changed twice, one moved, one new, one open again."""
    one, two, three, _, _, six = stored
    return [
        {**one, "places": 99, "floor_area_m2": None},
        {**two, "geometry": shapely.transform(two["geometry"], lambda xy: xy + 1e-12)},
        three,
        {**six, "status": "operating"},
        {**one, "id": "f0"},
    ]


def test_the_difference_is_told_by_key_and_field(engine, make_frame, stored):
    frame = make_frame(FACILITIES, *changed_rows(stored))
    with engine.connect() as connection:
        found = compare(connection, FACILITIES, frame, complete=True)
        besides = compare(connection, FACILITIES, frame, complete=True, besides=["f4"])
        day_care = compare(connection, FACILITIES, frame, complete=True, of={"kind": "day_care"})
        only = compare(connection, FACILITIES, frame)
    assert found.added == ("f0",)
    assert found.reopened == ("f6",)
    assert found.changed == {"f1": ("floor_area_m2", "places"), "f2": ("geometry",)}
    assert found.unchanged == 1
    assert found.gone == ("f4", "f5")
    assert besides.gone == ("f5",)
    assert day_care.gone == only.gone == ()


def test_storing_does_what_was_told(engine, make_frame, stored):
    frame = make_frame(FACILITIES, *changed_rows(stored))
    with engine.begin() as connection:
        told = compare(connection, FACILITIES, frame)
        done = history.store(connection, FACILITIES, frame, origin=AGAIN)
        again = compare(connection, FACILITIES, frame)
    assert (done.added, done.unchanged) == (len(told.added), told.unchanged)
    assert done.changed == len(told.changed) + len(told.reopened)
    assert (again.added, again.reopened, again.changed) == ((), (), {})


def test_the_digest_moves_with_what_would_be_replaced_and_with_nothing_else(
    engine, make_frame, stored, origin
):
    frame = make_frame(FACILITIES, *changed_rows(stored))

    def digest():
        with engine.connect() as connection:
            return compare(connection, FACILITIES, frame, complete=True).digest

    def write(row):
        with engine.begin() as connection:
            history.store(connection, FACILITIES, make_frame(FACILITIES, row), origin=origin)

    first = digest()
    assert digest() == first
    # A row the file has nothing to say of; and one that is changed and put back.
    write({**stored[0], "id": "another", "kind": "nursery"})
    moved = digest()
    assert moved != first, "the file is complete, so the new row is gone"
    write({**stored[0], "places": 7})
    assert digest() != moved
    write(stored[0])
    assert digest() == moved


def test_taking_back_restores_every_row_to_the_letter(engine, make_frame, stored):
    with engine.begin() as connection:
        before = everything(connection)
        history.lock(connection)
        after = history.data_instant(connection)
        frame = make_frame(FACILITIES, *changed_rows(stored))
        history.store(connection, FACILITIES, frame, origin=AGAIN)
        assert close_all(connection, FACILITIES, ["f4", "f5", "f6x"], on=DAY, origin=AGAIN) == 2
        until = history.data_instant(connection)
    with engine.begin() as connection:
        between = everything(connection)
        closed = {row["id"]: (row["valid_to"], row["closed_on"]) for row in between}
        assert closed["f4"] == closed["f5"] == (str(DAY), str(DAY))
        assert between != before
        assert keys_written(connection, FACILITIES, after=after, until=until) == [
            "f0",
            "f1",
            "f2",
            "f4",
            "f5",
            "f6",
        ]
        assert later_edits(connection, versions_of(FACILITIES), after=after, until=until) == []
        done = revert(
            connection, versions_of(FACILITIES), after=after, until=until, actor="a third test"
        )
        assert (done.restored, done.withdrawn) == (5, 1)
        assert everything(connection) == before
        # What was known in between is still known.
        known = history.current(
            connection, FACILITIES, moment=history.Moment(until, dt.date(2026, 11, 26))
        )
        assert set(known["id"]) == {"f0", "f1", "f2", "f3", "f6"}
    with engine.begin() as connection:
        # A row that is as if never added can be added again.
        again = make_frame(FACILITIES, {**stored[0], "id": "f0"})
        assert history.store(connection, FACILITIES, again, origin=AGAIN).added == 1


def test_later_edits_are_named(engine, make_frame, stored, origin):
    with engine.begin() as connection:
        history.lock(connection)
        after = history.data_instant(connection)
        frame = make_frame(FACILITIES, *changed_rows(stored))
        history.store(connection, FACILITIES, frame, origin=AGAIN)
        until = history.data_instant(connection)
    with engine.begin() as connection:
        other = {**stored[4], "places": 1}
        edit = {**stored[0], "floor_area_m2": Decimal(1)}
        history.store(connection, FACILITIES, make_frame(FACILITIES, other, edit), origin=origin)
        found = later_edits(connection, versions_of(FACILITIES), after=after, until=until)
    assert [(edit.key, edit.version, edit.source_file) for edit in found] == [("f1", 3, "town.csv")]


def test_what_was_taken_back_in_turn_is_no_later_edit(engine, make_frame, stored):
    def write(rows, closed):
        with engine.begin() as connection:
            history.lock(connection)
            after = history.data_instant(connection)
            frame = make_frame(FACILITIES, *rows)
            history.store(connection, FACILITIES, frame, origin=AGAIN)
            close_all(connection, FACILITIES, closed, on=DAY, origin=AGAIN)
            return {"after": after, "until": history.data_instant(connection)}

    with engine.connect() as connection:
        before = everything(connection)
    first = write(changed_rows(stored), ["f4"])
    second = write([{**row, "places": 3} for row in changed_rows(stored)], ["f5"])
    with engine.begin() as connection:
        assert len(later_edits(connection, versions_of(FACILITIES), **first)) == 4
        revert(connection, versions_of(FACILITIES), actor="a test", **second)
        assert later_edits(connection, versions_of(FACILITIES), **first) == []
        done = revert(connection, versions_of(FACILITIES), actor="a test", **first)
        assert (done.restored, done.withdrawn) == (4, 1)
        assert everything(connection) == before


def test_rows_are_not_closed_before_they_began(engine, stored, origin):
    with engine.connect() as connection:
        with pytest.raises(InputFaults, match="f1 cannot be closed on 2019-01-01: it began on"):
            close_all(connection, FACILITIES, ["f1", "f2"], on=dt.date(2019, 1, 1), origin=origin)
        assert close_all(connection, FACILITIES, [], on=DAY, origin=origin) == 0
    assert stored
