"""A QGIS project file: XML of layers that are read from this service.

The elements are those QGIS 3.22 writes and every later version reads; what is left out has a
default. No key is in it: QGIS asks for it when the project is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from pyproj import CRS, Transformer

from service.ogc.extents import Box

_VERSION: Final = "3.22.0"
_MAP_SRID: Final = 3857
_DATA: Final = "OGC:CRS84"
_MERCATOR_LATITUDE: Final = 85.06
_TYPES: Final = {"fill": "Polygon", "marker": "Point", "line": "Line"}


@dataclass(frozen=True, eq=False)
class ProjectLayer:
    """One layer of a project.

    Parameters
    ----------
    id
        Within the project.
    title
        In the legend.
    provider
        ``OAPIF`` or ``vectortile``.
    source
        What the provider is told.
    renderer
        How it looks.
    symbol
        ``fill``, ``marker`` or ``line``; of vector tiles it does not matter.
    shown
        Whether it is drawn when the project is opened.
    """

    id: str
    title: str
    provider: str
    source: str
    renderer: ET.Element
    symbol: str
    shown: bool


def project(layers: Sequence[ProjectLayer], *, title: str, extent: Box | None) -> str:
    """Return a project as text.

    Parameters
    ----------
    layers
        The topmost one first.
    extent
        West, south, east, north in degrees of what is seen first; None leaves that to QGIS.
    """
    root = ET.Element("qgis", {"version": _VERSION, "projectname": title})
    _text(root, "title", title)
    root.append(_reference_system("projectCrs", f"EPSG:{_MAP_SRID}"))
    tree = ET.SubElement(root, "layer-tree-group")
    for layer in layers:
        ET.SubElement(
            tree,
            "layer-tree-layer",
            {
                "id": layer.id,
                "name": layer.title,
                "source": layer.source,
                "providerKey": layer.provider,
                "checked": "Qt::Checked" if layer.shown else "Qt::Unchecked",
                "expanded": "1" if layer.shown else "0",
            },
        )
    if extent is not None:
        root.append(_canvas(extent))
    held = ET.SubElement(root, "projectlayers")
    order = ET.SubElement(root, "layerorder")
    for layer in layers:
        held.append(_maplayer(layer))
        ET.SubElement(order, "layer", {"id": layer.id})
    # Without this QGIS does not look at projectCrs.
    system = ET.SubElement(ET.SubElement(root, "properties"), "SpatialRefSys")
    _text(system, "ProjectionsEnabled", "1").set("type", "int")
    text = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}\n"


def _maplayer(layer: ProjectLayer) -> ET.Element:
    tiles = layer.provider == "vectortile"
    kind = (
        {"type": "vector-tile"} if tiles else {"type": "vector", "geometry": _TYPES[layer.symbol]}
    )
    element = ET.Element("maplayer", {**kind, "hasScaleBasedVisibilityFlag": "0"})
    _text(element, "id", layer.id)
    _text(element, "datasource", layer.source)
    _text(element, "layername", layer.title)
    element.append(_reference_system("srs", f"EPSG:{_MAP_SRID}" if tiles else _DATA))
    provider = _text(element, "provider", layer.provider)
    if not tiles:
        provider.set("encoding", "UTF-8")
    flags = ET.SubElement(element, "flags")
    for name in ("Identifiable", "Removable", "Searchable"):
        _text(flags, name, "1")
    element.append(layer.renderer)
    _text(element, "layerOpacity", "1")
    return element


def _canvas(extent: Box) -> ET.Element:
    west, south, east, north = extent
    limit = _MERCATOR_LATITUDE
    south, north = max(south, -limit), min(north, limit)
    to_map = Transformer.from_crs(4326, _MAP_SRID, always_xy=True)
    (left, right), (bottom, top) = to_map.transform([west, east], [south, north])
    canvas = ET.Element("mapcanvas", {"name": "theMapCanvas", "annotationsVisible": "1"})
    _text(canvas, "units", "meters")
    held = ET.SubElement(canvas, "extent")
    for name, value in (("xmin", left), ("ymin", bottom), ("xmax", right), ("ymax", top)):
        _text(held, name, repr(value))
    _text(canvas, "rotation", "0")
    canvas.append(_reference_system("destinationsrs", f"EPSG:{_MAP_SRID}"))
    return canvas


def _reference_system(name: str, authority: str) -> ET.Element:
    element = ET.Element(name)
    system = ET.SubElement(element, "spatialrefsys")
    # QGIS 3.22 does not take a name alone for the CRS of a project.
    _text(system, "wkt", CRS.from_user_input(authority).to_wkt())
    _text(system, "authid", authority)
    return element


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element
