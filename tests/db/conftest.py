"""Engines of the two roles, and a small town to store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine

from service.core.database import create_database_engine
from service.core.history import Origin
from spatial.fields import FieldType, Layer


@pytest.fixture
def engine(database) -> Iterator[Engine]:
    """The application role, as the service connects."""
    engine = create_database_engine(database.app_url)
    yield engine
    engine.dispose()


@pytest.fixture
def owner(database) -> Iterator[Engine]:
    """The role that migrates."""
    engine = create_database_engine(database.owner_url)
    yield engine
    engine.dispose()


@pytest.fixture
def origin() -> Origin:
    return Origin(file="town.csv", crs="EPSG:4547", transformation="+proj=pipeline", actor="a test")


@pytest.fixture
def make_frame():
    """Make a validated frame of a layer from rows; fields not given are missing."""

    def make(layer: Layer, *rows: dict[str, Any]) -> gpd.GeoDataFrame:
        columns: dict[str, Any] = {}
        for field in layer.fields:
            values = [row.get(field.name) for row in rows]
            if field.type is FieldType.INTEGER:
                columns[field.name] = pd.array(values, dtype="Int64")
            elif field.type is FieldType.BOOLEAN:
                columns[field.name] = pd.array(values, dtype="boolean")
            else:
                array = np.fromiter(values, dtype=object, count=len(values))
                columns[field.name] = array
        return gpd.GeoDataFrame(
            {
                name: pd.Series(values, dtype=object) if isinstance(values, np.ndarray) else values
                for name, values in columns.items()
            },
            geometry="geometry",
            crs="EPSG:4326",
        )

    return make


@pytest.fixture
def nursery() -> dict[str, Any]:
    """A facility with every type of field filled."""
    return {
        "id": "f1",
        "name": "阳光托育",
        "service": "childcare",
        "kind": "nursery",
        "floor_area_m2": Decimal("360.50"),
        "places": 60,
        "open_to_residents": True,
        "service_area": ("c1", "c2"),
        "floor_level": -1,
        "status": "operating",
        "opened_on": dt.date(2020, 3, 1),
        "entrances": shapely.MultiPoint([(114.30001, 30.58), (114.3, 30.58001)]),
        "geometry": shapely.box(114.3, 30.58, 114.301, 30.581),
    }
