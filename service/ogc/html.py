"""Plain pages for readers: made here, no script, every value escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from fastapi import Response

_STYLE: Final = (
    "body{font-family:system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "th,td{border:1px solid #bbb;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    "th{background:#eee}"
)
# A page of its own making needs nothing from anywhere; a value that slips through runs nothing.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(
    title: str, *parts: str, up: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a page.

    Parameters
    ----------
    title
        Heading.
    *parts
        HTML below it, from the functions of this module.
    up
        Address of the page above this one.
    """
    back = "" if up is None else f"<p><a href='{escape(up)}'>⬑ up</a></p>"
    text = (
        "<!DOCTYPE html><html lang='zh'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body>{back}<h1>{escape(title)}</h1>{''.join(parts)}</body></html>"
    )
    return Response(
        text,
        media_type="text/html",
        headers={"Content-Security-Policy": _POLICY, **(headers or {})},
    )


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def anchor(href: str, text: str) -> str:
    """Return a link."""
    return f"<a href='{escape(href)}'>{escape(text)}</a>"


def link_list(links: Iterable[Mapping[str, str]]) -> str:
    """Return links as a list."""
    items = "".join(f"<li>{anchor(one['href'], one['title'])}</li>" for one in links)
    return f"<ul>{items}</ul>"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are HTML already, as `cell` makes it."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join(f"<tr>{''.join(f'<td>{one}</td>' for one in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(value: Any) -> str:  # noqa: ANN401  any JSON value
    """Return one value as a cell shows it; missing is empty."""
    if value is None:
        return ""
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
