"""Columns of tables as properties of collections."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Column, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import BigInteger, Boolean, Date, Double, Integer, Numeric, Text

from service.ogc.collection import GEOMETRY
from service.ogc.properties import Kind, Property
from spatial.policy.findings import FLAGS, VERDICTS

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"flag": FLAGS, "verdict": VERDICTS}
)


def geometry_property(table: Table, shape: str) -> Property:
    """Return the geometry of a table, its shape as in `Property`."""
    return Property(GEOMETRY, Kind.GEOMETRY, table.c.geometry, shape=shape, role="primary-geometry")


def column_property(table: Table, column: str, shown: str, *, role: str = "") -> Property:
    """Return a column of a table, under the name it is shown by."""
    found = table.c[column]
    return Property(
        shown, _kind(found), found, choices=_CHOICES.get(shown, ()), shape="any", role=role
    )


def _kind(column: Column[Any]) -> Kind:
    for types, kind in (
        ((Integer, BigInteger), Kind.INTEGER),
        ((Numeric, Double), Kind.NUMBER),
        ((Boolean,), Kind.BOOLEAN),
        ((Date,), Kind.DATE),
        ((Text,), Kind.TEXT),
        ((JSONB,), Kind.LIST),
    ):
        if isinstance(column.type, types):
            return kind
    return Kind.LIST
