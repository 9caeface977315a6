"""The words and colours of the map."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class FlagStyle:
    """How a district flag looks: fill colour and its name.

    The colours differ in lightness as well as in hue, so that they can be told apart by people
    who see few colours and on a grey print.
    """

    colour: str
    zh: str
    en: str


@dataclass(frozen=True)
class ServiceStyle:
    """How the facilities of a service look: marker, its size in square points, colour and name."""

    marker: str
    size: float
    colour: str
    zh: str
    en: str


@dataclass(frozen=True)
class Words:
    """Fixed texts of the map in one language."""

    districts: str
    facilities: str
    count: str
    households: str
    total: str
    unknown_households: str


# In the order of ranks, see the design, section 4.
FLAG_STYLES: Final = MappingProxyType(
    {
        "underserved": FlagStyle("#C8442B", "服务不足", "Underserved"),
        "undetermined": FlagStyle("#6E5A8A", "无法判定", "Undetermined"),
        "watch": FlagStyle("#F2C14E", "需关注", "Watch"),
        "served": FlagStyle("#3E8FC0", "服务达标", "Served"),
        "not_assessed": FlagStyle("#BDBDBD", "未评估", "Not assessed"),
    }
)
SERVICE_STYLES: Final = MappingProxyType(
    {
        "childcare": ServiceStyle("o", 2.2, "#0B3C49", "托育设施", "Childcare"),
        "elderly": ServiceStyle("^", 3.0, "#3B0F52", "养老设施", "Elderly care"),
        "education": ServiceStyle("s", 4.0, "#7A5C00", "老年教育设施", "Senior education"),
    }
)
WORDS: Final = MappingProxyType(
    {
        "zh": Words(
            districts="居住区",
            facilities="设施",
            count="个数",
            households="户数",
            total="合计",
            unknown_households="其中 {count} 个居住区户数不详",
        ),
        "en": Words(
            districts="Districts",
            facilities="Facilities",
            count="Count",
            households="Households",
            total="Total",
            unknown_households="Households of {count} districts unknown",
        ),
    }
)
