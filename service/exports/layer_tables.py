"""The tables of stored layers and street edges: their columns and colours."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.exports.columns import Column, ColumnKind
from service.exports.field_headings import heading_of
from service.exports.package import Category, Style
from service.reports.map_words import FLAG_STYLES, SERVICE_STYLES
from spatial.fields import FACILITIES, FieldType, Layer

_KINDS: Final[Mapping[FieldType, ColumnKind]] = MappingProxyType(
    {
        FieldType.TEXT: ColumnKind.TEXT,
        FieldType.TEXTS: ColumnKind.TEXTS,
        FieldType.INTEGER: ColumnKind.INTEGER,
        FieldType.DECIMAL: ColumnKind.NUMBER,
        FieldType.BOOLEAN: ColumnKind.BOOLEAN,
        FieldType.DATE: ColumnKind.DATE,
        FieldType.POINTS: ColumnKind.POINTS,
    }
)
_MARKERS: Final = MappingProxyType({"o": "circle", "^": "triangle", "s": "square"})

NETWORK: Final = "network"
_EDGE_KINDS: Final[Mapping[str, ColumnKind]] = MappingProxyType(
    {
        "number": ColumnKind.INTEGER,
        "u": ColumnKind.INTEGER,
        "v": ColumnKind.INTEGER,
        "length_m": ColumnKind.NUMBER,
        "highway": ColumnKind.TEXT,
        "forward": ColumnKind.BOOLEAN,
        "backward": ColumnKind.BOOLEAN,
        "steps": ColumnKind.BOOLEAN,
        "crossings": ColumnKind.NUMBER,
        "lifts": ColumnKind.NUMBER,
        "structure": ColumnKind.TEXT,
        "slope_forward": ColumnKind.NUMBER,
        "slope_backward": ColumnKind.NUMBER,
    }
)
EDGE_COLUMNS: Final = tuple(
    Column(name, kind, heading_of(NETWORK, name)) for name, kind in _EDGE_KINDS.items()
)

FLAG_STYLE: Final = Style(
    "flag",
    tuple(Category(flag, how.zh, how.en, how.colour) for flag, how in FLAG_STYLES.items()),
)
_SERVICE_STYLE: Final = Style(
    "service",
    tuple(
        Category(service, how.zh, how.en, how.colour, _MARKERS[how.marker])
        for service, how in SERVICE_STYLES.items()
    ),
)


def layer_columns(layer: Layer) -> tuple[Column, ...]:
    """Return the columns of a layer: its fields but for the geometry of the row."""
    return tuple(
        Column(field.name, _KINDS[field.type], heading_of(layer.name, field.name))
        for field in layer.fields
        if field.type is not FieldType.GEOMETRY
    )


def layer_style(layer: Layer) -> Style | None:
    """Return the colours of a layer; None where it has none."""
    return _SERVICE_STYLE if layer == FACILITIES else None
