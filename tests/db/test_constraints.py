"""What the tables refuse, whoever writes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import shapely
from sqlalchemy.exc import IntegrityError

from service.core import history
from service.core.schema import VERSIONED
from spatial.fields import AREAS, BUILDINGS, DISTRICTS, FACILITIES, LAYERS, PARKS, FieldType

SQUARE = shapely.box(114.3, 30.5, 114.31, 30.51)
BOW_TIE = shapely.Polygon([(114, 30), (115, 31), (115, 30), (114, 31)])
GOOD = {
    "areas": {"code": "x", "name": "x", "kind": "county", "geometry": SQUARE},
    "districts": {"id": "x", "geometry": SQUARE},
    "buildings": {"id": "x", "district_id": "d", "geometry": SQUARE},
    "facilities": {"id": "x", "kind": "nursery", "geometry": SQUARE},
    "parks": {"id": "x", "geometry": SQUARE},
}
JUSTIFIED = {"justified_by": "李", "justified_on": dt.date(2023, 1, 1), "justified_body": "局"}


def refused(engine, make_frame, origin, layer, **fields: object) -> str:
    """Return the name of the constraint that refuses a row which is good but for `fields`."""
    frame = make_frame(layer, {**GOOD[layer.name], **fields})
    with engine.connect() as connection, pytest.raises(IntegrityError) as fault:
        history.store(connection, layer, frame, origin=origin)
    return str(fault.value.orig.diag.constraint_name or fault.value.orig.diag.column_name)


def test_bounds_and_words_of_the_field_table_are_all_enforced(engine, make_frame, origin):
    checked = 0
    for layer in LAYERS.values():
        for field in layer.fields:
            table = VERSIONED[layer.name].name
            bad: list[tuple[str, object]] = []
            if field.choices:
                bad.append((f"ck_{table}_{field.name}_known", "nonsense"))
            if field.minimum is not None:
                low = -1 if field.type is FieldType.INTEGER else Decimal("-0.001")
                bad.append((f"ck_{table}_{field.name}_minimum", low))
            if field.type is FieldType.DECIMAL:
                over = (
                    Decimal("Infinity")
                    if field.maximum is None
                    else field.maximum + Decimal("0.001")
                )
                bad.append((f"ck_{table}_{field.name}_maximum", over))
            if field.required and field.name != "geometry":
                bad.append(
                    (field.name, None)
                    if field.name != layer.key
                    else (f"ck_{table}_{field.name}_given", "")
                )
            for constraint, value in bad:
                found = refused(engine, make_frame, origin, layer, **{field.name: value})
                assert found == constraint
                checked += 1
    assert checked > 30


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize(
    ("geometry", "constraint"),
    [
        (BOW_TIE, "geometry_valid"),
        (shapely.Polygon(), "geometry_not_empty"),
        (shapely.LineString([(114, 30), (115, 31)]), "geometry_type"),
        (shapely.box(179, 30, 181, 31), "geometry_in_range"),
        (shapely.box(114, 89, 115, 91), "geometry_in_range"),
        (None, "geometry"),
    ],
)
def test_no_unusable_geometry_is_stored(engine, make_frame, origin, name, geometry, constraint):
    layer = LAYERS[name]
    found = refused(engine, make_frame, origin, layer, geometry=geometry)
    table = VERSIONED[name].name
    assert found in (f"ck_{table}_{constraint}", constraint)


@pytest.mark.parametrize("layer", [AREAS, PARKS], ids=lambda layer: layer.name)
def test_an_area_is_no_point(engine, make_frame, origin, layer):
    found = refused(engine, make_frame, origin, layer, geometry=shapely.Point(114, 30))
    assert found.endswith("_geometry_type")


@pytest.mark.parametrize("layer", [DISTRICTS, BUILDINGS, FACILITIES], ids=lambda layer: layer.name)
def test_other_places_may_be_points(engine, make_frame, origin, layer):
    row = {**GOOD[layer.name], "geometry": shapely.Point(180, -90)}
    with engine.connect() as connection:
        stored = history.store(connection, layer, make_frame(layer, row), origin=origin)
    assert stored.added == 1


@pytest.mark.parametrize("field", ["siting_difficult", "low_demand", "conditions_available"])
@pytest.mark.parametrize("left_out", [*JUSTIFIED, None])
def test_a_relaxation_needs_its_whole_justification(engine, make_frame, origin, field, left_out):
    fields = {**JUSTIFIED, field: True}
    if left_out is not None:
        found = refused(engine, make_frame, origin, DISTRICTS, **{**fields, left_out: None})
        assert found == "ck_district_justification_complete"
        fields = {left_out: None, field: False}  # denying it needs none
    with engine.connect() as connection:
        frame = make_frame(DISTRICTS, {**GOOD["districts"], **fields})
        assert history.store(connection, DISTRICTS, frame, origin=origin).added == 1


def test_the_largest_approved_radius_is_800_m(engine, make_frame, origin):
    row = {**GOOD["districts"], "approved_radius_m": Decimal(800)}
    with engine.connect() as connection:
        stored = history.store(connection, DISTRICTS, make_frame(DISTRICTS, row), origin=origin)
    assert stored.added == 1


def test_nothing_closes_before_it_opened(engine, make_frame, origin):
    day = dt.date(2024, 6, 1)
    earlier = day - dt.timedelta(days=1)
    found = refused(engine, make_frame, origin, FACILITIES, opened_on=day, closed_on=earlier)
    assert found == "ck_facility_closed_not_before_opened"
    same_day = make_frame(FACILITIES, {**GOOD["facilities"], "opened_on": day, "closed_on": day})
    with engine.connect() as connection:
        assert history.store(connection, FACILITIES, same_day, origin=origin).added == 1
