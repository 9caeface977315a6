"""What an answer must say about where its data come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from seed.wuhan.city import NOTICE_EN, NOTICE_ZH

if TYPE_CHECKING:
    # The command line reads notices without the weight of the HTTP framework.
    from service.core.language import Language

# Words in `source`, in lower case, and what they oblige to say. Only the first match of a source
# counts: the notice of the demo city covers the other two.
_RULES: Final[tuple[tuple[tuple[str, ...], Mapping[Language, str]], ...]] = (
    (("yike demo",), MappingProxyType({"zh": NOTICE_ZH, "en": NOTICE_EN})),
    (
        ("synthetic", "合成"),
        MappingProxyType(
            {
                "zh": "含合成数据(见 source),不是对真实地方的评估。",
                "en": "Contains synthetic data (see source); not an assessment of a real place.",
            }
        ),
    ),
    (
        ("openstreetmap",),
        MappingProxyType(
            {
                "zh": "含 © OpenStreetMap contributors 的数据,ODbL 1.0。",
                "en": "Contains data © OpenStreetMap contributors, ODbL 1.0.",
            }
        ),
    ),
)


def notices(sources: Iterable[object], language: Language) -> list[str]:
    """Return each notice that one of the sources asks for, once.

    Parameters
    ----------
    sources
        Values of ``source``; missing ones ask for nothing.
    language
        Of the texts.
    """
    texts = {str(source).lower() for source in sources if isinstance(source, str)}
    found = {_matching_rule(text) for text in texts}
    return [_RULES[number][1][language] for number in sorted(found - {None}, key=str)]  # type: ignore[index]  # None is taken out


def _matching_rule(source: str) -> int | None:
    for number, (words, _) in enumerate(_RULES):
        if any(word in source for word in words):
            return number
    return None


def notice_member(sources: Iterable[object], language: Language) -> dict[str, list[str]]:
    """Return the foreign member ``notices`` of a collection; nothing where there are none."""
    found = notices(sources, language)
    return {"notices": found} if found else {}
