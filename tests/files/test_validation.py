"""Every cell becomes exactly its type, or a fault that names file, row and field."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from service.imports.validation import check, validate
from spatial.errors import InputFaults, UnknownCRSError
from spatial.fields import AREAS, BUILDINGS, DISTRICTS, FACILITIES, FieldType, Layer

PLACE = shapely.Point(114.3, 30.5)


def faults(layer: Layer, *rows: dict[str, Any]) -> list[str]:
    """The faults of rows that are complete but for what a test changes."""
    whole = {
        "id": "1",
        "code": "1",
        "name": "n",
        "kind": "urban_community" if layer is AREAS else "nursery",
        "district_id": "d",
        "geometry": shapely.box(114, 30, 114.1, 30.1) if layer is AREAS else PLACE,
    }
    names = {*whole, *(name for row in rows for name in row)}
    cells = [{**whole, "id": str(n), "code": str(n), **row} for n, row in enumerate(rows, 1)]
    columns = {n: pd.Series([row.get(n) for row in cells], dtype=object) for n in names}
    try:
        validate(pd.DataFrame(columns), layer, source="f.csv")
    except InputFaults as error:
        return [str(fault) for fault in error.faults]
    return []


@pytest.mark.parametrize(
    ("field", "cell", "expected"),
    [
        ("floor_area_m2", "0.1", Decimal("0.1")),
        ("floor_area_m2", "100.10", Decimal("100.10")),
        ("floor_area_m2", 0.1, Decimal("0.1")),
        ("floor_area_m2", np.float32(0.1), Decimal("0.1")),
        ("floor_area_m2", 3, Decimal(3)),
        ("floor_area_m2", Decimal("4.49999"), Decimal("4.49999")),
        ("floor_area_m2", math.nan, None),
        ("floor_area_m2", " ", None),
        ("places", "12", 12),
        ("places", 12.0, 12),
        ("places", "12.0", 12),
        ("floor_level", -1, -1),
        ("lift", "是", True),
        ("lift", "否", False),
        ("lift", "TRUE", True),
        ("lift", 0, False),
        ("lift", 1.0, True),
        ("opened_on", "2024-02-29", date(2024, 2, 29)),
        ("opened_on", datetime(2024, 2, 29), date(2024, 2, 29)),  # noqa: DTZ001  # as GDAL gives it
        ("opened_on", pd.Timestamp("2024-02-29"), date(2024, 2, 29)),
        ("opened_on", "2024-02-29T00:00:00", date(2024, 2, 29)),
        ("service_area", "甲;乙；丙", ("甲", "乙", "丙")),
        ("service_area", ["甲", "乙"], ("甲", "乙")),
        ("service_area", '["甲"]', ("甲",)),
        ("service_area", np.array(["甲"]), ("甲",)),
        ("pool", 7, "7"),
        ("pool", 7.0, "7"),
        ("pool", "  p ", "p"),
        ("entrances", "POINT (1 2)", shapely.MultiPoint([(1, 2)])),
        ("entrances", {"type": "Point", "coordinates": [1, 2]}, shapely.MultiPoint([(1, 2)])),
        ("entrances", "MULTIPOINT EMPTY", None),
    ],
)
def test_a_good_cell_becomes_its_type(field: str, cell: object, expected: object) -> None:
    row = {"id": ["a"], "kind": ["nursery"], "geometry": [PLACE]}
    frame = pd.DataFrame({**row, field: pd.Series([cell], dtype=object)})

    found = validate(frame, FACILITIES, source="f")[field].iloc[0]

    if expected is None:
        assert found is None or found is pd.NA
    else:
        assert found == expected
        assert isinstance(found, type(expected)) or FACILITIES.field(field).type in (
            FieldType.INTEGER,
            FieldType.BOOLEAN,
        )


@pytest.mark.parametrize(
    ("layer", "row", "message"),
    [
        (DISTRICTS, {"households": "-3"}, "field households: '-3' must not be negative"),
        (DISTRICTS, {"households": -3.0}, "field households: -3.0 must not be negative"),
        (DISTRICTS, {"households": "1.5"}, "field households: must be a whole number, not '1.5'"),
        (DISTRICTS, {"households": "many"}, "field households: must be a number, not 'many'"),
        (DISTRICTS, {"households": "NaN"}, "field households: must be a number, not 'NaN'"),
        (DISTRICTS, {"households": "1_0"}, "field households: must be a number, not '1_0'"),
        (DISTRICTS, {"households": "1,200"}, "field households: must be a number, not '1,200'"),
        (DISTRICTS, {"households": math.inf}, "field households: must be a finite number, not inf"),
        (DISTRICTS, {"households": True}, "field households: must be a number, not True"),
        (DISTRICTS, {"households": "9" * 12}, "field households: '999999999999' is too large"),
        (DISTRICTS, {"permitted_on": "2024-02-30"}, "must be a date like 2024-06-30"),
        (DISTRICTS, {"permitted_on": "2024/1/1"}, "must be a date like 2024-06-30"),
        (DISTRICTS, {"permitted_on": "20240101"}, "must be a date like 2024-06-30"),
        (DISTRICTS, {"permitted_on": 20240101}, "must be a date like 2024-06-30"),
        (DISTRICTS, {"permitted_on": pd.Timestamp("2024-01-01 08:00")}, "must be a date like"),
        (DISTRICTS, {"stage": "newish"}, "did you mean new? known are planned, new, existing"),
        (DISTRICTS, {"low_demand": "maybe"}, "must be true or false (1 or 0, 是 or 否)"),
        (DISTRICTS, {"name": "a\x00b"}, "field name: holds a control character"),
        (DISTRICTS, {"id": True}, "field id: must be text, not True"),
        (DISTRICTS, {"id": 1.5}, "field id: must be text, not 1.5"),
        (DISTRICTS, {"id": None}, "row 1, field id: is missing"),
        (DISTRICTS, {"id": " "}, "row 1, field id: is missing"),
        (FACILITIES, {"kind": "nursary"}, "is no known kind; did you mean nursery?"),
        (FACILITIES, {"kind": "托育机构"}, "is no known kind; did you mean nursery?"),
        (FACILITIES, {"kind": None}, "row 1, field kind: is missing"),
        (FACILITIES, {"floor_area_m2": "1e99"}, "field floor_area_m2: '1e99' is too large"),
        (FACILITIES, {"floor_area_m2": "0." + "1" * 30}, "more than 20 decimal places"),
        (FACILITIES, {"service": "elderly"}, "'elderly' contradicts kind 'nursery'"),
        (
            FACILITIES,
            {"opened_on": "2024-01-02", "closed_on": "2024-01-01"},
            "field closed_on: 2024-01-01 is before opened_on, 2024-01-02",
        ),
        (FACILITIES, {"service_area": "[1"}, "field service_area: is no list: '[1'"),
        (FACILITIES, {"entrances": "LINESTRING (1 1, 2 2)"}, "must be a Point or MultiPoint"),
        (FACILITIES, {"entrances": "POINT (1 200)"}, "field entrances: lies outside longitude"),
        (FACILITIES, {"entrances": "POINT 1"}, "field entrances: is no geometry"),
        (AREAS, {"parent": "1"}, "field parent: is the area itself"),
        (AREAS, {"geometry": PLACE}, "must be a Polygon or MultiPolygon, not a Point"),
        (BUILDINGS, {"district_id": ""}, "row 1, field district_id: is missing"),
        (BUILDINGS, {"geometry": None}, "row 1, field geometry: is missing"),
        (BUILDINGS, {"geometry": shapely.Point()}, "row 1, field geometry: is empty"),
        (BUILDINGS, {"geometry": shapely.Point(math.nan, 1)}, "coordinate that is NaN or infinite"),
        (BUILDINGS, {"geometry": shapely.Point(math.inf, 1)}, "coordinate that is NaN or infinite"),
        (BUILDINGS, {"geometry": "POINT (nan nan)"}, "coordinate that is NaN or infinite"),
        (BUILDINGS, {"geometry": shapely.Point(30.5, 114.3)}, "seem to be swapped"),
        (BUILDINGS, {"geometry": shapely.Point(181, 0)}, "lies outside longitude ±180"),
        (
            BUILDINGS,
            {"geometry": "POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))"},
            "is not valid: Self-intersection at lon/lat 0.5, 0.5",
        ),
        (BUILDINGS, {"geometry": "LINESTRING (0 0, 1 1)"}, "not a LineString"),
    ],
)
def test_a_bad_cell_is_named(layer: Layer, row: dict[str, Any], message: str) -> None:
    (fault,) = faults(layer, row)

    assert fault.startswith("f.csv, row 1, field ")
    assert message in fault


@pytest.mark.parametrize("claim", ["siting_difficult", "low_demand", "conditions_available"])
def test_a_claim_needs_the_record_of_who_granted_it(claim: str) -> None:
    record = {"justified_by": "x", "justified_on": "2024-01-01", "justified_body": "y"}

    assert faults(DISTRICTS, {claim: True, **record}) == []
    assert faults(DISTRICTS, {claim: False}) == []
    for missing in record:
        (fault,) = faults(DISTRICTS, {claim: True, **record, missing: None})
        assert fault == f"f.csv, row 1, field {missing}: is missing, but needed for {claim}"


def test_an_approved_radius_needs_claim_record_and_at_most_800_m() -> None:
    record = {"justified_by": "x", "justified_on": "2024-01-01", "justified_body": "y"}
    low = {"low_demand": True, **record}

    assert faults(DISTRICTS, {**low, "approved_radius_m": 800}) == []
    assert "above the maximum of 800" in faults(DISTRICTS, {**low, "approved_radius_m": 800.5})[0]
    assert "needed for approved_radius_m" in faults(DISTRICTS, {"approved_radius_m": 500})[0]
    (fault,) = faults(DISTRICTS, {**record, "approved_radius_m": 500})
    assert fault.endswith("is given, but neither siting_difficult nor low_demand")


def test_both_rows_of_a_duplicate_are_named() -> None:
    assert faults(DISTRICTS, {"id": "a"}, {"id": "b"}, {"id": "a"}) == [
        "f.csv, row 3, field id: 'a' is already in row 1"
    ]


def test_all_faults_come_at_once_in_the_order_of_rows_and_fields() -> None:
    found = faults(DISTRICTS, {"households": "x", "geometry": None}, {}, {"stage": "s", "id": None})

    assert [fault.split(":")[0] for fault in found] == [
        "f.csv, row 1, field households",
        "f.csv, row 1, field geometry",
        "f.csv, row 3, field id",
        "f.csv, row 3, field stage",
    ]


def test_a_column_that_must_be_there_is_one_fault_and_not_one_a_row() -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "geometry": [PLACE, PLACE]})

    with pytest.raises(InputFaults) as caught:
        validate(frame, FACILITIES, source="f.csv")

    assert str(caught.value) == "f.csv, field kind: there is no such column, and it must be"


def test_the_service_of_a_facility_follows_from_its_kind() -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "kind": ["day_care", "nursery"], "geometry": [PLACE, PLACE]}
    )

    assert validate(frame, FACILITIES, source="f")["service"].tolist() == ["elderly", "childcare"]


def test_heights_are_dropped_with_a_warning() -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "geometry": [shapely.Point(1, 2, 3), shapely.Point(1, 2)]}
    )

    checked = check(frame, DISTRICTS, source="f.csv")

    assert not checked.frame.has_z.any()
    assert checked.warnings == (
        "f.csv: 1 of 2 values of geometry have a height or measure, not kept",
    )


def test_every_field_has_its_dtype_even_without_rows() -> None:
    for layer in (AREAS, BUILDINGS, DISTRICTS, FACILITIES):
        empty = pd.DataFrame({name: pd.Series([], dtype=object) for name in layer.names})
        frame = validate(empty, layer, source="f")
        assert tuple(frame.columns) == layer.names
        for field in layer.fields:
            expected = {FieldType.INTEGER: "Int64", FieldType.BOOLEAN: "boolean"}
            other = "geometry" if field.type is FieldType.GEOMETRY else "object"
            assert str(frame[field.name].dtype) == expected.get(field.type, other)


def test_the_index_counts_rows_whatever_the_index_given() -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "geometry": [PLACE, PLACE]}, index=[7, 3])

    assert validate(frame, DISTRICTS, source="f").index.tolist() == [0, 1]


def test_another_system_than_longitude_and_latitude_is_refused() -> None:
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[PLACE], crs="EPSG:4547")

    with pytest.raises(UnknownCRSError, match="must be in EPSG:4326"):
        validate(frame, DISTRICTS, source="f")


def test_a_column_that_is_there_twice_is_named() -> None:
    frame = pd.DataFrame([["a", "b", PLACE]], columns=["id", "id", "geometry"])

    with pytest.raises(InputFaults, match="f, field id: is there twice"):
        validate(frame, DISTRICTS, source="f")


class Rude:
    """An object that cannot even be printed."""

    def __str__(self) -> str:
        raise RuntimeError("no")


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.just(Decimal("sNaN")),
    st.fractions(),
    st.complex_numbers(),
    st.text(st.characters(exclude_categories=())),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.lists(st.one_of(st.text(), st.integers(), st.none()), max_size=3),
    st.dictionaries(st.text(max_size=5), st.floats(), max_size=2),
    st.builds(np.float32, st.floats(width=32)),
    st.builds(np.datetime64, st.datetimes()),
    st.just(np.datetime64("NaT")),
    st.sampled_from([pd.NA, pd.NaT, np.nan, np.int64(5), np.bool_(1), object()]),
    st.builds(Rude),
    st.builds(lambda: 10**5000),
    st.sampled_from(["POINT (1 2)", "POINT (nan 1)", "POLYGON EMPTY", '{"type":"Point"}', "[[[["]),
    st.builds(shapely.Point, st.floats(), st.floats()),
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_cell_makes_it_fail_otherwise_than_by_faults(data: st.DataObject) -> None:
    layer = data.draw(st.sampled_from([AREAS, BUILDINGS, DISTRICTS, FACILITIES]))
    names = data.draw(st.lists(st.sampled_from(layer.names), unique=True, max_size=6))
    rows = data.draw(st.integers(0, 3))
    columns = {
        name: pd.Series(data.draw(st.lists(CELLS, min_size=rows, max_size=rows)), dtype=object)
        for name in names
    }
    try:
        frame = validate(pd.DataFrame(columns, index=range(rows)), layer, source="f")
    except InputFaults as error:
        for line in str(error).splitlines():
            assert line.startswith("f")
    else:
        assert len(frame) == rows
        assert tuple(frame.columns) == layer.names


@given(st.decimals(min_value=0, max_value=10**12, places=3))
def test_decimals_in_text_stay_exact(number: Decimal) -> None:
    frame = pd.DataFrame(
        {"id": ["a"], "kind": ["nursery"], "floor_area_m2": [str(number)], "geometry": [PLACE]}
    )

    assert validate(frame, FACILITIES, source="f")["floor_area_m2"].iloc[0] == number
