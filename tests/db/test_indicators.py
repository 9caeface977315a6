"""The register of imported figures: versions, moments, withdrawal; and what the runs make of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.core import history
from service.core.history import Moment, Origin, Stored
from service.core.migration import downgrade, upgrade
from service.core.network_cache import NetworkCache
from service.evaluations import service as evaluations
from service.evaluations.service import EvaluationRequest
from service.indicators import service as indicators
from service.indicators.service import Key
from service.packs import service as packs
from spatial.errors import InputError
from spatial.fields import AREAS, FACILITIES
from spatial.policy.pack_file import load_packs

SEED = Path(__file__).parents[2] / "seed" / "policies"
ORIGIN = Origin(file="figures.csv", crs="", transformation=None, actor="a test")
REQUEST = EvaluationRequest(pack_ids=("jinhua-2022",), as_of=dt.date(2026, 6, 30))


def figures(*rows: tuple[str, str, int, str | None, str | None]) -> pd.DataFrame:
    columns = ["area", "indicator", "year", "value", "source"]
    frame = pd.DataFrame(rows, columns=columns)
    values = [None if value is None else Decimal(value) for value in frame["value"]]
    return frame.assign(value=pd.Series(values, dtype=object))


def store(engine, *rows) -> Stored:
    with engine.begin() as connection:
        return indicators.store(connection, figures(*rows), origin=ORIGIN)


def read(engine, **wanted) -> list[tuple]:
    with engine.connect() as connection:
        frame = indicators.current(connection, **wanted)
    return [tuple(row) for row in frame.itertuples(index=False)]


BEDS = ("330700", "elderly_beds", 2024, "11669", "公报")
STAFF = ("330702", "social_workers", 2025, "0.10", None)


def test_figures_are_added_changed_or_left_alone(engine):
    assert store(engine, BEDS, STAFF) == Stored(added=2, changed=0, unchanged=0)
    with engine.connect() as connection:
        before = history.data_instant(connection)
    assert store(engine, STAFF, BEDS) == Stored(added=0, changed=0, unchanged=2)
    with engine.connect() as connection:
        assert history.data_instant(connection) == before
    corrected = (*BEDS[:3], "11670", "公报")
    assert store(engine, corrected, STAFF) == Stored(added=0, changed=1, unchanged=1)
    resourced = (*STAFF[:4], "统计局")
    assert store(engine, resourced) == Stored(added=0, changed=1, unchanged=0)
    assert read(engine) == [
        ("330700", "elderly_beds", 2024, Decimal(11670), "公报", 2),
        ("330702", "social_workers", 2025, Decimal("0.10"), "统计局", 2),
    ]
    with engine.connect() as connection:
        assert history.data_instant(connection) > before
        rows = connection.execute(
            text(
                "SELECT version, source_file, source_row, recorded_by, superseded_at IS NULL "
                "FROM indicator WHERE indicator = 'elderly_beds' ORDER BY version"
            )
        ).all()
        assert [tuple(row) for row in rows] == [
            (1, "figures.csv", 1, "a test", False),
            (2, "figures.csv", 1, "a test", True),
        ]
        then = indicators.current(connection, moment=Moment(known_at=before))
    assert then["value"].tolist() == [Decimal(11669), Decimal("0.10")]


def test_a_withdrawn_figure_is_gone_and_can_come_back(engine):
    store(engine, BEDS, STAFF)
    with engine.connect() as connection:
        before = history.data_instant(connection)
    gone = (*BEDS[:3], None, "重复")
    never = ("330799", "elderly_beds", 2024, None, None)
    assert store(engine, gone, never) == Stored(added=0, changed=1, unchanged=1)
    assert [row[0] for row in read(engine)] == ["330702"]
    with engine.connect() as connection:
        assert indicators.count(connection) == 1
        assert indicators.indicator_names(connection) == {"social_workers"}
        assert len(indicators.current(connection, moment=Moment(known_at=before))) == 2
    assert store(engine, BEDS) == Stored(added=0, changed=1, unchanged=0)
    assert read(engine, indicator="elderly_beds")[0][-1] == 3


def test_figures_are_filtered_and_paged_by_key(engine):
    rows = [
        (area, name, year, "1", None)
        for area in ("b", "a", "甲")
        for name in ("y", "x")
        for year in (2025, 2024)
    ]
    store(engine, *rows)
    ordered = [row[:3] for row in read(engine)]
    assert ordered == sorted((row[:3] for row in rows), key=lambda r: (r[0].encode(), *r[1:]))
    assert [row[:3] for row in read(engine, after=Key(*ordered[4]), limit=3)] == ordered[5:8]
    assert {row[0] for row in read(engine, areas=["a", "c"])} == {"a"}
    assert {row[1:3] for row in read(engine, indicator="x", year=2024)} == {("x", 2024)}
    assert read(engine, areas=[]) == []


def test_a_figure_twice_is_refused_and_nothing_is_stored(engine):
    with pytest.raises(InputError, match="330700, elderly_beds, 2024 is double"):
        store(engine, BEDS, (*BEDS[:3], "1", None))
    assert read(engine) == []


@pytest.mark.parametrize(
    "row",
    [
        ("a", "x", 1899, "1", None),
        ("a", "x", 2201, "1", None),
        ("", "x", 2000, "1", None),
        ("a", "", 2000, "1", None),
        ("a", "x", 2000, "NaN", None),
        ("a", "x", 2000, "Infinity", None),
        ("a", "x", 2000, "-Infinity", None),
    ],
)
def test_the_table_refuses_what_is_no_figure(engine, row):
    with pytest.raises(IntegrityError):
        store(engine, row)


def test_history_of_figures_cannot_be_rewritten(engine):
    store(engine, BEDS)
    store(engine, (*BEDS[:3], "1", None))
    with engine.connect() as connection, pytest.raises(IntegrityError, match="is history"):
        connection.execute(text("UPDATE indicator SET superseded_at = NULL WHERE version = 1"))


def province(make_frame):
    """A city of two counties, with people in it and nothing else."""
    rows = [
        {"code": "3307", "name": "市", "level": "prefecture", "kind": "prefecture",
         "geometry": shapely.box(119, 29, 121, 30)},
        {"code": "330701", "name": "甲", "level": "county", "kind": "county", "parent": "3307",
         "population": 600_000, "geometry": shapely.box(119, 29, 120, 30)},
        {"code": "330702", "name": "乙", "level": "county", "kind": "county", "parent": "3307",
         "population": 400_000, "geometry": shapely.box(120, 29, 121, 30)},
    ]  # fmt: skip
    return make_frame(AREAS, *rows)


def places(engine, tmp_path, request=REQUEST) -> dict[str, dict]:
    run = evaluations.run(engine, request, network_cache=NetworkCache(tmp_path))
    with engine.connect() as connection:
        rows = evaluations.areas(connection, run.id, rule="jinhua.childcare.places_per_1000")
    return {row["code"]: row for row in rows.to_dict("records")}


def test_areas_alone_are_evaluated_and_no_facilities_are_not_nought(engine, tmp_path, make_frame):
    with engine.begin() as connection:
        packs.store_packs(connection, load_packs(SEED))
        history.store(connection, AREAS, province(make_frame), origin=ORIGIN)
    unknown = places(engine, tmp_path)["3307"]
    assert (unknown["verdict"], unknown["missing"]) == (
        "undetermined",
        [{"layer": "facilities"}],
    )

    store(engine, ("330701", "childcare_places", 2025, "2700", None))
    store(engine, ("330702", "childcare_places", 2025, "1799", None))
    short = places(engine, tmp_path)["3307"]
    assert (short["numerator"], short["denominator"]) == (4499, 1_000_000)
    assert (short["verdict"], short["value"], short["deficit"]) == ("not_met", 4.499, 1)
    store(engine, ("330702", "childcare_places", 2025, "1800", None))
    assert places(engine, tmp_path)["3307"]["verdict"] == "met"

    for code in ("330701", "3307"):
        alone = evaluations.run(
            engine,
            EvaluationRequest(pack_ids=REQUEST.pack_ids, as_of=REQUEST.as_of, area=code),
            network_cache=NetworkCache(tmp_path),
        )
        with engine.connect() as connection:
            found = evaluations.load_evaluation(connection, alone.id)
            assert evaluations.summary(connection, alone.id)["districts"] == 0
        assert len(found.districts) == len(found.findings) == 0
        assert set(found.areas["code"]) == {"3307": {"3307", "330701", "330702"}}.get(code, {code})

    with engine.begin() as connection:
        nursery = {"id": "f", "kind": "nursery", "status": "operating", "places": 60,
                   "service": "childcare", "geometry": shapely.Point(119.5, 29.5)}  # fmt: skip
        history.store(connection, FACILITIES, make_frame(FACILITIES, nursery), origin=ORIGIN)
    store(engine, *((code, "childcare_places", 2025, None, None) for code in ("330701", "330702")))
    counted = places(engine, tmp_path)["3307"]
    assert (counted["verdict"], counted["numerator"]) == ("not_met", 60)
    assert counted["facilities"] == ["f"]


def test_going_back_drops_runs_the_former_table_cannot_hold(
    engine, owner, database, tmp_path, make_frame
):
    with engine.begin() as connection:
        packs.store_packs(connection, load_packs(SEED))
        history.store(connection, AREAS, province(make_frame), origin=ORIGIN)
    evaluations.run(engine, REQUEST, network_cache=NetworkCache(tmp_path))
    downgrade(database.owner_url, "evaluations")
    upgrade(database.owner_url)
    with owner.connect() as connection:
        left = "SELECT (SELECT count(*) FROM evaluation), (SELECT count(*) FROM pg_class c "
        left += "JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'run')"
        assert tuple(connection.execute(text(left)).one()) == (0, 0)
    assert evaluations.run(engine, REQUEST, network_cache=NetworkCache(tmp_path)).created
