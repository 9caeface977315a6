"""A JSON document as an answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.responses import Response

from service.core.geojson import encode_json
from service.core.language import Language, language_headers

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def json_answer(
    document: Mapping[str, Any],
    language: Language | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] = _NONE,
) -> Response:
    """Answer with a document.

    Parameters
    ----------
    document
        What to say.
    language
        The language it is in, where it was chosen; None where it has no texts.
    status, headers
        Of the answer.
    """
    told = _NONE if language is None else language_headers(language)
    return Response(
        encode_json(document),
        status_code=int(status),
        media_type="application/json",
        headers={**headers, **told},
    )
