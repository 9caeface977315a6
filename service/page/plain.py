"""Small pages that the service writes itself: no script, no file, a few lines of style."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from service.core.language import Language, language_headers
from service.page.headers import page_headers

_STYLE: Final = (
    "body{margin:0;display:grid;place-items:center;min-height:100vh;background:#f5f6f4;"
    "color:#1c2733;font:16px/1.6 'PingFang SC','Microsoft YaHei','Noto Sans SC',system-ui,"
    "sans-serif}main{max-width:32rem;margin:1rem;padding:1rem 2rem;background:#fff;"
    "border:1px solid #d6dade;border-radius:4px}h1{font-size:1.25rem}"
    "button{padding:.5rem 1.5rem;font:inherit;color:#fff;background:#1d3557;border:0;"
    "border-radius:4px}button:focus-visible{outline:3px solid #0a66c2;outline-offset:2px}"
)
# Known by its hash, the only style these pages have.
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


@dataclass(frozen=True)
class PlainPage:
    """A page of one heading and a few paragraphs.

    Parameters
    ----------
    html
        The whole of it.
    form
        Whether it has a form, sent to this very origin.
    """

    html: str
    form: bool = False

    def headers(self, language: Language) -> Mapping[str, str]:
        """Return the headers it is sent with."""
        policy = (
            "default-src 'none'",
            f"style-src 'sha256-{_STYLE_HASH}'",
            "base-uri 'none'",
            "form-action 'self'" if self.form else "form-action 'none'",
            "frame-ancestors 'none'",
        )
        return {
            **page_headers(),
            "Content-Security-Policy": "; ".join(policy),
            # Without a referrer browsers send no origin with a form either; the origin alone
            # tells nobody the address.
            "Referrer-Policy": "strict-origin" if self.form else "no-referrer",
            **language_headers(language),
        }


def plain_page(title: str, body: str, language: Language, *, form: bool = False) -> PlainPage:
    """Return a page.

    Parameters
    ----------
    title
        Its heading, a text.
    body
        What stands below, HTML.
    form
        Whether there is a form in it.
    """
    return PlainPage(
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="robots" content="noindex">'
        f"<title>{escape(title)} · Yike 一刻</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>",
        form=form,
    )
