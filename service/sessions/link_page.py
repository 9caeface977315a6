"""The page a one-time link opens: it says who would be signed in, and asks.

Programs look at links before people do, to show what is behind them or whether it does harm; so
looking uses nothing up. And a person may be handed somebody else's link, to enter their work under
that one's name; so whose it is stands there, and nothing happens without the button. A script that
pressed it would take both away again.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from service.core.keys import Principal
from service.core.language import Language
from service.page.plain import PlainPage, plain_page

_ROLES: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {
        "zh": {"viewer": "查看", "editor": "编辑", "reviewer": "审查", "admin": "管理员"},
        "en": {name: name for name in ("viewer", "editor", "reviewer", "admin")},
    }
)
_TEXTS: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {
        "zh": {
            "title": "登录 Yike 一刻",
            "who": "将以“{person}”的身份登录（密钥“{name}”，角色：{role}）。",
            "areas": "仅限行政区 {areas} 及其下级。",
            "sure": "如非本人的链接，请勿继续。此浏览器原有的登录将结束。链接仅能使用一次。",
            "button": "登录",
        },
        "en": {
            "title": "Sign in to Yike 一刻",
            "who": "You will be signed in as “{person}” (key “{name}”, role {role}).",
            "areas": "Limited to the areas {areas} and all under them.",
            "sure": "If the link is not yours, do not go on. Whoever is signed in with this "
            "browser will be signed out. The link works once.",
            "button": "Sign in",
        },
    }
)


def link_page(token: str, principal: Principal, language: Language) -> PlainPage:
    """Return the page of a link that can still be used.

    Parameters
    ----------
    token
        Of the link.
    principal
        Whose it is.
    """
    texts = _TEXTS[language]
    lines = [
        texts["who"].format(
            person=principal.person, name=principal.name, role=_ROLES[language][principal.role]
        )
    ]
    if principal.areas:
        lines.append(texts["areas"].format(areas=", ".join(principal.areas)))
    lines.append(texts["sure"])
    told = "".join(f"<p>{escape(line)}</p>" for line in lines)
    form = (
        '<form method="post" action="/sign-in">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f"<p><button>{escape(texts['button'])}</button></p></form>"
    )
    return plain_page(texts["title"], told + form, language, form=True)
