"""The equality filters of a layer as query parameters, made from its fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import Field

from service.core.parameters import IsoDate
from service.imports.cells import MAX_INTEGER
from spatial.fields import Field as LayerField
from spatial.fields import FieldType, Layer

# As large as whole numbers are stored.
Whole = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_TYPES: Final[Mapping[FieldType, Any]] = MappingProxyType(
    {
        FieldType.TEXT: str,
        FieldType.INTEGER: Whole,
        FieldType.DECIMAL: Decimal,
        FieldType.BOOLEAN: bool,
        FieldType.DATE: IsoDate,
    }
)


def filter_dependency(layer: Layer) -> Callable[..., dict[str, object]]:
    """Return a dependency that reads the equality filters of a layer.

    Every field but shapes and lists is a parameter of its own name; all given ones must hold.
    A word outside a field's choices is refused rather than matching nothing.

    Returns
    -------
    A function from the parameters to field name and value, of those given.
    """

    def read_filters(**given: object) -> dict[str, object]:
        return {name: value for name, value in given.items() if value is not None}

    parameters = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                _annotation(field),
                Query(description=f"Only rows whose {field.name} equals this"),
            ],
        )
        for field in layer.fields
        if field.type in _TYPES
    ]
    # FastAPI reads the signature; one written by hand for each layer would be a copy of fields.py.
    read_filters.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # functions take attributes
    return read_filters


def _annotation(field: LayerField) -> object:
    if field.choices:
        return Literal[field.choices] | None  # known at run time only
    return _TYPES[field.type] | None
