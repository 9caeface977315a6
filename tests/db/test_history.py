from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from sqlalchemy import text

from service.core import history
from service.core.differences import compare
from service.core.history import Moment, Stored
from service.imports.validation import validate
from service.reviews.around_cache import AroundCache
from spatial.errors import InputError
from spatial.fields import AREAS, BUILDINGS, DISTRICTS, FACILITIES, LAYERS, PARKS

SQUARE = shapely.box(114.3, 30.5, 114.31, 30.51)


def district(key: str, **fields: object) -> dict[str, object]:
    return {"id": key, "households": 100, "geometry": SQUARE, **fields}


def versions(connection, table: str = "facility") -> list[tuple[object, ...]]:
    query = text(
        f"SELECT id, version, recorded_at, superseded_at, valid_to FROM {table} "
        "ORDER BY id, version"
    )
    return [tuple(row) for row in connection.execute(query)]


def test_a_frame_comes_back_as_it_was_stored(engine, make_frame, nursery, origin):
    bare = {"id": "f2", "kind": "day_care", "geometry": shapely.Point(114.2, 30.4)}
    frame = make_frame(FACILITIES, nursery, bare)
    with engine.begin() as connection:
        stored = history.store(connection, FACILITIES, frame, origin=origin)
        back = history.current(connection, FACILITIES)
    assert stored == Stored(added=2, changed=0, unchanged=0)
    assert back.pop("version").tolist() == [1, 1]
    assert_geodataframe_equal(back, frame, check_like=False)
    row = back.iloc[0]
    assert isinstance(row["floor_area_m2"], Decimal)
    assert row["service_area"] == ("c1", "c2")
    assert row["entrances"].geom_type == "MultiPoint"
    assert type(row["opened_on"]) is dt.date
    assert back["places"].isna().tolist() == [False, True]
    assert back["name"].tolist() == ["阳光托育", None]


def test_rows_beyond_the_first_thousands_come_back_too_each_with_what_it_lacks(
    engine, make_frame, nursery, origin
):
    bare = {"kind": "day_care", "geometry": shapely.Point(114.2, 30.4)}
    rows = [
        {**(bare if at % 3 else nursery), "id": f"f{at:04}", "places": at, "name": f"托{at}"}
        for at in range(4_001)
    ]
    frame = make_frame(FACILITIES, *rows)
    with engine.begin() as connection:
        history.store(connection, FACILITIES, frame, origin=origin)
        back = history.current(connection, FACILITIES)
        numbers = connection.execute(text("SELECT source_row FROM facility ORDER BY id")).scalars()
        assert list(numbers) == list(range(1, 4_002))
    assert_geodataframe_equal(back.drop(columns="version"), frame)


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS)
def test_a_layer_without_rows_has_all_columns_and_types(engine, layer, make_frame):
    with engine.connect() as connection:
        empty = history.current(connection, layer)
    expected = make_frame(layer)
    assert empty.drop(columns="version").dtypes.to_dict() == expected.dtypes.to_dict()
    assert empty.crs == "EPSG:4326"
    assert empty.geometry.name == "geometry"


def test_storing_the_same_again_writes_nothing(engine, make_frame, nursery, origin):
    frame = make_frame(FACILITIES, nursery)
    with engine.begin() as connection:
        history.store(connection, FACILITIES, frame, origin=origin)
        instant = history.data_instant(connection)
    with engine.begin() as connection:
        again = history.store(connection, FACILITIES, frame, origin=origin)
        # What was read may be stored as it is.
        read = history.current(connection, FACILITIES)
        once_more = history.store(connection, FACILITIES, read, origin=origin)
        assert again == once_more == Stored(added=0, changed=0, unchanged=1)
        assert history.data_instant(connection) == instant
        assert len(versions(connection)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", "阳光"),
        ("floor_area_m2", Decimal("360.51")),
        ("places", None),
        ("open_to_residents", False),
        ("open_to_residents", None),
        ("service_area", ("c2", "c1")),
        ("service_area", None),
        ("floor_level", 0),
        ("opened_on", dt.date(2020, 3, 2)),
        ("lift", False),
        ("entrances", None),
        ("entrances", shapely.MultiPoint([(114.30001, 30.58)])),
        ("geometry", shapely.box(114.3, 30.58, 114.301, 30.5810000001)),
    ],
)
def test_any_change_makes_a_new_version(engine, make_frame, nursery, origin, field, value):
    with engine.begin() as connection:
        history.store(connection, FACILITIES, make_frame(FACILITIES, nursery), origin=origin)
        changed = make_frame(FACILITIES, {**nursery, field: value})
        stored = history.store(connection, FACILITIES, changed, origin=origin)
        instant = history.data_instant(connection)
        back = history.current(connection, FACILITIES)
        (_, one, began, ended, _), (_, two, recorded, superseded, _) = versions(connection)
    assert stored == Stored(added=0, changed=1, unchanged=0)
    assert (one, two) == (1, 2)
    assert began < ended == recorded == instant
    assert superseded is None
    assert_geodataframe_equal(back.drop(columns="version"), changed)


def test_where_a_ring_begins_and_how_it_runs_is_no_change(engine, make_frame, origin):
    hole = [(114.303, 30.503), (114.304, 30.503), (114.304, 30.504)]
    ring = list(SQUARE.exterior.coords)[:-1]
    written = shapely.Polygon(ring, [hole])
    turned = shapely.Polygon([*ring[2:], *ring[:2]][::-1], [hole[::-1]])
    moved = shapely.Polygon(ring, [[*hole[:2], (114.304, 30.5041)]])
    doors = [(114.301, 30.501), (114.302, 30.502)]

    def row(shape, points):
        place = district("d1", geometry=shape, entrances=shapely.MultiPoint(points))
        return make_frame(DISTRICTS, place)

    with engine.begin() as connection:
        history.store(connection, DISTRICTS, row(written, doors), origin=origin)
        again = history.store(connection, DISTRICTS, row(turned, doors[::-1]), origin=origin)
        assert again == Stored(added=0, changed=0, unchanged=1)
        # So called by formats that know no single polygons, as Shapefile.
        for same in (turned, shapely.MultiPolygon([turned])):
            told = compare(connection, DISTRICTS, row(same, doors[::-1]))
            assert (told.unchanged, told.changed) == (1, {})
        two = shapely.MultiPolygon([written, shapely.box(114.32, 30.5, 114.33, 30.51)])
        assert compare(connection, DISTRICTS, row(two, doors)).changed == {"d1": ("geometry",)}
        assert compare(connection, DISTRICTS, row(moved, doors)).changed == {"d1": ("geometry",)}
        changed = history.store(connection, DISTRICTS, row(moved, doors), origin=origin)
        assert changed == Stored(added=0, changed=1, unchanged=0)


def test_a_decimal_written_with_more_zeros_is_the_same_number(engine, make_frame, nursery, origin):
    with engine.begin() as connection:
        history.store(connection, FACILITIES, make_frame(FACILITIES, nursery), origin=origin)
        same = make_frame(FACILITIES, {**nursery, "floor_area_m2": Decimal("360.5000")})
        assert history.store(connection, FACILITIES, same, origin=origin).unchanged == 1


def test_every_layer_is_stored(engine, make_frame, origin):
    rows = {
        "areas": {"code": "3307", "name": "金华市", "kind": "prefecture", "geometry": SQUARE},
        "districts": district("d1"),
        "buildings": {"id": "b1", "district_id": "d1", "geometry": SQUARE},
        "facilities": {"id": "f1", "kind": "nursery", "geometry": SQUARE},
        "parks": {"id": "p1", "employees": 12, "geometry": SQUARE},
    }
    with engine.begin() as connection:
        for name, layer in LAYERS.items():
            frame = make_frame(layer, rows[name])
            assert history.store(connection, layer, frame, origin=origin).added == 1
            assert_geodataframe_equal(
                history.current(connection, layer).drop(columns="version"), frame
            )


def test_origin_is_kept_with_the_row_number(engine, make_frame, origin):
    frame = make_frame(DISTRICTS, district("a"), district("b"))
    with engine.begin() as connection:
        history.store(connection, DISTRICTS, frame, origin=origin)
        numbered = frame.assign(_row=[7, 9], households=pd.array([1, 2], dtype="Int64"))
        history.store(connection, DISTRICTS, numbered, origin=origin)
        rows = connection.execute(
            text(
                "SELECT id, version, source_file, source_row, source_crs, transformation, "
                "recorded_by FROM district ORDER BY version, id"
            )
        ).all()
    rest = ("EPSG:4547", "+proj=pipeline", "a test")
    assert [tuple(row) for row in rows] == [
        ("a", 1, "town.csv", 1, *rest),
        ("b", 1, "town.csv", 2, *rest),
        ("a", 2, "town.csv", 7, *rest),
        ("b", 2, "town.csv", 9, *rest),
    ]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: f.to_crs(3857), "must be in EPSG:4326"),
        (lambda f: gpd.GeoDataFrame(f, crs=None).set_crs(None, allow_override=True), "EPSG:4326"),
        (lambda f: f.assign(colour="red"), "no field colour"),
        (lambda f: f.assign(id=None), "a row has no id"),
        (lambda f: pd.concat([f, f]), "id a is double"),
    ],
)
def test_a_frame_that_cannot_be_stored_is_refused(engine, make_frame, origin, spoil, message):
    frame = spoil(make_frame(DISTRICTS, district("a")))
    with engine.begin() as connection, pytest.raises(InputError, match=message):
        history.store(connection, DISTRICTS, frame, origin=origin)


def test_rows_are_paged_by_key_in_byte_order(engine, make_frame, origin):
    keys = ["小区", "b", "B", "a-1", "a", "a1"]
    frame = make_frame(DISTRICTS, *(district(key) for key in keys))
    read: list[str] = []
    with engine.begin() as connection:
        history.store(connection, DISTRICTS, frame, origin=origin)
        while True:
            after = read[-1] if read else None
            page = history.current(connection, DISTRICTS, after=after, limit=2)
            if not len(page):
                break
            read += page["id"].tolist()
    assert read == sorted(keys)


def test_rows_are_filtered(engine, make_frame, origin):
    frame = make_frame(
        DISTRICTS,
        district(
            "a", stage="new", permitted_on=dt.date(2023, 1, 1), approved_radius_m=Decimal("1.5")
        ),
        district("b", households=None, geometry=shapely.Point(115, 31)),
        district("c", pool="p' OR true --"),
    )
    with engine.begin() as connection:
        history.store(connection, DISTRICTS, frame, origin=origin)

        def ids(**options: object) -> list[str]:
            found = history.current(connection, DISTRICTS, **options)
            counted = {k: v for k, v in options.items() if k != "keys"}
            if "keys" not in options:
                assert history.count(connection, DISTRICTS, **counted) == len(found)
            return found["id"].tolist()

        assert ids(filters={"stage": "new"}) == ["a"]
        assert ids(filters={"households": 100}) == ["a", "c"]
        assert ids(filters={"households": None}) == ["b"]
        assert ids(filters={"permitted_on": dt.date(2023, 1, 1)}) == ["a"]
        assert ids(filters={"approved_radius_m": Decimal("1.50")}) == ["a"]
        assert ids(filters={"pool": "p' OR true --"}) == ["c"]
        assert ids(filters={"pool": "' OR true --"}) == []
        assert ids(keys=["c", "a", "x"]) == ["a", "c"]
        assert ids(keys=[]) == []
        assert ids(bbox=(114.9, 30.9, 115, 31)) == ["b"]
        assert ids(bbox=(114.31, 30.51, 114.4, 30.6)) == ["a", "c"], "borders touch"
        assert ids(bbox=(114.3100001, 30.51, 114.4, 30.6)) == []


@pytest.mark.parametrize(
    "filters",
    [
        {"geometry": "POINT (1 1)"},
        {"version": 1},
        {"1 = 1 --": 1},
        {"households": "many"},
        {"households": True},
        {"stage": 3},
        {"permitted_on": dt.datetime(2023, 1, 1, tzinfo=dt.UTC)},
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(engine, filters):
    with engine.connect() as connection, pytest.raises(InputError):
        history.current(connection, DISTRICTS, filters=filters)


def test_the_data_are_read_as_they_were_at_an_instant(engine, make_frame, origin):
    instants, counts = [], []
    steps = [
        [district("a", households=1)],
        [district("a", households=2), district("b", households=5)],
        [district("a", households=3)],
        [district("c", households=9)],
    ]
    for step in steps:
        with engine.begin() as connection:
            history.store(connection, DISTRICTS, make_frame(DISTRICTS, *step), origin=origin)
            instants.append(history.data_instant(connection))
    with engine.connect() as connection:
        for instant in instants:
            frame = history.current(connection, DISTRICTS, moment=Moment(known_at=instant))
            counts.append(dict(zip(frame["id"], frame["households"], strict=True)))
        before = Moment(known_at=instants[0] - dt.timedelta(microseconds=1))
        assert len(history.current(connection, DISTRICTS, moment=before)) == 0
    assert counts == [{"a": 1}, {"a": 2, "b": 5}, {"a": 3, "b": 5}, {"a": 3, "b": 5, "c": 9}]
    assert instants == sorted(set(instants))


def test_closing_ends_a_row_on_its_day_and_keeps_what_was(engine, make_frame, nursery, origin):
    day = dt.date(2026, 5, 1)
    with engine.begin() as connection:
        history.store(connection, FACILITIES, make_frame(FACILITIES, nursery), origin=origin)
        assert history.close(connection, FACILITIES, "f1", on=day, origin=origin)
        assert not history.close(connection, FACILITIES, "f1", on=day, origin=origin)
        assert not history.close(connection, FACILITIES, "f9", on=day, origin=origin)
        assert len(history.current(connection, FACILITIES)) == 0

        def on(date: dt.date) -> gpd.GeoDataFrame:
            return history.current(connection, FACILITIES, moment=Moment(valid_on=date))

        assert len(on(day)) == 0
        still = on(day - dt.timedelta(days=1))
        assert still["closed_on"].tolist() == [day]
        assert still["version"].tolist() == [2]
        assert still["service_area"].tolist() == [("c1", "c2")]
        assert [row[4] for row in versions(connection)] == [None, day]
        # Stored again, it is open again.
        again = history.store(
            connection, FACILITIES, make_frame(FACILITIES, nursery), origin=origin
        )
        assert again == Stored(added=0, changed=1, unchanged=0)
        assert history.current(connection, FACILITIES)["version"].tolist() == [3]


def test_a_row_of_any_layer_can_be_closed(engine, make_frame, origin):
    with engine.begin() as connection:
        for layer, row in (
            (DISTRICTS, district("d1")),
            (BUILDINGS, {"id": "b1", "district_id": "d1", "geometry": SQUARE}),
            (PARKS, {"id": "p1", "geometry": SQUARE}),
            (AREAS, {"code": "a1", "name": "a", "kind": "county", "geometry": SQUARE}),
        ):
            history.store(connection, layer, make_frame(layer, row), origin=origin)
            key = str(row[layer.key])
            assert history.close(connection, layer, key, on=dt.date(2020, 1, 1), origin=origin)
            assert history.count(connection, layer) == 0


def test_a_facility_cannot_close_before_it_opened(engine, make_frame, nursery, origin):
    with engine.begin() as connection:
        history.store(connection, FACILITIES, make_frame(FACILITIES, nursery), origin=origin)
        with pytest.raises(InputError, match="f1 cannot be closed on 2020-02-29"):
            history.close(connection, FACILITIES, "f1", on=dt.date(2020, 2, 29), origin=origin)
        assert len(versions(connection)) == 1


def test_writers_follow_one_another_and_nothing_is_lost(engine, make_frame, origin):
    """Eight writers raise the same counter; each reads under the lock before it writes."""
    with engine.begin() as connection:
        start = make_frame(DISTRICTS, district("a", households=0))
        history.store(connection, DISTRICTS, start, origin=origin)
    faults: list[BaseException] = []

    def raise_it() -> None:
        try:
            for _ in range(5):
                with engine.begin() as connection:
                    history.lock(connection)
                    frame = history.current(connection, DISTRICTS)
                    frame["households"] += 1
                    history.store(connection, DISTRICTS, frame, origin=origin)
        except BaseException as fault:  # noqa: BLE001  reported by the main thread
            faults.append(fault)

    writers = [threading.Thread(target=raise_it) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert faults == []
    with engine.connect() as connection:
        assert history.current(connection, DISTRICTS)["households"].tolist() == [40]
        rows = versions(connection, "district")
    assert [row[1] for row in rows] == list(range(1, 42))
    recorded = [row[2] for row in rows]
    assert recorded == sorted(set(recorded))
    assert [row[3] for row in rows] == [*recorded[1:], None]


def test_a_snapshot_and_its_instant_name_the_same_data(engine, make_frame, origin):
    """Read while others write, then replay as of the instant read."""
    stop = threading.Event()
    faults: list[BaseException] = []

    def write() -> None:
        number = 0
        try:
            while not stop.is_set():
                number += 1
                frame = make_frame(DISTRICTS, district("a", households=number))
                with engine.begin() as connection:
                    history.store(connection, DISTRICTS, frame, origin=origin)
        except BaseException as fault:  # noqa: BLE001  reported by the main thread
            faults.append(fault)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    seen = []
    try:
        while len(seen) < 20 or len({instant for instant, _ in seen}) < 3:
            with engine.connect().execution_options(isolation_level="REPEATABLE READ") as reader:
                frame = history.current(reader, DISTRICTS)
                seen.append((history.data_instant(reader), frame))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert faults == []
    with engine.connect() as connection:
        for instant, frame in seen:
            replayed = history.current(connection, DISTRICTS, moment=Moment(known_at=instant))
            assert_geodataframe_equal(replayed, frame)


def test_a_large_file_is_stored_after_a_dry_run_of_it(engine, owner, origin):
    """Once it has cleared a dry run away, the server knows the table to be empty.

    It then finds the versions of a key by going through the whole table, and does so again for
    each row, among all those that the statement has added before.
    """
    count = 40_000
    frame = gpd.GeoDataFrame(
        {"id": [f"D{number}" for number in range(count)]},
        geometry=shapely.points(np.linspace(114, 115, count), 30),
        crs="EPSG:4326",
    )
    frame = validate(frame, DISTRICTS, source="test")
    with engine.connect() as connection:
        history.store(connection, DISTRICTS, frame, origin=origin)
        connection.rollback()
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE district"))

    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '20s'"))
        stored = history.store(connection, DISTRICTS, frame, origin=origin)
        setting = connection.execute(text("SHOW enable_nestloop")).scalar_one()

    assert (stored.added, stored.changed) == (count, 0)
    # What follows in the same transaction is planned as ever.
    assert setting == "on"


def test_facilities_kept_in_memory_are_those_of_the_snapshot(engine, make_frame, origin):
    """What a review reads around it is what the database says, after a write as before it."""

    def facility(key: str, lon: float, **fields: object) -> dict[str, object]:
        return {"id": key, "kind": "nursery", "geometry": shapely.Point(lon, 30.5), **fields}

    box, cache = (114.31, 30.46, 114.34, 30.54), AroundCache(most=2)
    # Two on the border, one inside, one outside but in the cells read.
    rows = [facility(f"f{lon}", lon) for lon in (114.305, 114.31, 114.325, 114.34)]
    day, before = dt.date(2026, 7, 1), dt.date(2026, 1, 1)
    with engine.begin() as connection:
        history.store(connection, FACILITIES, make_frame(FACILITIES, *rows), origin=origin)

    def compared(as_of: dt.date) -> list[str]:
        with engine.begin() as connection:
            kept = cache.around(
                connection,
                instant=history.data_instant(connection),
                bbox=box,
                as_of=as_of,
                network=None,
            ).frame
            moment = Moment(valid_on=as_of)
            assert_geodataframe_equal(
                kept, history.current(connection, FACILITIES, bbox=box, moment=moment)
            )
        return kept["id"].tolist()

    assert compared(day) == compared(day) == ["f114.31", "f114.325", "f114.34"]
    with engine.begin() as connection:
        history.close(connection, FACILITIES, "f114.31", on=dt.date(2026, 6, 1), origin=origin)
        history.store(
            connection, FACILITIES, make_frame(FACILITIES, facility("h", 114.33)), origin=origin
        )
    assert compared(day) == ["f114.325", "f114.34", "h"]
    assert compared(before) == ["f114.31", "f114.325", "f114.34", "h"]
