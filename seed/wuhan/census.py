"""Published totals the demo city is scaled to.

Source: 中国2020年人口普查分县资料 (7th national census, count of 2020-11-01), the seven central
urban districts of Wuhan: 江岸, 江汉, 硚口, 汉阳, 武昌, 青山, 洪山. Only these totals are the
census's; how they are spread over blocks is synthetic.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# 家庭户数
FAMILY_HOUSEHOLDS: Final = MappingProxyType(
    {
        "江岸区": 363_761,
        "江汉区": 247_617,
        "硚口区": 251_421,
        "汉阳区": 301_555,
        "武昌区": 385_991,
        "青山区": 164_954,
        "洪山区": 710_950,
    }
)
TOTAL_HOUSEHOLDS: Final = sum(FAMILY_HOUSEHOLDS.values())  # 2,426,249

# 家庭户人口数 of the same seven, hence persons in a family household.
FAMILY_PERSONS: Final = 5_850_383
PERSONS_PER_HOUSEHOLD: Final = FAMILY_PERSONS / TOTAL_HOUSEHOLDS

# 人口数 and the people of 60 and over among them. Students and others outside family
# households are in both, so the share is a little below that of the families alone.
RESIDENTS: Final = 7_205_525
RESIDENTS_60_PLUS: Final = 1_286_486
SHARE_60_PLUS: Final = RESIDENTS_60_PLUS / RESIDENTS

# The census gives ages 0 and 1-4 only. Under three = age 0 and half of 1-4 (an even spread, an
# assumption), here as a share of all residents.
SHARE_UNDER_3: Final = 184_490 / RESIDENTS
