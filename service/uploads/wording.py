"""A report in the words of one language, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from service.imports.phrases import Language
from service.uploads.telling import told_report

SHOWN: Final = 10
_WORDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "rows": (
            "读取 {read} 行，接受 {accepted} 行（其中修复 {repaired} 行），搁置 {quarantined} 行",
            (
                "{read} rows read, {accepted} accepted ({repaired} of them repaired), "
                "{quarantined} set aside"
            ),
        ),
        "crs": ("坐标系：{origin}{how}", "CRS: {origin}{how}"),
        "encoding": ("编码：{name}（{sample}）", "encoding: {name} ({sample})"),
        "as_given": ("，未转换", ", not transformed"),
        "transformed": ("，转换：{name}", ", transformed by: {name}"),
        "columns": ("字段：{fields}", "fields: {fields}"),
        "unread": ("未读取的列：{columns}", "columns not read: {columns}"),
        "key": ("按 {key} 识别", "rows are known by {key}"),
        "repair": ("  第 {row} 行 {what}：{detail}", "  row {row} {what}: {detail}"),
        "repairs": ("修复 {count} 处：", "{count} repairs:"),
        "ring_closed": ("闭合环", "ring closed"),
        "made_valid": ("修正几何", "made valid"),
        "quarantined": ("搁置的行：", "rows set aside:"),
        "fault": ("  第 {row} 行{field}{place}：{reason}", "  row {row}{field}{place}: {reason}"),
        "field": ("，字段 {field}", ", field {field}"),
        "place": ("，位于 {lon},{lat}", ", at {lon},{lat}"),
        "more": ("  …… 另有 {count} 条", "  … and {count} more"),
        "same_id": ("文件内编号重复：{count} 行", "same identifier in the file: {count} rows"),
        "twins": ("文件内同名同地：{count} 对", "same name and place in the file: {count} pairs"),
        "twin": (
            "  第 {one} 行与第 {other} 行“{name}”，相距 {apart_m} 米",
            "  rows {one} and {other} '{name}', {apart_m} m apart",
        ),
        "elsewhere": (
            "库中已有同名同地而编号不同者：{count} 个",
            "stored under another identifier, same name and place: {count}",
        ),
        "stored": (
            "  第 {row} 行 {id}“{name}”，库中为 {stored_id}，相距 {apart_m} 米",
            "  row {row} {id} '{name}', stored as {stored_id}, {apart_m} m apart",
        ),
        "diff": (
            "与库中相比：新增 {added}，变更 {changed}，重新启用 {reopened}，不变 {unchanged}{gone}",
            (
                "compared with what is stored: {added} added, {changed} changed, {reopened} open "
                "again, {unchanged} unchanged{gone}"
            ),
        ),
        "gone": ("，消失 {count}（将关闭）", ", {count} gone (to be closed)"),
        "change": ("  {id}：{fields}", "  {id}: {fields}"),
        "gone_ids": ("  将关闭：{ids}", "  to be closed: {ids}"),
        "first": ("将存入的前几行：", "first rows as they will be stored:"),
        "bbox": (
            "范围：经度 {west} 至 {east}，纬度 {south} 至 {north}",
            "extent: longitude {west} to {east}, latitude {south} to {north}",
        ),
        "nothing": ("空", "nothing"),
        "network": (
            "路网 {version}：{edges} 条边，{km} 公里，{parts} 片，最大一片占 {share}",
            "network {version}: {edges} edges, {km} km, {parts} parts, the largest {share}",
        ),
        "same_network": ("就是正在使用的路网", "it is the network in use"),
        "replaces": (
            "代替正在使用的“{name}”（{edges} 条边，{km} 公里）",
            "it replaces '{name}' ({edges} edges, {km} km)",
        ),
        "outside": (
            "超出密钥区域范围：{count} 行，不能存入",
            "outside the areas of the key: {count} rows, cannot be stored",
        ),
    }
)
_EDGES: Final = ("west", "south", "east", "north")
_FIRST_ROWS: Final = 3
_VALUE_CHARACTERS: Final = 40
_DEGREES: Final = 5
_VERSION_CHARACTERS: Final = 12


def report_lines(report: Mapping[str, Any], lang: Language) -> list[str]:
    """Return a report in lines fit for a terminal, its texts in the language too."""
    return list(_Teller(lang).lines(told_report(report, lang, surface="command")))


class _Teller:
    """Tells the parts of a report in one language."""

    def __init__(self, lang: Language) -> None:
        self._at = ("zh", "en").index(lang)

    def say(self, word: str, **values: object) -> str:
        return _WORDS[word][self._at].format(**values)

    def lines(self, report: Mapping[str, Any]) -> Iterator[str]:
        yield self.say("rows", **report["rows"])
        # Figures have no places.
        crs = report.get("crs")
        if crs is not None:
            name = crs["transformation"]
            how = self.say("as_given") if name is None else self.say("transformed", name=name)
            # Streets are brought to longitude and latitude as the network is built.
            how = "" if "network" in report else how
            yield self.say("crs", origin=crs["origin"], how=how)
        encoding = report.get("encoding")
        if encoding is not None:
            sample = "; ".join(encoding["sample"][:_FIRST_ROWS])
            yield self.say("encoding", name=encoding["name"], sample=self.value(sample))
        if "network" in report:
            yield from self._network(report)
            return
        mapped = report["columns"]["mapped"]
        taken = [
            one["field"] if one["field"] == one["column"] else f"{one['column']} → {one['field']}"
            for one in mapped
        ]
        yield self.say("columns", fields=", ".join(taken))
        unread = [one["column"] for one in report["columns"]["unread"]]
        if unread:
            yield self.say("unread", columns=", ".join(unread))
        yield self.say("key", key=", ".join(report["columns"]["key"]))
        yield from self._of_rows(report)
        yield from self._twins(report)
        # An import from the command line may have been stored without a comparison.
        if "diff" in report:
            yield from self._compared(report)

    def _network(self, report: Mapping[str, Any]) -> Iterator[str]:
        network = report["network"]
        yield self.say(
            "network",
            version=network["version"][:_VERSION_CHARACTERS],
            edges=network["edges"],
            km=round(float(network["length_m"]) / 1000, 1),
            parts=network["diagnosis"]["components"],
            share=f"{float(network['diagnosis']['largest_share']):.1%}",
        )
        before = network["before"]
        if network["in_use"]:
            yield self.say("same_network")
        elif before is not None:
            yield self.say(
                "replaces",
                name=before["name"],
                edges=before["edges"],
                km=round(float(before["length_m"]) / 1000, 1),
            )
        for line in (*report["notes"], *report["warnings"]):
            yield f"  {line}"

    def _compared(self, report: Mapping[str, Any]) -> Iterator[str]:
        yield from self._diff(report["diff"])
        outside = report.get("outside_scope", {"count": 0})["count"]
        if outside:
            yield self.say("outside", count=outside)
        if report["first_rows"]:
            yield self.say("first")
        for row in report["first_rows"][:_FIRST_ROWS]:
            yield "  " + "; ".join(f"{name}={self.value(value)}" for name, value in row.items())
        if report["map"] is not None:
            edges = (round(float(edge), _DEGREES) for edge in report["map"]["bbox"])
            yield self.say("bbox", **dict(zip(_EDGES, edges, strict=True)))

    def _of_rows(self, report: Mapping[str, Any]) -> Iterator[str]:
        repairs = report["repairs"]
        if repairs:
            yield self.say("repairs", count=len(repairs))
            for one in repairs[:SHOWN]:
                yield self.say("repair", **{**one, "what": self.say(one["what"])})
            yield from self._more(len(repairs))
        if report["quarantined"]:
            yield self.say("quarantined")
            for one in report["quarantined"][:SHOWN]:
                field = "" if one["field"] is None else self.say("field", field=one["field"])
                # Imports made before positions were told have none.
                position = one.get("position")
                place = ""
                if position is not None:
                    lon, lat = (round(float(edge), _DEGREES) for edge in position)
                    place = self.say("place", lon=lon, lat=lat)
                yield self.say(
                    "fault", row=one["row"], field=field, place=place, reason=one["reason"]
                )
            yield from self._more(len(report["quarantined"]))

    def _twins(self, report: Mapping[str, Any]) -> Iterator[str]:
        if report.get("same_id"):
            yield self.say("same_id", count=report["same_id"])
        twins = report.get("same_name_and_place", {"count": 0})
        if twins["count"]:
            yield self.say("twins", count=twins["count"])
            for pair in twins["pairs"][:SHOWN]:
                one, other = pair["rows"]
                yield self.say(
                    "twin", one=one, other=other, name=pair["name"], apart_m=pair["apart_m"]
                )
            yield from self._more(twins["count"])
        elsewhere = report.get("stored_elsewhere", {"count": 0})
        if elsewhere["count"]:
            yield self.say("elsewhere", count=elsewhere["count"])
            for pair in elsewhere["pairs"][:SHOWN]:
                yield self.say("stored", **pair)
            yield from self._more(elsewhere["count"])

    def _diff(self, diff: Mapping[str, Any]) -> Iterator[str]:
        gone = self.say("gone", count=diff["gone"]) if diff["complete"] else ""
        yield self.say("diff", **{**diff, "gone": gone})
        for change in diff["changes"][:SHOWN]:
            values = change.get("values", {})
            told = [
                f"{name} {self.value(values[name][0])} → {self.value(values[name][1])}"
                if name in values
                else name
                for name in change["fields"]
            ]
            yield self.say("change", id=change["id"], fields="; ".join(told))
        yield from self._more(diff["changed"])
        if diff["gone_ids"]:
            yield self.say("gone_ids", ids=", ".join(diff["gone_ids"][:SHOWN]))
            yield from self._more(diff["gone"])

    def _more(self, count: int) -> Iterator[str]:
        if count > SHOWN:
            yield self.say("more", count=count - SHOWN)

    def value(self, value: object) -> str:
        """Return a value in a few characters."""
        text = self.say("nothing") if value is None else str(value)
        return text if len(text) <= _VALUE_CHARACTERS else f"{text[: _VALUE_CHARACTERS - 1]}…"
