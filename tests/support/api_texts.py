"""Texts of the formats that the API documents name, for requests that are made at random."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyproj
from api_known import Known
from hypothesis import strategies as st
from served_town import SOUTH, WEST

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
days = st.dates(FIRST, LAST).map(str)
instants = st.builds("{}T{}Z".format, days, st.times().map(lambda time: time.isoformat()))
words = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)


def _written(numbers: Sequence[float]) -> str:
    return ",".join(f"{number:.6f}" for number in numbers)


@st.composite
def boxes(draw):
    """West, south, east, north; sometimes with heights."""
    west, east = sorted(draw(st.lists(st.floats(-180, 180), min_size=2, max_size=2)))
    south, north = sorted(draw(st.lists(st.floats(-90, 90), min_size=2, max_size=2)))
    if draw(st.booleans()):
        # Where the town is.
        west, south, east, north = WEST, SOUTH, WEST + 0.02, SOUTH + 0.02
    heights = draw(st.sampled_from([(), (0.0, 100.0)]))
    return [west, south, *heights[:1], east, north, *heights[1:]]


@st.composite
def intervals(draw):
    """A day, an instant, or an interval with at most one open end."""
    ends = draw(st.sampled_from([days, instants]))
    start, end = sorted(draw(st.lists(ends, min_size=2, max_size=2)))
    opened = draw(st.sampled_from(["", ".."]))
    return draw(
        st.sampled_from(
            [start, f"{start}/{end}", f"{opened}/{end}", f"{start}/{opened}", f"{start}/{start}"]
        )
    )


numbers_above_zero = st.lists(
    st.decimals("0.5", "25", places=2).map(str), min_size=1, max_size=5, unique=True
).map(",".join)
preferences = st.sampled_from(
    ["respond-async", "wait=10", "respond-async, wait=5", "handling=lenient", "return=minimal"]
)


def formats(known: Known, *, systems: Sequence[str]) -> dict[str, st.SearchStrategy[str]]:
    """Return how to draw a text of each format that means the same everywhere."""
    return {
        # Dates of the calendar that service and database know.
        "date": days,
        "bbox": boxes().map(_written),
        "coordinate-system": st.sampled_from(["EPSG:4326", "EPSG:4547", "EPSG:3857", "epsg:4490"]),
        "pack-ids": st.lists(
            st.sampled_from(known.ids["packs"]), min_size=1, max_size=2, unique=True
        ).map(",".join),
        "area-code": st.sampled_from(["420101", "420101001001", "420101001002"]),
        "evaluated-area-code": st.sampled_from(known.ids["run areas"]),
        "figure-name": st.sampled_from(["elderly_beds", "social_workers"]),
        "earlier-evaluation-ids": st.sampled_from(known.ids["earlier evaluations"]),
        "evaluated-rule-id": st.sampled_from(known.ids["rules"]),
        "reach-rule-id": st.sampled_from(known.ids["reach rules"]),
        "number-list": numbers_above_zero,
        "entity-tags": st.just("*"),
        "preferences": preferences,
        "datetime-interval": intervals(),
        "bracketed-crs-uri": st.sampled_from(systems).map("<{}>".format),
        # Replaced by what the list, the collection and the other parameters ask for.
        "cursor": words,
        "cql2": words,
        "sort-key": words,
    }


# --- filters ----------------------------------------------------------------------------------

_LITERALS: Mapping[str, st.SearchStrategy[Any]] = {
    "string": words,
    "integer": st.integers(-1000, 1000),
    "number": st.decimals(-1000, 1000, places=3).map(float),
    "boolean": st.booleans(),
    "date": days,
}


def kind_of(schema: Mapping[str, Any]) -> str | None:
    """Return what the values of a queryable are: one of `_LITERALS`, or ``geometry``."""
    if "format" in schema and schema["format"].startswith("geometry"):
        return "geometry"
    kind = schema.get("format", schema.get("type"))
    return kind if kind in _LITERALS else schema.get("type") if "enum" in schema else None


def _literal(kind: str, value: Any) -> tuple[str, Any]:
    """Return a literal in CQL2 text and JSON."""
    if kind == "date":
        return f"DATE('{value}')", {"date": value}
    if kind == "string":
        doubled = value.replace("'", "''")
        return f"'{doubled}'", value
    return json.dumps(value), value


@st.composite
def predicates(draw, name, kind, place):
    """One condition on a queryable, in both encodings."""
    prop = {"property": name}
    if kind == "geometry":
        op = draw(st.sampled_from(["s_intersects", "s_within", "s_disjoint"]))
        lon, lat = draw(st.floats(-0.01, 0.03)), draw(st.floats(-0.01, 0.03))
        x, y = place(WEST + lon, SOUTH + lat)
        shape = {"type": "Point", "coordinates": [x, y]}
        return f"{op.upper()}({name}, POINT({x} {y}))", {"op": op, "args": [prop, shape]}
    op = draw(st.sampled_from(["=", "<>", "isNull", "in", *([] if kind == "boolean" else ["<"])]))
    if op == "isNull":
        return f"{name} IS NULL", {"op": "isNull", "args": [prop]}
    values = _LITERALS[kind]
    if op == "in":
        listed = [_literal(kind, one) for one in draw(st.lists(values, min_size=1, max_size=3))]
        texts = ", ".join(text for text, _ in listed)
        return f"{name} IN ({texts})", {"op": "in", "args": [prop, [one for _, one in listed]]}
    text, value = _literal(kind, draw(values))
    return f"{name} {op} {text}", {"op": op, "args": [prop, value]}


@st.composite
def filters(draw, queryables, language, place):
    """A filter over the queryables of a collection.

    Parameters
    ----------
    queryables
        Their JSON schemas by name.
    language
        ``cql2-text`` or ``cql2-json``.
    place
        From longitude and latitude to the axes of filter-crs.
    """
    kinds = {name: kind_of(schema) for name, schema in queryables.items()}
    usable = sorted((name, kind) for name, kind in kinds.items() if kind is not None)
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        name, kind = draw(st.sampled_from(usable))
        parts.append(draw(predicates(name, kind, place)))
    op = draw(st.sampled_from(["and", "or"]))
    text = f" {op.upper()} ".join(f"({one})" for one, _ in parts)
    tree = parts[0][1] if len(parts) == 1 else {"op": op, "args": [one for _, one in parts]}
    if draw(st.booleans()):
        text, tree = f"NOT ({text})", {"op": "not", "args": [tree]}
    return json.dumps(tree, ensure_ascii=False) if language == "cql2-json" else text


@st.composite
def sort_keys(draw, sortables):
    """Some sortables of a collection, as the array the parameter is."""
    names = draw(st.lists(st.sampled_from(sorted(sortables)), min_size=1, max_size=4, unique=True))
    return [draw(st.sampled_from(["", "+", "-"])) + name for name in names]


# --- systems ----------------------------------------------------------------------------------


def system_of(uri: str) -> pyproj.CRS:
    """Return the system a URI of the OGC names."""
    code = uri.rsplit("/", 1)[1]
    return pyproj.CRS("OGC:CRS84" if code == "CRS84" else f"EPSG:{code}")


def written_in(uri: str, lon: float, lat: float) -> tuple[float, float]:
    """Return a place in the axes of a system."""
    x, y = pyproj.Transformer.from_crs("OGC:CRS84", system_of(uri)).transform(lon, lat)
    return float(x), float(y)


def box_in(uri: str) -> str:
    """Return a box well within where a system can be used, in its axes."""
    used = system_of(uri).area_of_use
    lon = (used.west + used.east) / 2 if used and used.east - used.west < 90 else WEST
    lat = max(min(SOUTH, used.north - 1), used.south + 1) if used else SOUTH
    return _written([*written_in(uri, lon, lat), *written_in(uri, lon + 0.02, lat + 0.02)])
