"""Which layers a project has, and how they look: the colours are those of files and reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote
from xml.etree import ElementTree as ET

from service.core.language import Language
from service.exports.layer_tables import FLAG_STYLE, layer_style
from service.exports.package import Category
from service.exports.styles import categorized, rgba, symbol_of
from service.ogc.catalogue import EDGES, LATEST
from service.ogc.collection import Collection
from service.ogc.qgis.project import ProjectLayer
from service.ogc.tiles.matrix_sets import WEB_MERCATOR
from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import FACILITIES
from spatial.policy.pack import Pack

JUDGED: Final = f"{LATEST}-districts"
_DEEPEST: Final = 16
# One look for all features: outline of areas, fill of buildings and the like.
_PLAIN: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = MappingProxyType(
    {
        "areas": ("fill", "#4A4A4A", {"style": "no", "outline_style": "dash"}),
        "districts": ("fill", "#D9D2C5", {}),
        "buildings": ("fill", "#B8AFA0", {}),
        "parks": ("fill", "#C5D9C8", {}),
    }
)
DRAWN: Final = (JUDGED, FACILITIES.name, *_PLAIN, EDGES)
SEEN_FIRST: Final = (JUDGED, "districts", "areas")
_STREETS: Final = Category("", "步行路网", "Streets", "#B0B0B0")
_SHOWN: Final = (JUDGED, "facilities", "areas")
_RADIUS_KIND: Final = "service_radius"
_RADIUS_COLOURS: Final = MappingProxyType(
    {"childcare": "#0B3C49", "elderly": "#3B0F52", "education": "#7A5C00"}
)


def project_layers(
    collections: Iterable[Collection], packs: Iterable[Pack], *, address: str, lang: Language
) -> tuple[ProjectLayer, ...]:
    """Return the layers of a project, the topmost first.

    Parameters
    ----------
    collections
        What the key may see, without those that are empty.
    packs
        Those the newest evaluation was judged by; their service radii are drawn.
    address
        Of the landing page.
    """
    there = {one.id: one for one in collections}
    return tuple(_layers(there, packs, address=address, lang=lang))


def _layers(
    there: Mapping[str, Collection], packs: Iterable[Pack], *, address: str, lang: Language
) -> Iterator[ProjectLayer]:
    facilities, style = there.get("facilities"), layer_style(FACILITIES)
    if facilities is not None and style is not None:
        marks = categorized(style, symbol="marker", lang=lang)
        yield _features(facilities, marks, "marker", address=address)
    radii = _radius_renderer(packs, lang=lang)
    if facilities is not None and radii is not None:
        title = "服务半径（运营设施）" if lang == "zh" else "Service radii (operating facilities)"
        yield _features(facilities, radii, "marker", address=address, part="radii", title=title)
    if JUDGED in there:
        judged = there[JUDGED]
        flags = categorized(FLAG_STYLE, symbol="fill", lang=lang)
        yield _features(judged, flags, "fill", address=address)
        note = "矢量瓦片" if lang == "zh" else "vector tiles"
        title = f"{judged.title} ({note})"
        yield _tiles(judged, _flag_tiles(lang), address=address, title=title, shown=False)
    for name, (symbol, colour, options) in _PLAIN.items():
        if name not in there:
            continue
        look = symbol_of(Category("", "", "", colour), symbol, name="0", options=options)
        yield _features(there[name], _single(look), symbol, address=address)
    if EDGES in there:
        edges = there[EDGES]
        lines = _tile_renderer([_tile_style(edges.id, _STREETS, "line", lang=lang)])
        yield _tiles(edges, lines, address=address, title=edges.title, shown=True)


def _features(
    collection: Collection,
    renderer: ET.Element,
    symbol: str,
    *,
    address: str,
    part: str = "features",
    title: str = "",
) -> ProjectLayer:
    source = (
        "pagingEnabled='true' restrictToRequestBBOX='1' srsname='OGC:CRS84' "
        f"typename='{collection.id}' url='{address}' version='OGC_API_FEATURES'"
    )
    shown = collection.id in _SHOWN
    return ProjectLayer(
        f"{collection.id}_{part}",
        title or collection.title,
        "OAPIF",
        source,
        renderer,
        symbol,
        shown,
    )


def _tiles(
    collection: Collection, renderer: ET.Element, *, address: str, title: str, shown: bool
) -> ProjectLayer:
    template = f"{address}/collections/{collection.id}/tiles/{WEB_MERCATOR}/{{z}}/{{y}}/{{x}}?f=mvt"
    source = f"type=xyz&url={quote(template, safe=':/{}')}&zmin=0&zmax={_DEEPEST}"
    return ProjectLayer(
        f"{collection.id}_tiles", title, "vectortile", source, renderer, "fill", shown
    )


def _single(symbol: ET.Element) -> ET.Element:
    renderer = ET.Element(
        "renderer-v2", {"type": "singleSymbol", "symbollevels": "0", "forceraster": "0"}
    )
    ET.SubElement(renderer, "symbols").append(symbol)
    return renderer


def _radius_renderer(packs: Iterable[Pack], *, lang: Language) -> ET.Element | None:
    """Return circles on the ground around the kinds of facility a rule about radii counts."""
    renderer = ET.Element("renderer-v2", {"type": "RuleRenderer", "symbollevels": "0"})
    rules = ET.SubElement(renderer, "rules", {"key": "radii"})
    symbols = ET.SubElement(renderer, "symbols")
    number = 0
    for pack in packs:
        for rule in pack.rules:
            radius = rule.parameters.get("radius_m")
            if rule.kind != _RADIUS_KIND or rule.parameters.get("role") != "main" or not radius:
                continue
            kinds = ", ".join(f"'{kind}'" for kind in rule.counts.kinds)
            named = f"{pack.title} {rule.clause}"
            metres = f"{radius} 米" if lang == "zh" else f"{radius} m"
            ET.SubElement(
                rules,
                "rule",
                {
                    "key": rule.id,
                    "symbol": str(number),
                    "label": f"{metres}: {named}",
                    "filter": f'"kind" IN ({kinds}) AND "status" = \'operating\'',
                },
            )
            symbols.append(_circle(str(number), _colour(rule.counts.kinds), diameter=2 * radius))
            number += 1
    return renderer if number else None


def _circle(name: str, colour: str, *, diameter: object) -> ET.Element:
    options = {
        "color": rgba(colour, alpha=20),
        "outline_color": rgba(colour, alpha=140),
        "outline_width": "0.2",
        "size": str(diameter),
        "size_unit": "RenderMetersInMapUnits",
    }
    return symbol_of(Category("", "", "", colour), "marker", name=name, options=options)


def _colour(kinds: Iterable[str]) -> str:
    services = {FACILITY_KINDS[kind].service for kind in kinds if kind in FACILITY_KINDS}
    return _RADIUS_COLOURS[min(services)] if services else "#4A4A4A"


def _flag_tiles(lang: Language) -> ET.Element:
    return _tile_renderer(
        [
            _tile_style(JUDGED, category, symbol, lang=lang, column=FLAG_STYLE.column)
            for category in FLAG_STYLE.categories
            for symbol in ("fill", "marker")
        ]
    )


def _tile_renderer(styles: Iterable[ET.Element]) -> ET.Element:
    renderer = ET.Element("renderer", {"type": "basic"})
    ET.SubElement(renderer, "styles").extend(styles)
    return renderer


def _tile_style(
    layer: str, category: Category, symbol: str, *, lang: Language, column: str = ""
) -> ET.Element:
    # As QgsWkbTypes numbers them, with the words its expressions have for them.
    number, word = {"marker": ("0", "Point"), "line": ("1", "Line"), "fill": ("2", "Polygon")}[
        symbol
    ]
    expression = f"geometry_type($geometry)='{word}'"
    if column:
        expression += f" AND \"{column}\"='{category.value}'"
    style = ET.Element(
        "style",
        {
            "name": category.zh if lang == "zh" else category.en,
            "layer": layer,
            "geometry": number,
            "enabled": "1",
            "expression": expression,
            "min-zoom": "-1",
            "max-zoom": "-1",
        },
    )
    ET.SubElement(style, "symbols").append(symbol_of(category, symbol, name="0"))
    return style
