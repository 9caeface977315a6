"""Keyset pages: a limit that is clamped, an opaque cursor, links to this page and the next."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Query, Request

from service.core.errors.request import InvalidParameterError
from service.core.geojson import MEDIA_TYPE
from service.core.parameters import KEY_PARAMETER, MAX_ID_LENGTH
from service.core.resources import ResourcesDependency
from service.core.text_formats import CURSOR, of_format

_MAX_CURSOR_LENGTH: Final = 16 * MAX_ID_LENGTH


@dataclass(frozen=True)
class Page:
    """What part of a list is asked for: at most `limit` rows after the key `after`."""

    limit: int
    after: str | None


def encode_cursor(key: str) -> str:
    """Return the cursor that stands after `key`."""
    return base64.urlsafe_b64encode(json.dumps([key]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Return the key a cursor stands after.

    Raises
    ------
    InvalidParameterError
        If the text is no cursor this service made.
    """
    key = _decoded(cursor)
    # What is not written exactly so was not made here.
    if key is None or "\x00" in key or encode_cursor(key) != cursor:
        raise InvalidParameterError.of(
            "after", "not a cursor of this service; follow the link `next` of a page"
        )
    return key


def _decoded(cursor: str) -> str | None:
    if len(cursor) > _MAX_CURSOR_LENGTH:
        return None
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        value = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        key = value[0] if isinstance(value, list) and value else None
        # Half a surrogate pair is no text a database could hold.
        return key if isinstance(key, str) and key.encode() else None
    except (ValueError, RecursionError):
        return None


def read_page(
    resources: ResourcesDependency,
    limit: Annotated[
        int | None,
        Query(ge=1, description="Most features of a page; more than the maximum gives the maximum"),
    ] = None,
    after: Annotated[
        str | None,
        Query(
            description="Opaque cursor of the link `next` of the page before",
            json_schema_extra=of_format(CURSOR),
        ),
    ] = None,
) -> Page:
    """Return the page asked for; `limit` is clamped to the setting ``page.max_limit``."""
    settings = resources.settings.page
    wanted = settings.default_limit if limit is None else limit
    return Page(
        limit=min(wanted, settings.max_limit),
        after=None if after is None else decode_cursor(after),
    )


PageParameter = Annotated[Page, Depends(read_page)]


def page_members(
    request: Request, *, next_key: str | None, returned: int, matched: int | None
) -> dict[str, Any]:
    """Return the members of a page: links, numberReturned and, where known, numberMatched.

    An API key of the query string is not repeated in the links, which get saved with the data.

    Parameters
    ----------
    request
        The request being answered.
    next_key
        Key of the last feature, if there are more; else None.
    returned, matched
        Features of the page, and of all pages.
    """
    pairs = [
        (name, value)
        for name, value in parse_qsl(request.url.query, keep_blank_values=True)
        if name not in {KEY_PARAMETER, "after"}
    ]
    here = [(n, v) for n, v in parse_qsl(request.url.query) if n != KEY_PARAMETER]
    links = [{"href": _href(request, here), "rel": "self", "type": MEDIA_TYPE}]
    if next_key is not None:
        following = [*pairs, ("after", encode_cursor(next_key))]
        links.append({"href": _href(request, following), "rel": "next", "type": MEDIA_TYPE})
    members: dict[str, Any] = {"numberReturned": returned}
    if matched is not None:
        members["numberMatched"] = matched
    return {**members, "links": links}


def _href(request: Request, pairs: list[tuple[str, str]]) -> str:
    return str(request.url.replace(query=urlencode(pairs)))
