"""Small pages for people where the planner's page cannot stand: what is wrong and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Final, Literal

from service.core.language import Language
from service.page.plain import PlainPage, plain_page

Note = Literal["link_used_up", "not_built"]

# Heading and paragraphs.
_TEXTS: Final[Mapping[Note, Mapping[Language, tuple[str, ...]]]] = MappingProxyType(
    {
        "link_used_up": {
            "zh": (
                "登录链接不能再用",
                (
                    "登录链接只能使用一次，并且会过期。请在服务器上运行 "
                    "./yike sign-in-link 另取一个，或在首页用 API 密钥登录。"
                ),
            ),
            "en": (
                "This sign-in link cannot be used any more",
                (
                    "A sign-in link works once, and for a while only. Get another one on the "
                    "server with ./yike sign-in-link, or sign in with an API key on the first page."
                ),
            ),
        },
        "not_built": {
            "zh": (
                "网页尚未构建",
                (
                    "Yike 一刻的服务正在运行，但地图网页还没有构建。请停止服务，运行 ./yike up，"
                    "它会构建网页。"
                ),
                "接口说明在 /openapi.json，GIS 软件请用 /ogc。",
            ),
            "en": (
                "The page is not built",
                (
                    "Yike 一刻 is running, but its map page has not been built. Stop the service "
                    "and run ./yike up, which builds it."
                ),
                "The interface is described by /openapi.json; GIS programs read /ogc.",
            ),
        },
    }
)


def note_page(note: Note, language: Language) -> PlainPage:
    """Return a page that says what is wrong, in the reader's language."""
    title, *paragraphs = _TEXTS[note][language]
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    return plain_page(title, f'{body}<p><a href="/">Yike 一刻</a></p>', language)
