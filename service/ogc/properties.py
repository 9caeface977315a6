"""What a collection says of each feature: its properties, their kinds, their JSON schemas."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import ColumnElement

from spatial.fields import FieldType


class Kind(StrEnum):
    """What a value is, as far as filters and schemas are concerned.

    ``instant`` is a point in time with a time zone, ``date`` a day; ``list`` is a JSON array and
    ``document`` a JSON object, which are shown and not filtered.
    """

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    LIST = "list"
    DOCUMENT = "document"
    GEOMETRY = "geometry"


KIND_OF_FIELD: Final = MappingProxyType(
    {
        FieldType.TEXT: Kind.TEXT,
        FieldType.TEXTS: Kind.LIST,
        FieldType.INTEGER: Kind.INTEGER,
        FieldType.DECIMAL: Kind.NUMBER,
        FieldType.BOOLEAN: Kind.BOOLEAN,
        FieldType.DATE: Kind.DATE,
        FieldType.POINTS: Kind.GEOMETRY,
        FieldType.GEOMETRY: Kind.GEOMETRY,
        FieldType.DOCUMENT: Kind.DOCUMENT,
    }
)
SCALARS: Final = frozenset({Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE})

_TYPES: Final = MappingProxyType(
    {
        Kind.TEXT: {"type": "string"},
        Kind.INTEGER: {"type": "integer"},
        Kind.NUMBER: {"type": "number"},
        Kind.BOOLEAN: {"type": "boolean"},
        Kind.DATE: {"type": "string", "format": "date"},
        Kind.INSTANT: {"type": "string", "format": "date-time"},
        Kind.LIST: {"type": "array"},
        Kind.DOCUMENT: {"type": "object"},
    }
)


@dataclass(frozen=True)
class Property:
    """One property of the features of a collection.

    Parameters
    ----------
    name
        In GeoJSON, in filters and as a query parameter.
    kind
        What its values are.
    column
        Where they are read; geometries in EPSG:4326, longitude first.
    choices
        The only words there are; empty means any.
    shape
        For geometries: the name after ``geometry-``, as ``multipoint`` or ``any``.
    role
        ``x-ogc-role`` of Part 5: ``id``, ``primary-geometry`` and the like; empty for none.
    """

    name: str
    kind: Kind
    column: ColumnElement[Any]
    choices: tuple[str, ...] = ()
    shape: str = "any"
    role: str = ""

    @property
    def queryable(self) -> bool:
        """Whether filters may name it."""
        return self.kind not in {Kind.LIST, Kind.DOCUMENT}

    @property
    def parameter(self) -> bool:
        """Whether it is a query parameter of its own name, matching what equals its value."""
        return self.kind in SCALARS

    def schema(self) -> dict[str, Any]:
        """Return its JSON schema; a spatial property has a format and no type (19-079r2, 9)."""
        if self.kind is Kind.GEOMETRY:
            return {"title": self.name, "format": f"geometry-{self.shape}"}
        described: dict[str, Any] = {"title": self.name, **_TYPES[self.kind]}
        if self.choices:
            described["enum"] = list(self.choices)
        return described
