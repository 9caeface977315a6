"""The fixed words of the opinion and its worksheet, Chinese and English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

WORDS: Final = MappingProxyType(
    {
        "title": ("住宅项目养老托育设施配套审查意见书", "Opinion on childcare and elderly care"),
        "head": ("审查意见书", "Review opinion"),
        "draft": ("草案", "DRAFT"),
        "number": ("编号：{number}", "No. {number}"),
        "number_open": ("编号：（签发时编列）", "No. (given on sign-off)"),
        "draft_line": ("草案，未签发，不具效力", "draft, not signed off, without effect"),
        "conclusion": ("审查结论", "Conclusion"),
        "verdict": ("审查结论：{verdict}", "Conclusion: {verdict}"),
        "illustration": ("（仅为演示）", " (an illustration only)"),
        "basis_text": (
            (
                "依据{packs}，对“{project}”（{id}）{stage}阶段的托育、养老服务设施配套逐条审查，"
                "审查日期{as_of}。"
            ),
            (
                "“{project}” ({id}) was reviewed at the stage “{stage}” for its childcare and "
                "elderly care, clause by clause, under {packs}, as of {as_of}."
            ),
        ),
        "pack_named": ("《{title}》（{number}）", "{number} ({title})"),
        "own_conditions": ("本项目规划条件", "the project's own planning conditions"),
        "counts_text": (
            "作为依据的条款{total}条：{counts}。",
            "{total} clauses decide: {counts}.",
        ),
        "failing": ("不符合的条款：", "Clauses not met: "),
        "open": ("无法判断的条款：", "Clauses undetermined: "),
        "advice": ("附建议的条款：", "Clauses with advice: "),
        "project": ("项目概况", "The project"),
        "name": ("项目名称", "Project"),
        "id": ("项目编号", "Project no."),
        "area": ("行政区划代码", "Area code"),
        "stage": ("审查阶段", "Stage"),
        "as_of": ("审查日期", "As of"),
        "units": ("规划套数", "Dwelling units"),
        "units_value": ("{units}户（套）", "{units}"),
        "phases": ("分期", "Phases"),
        "phase_value": ("{id}期 {units}户", "phase {id}: {units} units"),
        "reviewed_phases": ("本次审查分期", "Phases under review"),
        "population": ("规划人口", "Planned population"),
        "population_value": ("{people}人", "{people}"),
        "population_unknown": ("未提供", "not given"),
        "population_assumed": (
            "{people}人（假设每户{persons}人，{units}户；来源：{source}）",
            "{people} (assuming {persons} a household, {units} households; source: {source})",
        ),
        "planning_unit": ("所在规划单元", "Planning unit"),
        "land_grant": ("出让地块", "Land grant"),
        "pool": ("统筹", "Pool"),
        "pool_value": ("{id}，成员{members}", "{id}, members {members}"),
        "removes": ("拟拆除的现有设施", "Existing facilities taken down"),
        "assumed": ("审查假设", "Assumed"),
        "provided_by": ("配置依据", "Provided as by"),
        "provided_by_value": (
            "{service}以{document}所列为准",
            "{service}: as the {document} ask for",
        ),
        "control_plan": ("控规", "control plan"),
        "planning_conditions": ("规划条件", "planning conditions"),
        "general_rule": ("一般规定", "the general rule"),
        "housing": ("住宅进度", "the housing"),
        "approval": ("批准的内容", "what was approved"),
        "record": ("移交记录", "the record of the handover"),
        "conditions": ("规划条件", "Planning conditions"),
        "conditions_none": ("未提供规划条件。", "The planning conditions are not given."),
        "conditions_of": (
            "文号{number}{issued}",
            "No. {number}{issued}",
        ),
        "issued": ("，{on}核发", ", issued on {on}"),
        "facilities": ("拟建设施", "Planned facilities"),
        "facilities_none": ("项目未列出设施。", "The project lists no facility."),
        "facility": ("设施", "Facility"),
        "kind": ("类型", "Kind"),
        "item": ("项目", "Item"),
        "count": ("数量", "Number"),
        "phase": ("分期", "Phase"),
        "floor_area": ("建筑面积（㎡）", "Floor area (m²)"),
        "site_area": ("用地面积（㎡）", "Land (m²)"),
        "position": ("位置", "Position"),
        "terms": ("条件与移交", "Terms"),
        "state": ("楼层、出入口及进度", "Floor, entrance, progress"),
        "floor": ("{level}层", "floor {level}"),
        "own_entrance": ("独立出入口", "own entrance"),
        "no_own_entrance": ("无独立出入口", "no entrance of its own"),
        "lift": ("有电梯", "lift"),
        "no_lift": ("无电梯", "no lift"),
        "max_floor": ("不高于{level}层", "at most floor {level}"),
        "free": ("无偿移交", "handed over free of charge"),
        "measured": ("实测{area}", "measured {area}"),
        "planned_on": ("规划{on}", "planned {on}"),
        "built_on": ("建成{on}", "built {on}"),
        "accepted_on": ("验收{on}", "accepted {on}"),
        "handed_over_on": ("移交{on}", "handed over {on}"),
        # Of a date to come.
        "planned_to_come": ("计划{on}批准规划", "to be planned {on}"),
        "built_to_come": ("计划{on}建成", "to be built {on}"),
        "accepted_to_come": ("计划{on}验收", "to be accepted {on}"),
        "handed_over_to_come": ("计划{on}移交", "to be handed over {on}"),
        "map": ("位置与服务范围", "Place and reach"),
        "map_caption": (
            "项目位置与服务范围图（由程序绘制，坐标系{crs}投影）",
            "The site and what reaches it (drawn by the program in {crs})",
        ),
        "map_alt": (
            "用地、分期、拟建与现有设施、服务半径及步行可达范围",
            "site, phases, planned and existing facilities, service radii, walking reach",
        ),
        "findings": ("条款审查", "Clause by clause"),
        "no": ("序号", "No."),
        "clause_quote": ("条款与原文", "Clause and text"),
        "needed": ("应有", "Needed"),
        "provided": ("实有", "Provided"),
        "deficit": ("差额", "Short by"),
        "found": ("结论", "Verdict"),
        "gate": ("关口", "gate"),
        "overridden": ("人工更正，原为{original}", "overridden, was {original}"),
        "beside": ("参考，不作依据", "shown beside"),
        "pack_head": (
            "《{title}》（{number}）：{verdict}{note}",
            "{number}, {title}: {verdict}{note}",
        ),
        "own_head": ("本项目规划条件：{verdict}{note}", "Own planning conditions: {verdict}{note}"),
        "note_illustration": (
            "（不适用于本地区，仅为演示）",
            " (does not apply here, an illustration only)",
        ),
        "note_background": ("（国家标准，仅供对照）", " (a national standard, to compare with)"),
        "calculations": ("核算过程", "Calculations"),
        "entry": ("第{no}项", "No. {no}"),
        "entry_clause": ("第{no}项（{clause}）", "No. {no} ({clause})"),
        "calculation_head": ("第{no}项　{clause}　{rule}", "No. {no}  {clause}  {rule}"),
        "computed": ("核算：{text}。", "Calculation: {text}."),
        "found_text": ("认定：{text}。", "Found: {text}."),
        "reading": ("读法：{text}", "Reading: {text}"),
        "definition": ("口径：{text}。", "Basis: {text}."),
        "facilities_used": ("依据设施：{text}。", "Facilities: {text}."),
        "missing": ("缺少资料：{text}。", "Missing: {text}."),
        "against": ("对照：{text}。", "Compared with {text}."),
        "other_reading": ("该读法会改变结论。", " This reading would change the verdict."),
        "strictest": ("同类条款中最严：{text}。", "The strictest of several documents: {text}."),
        "remedies": ("达到通过的条件", "What would make it pass"),
        "remedies_none": (
            "无须更改：作为依据的条款均已符合。",
            "Nothing has to change: every clause that decides holds.",
        ),
        "remedy": ("{rule}：{text}", "{rule}: {text}"),
        "supply": ("补充资料：{text}", "supply: {text}"),
        "no_remedy": (
            "没有找到程序可以核实的单项更改，须重新设计后再审",
            "no single change was found that the program could test: redesign and submit again",
        ),
        "alternatives": ("会改变结论的其他读法", "Other readings that would change a verdict"),
        "overrides": ("人工更正", "Overrides"),
        "original": ("原结论", "Original"),
        "decided": ("更正为", "Decided"),
        "reason": ("理由", "Reason"),
        "by": ("更正人、日期", "By, on"),
        "neighbours": ("对邻近小区的影响", "Effect on the neighbours"),
        "neighbours_not_asked": (
            "本次未计算对邻近小区的影响。",
            "The effect on the neighbours was not asked for.",
        ),
        "neighbours_none": (
            "5,000米内的小区没有变化。",
            "No district within 5,000 m gains or loses.",
        ),
        "district": ("小区", "District"),
        "households": ("户数", "Households"),
        "rule": ("规则", "Rule"),
        "change": ("变化", "Change"),
        "without": ("无本项目", "Without"),
        "with": ("有本项目", "With"),
        "gains": ("改善", "gains"),
        "loses": ("变差", "loses"),
        "metres": ("{value}米", "{value} m"),
        "outside": ("，圈外{count}户", ", {count} households outside"),
        "data": ("数据依据", "What this rests on"),
        "pack_version": ("规则集版本", "Rule packs"),
        "network": ("路网版本", "Street network"),
        "no_network": ("无路网", "none"),
        "facilities_known": ("周边设施", "Facilities around"),
        "facilities_known_value": ("{count}处", "{count}"),
        "facilities_not_known": ("未提供，未知不作为没有", "not known, which is not none"),
        "known_at": ("数据时点", "Instant of the data"),
        "code": ("程序版本", "Program"),
        "digest": ("审查哈希值", "Hash of the review"),
        "digest_open": ("未存档（草案）", "not stored (a draft)"),
        "notices": ("数据说明", "Notes on the data"),
        "signing": ("签署", "Signatures"),
        "handled": ("经办人", "Handled by"),
        "checked": ("复核人", "Checked by"),
        "signed": ("签发人", "Signed off by"),
        "seal": ("（盖章）", "(seal)"),
        "day": ("{y}年{m}月{d}日", "{y}-{m:02}-{d:02}"),
        "day_open": ("　　年　　月　　日", "____-__-__"),
        "yes": ("是", "yes"),
        "no_word": ("否", "no"),
        "childcare": ("托育", "childcare"),
        "elderly": ("养老", "elderly care"),
        "both": ("托育、养老", "childcare and elderly care"),
        "radius_label": ("{service}服务半径 {radius} 米", "{service} radius {radius} m"),
        "walk_label": (
            "由此步行 {metres} 米（{minutes} 分钟）可达",
            "{metres} m ({minutes} min) walk from here",
        ),
        "site": ("项目用地", "site"),
        "planned": ("拟建", "planned"),
        "existing": ("现有", "existing"),
        "phase_label": ("{id}期", "{id}"),
        "attribution": (
            "道路 © OpenStreetMap contributors, ODbL 1.0",
            "Streets © OpenStreetMap contributors, ODbL 1.0",
        ),
        "status_planned": ("拟建", "planned"),
        "status_approved": ("已批", "approved"),
        "status_under_construction": ("在建", "under construction"),
        "status_built": ("建成", "built"),
        "status_accepted": ("已验收", "accepted"),
        "status_handed_over": ("已移交", "handed over"),
        "status_operating": ("运营", "operating"),
        "status_suspended": ("停建", "suspended"),
        "status_cancelled": ("取消", "cancelled"),
        # The worksheet.
        "sheet_project": ("项目", "Project"),
        "sheet_findings": ("条款", "Findings"),
        "sheet_calculations": ("核算", "Calculations"),
        "sheet_neighbours": ("邻近小区", "Neighbours"),
        "sheet_data": ("数据依据", "Data"),
        "worksheet": ("审查工作表", "Review worksheet"),
        "field": ("项目", "Item"),
        "value": ("内容", "Value"),
        "pack": ("规则集", "Pack"),
        "binds": ("作为依据", "Decides"),
        "clause": ("条款", "Clause"),
        "quote": ("原文", "Text"),
        "unit": ("单位", "Unit"),
        "computation": ("核算过程", "Calculation"),
        "found_column": ("认定", "Found"),
        "reading_column": ("读法", "Reading"),
        "remedy_column": ("达到符合的最小改变", "What would make it hold"),
        "missing_column": ("缺少资料", "Missing"),
        "step": ("步骤", "Step"),
        "date": ("日期", "Date"),
        "against_date": ("对照日期", "Compared with"),
        "before_m": ("无本项目距离（米）", "Without, m"),
        "after_m": ("有本项目距离（米）", "With, m"),
        "before_outside": ("无本项目圈外户数", "Without, outside"),
        "after_outside": ("有本项目圈外户数", "With, outside"),
    }
)
_NUMERALS: Final = "一二三四五六七八九十"


class Say:
    """The words in one language."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.at = ("zh", "en").index(lang)

    def __call__(self, name: str, /, **values: Any) -> str:  # noqa: ANN401  # whatever a template takes
        """Return a text, its places filled."""
        text = WORDS[name][self.at]
        return text.format(**values) if values else text

    def listed(self, things: list[str]) -> str:
        """Join a list."""
        return ("、", ", ")[self.at].join(things)

    def apart(self, things: list[str]) -> str:
        """Join what is said in one breath."""
        return ("；", "; ")[self.at].join(things)

    def numbered(self, number: int, text: str) -> str:
        """Put a number before a heading, in Chinese a Chinese one."""
        if self.at:
            return f"{number}. {text}"
        tens, ones = divmod(number, 10)
        word = _NUMERALS[number - 1] if number <= len(_NUMERALS) else f"十{_NUMERALS[ones - 1]}"
        return f"{word if tens <= 1 else number}、{text}"
