"""Tables without places: which stored features their rows are."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from service.imports.joining import join_stored, says_where
from service.imports.validation import validate
from spatial.errors import InputError, InputFaults
from spatial.fields import DISTRICTS

NAMES = {"A": "幸福里", "B": "东方苑（一期）", "C": "东方苑", "D": "东方苑", "7": None}


@pytest.fixture
def stored() -> gpd.GeoDataFrame:
    frame = pd.DataFrame({"id": list(NAMES), "name": list(NAMES.values()), "households": [5] * 5})
    shapes = [shapely.Point(114 + n / 100, 30) for n in range(5)]
    places = gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")
    return validate(places, DISTRICTS, source="s")


def test_rows_change_what_they_say_and_leave_the_rest(stored: gpd.GeoDataFrame) -> None:
    rows = pd.DataFrame(
        {
            "id": [None, "C", 7.0],
            "name": ["东方苑(一期) ", "新名", None],
            "households": ["80", None, 0],
            "unknown": ["x", "y", "z"],
        }
    )

    joined = join_stored(rows, DISTRICTS, stored, source="f")

    assert joined["id"].tolist() == ["B", "C", "7"]
    # What only says which one is meant, in other widths, renames nothing.
    assert joined["name"].tolist() == ["东方苑（一期）", "新名", None]
    assert joined["households"].tolist() == ["80", 5, 0]
    assert [point.x for point in joined["geometry"]] == [114.01, 114.02, 114.04]
    assert list(joined.columns) == list(DISTRICTS.names)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "E"}, "f, row 1, field id: 'E' is none of the 5 stored districts"),
        ({"name": "东方苑"}, "'东方苑' names 2 of the stored districts (C, D); give the id"),
        ({"name": "幸福理"}, "names none of the stored districts"),
        ({"name": "幸福理"}, "did you mean 幸福里?"),
        ({"name": None}, "field name: is missing, and so is id"),
        ({"id": True}, "must be text, not True"),
    ],
)
def test_a_row_that_joins_nothing_is_told(
    stored: gpd.GeoDataFrame, row: dict[str, object], message: str
) -> None:
    with pytest.raises(InputFaults) as caught:
        join_stored(pd.DataFrame([row]), DISTRICTS, stored, source="f")

    assert message in str(caught.value)
    assert len(caught.value.faults) == 1


def test_two_rows_of_one_feature_are_told(stored: gpd.GeoDataFrame) -> None:
    rows = pd.DataFrame({"id": ["A", None], "name": [None, "幸福里"]})

    with pytest.raises(InputFaults, match=r"row 2, field name: 'A' is already joined by row 1"):
        join_stored(rows, DISTRICTS, stored, source="f")


def test_a_table_without_names_joins_nothing(stored: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="none which stored districts they are"):
        join_stored(pd.DataFrame({"households": [1]}), DISTRICTS, stored, source="f")


def test_coordinates_or_wkt_say_where() -> None:
    assert says_where(pd.DataFrame(columns=["id", "lon"]))
    assert says_where(pd.DataFrame(columns=["wkt"]))
    assert not says_where(pd.DataFrame(columns=["id", "name"]))
