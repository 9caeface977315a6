"""Bodies that keep every rule, also those no JSON Schema can tell, for requests made at random."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Mapping

from api_known import DAY, PACK, Known
from api_texts import days, words
from hypothesis import strategies as st
from served_project import HOUSING, project
from served_town import SOUTH, WEST, collection, point

from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import (
    AREAS,
    BUILDINGS,
    DISTRICTS,
    FACILITIES,
    PARKS,
    REVIEW_STAGES,
    FieldType,
    Layer,
)

LAYERS = {layer.name: layer for layer in (AREAS, DISTRICTS, BUILDINGS, FACILITIES, PARKS)}
DATES = {"permitted_on", "approved_on", "built_on", "accepted_on", "handed_over_on"}
keys = st.integers(0, 2**40).map("k{:x}".format)


@st.composite
def positions(draw):
    """Longitude and latitude within the town."""
    return [
        round(WEST + draw(st.floats(0.0005, 0.019)), 7),
        round(SOUTH + draw(st.floats(0.0005, 0.019)), 7),
    ]


@st.composite
def rings(draw):
    """A ring that does not cross itself: its corners lie around a centre, by their bearing."""
    lon, lat = draw(positions())
    count = draw(st.integers(3, 7))
    reach = draw(st.lists(st.floats(1e-4, 4e-4), min_size=count, max_size=count))
    corners = [
        [
            round(lon + far * math.cos(2 * math.pi * number / count), 7),
            round(lat + far * math.sin(2 * math.pi * number / count), 7),
        ]
        for number, far in enumerate(reach)
    ]
    return [*corners, corners[0]]


points = positions().map(lambda at: {"type": "Point", "coordinates": at})
polygons = rings().map(lambda ring: {"type": "Polygon", "coordinates": [ring]})
multipolygons = rings().map(lambda ring: {"type": "MultiPolygon", "coordinates": [[ring]]})
gates = st.lists(positions(), min_size=1, max_size=3).map(
    lambda listed: {"type": "MultiPoint", "coordinates": listed}
)
SHAPES = {"Point": points, "Polygon": polygons, "MultiPolygon": multipolygons}


def values_of(field) -> st.SearchStrategy:
    """Return what a field of a layer may hold on its own."""
    if field.choices:
        return st.sampled_from(field.choices)
    low = 0 if field.minimum is None else int(field.minimum)
    high = 2_000 if field.maximum is None else int(field.maximum)
    return {
        FieldType.TEXT: words,
        FieldType.TEXTS: st.lists(words.filter(str.strip), max_size=3, unique=True),
        FieldType.INTEGER: st.integers(low, high),
        FieldType.DECIMAL: st.decimals(low, high, places=2).map(float),
        FieldType.BOOLEAN: st.booleans(),
        FieldType.DATE: days,
        FieldType.POINTS: gates,
    }[field.type]


@st.composite
def properties(draw, layer: Layer):
    """The properties of a feature, but its key: all that are required and some that are not."""
    rule = {"geometry", layer.key}
    free = [field for field in layer.fields if field.name not in rule and not field.required]
    chosen = draw(st.lists(st.sampled_from(free), max_size=4, unique_by=lambda one: one.name))
    needed = [field for field in layer.fields if field.required and field.name not in rule]
    given = {field.name: draw(values_of(field)) for field in [*needed, *chosen]}
    if layer is AREAS:
        given |= {"name": given["name"] or "区"}
        if "parent" in given:
            given["parent"] = "420101001001"
    if layer is BUILDINGS:
        given["district_id"] = "west-2"
    if layer is FACILITIES:
        if "service" in given:
            given["service"] = FACILITY_KINDS[given["kind"]].service
        if {"opened_on", "closed_on"} <= set(given):
            first, last = sorted((given["opened_on"], given["closed_on"]))
            given |= {"opened_on": first, "closed_on": last}
    if layer is DISTRICTS:
        claims = {"siting_difficult", "low_demand", "conditions_available", "approved_radius_m"}
        if claims & set(given):
            given |= {"justified_by": "文", "justified_on": "2024-01-01", "justified_body": "局"}
        if "approved_radius_m" in given:
            given["low_demand"] = True
        if "community" in given:
            given["community"] = "420101001001"
    return given


@st.composite
def features(draw, layer: Layer, *, keyed: bool):
    """A feature of a layer, with an identifier of its own or with that of the address."""
    given = draw(properties(layer))
    if keyed:
        given[layer.key] = f"420101001001{draw(st.integers(10**5, 10**9))}"
        if layer is not AREAS:
            given[layer.key] = draw(keys)
    names = [name for name in layer.geometry_types if name in SHAPES]
    geometry = draw(st.sampled_from(names).flatmap(SHAPES.get))
    return {"type": "Feature", "geometry": geometry, "properties": given}


def added(layer: Layer) -> st.SearchStrategy:
    """Return one feature, or a collection of a few."""
    one = features(layer, keyed=True)
    several = st.lists(one, min_size=1, max_size=3, unique_by=lambda f: f["properties"][layer.key])
    return one | several.map(lambda listed: collection(*listed))


@st.composite
def patches(draw, layer: Layer):
    """A merge patch of fields that hang on no others."""
    bound = {"service", "kind", "opened_on", "closed_on", "parent", "community", "district_id"}
    names = {"name", "source", "households", "places", "beds", "employees", *DATES} - bound
    free = [field for field in layer.fields if field.name in names]
    given = {}
    for field in draw(st.lists(st.sampled_from(free), max_size=3, unique_by=lambda f: f.name)):
        # A field that is required may not be taken away.
        given[field.name] = draw(
            values_of(field).filter(bool) if field.required else values_of(field) | st.none()
        )
    patch = {} if draw(st.booleans()) else {"geometry": draw(SHAPES[layer.geometry_types[-1]])}
    return {**patch, "properties": given}


@st.composite
def documents(draw, *, project_id: str | None = None):
    """A project file within the region of Jinhua's pack."""
    made = project(
        project_id or draw(keys),
        area="330702",
        units=draw(st.integers(1, 5000)),
        column=draw(st.integers(2, 8)),
    )
    if draw(st.booleans()):
        made["name"] = draw(words.filter(str.strip))
    if draw(st.booleans()):
        made["stage"] = draw(st.sampled_from(REVIEW_STAGES))
    if draw(st.booleans()):
        made["facilities"] = []
    if draw(st.booleans()):
        moved = {"built_on": draw(st.dates(dt.date(2025, 1, 1), dt.date(2025, 8, 1)).map(str))}
        made["phases"] = [{"id": "1", "units": 7, "housing": {**HOUSING, **moved}}]
        made["facilities"] = []
    return made


def project_features(*, project_id: str | None = None) -> st.SearchStrategy:
    """Return a stored project; all but its document follows from it."""
    return documents(project_id=project_id).map(
        lambda document: {
            "type": "Feature",
            "geometry": None,
            "properties": {"document": document},
        }
    )


# --- questions --------------------------------------------------------------------------------

limits = st.lists(
    st.decimals("0.5", "30", places=1).map(float), min_size=1, max_size=4, unique=True
)
as_of = st.sampled_from([DAY, "2026-06-30", "2025-03-01"])
penalties = st.fixed_dictionaries(
    {},
    optional={
        "step_seconds_per_m": st.integers(0, 60),
        "crossing_seconds": st.decimals(0, 600, places=1).map(float),
    },
)
places = st.lists(points, min_size=1, max_size=3).map(
    lambda listed: collection(
        *(
            {"type": "Feature", "id": f"{number}", "geometry": one, "properties": {}}
            for number, one in enumerate(listed)
        )
    )
)
walking = {
    "profile": st.sampled_from(["adult", "adult_with_child", "elderly", "wheelchair"]),
    "speed": st.decimals("0.1", "3", places=2).map(float),
    "direction": st.sampled_from(["toward", "away"]),
    "penalties": penalties,
}
isochrones = st.one_of(
    *(
        st.fixed_dictionaries(
            {"origins": places, limit: limits}, optional={**walking, "streets": st.booleans()}
        )
        for limit in ("minutes", "metres")
    )
)
catchments = st.fixed_dictionaries(
    {"facilities": st.sampled_from([["nursery-1"], ["nursery-1", "day-1"]]) | places},
    optional={**walking, "metres": limits, "minutes": limits, "as_of": as_of},
)
evaluations = st.fixed_dictionaries(
    # Few, or every run would be a new one.
    {"packs": st.just([PACK]), "as_of": as_of},
    optional={
        "area": st.just("420101001001"),
        "parameters": st.just({"penalties": {"crossing_seconds": 20}}),
    },
)
figures = st.lists(
    st.fixed_dictionaries(
        {
            "area": st.sampled_from(["420101", "420101001001"]),
            "indicator": st.sampled_from(["elderly_beds", "social_workers"]),
            "year": st.integers(1990, 2030),
            "value": st.integers(0, 10**6) | st.none(),
        },
        optional={"source": words | st.none()},
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: (row["area"], row["indicator"], row["year"]),
)
reviewed = documents() | st.lists(
    documents(), min_size=1, max_size=2, unique_by=lambda one: one["id"]
).map(lambda listed: {"projects": listed})
review_inputs = st.fixed_dictionaries(
    {
        "project": documents(),
        "packs": st.just([PACK]),
        "stage": st.sampled_from(REVIEW_STAGES),
    },
    optional={"as_of": as_of, "neighbours": st.booleans(), "shrink_tolerance": st.just(0.05)},
)


@st.composite
def scenarios(draw, known: Known):
    """Changes of facilities on the evaluation of the town."""
    changes = {
        "add": points.map(
            lambda at: {
                "action": "add",
                "facility": {
                    "type": "Feature",
                    "geometry": at,
                    "properties": {"kind": "nursery", "floor_area_m2": 500},
                },
            }
        ),
        "move": points.map(lambda at: {"action": "move", "id": "nursery-1", "geometry": at}),
        "close": st.just({"action": "close", "id": "day-1"}),
        "change": st.integers(1, 900).map(
            lambda area: {
                "action": "change",
                "id": "nursery-1",
                "properties": {"floor_area_m2": area},
            }
        ),
    }
    chosen = draw(st.lists(st.sampled_from(sorted(changes)), min_size=1, max_size=3, unique=True))
    return {
        "name": draw(words.filter(str.strip)),
        "base_evaluation": known.ids["evaluations"][0],
        "changes": [draw(changes[name]) for name in chosen],
    }


def _executed(inputs: st.SearchStrategy, output: str) -> st.SearchStrategy:
    return st.fixed_dictionaries(
        {"inputs": inputs},
        optional={
            "outputs": st.just({output: {"transmissionMode": "value"}}),
            "response": st.sampled_from(["raw", "document"]),
        },
    )


names = st.sampled_from(["甲", "乙"])
override = st.fixed_dictionaries(
    {
        "finding": st.integers(0, 2),
        "verdict": st.sampled_from(["met", "not_met"]),
        "reason": words.filter(str.strip),
        "name": names,
    }
)
signature = st.fixed_dictionaries({"name": st.just("丙"), "overrides": st.just(0)})
rows = st.lists(positions(), min_size=1, max_size=3)
upload_options = st.fixed_dictionaries(
    {"kind": st.just("facilities")},
    optional={
        "encoding": st.just("utf-8"),
        "crs": st.just("EPSG:4326"),
        "kinds_from_names": st.booleans(),
        "assume_status": st.just("operating"),
    },
)


def _geojson(listed) -> bytes:
    named = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": at},
            "properties": {"id": f"u{number}", "kind": "nursery"},
        }
        for number, at in enumerate(listed)
    ]
    return json.dumps(collection(*named)).encode()


def _csv(listed) -> bytes:
    lines = [f"u{number},园,nursery,{lon},{lat}" for number, (lon, lat) in enumerate(listed)]
    return "\n".join(["id,name,kind,lon,lat", *lines]).encode()


# Media type and content.
files = rows.map(lambda listed: ("application/geo+json", _geojson(listed))) | rows.map(
    lambda listed: ("text/csv", _csv(listed))
)

site_files = st.lists(polygons, min_size=1, max_size=2).map(
    lambda shapes: (
        "application/octet-stream",
        json.dumps(
            collection(*({"type": "Feature", "geometry": one, "properties": {}} for one in shapes))
        ).encode(),
    )
)
site_options = st.fixed_dictionaries(
    {"file": st.sampled_from(["site.geojson", "用地.json"])},
    optional={"crs_as_declared": st.booleans()},
)


def bodies(known: Known) -> Mapping[str, Callable[[], st.SearchStrategy]]:
    """Return how to draw the body of an operation, by method and path."""
    found: dict[str, Callable[[], st.SearchStrategy]] = {
        "POST /v1/indicators": lambda: figures,
        "POST /v1/evaluations": lambda: evaluations,
        "POST /v1/isochrones": lambda: isochrones,
        "POST /v1/catchments": lambda: catchments,
        "POST /v1/reviews": lambda: reviewed,
        "POST /v1/scenarios": lambda: scenarios(known),
        "PUT /v1/scenarios/{scenario_id}": lambda: scenarios(known),
        "POST /v1/reviews/{review_id}/overrides": lambda: override,
        "POST /v1/reviews/{review_id}/signature": lambda: signature,
        "POST /v1/session": lambda: st.sampled_from(known.ids["keys"]).map(
            lambda key: {"key": key}
        ),
        "POST /processes/evaluate/execution": lambda: _executed(evaluations, "evaluation"),
        "POST /processes/review/execution": lambda: _executed(review_inputs, "review"),
        "POST /processes/isochrone/execution": lambda: _executed(isochrones, "isochrones"),
        "POST /processes/catchments/execution": lambda: _executed(catchments, "catchments"),
    }
    for suffix in ("docx", "pdf", "xlsx"):
        found[f"POST /v1/reviews/report.{suffix}"] = documents
    for name, layer in LAYERS.items():
        _add_layer(found, f"/v1/{name}", "/{feature_id}", layer)
        _add_layer(found, f"/collections/{name}/items", "/{featureId}", layer)
    return found


def _add_layer(
    found: dict[str, Callable[[], st.SearchStrategy]], path: str, one: str, layer: Layer
) -> None:
    alone = path.startswith("/collections")
    found[f"POST {path}"] = lambda: features(layer, keyed=True) if alone else added(layer)
    found[f"PUT {path}{one}"] = lambda: features(layer, keyed=False)
    found[f"PATCH {path}{one}"] = lambda: patches(layer)


__all__ = ["bodies", "point", "project_features"]
