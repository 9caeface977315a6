"""Answers that are documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from service.core.language import Language, language_headers
from service.core.openapi import problems
from service.exports.answers import NOTICES_HEADER, disposition
from service.reports.documents import DocumentKind


def document_answer(
    data: bytes,
    kind: DocumentKind,
    *,
    name: str,
    title: str,
    language: Language,
    notices: Sequence[str] = (),
) -> Response:
    """Return a document as an attachment.

    Parameters
    ----------
    name
        Of the file, ASCII, without its suffix.
    title
        The same for a reader of Chinese.
    notices
        What must be said of the data wherever they are shown.
    """
    headers = {
        "Content-Disposition": disposition(name, title if language == "zh" else name, kind.suffix),
        **language_headers(language),
    }
    if notices:
        headers[NOTICES_HEADER] = quote("\n".join(notices), safe=" ,.;:()/")
    return Response(data, media_type=kind.media_type, headers=headers)


def document_responses(kind: DocumentKind, *statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the ``responses`` of a route that answers with a document."""
    described: dict[str, Any] = {
        "description": "The document, as an attachment",
        "content": {kind.media_type: {"schema": {"type": "string", "format": "binary"}}},
    }
    return {200: described, **problems(400, 401, *statuses)}
