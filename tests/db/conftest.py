"""Engines of the two roles, and a small town to store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import geopandas as gpd
import pytest
import shapely
from planning import layer_frame
from sqlalchemy import Engine

from service.core.database import create_database_engine
from service.core.history import Origin
from spatial.fields import Layer


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
        return layer_frame(layer, rows)

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
