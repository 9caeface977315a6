"""What is said of a job that waits, runs or has stopped, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from service.core.language import Language

_SAID: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "waiting": ("等待处理", "waiting for a worker"),
        "dismissed": ("已取消", "dismissed"),
        "read": ("读取数据", "reading the data"),
        "prepare": ("整理居住区与设施", "preparing districts and facilities"),
        "snap": ("接入步行路网", "joining places to the streets"),
        "judge": ("逐条判定", "judging clause by clause"),
        "flag": ("标记居住区", "flagging the districts"),
        "roll_up": ("逐级汇总", "rolling up to areas"),
        "without_slope": ("不计坡度再算一遍", "evaluating again without slope"),
        "store": ("保存结果", "storing the results"),
        "isochrone": ("绘制步行范围", "drawing the ground within a walk"),
        "catchments": ("统计服务范围内的人口", "counting who is within reach"),
        "review": ("逐条审查", "reviewing clause by clause"),
    }
)


def said(stage: str, language: Language) -> str:
    """Return what a stage is called."""
    zh, en = _SAID[stage]
    return zh if language == "zh" else en
