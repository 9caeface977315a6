"""What ``yike up`` prints of an evaluation, in either language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import pandas as pd
import typer
from geopandas import GeoDataFrame

from seed.wuhan.city import NOTICE_EN, NOTICE_ZH
from service.exports.headings import FLAG_WORDS
from spatial.policy.findings import FLAGS

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Report:
    """An evaluation as it is printed.

    Parameters
    ----------
    worst
        The worst districts in rank order, as `spatial.policy.wording.output_districts`.
    summary
        As `service.evaluations.service.summary`.
    created
        False where an earlier run was found again.
    """

    worst: GeoDataFrame
    summary: Mapping[str, Any]
    created: bool


@dataclass(frozen=True)
class Words:
    """The texts of one language."""

    language: Language
    notice: str
    title: str
    district: str
    concerned: str
    unknown: str
    totals: str
    districts: str
    seconds: str
    reused: str
    stages: Mapping[str, str]
    key: str
    key_again: str
    separator: str

    def flag(self, name: str) -> str:
        """Name a flag."""
        return FLAG_WORDS[name][0 if self.language == "zh" else 1]


WORDS: Final = MappingProxyType(
    {
        "zh": Words(
            language="zh",
            notice=NOTICE_ZH,
            title="最需要改善的 {count} 个居住区（规则集 {pack}，评估日期 {as_of}，评估 {id}）",
            district="{rank:>3}. {name}（{id}）　{flag}，涉及 {households}",
            concerned="{count:,} 户",
            unknown="户数不详",
            totals="合计 {count:,} 个居住区：",
            districts="{flag} {count:,}",
            seconds="用时（秒）：",
            reused="（数据未变，沿用已有评估）",
            stages=MappingProxyType(
                {
                    "database": "启动数据库",
                    "migrate": "数据库迁移",
                    "packs": "规则集",
                    "demo": "生成演示城市",
                    "network": "构建路网",
                    "store": "写入数据",
                    "evaluate": "评估",
                    "report": "读取结果",
                }
            ),
            key="管理员密钥（仅显示这一次，请妥善保存）：{key}",
            key_again="管理员密钥已生成过；如需另一把：./yike up --new-key",
            separator="；",
        ),
        "en": Words(
            language="en",
            notice=NOTICE_EN,
            title="The {count} worst served districts ({pack}, as of {as_of}, evaluation {id})",
            district="{rank:>3}. {name} ({id}): {flag}, {households}",
            concerned="{count:,} households concerned",
            unknown="households unknown",
            totals="{count:,} districts in all: ",
            districts="{flag} {count:,}",
            seconds="Seconds: ",
            reused=" (unchanged data, the evaluation was reused)",
            stages=MappingProxyType(
                {
                    "database": "database",
                    "migrate": "migrations",
                    "packs": "packs",
                    "demo": "demo city",
                    "network": "street network",
                    "store": "storing",
                    "evaluate": "evaluation",
                    "report": "reading",
                }
            ),
            key="Key of role admin, shown this once, keep it: {key}",
            key_again="A key of role admin was made before; for another one: ./yike up --new-key",
            separator="; ",
        ),
    }
)


def print_report(report: Report, words: Words, seconds: Mapping[str, float]) -> None:
    """Print the worst districts with their reasons, the totals and the time of each stage."""
    summary = report.summary
    typer.echo(f"{words.notice}\n")
    title = words.title.format(
        count=len(report.worst),
        pack=", ".join(summary["pack"]),
        as_of=summary["as_of"],
        id=summary["evaluation"],
    )
    typer.echo(title)
    for district in pd.DataFrame(report.worst).to_dict("records"):
        _print_district(district, words)
    flags = words.separator.join(
        words.districts.format(flag=words.flag(flag), count=summary["flags"][flag])
        for flag in FLAGS
    )
    typer.echo("\n" + words.totals.format(count=summary["districts"]) + flags)
    named = {words.stages[name]: value for name, value in seconds.items()}
    typer.echo(words.seconds + _times(named, words) + ("" if report.created else words.reused))
    if report.created:
        typer.echo(f"  {words.stages['evaluate']}: {_times(summary['seconds'], words)}")


def _print_district(district: Mapping[Any, Any], words: Words) -> None:
    concerned = district["households_concerned"]
    known = not pd.isna(concerned)
    line = words.district.format(
        rank=district["rank"],
        name=district["name"] or district["id"],
        id=district["id"],
        flag=words.flag(district["flag"]),
        households=words.concerned.format(count=int(concerned)) if known else words.unknown,
    )
    typer.echo(line)
    for reason in district["reasons"]:
        typer.echo(f"     - {reason}")


def _times(seconds: Mapping[str, float], words: Words) -> str:
    return words.separator.join(f"{name} {value:.2f}" for name, value in seconds.items())
