"""JSON for programs, HTML for readers: the parameter f, else the header Accept."""

from __future__ import annotations

import re
from typing import Final, Literal

from fastapi import Request

from service.core.errors import InvalidParameterError

Form = Literal["json", "html"]

_RANGE: Final = re.compile(
    r"\s*(?P<type>[\w.+*-]+/[\w.+*-]+)(?:\s*;\s*(?!q\s*=)[^;,]+)*"
    r"(?:\s*;\s*q\s*=\s*(?P<q>[01](?:\.\d{0,3})?))?\s*"
)
_JSON: Final = ("application/json", "application/geo+json", "application/*", "*/*")
_HTML: Final = ("text/html", "text/*", "*/*")


def read_form(request: Request) -> Form:
    """Return the form asked for; JSON where both are liked alike.

    Raises
    ------
    InvalidParameterError
        If `f` is another one.
    """
    form = request.query_params.get("f")
    if form is not None:
        if form == "html":
            return "html"
        if form in {"json", "geojson"}:
            return "json"
        raise InvalidParameterError.of("f", "expected json or html")
    wishes: dict[str, float] = {}
    for part in request.headers.get("accept", "").split(","):
        match = _RANGE.fullmatch(part.lower())
        if match is not None:
            weight = 1.0 if match["q"] is None else float(match["q"])
            wishes[match["type"]] = max(weight, wishes.get(match["type"], 0.0))
    html = next((wishes[name] for name in _HTML if name in wishes), 0.0)
    json = next((wishes[name] for name in _JSON if name in wishes), 0.0)
    return "html" if html > json else "json"
