"""What a request for figures is, and how figures are shown."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from service.core.errors.problem import Detail, pointer
from service.core.errors.request import InvalidBodyError
from service.core.json_input import Json
from service.imports.indicators import check_indicators
from service.indicators.fields import FIRST_YEAR, INDICATORS, LAST_YEAR
from spatial.errors import InputFaults

MAX_FIGURES: Final = 10_000

# What a member of a figure must be in JSON; text is never read as a number.
_EXPECTED: Final[Mapping[str, tuple[str, tuple[type, ...]]]] = MappingProxyType(
    {
        "area": ("a text", (str,)),
        "indicator": ("a text", (str,)),
        "year": ("a whole number", (int, Decimal)),
        "value": ("a number, or null to withdraw the figure", (int, Decimal, type(None))),
        "source": ("a text", (str, type(None))),
    }
)


def read_figures(document: Json) -> pd.DataFrame:
    """Read the body of a request: a list of figures.

    Returns
    -------
    Columns ``area, indicator, year, value, source``; a value of None withdraws the figure.

    Raises
    ------
    InvalidBodyError
        With every fault and its JSON pointer.
    """
    if not isinstance(document, list) or not document:
        raise InvalidBodyError.of("", "expected a list of at least one figure")
    if len(document) > MAX_FIGURES:
        raise InvalidBodyError.of("", f"{len(document)} figures; at most {MAX_FIGURES} at once")
    faults = [fault for at, figure in enumerate(document) for fault in _shape_faults(figure, at)]
    if faults:
        raise InvalidBodyError.listing(faults)
    cells = {
        name: pd.Series([figure.get(name) for figure in document], dtype=object)
        for name in INDICATORS.names
    }
    withdrawn = cells["value"].isna().to_numpy()
    # What is withdrawn needs no value; all else of it is checked as that of the others.
    cells["value"] = cells["value"].where(~withdrawn, Decimal(0))
    try:
        frame = check_indicators(pd.DataFrame(cells), source="request")
    except InputFaults as error:
        raise InvalidBodyError.listing(
            [
                Detail(
                    fault.message,
                    pointer=pointer((fault.row or 1) - 1, *([fault.field] if fault.field else [])),
                )
                for fault in error.faults
            ]
        ) from None
    frame["value"] = frame["value"].where(~withdrawn, None)
    return frame


def figure_document(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored figure as shown; its value is exact."""
    return {name: row[name] for name in (*INDICATORS.names, "version")}


def _shape_faults(figure: Json, at: int) -> list[Detail]:
    if not isinstance(figure, dict):
        return [Detail("expected an object", pointer=pointer(at))]
    faults = [
        Detail(f"a figure has no such member; it has {', '.join(_EXPECTED)}", pointer=place)
        for place in (pointer(at, name) for name in figure if name not in _EXPECTED)
    ]
    for name, (expected, types) in _EXPECTED.items():
        if name not in figure:
            if name != "source":
                faults.append(Detail("is missing", pointer=pointer(at, name)))
        elif isinstance(figure[name], bool) or not isinstance(figure[name], types):
            faults.append(Detail(f"expected {expected}", pointer=pointer(at, name)))
    return faults


_TEXT: Final = {"type": "string", "minLength": 1}
_YEAR: Final = {"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR}
INDICATOR_BODY_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "array",
        "description": "Figures to add or change, each area, indicator and year once",
        "minItems": 1,
        "maxItems": MAX_FIGURES,
        "items": {
            "type": "object",
            "additionalProperties": False,
            "required": ["area", "indicator", "year", "value"],
            "properties": {
                "area": _TEXT,
                "indicator": _TEXT,
                "year": _YEAR,
                "value": {"type": ["number", "null"], "description": "null withdraws the figure"},
                "source": {"type": ["string", "null"]},
            },
        },
    }
)
INDICATORS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "required": ["indicators", "numberReturned", "numberMatched", "links"],
        "properties": {
            "numberReturned": {"type": "integer"},
            "numberMatched": {"type": "integer"},
            "links": {"type": "array", "items": {"type": "object"}},
            "notices": {"type": "array", "items": {"type": "string"}},
            "indicators": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["area", "indicator", "year", "value", "source", "version"],
                    "properties": {
                        "area": _TEXT,
                        "indicator": _TEXT,
                        "year": _YEAR,
                        "value": {"type": "number"},
                        "source": {"type": ["string", "null"]},
                        "version": {"type": "integer"},
                    },
                },
            },
        },
    }
)
STORED_INDICATORS_SCHEMA: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "type": "object",
        "required": ["added", "changed", "unchanged", "warnings"],
        "properties": {
            **{name: {"type": "integer"} for name in ("added", "changed", "unchanged")},
            "warnings": {"type": "array", "items": {"type": "string"}},
        },
    }
)
