"""What must be said where rules are applied outside their region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from service.exports.content import Language
from spatial.policy.pack import Pack
from spatial.policy.regions import REGION_INSIDE, REGION_OUTSIDE, REGION_UNKNOWN

_WORDS: Final = MappingProxyType(
    {
        REGION_INSIDE: "适用地区内",
        REGION_OUTSIDE: "适用地区外，仅为演示",
        REGION_UNKNOWN: "未提供行政区，是否适用不明",
    }
)


def region_words(where: str, *, lang: Language) -> str:
    """Return where the data lie with regard to a pack's region, in words."""
    return _WORDS.get(where, where) if lang == "zh" else where


def region_notices(
    region: Mapping[str, str], packs: Sequence[Pack], *, lang: Language
) -> list[str]:
    """Return a notice for each pack applied outside its region."""
    titles = {pack.id: f"{pack.title}（{pack.document_no}）" for pack in packs}
    outside = [titles.get(pack, pack) for pack, where in region.items() if where == REGION_OUTSIDE]
    if lang == "zh":
        return [f"{title}不适用于本地区，结果仅为演示。" for title in outside]
    return [f"{title} does not apply here: an illustration only." for title in outside]
