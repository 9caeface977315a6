"""What a stored project says outside its document follows from the document.

The document is the project file as the developer handed it in. Identifier, name, stage, area,
units and site stand in it; they are columns too, so that projects can be listed, filtered and
drawn. Given beside the document they must say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import shapely

from service.core.errors.problem import Detail, pointer
from service.core.feature_input import Derivation
from service.core.geojson import shown_geometries
from service.core.geometry_input import ShapeError, read_geometry
from service.core.json_input import Json
from spatial.errors import InputFaults
from spatial.fields import PROJECTS
from spatial.policy.review.parsing import parse_project
from spatial.policy.review.project import Project

DOCUMENT: Final = "document"
_GEOMETRY: Final = "geometry"
_FIELDS: Final = ("id", "name", "stage", "area", "units")


def _fill(feature: dict[str, Json]) -> tuple[dict[str, Json], list[Detail]]:
    properties = feature.get("properties")
    document = properties.get(DOCUMENT) if isinstance(properties, dict) else None
    if not isinstance(properties, dict) or not isinstance(document, dict):
        # What is missing or is no object is told by the field's own check.
        return feature, []
    try:
        project = parse_project(document, source=PROJECTS.name)
    except InputFaults as error:
        place = pointer("properties", DOCUMENT)
        # Filled in nevertheless, or the fault would be told a second time as missing fields.
        filled = {**feature, _GEOMETRY: feature.get(_GEOMETRY) or document.get("site")}
        key = properties.get("id") or document.get("id")
        return {**filled, "properties": {**properties, "id": key}}, [
            Detail(fault.message, pointer=f"{place}{fault.field or ''}") for fault in error.faults
        ]
    values = {name: getattr(project, name) for name in _FIELDS}
    filled = {**feature, "properties": {**properties, **values}, _GEOMETRY: document["site"]}
    return filled, _differing(feature, properties, values, project)


def _differing(
    feature: Mapping[str, Json],
    properties: Mapping[str, Json],
    values: Mapping[str, Any],
    project: Project,
) -> list[Detail]:
    found = [
        Detail(f"differs from {name} of the document", pointer=pointer("properties", name))
        for name, value in values.items()
        if properties.get(name) is not None and properties[name] != value
    ]
    try:
        given = read_geometry(feature.get(_GEOMETRY))
    except ShapeError as error:
        return [*found, Detail(str(error), pointer=pointer(_GEOMETRY))]
    # A client sends back what it was shown: coordinates rounded.
    if given is not None and not shapely.equals_exact(
        shown_geometries(given)[()], shown_geometries(project.site)[()], 0
    ):
        found.append(Detail("differs from the site of the document", pointer=pointer(_GEOMETRY)))
    return found


FROM_DOCUMENT: Final = Derivation(DOCUMENT, (*_FIELDS, _GEOMETRY), _fill)
