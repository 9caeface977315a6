"""One collection of features as every building block sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause

from service.evaluations.service import StoredEvaluation
from service.ogc.properties import Kind, Property
from spatial.fields import Layer

GEOMETRY: Final = "geometry"


@dataclass(frozen=True)
class Collection:
    """What a collection holds for one key: rows outside of its scope are not in it.

    Parameters
    ----------
    id, title, description
        As clients show it.
    source
        Where its rows are selected from.
    conditions
        What its rows meet, the scope of the key among them.
    key, key_kind
        The feature id, text or integer.
    order, order_kind
        What pages are ordered by: unique, and indexed together with the conditions.
    geometry
        The primary geometry, EPSG:4326.
    properties
        All others, in order.
    state
        Changes whenever a row could look different; two equal states show the same rows.
    version
        Counts the versions of a row, where rows have any.
    interval
        Names of the dates a feature begins and ends on; None where it has no time.
    run
        The evaluation the rows are of.
    network
        The street network the rows are of.
    source_text
        What a row says of its origin.
    layer
        The layer whose rows may be written here, by whoever may write; None where nobody may.
    """

    id: str
    title: str
    description: str
    source: FromClause
    conditions: tuple[ColumnElement[bool], ...]
    key: ColumnElement[Any]
    key_kind: Kind
    order: ColumnElement[Any]
    order_kind: Kind
    geometry: Property
    properties: tuple[Property, ...]
    state: str
    version: ColumnElement[Any] | None = None
    interval: tuple[str, str] | None = None
    run: StoredEvaluation | None = None
    network: str | None = None
    source_text: ColumnElement[Any] | None = None
    layer: Layer | None = None

    @property
    def queryables(self) -> Mapping[str, Property]:
        """What filters may name, by name, the geometry first."""
        listed = (self.geometry, *self.properties)
        return {one.name: one for one in listed if one.queryable}

    @property
    def parameters(self) -> Mapping[str, Property]:
        """What is a query parameter of its own name."""
        return {one.name: one for one in self.properties if one.parameter}

    @property
    def sortables(self) -> Mapping[str, Property]:
        """What features may be sorted by, by name: whatever has one value."""
        return self.parameters
