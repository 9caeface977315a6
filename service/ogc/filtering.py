"""The parameters filter, filter-lang and filter-crs (Features Part 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement

from service.core.errors.request import InvalidParameterError
from service.ogc.collection import Collection
from service.ogc.cql.errors import FilterError
from service.ogc.cql.reading import read_filter
from service.ogc.cql.values import Values
from service.ogc.cql.walker import Walker
from service.ogc.crs import ReferenceSystem

_CQL2: Final = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMANCE: Final = (
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    f"{_CQL2}/cql2-text",
    f"{_CQL2}/cql2-json",
    f"{_CQL2}/basic-cql2",
    f"{_CQL2}/advanced-comparison-operators",
    f"{_CQL2}/case-insensitive-comparison",
    f"{_CQL2}/basic-spatial-functions",
    f"{_CQL2}/basic-spatial-functions-plus",
    f"{_CQL2}/spatial-functions",
    f"{_CQL2}/temporal-functions",
    f"{_CQL2}/property-property",
    f"{_CQL2}/arithmetic",
)
PARAMETERS: Final = ("filter", "filter-lang", "filter-crs")


def filter_conditions(
    query: Mapping[str, str], collection: Collection, systems: Mapping[str, ReferenceSystem]
) -> list[ColumnElement[bool]]:
    """Return the condition of the filter asked for; nothing where there is none.

    Raises
    ------
    InvalidParameterError
        If the filter, its language or its CRS cannot be used.
    """
    language = query.get("filter-lang", "cql2-text")
    if language not in {"cql2-text", "cql2-json"}:
        raise InvalidParameterError.of("filter-lang", "expected cql2-text or cql2-json")
    system = read_system(query, "filter-crs", systems)
    text = query.get("filter")
    if text is None:
        return []
    walker = Walker(
        Values(collection.queryables, to_storage=system.to_storage, read_box=system.read_box)
    )
    try:
        tree = read_filter(text, "cql2-text" if language == "cql2-text" else "cql2-json")
        return [walker.condition(tree)]
    except FilterError as error:
        raise InvalidParameterError.of("filter", str(error)) from None


def read_system(
    query: Mapping[str, str], parameter: str, systems: Mapping[str, ReferenceSystem]
) -> ReferenceSystem:
    """Return the CRS a parameter names; CRS84, the first one, where it is not given.

    Raises
    ------
    InvalidParameterError
        If it is not offered.
    """
    uri = query.get(parameter)
    if uri is None:
        return next(iter(systems.values()))
    found = systems.get(uri)
    if found is None:
        raise InvalidParameterError.of(
            parameter, "not offered; the member crs of the collection lists what is"
        )
    return found
