"""OpenStreetMap files as tests write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

# Node n of a row stands there; about 100 m apart.
LON, LAT, STEP = 114.30, 30.55, 0.001

Tags = Mapping[str, str] | Sequence[tuple[str, str]]
Way = tuple[Sequence[int], Tags]
# Members as (type, ref, role).
Relation = tuple[Sequence[tuple[str, int, str]], Tags]


def place(number: int) -> tuple[float, float]:
    """Where a node stands that is given no place: ten to a row, rows from south to north."""
    return round(LON + number % 10 * STEP, 7), round(LAT + number // 10 * STEP, 7)


def write_osm(
    path: Path,
    *,
    ways: Mapping[int, Way] | None = None,
    nodes: Mapping[int, Tags] | None = None,
    relations: Mapping[int, Relation] | None = None,
    places: Mapping[int, tuple[float, float]] | None = None,
    absent: Sequence[int] = (),
) -> Path:
    """Write a file; nodes of ways are written too, those `absent` are not."""
    ways, nodes, relations, places = ways or {}, nodes or {}, relations or {}, places or {}
    refs = {ref for way, _ in ways.values() for ref in way} | set(nodes) | set(places)
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", "<osm version='0.6'>"]
    for ref in sorted(refs - set(absent)):
        lon, lat = places.get(ref, place(ref))
        lines += [f"<node id='{ref}' version='1' lat='{lat}' lon='{lon}'>"]
        lines += [*_tags(nodes.get(ref, {})), "</node>"]
    for number, (members, tags) in sorted(ways.items()):
        lines += [f"<way id='{number}' version='1'>", *(f"<nd ref='{ref}'/>" for ref in members)]
        lines += [*_tags(tags), "</way>"]
    for number, (parts, tags) in sorted(relations.items()):
        lines += [f"<relation id='{number}' version='1'>"]
        lines += [f"<member type='{kind}' ref='{ref}' role='{role}'/>" for kind, ref, role in parts]
        lines += [*_tags(tags), "</relation>"]
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def _tags(tags: Tags) -> list[str]:
    pairs = tags.items() if isinstance(tags, Mapping) else tags
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in pairs]
