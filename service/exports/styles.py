"""Styles QGIS opens a layer of a GeoPackage with: the table ``layer_styles`` and its QML."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

from service.exports.content import Language
from service.exports.package import Category, Style, Table

# As QGIS makes it when it saves a style, but for the time, in the form GeoPackage asks for.
_TABLE: Final = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256),
    f_table_schema TEXT(256),
    f_table_name TEXT(256),
    f_geometry_column TEXT(256),
    styleName TEXT(30),
    styleQML TEXT,
    styleSLD TEXT,
    useAsDefault BOOLEAN,
    description TEXT,
    owner TEXT(30),
    ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)
"""
_CONTENTS: Final = """
INSERT INTO gpkg_contents (table_name, data_type, identifier)
VALUES ('layer_styles', 'attributes', 'layer_styles')
"""
_ROW: Final = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,
    styleName, styleQML, styleSLD, useAsDefault, description, owner, ui)
VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '', NULL)
"""
_EDGE: Final = "#4A4A4A"
_TYPE_OF: Final = {
    "Point": "marker",
    "MultiPoint": "marker",
    "LineString": "line",
    "MultiLineString": "line",
    "Polygon": "fill",
    "MultiPolygon": "fill",
}
NO_OPTIONS: Final[Mapping[str, str]] = MappingProxyType({})
_LAYER_TYPES: Final = {"marker": "0", "line": "1", "fill": "2"}


def finish_geopackage(
    path: Path, seen: dict[str, set[str]], tables: Collection[Table], *, lang: Language
) -> None:
    """Name the one geometry type of each layer that has only one, and add the styles.

    Parameters
    ----------
    path
        A GeoPackage with the layers.
    seen
        Geometry types that occur, by layer.
    """
    styled = [table for table in tables if table.style is not None and table.placed]
    with closing(sqlite3.connect(path)) as database, database:
        columns = dict(
            database.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
        )
        for layer, types in seen.items():
            if len(types) == 1 and layer in columns:
                # Was written as GEOMETRY, for nobody knew; QGIS then asks which type to open.
                database.execute(
                    "UPDATE gpkg_geometry_columns SET geometry_type_name = ? WHERE table_name = ?",
                    (next(iter(types)).upper(), layer),
                )
        if not styled:
            return
        database.execute(_TABLE)
        database.execute(_CONTENTS)
        for table in styled:
            if table.style is None:
                continue
            symbol = _symbol_type(seen.get(table.name, set()))
            title = table.title.zh if lang == "zh" else table.title.en
            text = qml(table.style, symbol=symbol, lang=lang)
            row = (table.name, columns[table.name], title[:30], text, title)
            database.execute(_ROW, row)


def _symbol_type(types: Collection[str]) -> str:
    """Return the symbol for a layer; where it has places of several kinds, that of polygons.

    QGIS opens such a layer as one for each kind, and colours the one the symbol is made for.
    """
    symbols = {_TYPE_OF[name] for name in types if name in _TYPE_OF}
    return next((name for name in ("fill", "marker", "line") if name in symbols), "fill")


def qml(style: Style, *, symbol: str, lang: Language) -> str:
    """Return a QGIS style: one colour a value, its words in the legend.

    Parameters
    ----------
    symbol
        ``fill``, ``marker`` or ``line``.
    """
    root = ET.Element(
        "qgis", {"version": "3.22.0", "styleCategories": "Symbology", "labelsEnabled": "0"}
    )
    root.append(categorized(style, symbol=symbol, lang=lang))
    ET.SubElement(root, "layerGeometryType").text = _LAYER_TYPES[symbol]
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ET.tostring(
        root, encoding="unicode"
    )


def categorized(style: Style, *, symbol: str, lang: Language) -> ET.Element:
    """Return a QGIS renderer: one colour a value, its words in the legend.

    Parameters
    ----------
    symbol
        ``fill``, ``marker`` or ``line``.
    """
    renderer = ET.Element(
        "renderer-v2",
        {
            "type": "categorizedSymbol",
            "attr": style.column,
            "symbollevels": "0",
            "forceraster": "0",
            "enableorderby": "0",
        },
    )
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for number, category in enumerate(style.categories):
        ET.SubElement(
            categories,
            "category",
            {
                "value": category.value,
                "type": "string",
                "label": category.zh if lang == "zh" else category.en,
                "symbol": str(number),
                "render": "true",
            },
        )
        symbols.append(symbol_of(category, symbol, name=str(number)))
    return renderer


def symbol_of(
    category: Category, symbol: str, *, name: str, options: Mapping[str, str] = NO_OPTIONS
) -> ET.Element:
    """Return a QGIS symbol of a category's colour and marker.

    Parameters
    ----------
    symbol
        ``fill``, ``marker`` or ``line``.
    name
        What a renderer calls it.
    options
        Options of its one layer over those a category gives.
    """
    held = ET.Element(
        "symbol",
        {"name": name, "type": symbol, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"},
    )
    _paint(held, symbol, category, options)
    return held


def _paint(held: ET.Element, symbol: str, category: Category, given: Mapping[str, str]) -> None:
    colour, marker = category.colour, category.marker
    kind = {"fill": "SimpleFill", "marker": "SimpleMarker", "line": "SimpleLine"}[symbol]
    layer = ET.SubElement(
        held, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = {
        "fill": {
            "color": rgba(colour),
            "style": "solid",
            "outline_color": rgba(_EDGE),
            "outline_style": "solid",
            "outline_width": "0.2",
            "outline_width_unit": "MM",
        },
        "marker": {
            "name": marker,
            "color": rgba(colour),
            "outline_color": rgba(_EDGE),
            "size": "2.4",
            "size_unit": "MM",
        },
        "line": {"line_color": rgba(colour), "line_width": "0.5", "line_width_unit": "MM"},
    }[symbol] | dict(given)
    held_options = ET.SubElement(layer, "Option", {"type": "Map"})
    for name, value in options.items():
        ET.SubElement(held_options, "Option", {"name": name, "type": "QString", "value": value})
        # QGIS before 3.26 reads this form.
        ET.SubElement(layer, "prop", {"k": name, "v": value})


def rgba(colour: str, *, alpha: int = 255) -> str:
    """Return a colour as QGIS writes it; `alpha` from 0 to 255."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
