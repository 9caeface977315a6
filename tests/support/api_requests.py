"""Requests made at random from an API document: ones it promises to take, and ones it refuses.

schemathesis draws them from the schemas. What no schema says is put in here: identifiers of
things that are there, bodies that keep the rules of the domain, filters over the queryables of
the collection that is asked, and parameters that fit each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api_bodies import (
    bodies,
    files,
    project_features,
    site_files,
    site_options,
    upload_options,
)
from api_known import Known, kind_of
from api_texts import box_in, boxes, filters, numbers_above_zero, sort_keys, written_in
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation
from served_town import Town

# Files, and the parameters beside them.
UPLOADS = {
    "POST /v1/imports": (files, upload_options),
    "POST /v1/reviews/site": (site_files, site_options),
}
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON_FORMS = {"geojson", "geojsonl", "geojsons", "geojsonseq"}
# Systems of the town's own ground: longitude or latitude first, and a plane.
BODY_SYSTEMS = (
    CRS84,
    "http://www.opengis.net/def/crs/EPSG/0/4490",
    "http://www.opengis.net/def/crs/EPSG/0/4547",
)


@dataclass(frozen=True)
class Asking:
    """What requests are made from.

    Parameters
    ----------
    known
        What the town holds.
    queryables, sortables
        JSON schemas by collection and name; empty for the native document.
    cursors
        A cursor of the lists that go on, by path.
    tag_of
        From a path to the ETag of what is there; None where nothing is.
    """

    known: Known
    queryables: Mapping[str, Mapping[str, Any]]
    sortables: Mapping[str, Sequence[str]]
    cursors: Mapping[str, str]
    tag_of: Callable[[str], str | None]


def collections_of(town: Town, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the queryables and sortables of collections."""
    found: list[dict[str, Any]] = []
    for part in ("queryables", "sortables"):
        of_part = {}
        for name in names:
            answer = town.get(f"/ogc/collections/{name}/{part}")
            assert answer.status_code == 200, answer.text
            of_part[name] = answer.json()["properties"]
        found.append(of_part)
    return found[0], found[1]


def cursors_of(town: Town, paths: Sequence[str], *, prefix: str = "") -> dict[str, str]:
    """Return the cursor of the second page of each list that has one."""
    found = {}
    for path in paths:
        answer = town.get(f"{prefix}{path}", params={"limit": 1}, role="admin")
        for link in answer.json().get("links", []):
            if link["rel"] == "next":
                found[path] = link["href"].split("after=")[1].split("&")[0]
    return found


@st.composite
def requests(draw, operation, asking):
    """A request, two times in three one the document promises to take."""
    if draw(st.integers(0, 2)) == 2 and (operation.query or operation.headers or operation.body):
        case = draw(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        part = case.meta.components.get(ParameterLocation.PATH)
        if part is not None and part.mode.is_positive:
            case.path_parameters = draw(named(operation.path, case.path_parameters, asking))
        return case
    if operation.label in UPLOADS:
        return draw(uploads(operation, *UPLOADS[operation.label]))
    case = draw(operation.as_strategy())
    path = dict(case.path_parameters)
    if draw(st.integers(0, 7)) < 7:
        path = draw(named(operation.path, path, asking))
        case.path_parameters = path
    body = draw(body_of(operation, path, asking))
    if body is not None:
        case.body = body
    draw(fitted(case, asking))
    return case


@st.composite
def uploads(draw, operation, contents, options):
    """A file, and how it is to be read."""
    media_type, content = draw(contents)
    case = draw(operation.as_strategy(body=content, media_type=media_type))
    case.query = draw(options)
    return case


@st.composite
def named(draw, path, parameters, asking):
    """The parameters of a path, naming what is there."""
    number = draw(st.integers(0, 2**16))
    found = dict(parameters)
    for name in parameters:
        kind = kind_of(path, name)
        key = None if kind is None else asking.known.pick(kind, number)
        if key is not None:
            found[name] = key
    if {"code", "rule"} <= set(parameters):
        pair = asking.known.pick("area rules", number)
        found["code"], found["rule"] = pair.split("\t")
    if "tileRow" in parameters:
        # The top of every set; WebMercatorQuad has one tile, CGCS2000Quad two beside each other.
        found |= {"tileMatrix": "0", "tileRow": 0, "tileCol": 0}
    return found


@st.composite
def body_of(draw, operation, path, asking):
    """A body that keeps the rules of the domain; None where the document says it all."""
    label = operation.label
    one = path.get("feature_id", path.get("featureId"))
    if "projects" in label and label.split()[0] in {"POST", "PUT"}:
        return draw(project_features(project_id=one))
    if "projects" in label and label.startswith("PATCH"):
        return {"properties": draw(st.sampled_from([{}, {"source": "x"}, {"source": None}]))}
    makers = bodies(asking.known)
    return draw(makers[label]()) if label in makers else None


@st.composite
def fitted(draw, case, asking):
    """Change parameters of a case that do not fit each other, or what is there."""
    path, query = case.operation.path, dict(case.query or {})
    collection = path.split("/")[2] if path.startswith("/collections/") else None
    if collection is not None:
        draw(_collection_fitted(case, query, collection, asking))
    if "after" in query:
        cursor = asking.cursors.get(path)
        query = {"after": cursor} if cursor else {k: v for k, v in query.items() if k != "after"}
    if path == "/v1/isochrone":
        for name in ("minutes", "metres"):
            query.pop(name, None)
        query[draw(st.sampled_from(["minutes", "metres"]))] = draw(numbers_above_zero)
    if "bin_minutes" in query:
        # At most 1000 of them, whatever the two bounds allow.
        until = float(query.get("until_minutes", 60))
        query["bin_minutes"] = min(60.0, until / draw(st.integers(1, 900)))
    if case.path_parameters.get("format") in GEOJSON_FORMS:
        query.pop("crs", None)
    if path.startswith("/v1/reviews") and case.method == "POST" and "{" not in path:
        # A project alone does not say which packs and stage it is looked at by.
        query |= {"stage": "design", "pack": "jinhua-2022"}
    if path == "/v1/scenarios" and "base_evaluation" in query:
        query["base_evaluation"] = asking.known.ids["evaluations"][0]
    case.query = query
    if "If-Match" in case.headers:
        case.headers["If-Match"] = draw(
            st.sampled_from([asking.tag_of(case.formatted_path) or "*", "*"])
        )
    return case


@st.composite
def _collection_fitted(draw, case, query, collection, asking):
    if "sortby" in query:
        # As an array is written in an address (style form, not exploded).
        query["sortby"] = ",".join(draw(sort_keys(asking.sortables[collection])))
    if "bbox" in query:
        system = query.get("bbox-crs", CRS84)
        query["bbox"] = (
            ",".join(f"{number:.6f}" for number in draw(boxes()))
            if system == CRS84
            else box_in(system)
        )
    if "filter" in query:
        system = query.get("filter-crs", CRS84)
        if system not in BODY_SYSTEMS:
            query.pop("filter-crs")
            system = CRS84
        query["filter"] = draw(
            filters(
                asking.queryables[collection],
                query.get("filter-lang", "cql2-text"),
                lambda lon, lat: written_in(system, lon, lat),
            )
        )
    if "crs" in query:
        query["crs"] = draw(st.sampled_from(BODY_SYSTEMS))
    if query.get("f") == "tilejson":
        case.path_parameters = {**case.path_parameters, "tileMatrixSetId": "WebMercatorQuad"}
    if "Content-Crs" in case.headers and isinstance(case.body, dict):
        system = draw(st.sampled_from(BODY_SYSTEMS))
        case.headers["Content-Crs"] = f"<{system}>"
        case.body = _moved(case.body, system)


def _moved(feature: Mapping[str, Any], system: str) -> dict[str, Any]:
    """Return a feature with its places in the axes of a system."""

    def moved(coordinates: Any) -> Any:
        if isinstance(coordinates[0], list):
            return [moved(one) for one in coordinates]
        return list(written_in(system, *coordinates))

    def shape(geometry: Any) -> Any:
        return geometry and {**geometry, "coordinates": moved(geometry["coordinates"])}

    given = feature.get("properties") or {}
    if "entrances" in given:
        given = {**given, "entrances": shape(given["entrances"])}
    found = {**feature, "properties": given}
    return {**found, "geometry": shape(found["geometry"])} if "geometry" in found else found
