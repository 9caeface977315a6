"""Forms of an answer: the parameter f, else the header Accept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

from fastapi import Request

from service.core.errors.request import InvalidParameterError
from service.exports.formats import FORMATS
from service.ogc.address import GEOJSON, HTML, JSON

Form = Literal["json", "html", "geojsonseq", "csv", "fgb", "parquet"]

# What holds features; the first is given where nobody says what is liked.
ITEM_FORMS: Final[tuple[Form, ...]] = ("json", "html", "geojsonseq", "csv", "fgb", "parquet")
# All the other documents.
DOCUMENT_FORMS: Final[tuple[Form, ...]] = ("json", "html")
# The suffix of the writer of a form in `service.exports.formats`.
SUFFIXES: Final[Mapping[Form, str]] = MappingProxyType(
    {"geojsonseq": ".geojsons", "csv": ".csv", "fgb": ".fgb", "parquet": ".parquet"}
)
MEDIA_TYPES: Final[Mapping[Form, str]] = MappingProxyType(
    {
        "json": GEOJSON,
        "html": HTML,
        **{form: FORMATS[suffix].media_type.partition(";")[0] for form, suffix in SUFFIXES.items()},
    }
)

_RANGE: Final = re.compile(
    r"\s*(?P<type>[\w.+*-]+/[\w.+*-]+)(?:\s*;\s*(?!q\s*=)[^;,]+)*"
    r"(?:\s*;\s*q\s*=\s*(?P<q>[01](?:\.\d{0,3})?))?\s*"
)
# By form, what a reader may call it; the most exact first.
_RANGES: Final[Mapping[Form, tuple[str, ...]]] = MappingProxyType(
    {
        **{form: (media_type,) for form, media_type in MEDIA_TYPES.items()},
        "json": (GEOJSON, JSON, "application/*", "*/*"),
        "html": (HTML, "text/*", "*/*"),
    }
)


def read_form(request: Request, forms: Sequence[Form] = DOCUMENT_FORMS) -> Form:
    """Return the form asked for; the first of `forms` where several are liked alike.

    Parameters
    ----------
    forms
        Those there are.

    Raises
    ------
    InvalidParameterError
        If `f` is another one.
    """
    asked = request.query_params.get("f")
    if asked is not None:
        known: Mapping[str, Form] = {**{form: form for form in forms}, "geojson": "json"}
        if asked not in known:
            *others, last = forms
            raise InvalidParameterError.of("f", f"expected {', '.join(others)} or {last}")
        return known[asked]
    wishes: dict[str, float] = {}
    for part in request.headers.get("accept", "").split(","):
        match = _RANGE.fullmatch(part.lower())
        if match is not None:
            weight = 1.0 if match["q"] is None else float(match["q"])
            wishes[match["type"]] = max(weight, wishes.get(match["type"], 0.0))
    liked = {
        form: next((wishes[name] for name in _RANGES[form] if name in wishes), 0.0)
        for form in forms
    }
    return max(forms, key=lambda form: liked[form])
