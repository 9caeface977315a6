"""Quantities with units are converted exactly, and what is no number is not made one."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.imports.cells import CellError
from service.imports.tables import packaged_table
from service.imports.units import CUT_PLACES, exact_decimal, parse_unit, read_quantity, unit_table
from spatial.fields import LAYERS

FIELDS = unit_table().fields
PAIRS = [
    (field, word) for field, measure in FIELDS.items() for word in unit_table().measures[measure]
]
DECIMALS = st.decimals(min_value=0, max_value=10**9, places=8)


@pytest.mark.parametrize(
    ("text", "field", "heading", "expected"),
    [
        ("1,234户", "households", None, "1234"),
        ("0.15万㎡", "floor_area_m2", None, "1500"),
        ("2.3公顷", "site_area_m2", None, "23000"),
        ("0.39亩", "site_area_m2", None, "260"),
        ("1亩", "site_area_m2", None, "666.666666"),
        ("15 亩", "site_area_m2", None, "10000"),
        ("30张", "beds", None, "30"),
        ("１２０", "places", None, "120"),
        ("１，２００㎡", "floor_area_m2", None, "1200"),
        ("0.5", "floor_area_m2", "万㎡", "5000"),
        ("800㎡", "floor_area_m2", "万㎡", "800"),
        ("0.15万", "floor_area_m2", None, "1500"),
        ("0.15万", "floor_area_m2", "㎡", "1500"),
        ("3.2", "population", "万人", "32000"),
        ("3.2万", "population", None, "32000"),
        ("2千人", "population", None, "2000"),
        ("0.8千米", "approved_radius_m", None, "800"),
        ("500 m", "approved_radius_m", None, "500"),
        ("3层", "floor_level", None, "3"),
        ("-1层", "floor_level", None, "-1"),
        ("0.000001平方公里", "site_area_m2", None, "1"),
    ],
)
def test_a_quantity_is_read(text: str, field: str, heading: str | None, expected: str) -> None:
    unit = None if heading is None else parse_unit(heading, field)
    assert heading is None or unit is not None
    assert read_quantity(text, field, heading=unit) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("约300", "approximation or a bound"),
        ("300左右", "approximation or a bound"),
        ("300余户", "approximation or a bound"),
        ("近300", "approximation or a bound"),
        ("300多", "approximation or a bound"),
        ("数百户", "approximation or a bound"),
        ("≥200", "approximation or a bound"),
        (">200", "approximation or a bound"),
        ("200以上", "approximation or a bound"),
        ("不少于200户", "approximation or a bound"),
        ("300+", "approximation or a bound"),
        ("300-400", "is a range"),
        ("300~400户", "is a range"),
        ("300户至400户", "is a range"),
        ("３００—４００", "is a range"),
        ("30张", "households is not given in 张"),
        ("300㎡", "households is not given in m2"),
    ],
)
def test_what_is_no_number_is_refused(text: str, message: str) -> None:
    with pytest.raises(CellError, match=message):
        read_quantity(text, "households", heading=None)


@pytest.mark.parametrize(
    "text", ["many", "1_0", "1,23", "12,34户", "1 200", "2栋", "", "1.2.3", "-"]
)
def test_what_is_no_quantity_at_all_is_none(text: str) -> None:
    assert read_quantity(text, "households", heading=None) is None


def test_ten_thousand_of_ten_thousand_is_refused() -> None:
    with pytest.raises(CellError, match="says 万, and the heading says 万m2"):
        read_quantity("0.15万", "floor_area_m2", heading=parse_unit("万㎡", "floor_area_m2"))


@given(DECIMALS, st.sampled_from(PAIRS), st.sampled_from(["", "千", "万"]))
def test_any_decimal_times_any_unit_is_exact(
    number: Decimal, pair: tuple[str, str], times: str
) -> None:
    field, word = pair
    said = times + word
    # 千 before 米 is the 千米 of the table, which is a thousand metres as well.
    factor = unit_table().measures[FIELDS[field]][word] * {"": 1, "千": 1000, "万": 10000}[times]
    true = Fraction(number) * factor

    in_cell = read_quantity(f"{number:f}{said}", field, heading=None)
    by_heading = read_quantity(f"{number:f}", field, heading=parse_unit(said, field))

    assert in_cell == by_heading
    assert in_cell is not None
    if 10**20 % true.denominator == 0:
        assert Fraction(in_cell) == true
    else:
        assert 0 < true - Fraction(in_cell) < Fraction(1, 10**CUT_PLACES)


@given(st.fractions())
def test_a_fraction_that_ends_is_exact_and_another_is_cut_towards_zero(number: Fraction) -> None:
    found = Fraction(exact_decimal(number))
    if 10**20 % number.denominator == 0:
        assert found == number
    else:
        assert abs(found) < abs(number) < abs(found) + Fraction(1, 10**CUT_PLACES)


def test_the_table_names_fields_and_measures_there_are() -> None:
    names = {name for layer in LAYERS.values() for name in layer.names}
    assert set(FIELDS) <= names
    assert set(FIELDS.values()) == set(packaged_table("units.yaml", "units")["measures"])
    for name in names:
        if name.endswith(("_m2", "_m")):
            assert name in FIELDS
