"""What would make a finding hold, in words; Chinese and English."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from spatial.facility_kinds import FACILITY_KINDS
from spatial.policy.field_names import FIELDS
from spatial.policy.numerals import phase_word
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.words import SYNC_WORDS, WORDS
from spatial.policy.terms import LANGUAGES, term

_REMEDIES: Final = MappingProxyType(
    {
        "add_floor_area": ("{of}增加建筑面积{amount}㎡", "add {amount} m² of floor area{of}"),
        "add_land": ("{of}增加用地{amount}㎡", "add {amount} m² of land{of}"),
        "add_facilities": (
            "{of}增设{amount}处设施",
            "add {amount} more {facilities}{of}",
        ),
        "raise_in_grant": (
            "出让方案中{of}增加{amount}㎡",
            "raise the grant scheme by {amount} m²{of}",
        ),
        "raise_conditions": (
            "规划条件提高{amount}㎡",
            "raise the planning conditions by {amount} m²",
        ),
        "carry_over": (
            "将控规的{of}{field}纳入出让方案",
            "carry over {field}{of} from the control plan into the grant scheme",
        ),
        "build": ("建成{of}", "build{of}"),
        "resume": ("恢复建设{of}", "resume building{of}"),
        "hand_over": ("移交{of}", "hand over{of}"),
        "sign_agreement": ("签订{of}移交协议", "sign the agreement on handing over{of}"),
        "change_receiver": (
            "{of}改由县级民政部门或乡镇人民政府（街道办事处）接收",
            "hand over{of} to the county civil affairs department or the township government",
        ),
        "make_free": ("{of}无偿移交", "hand over{of} free of charge"),
        "advance": ("{of}{step}提前{amount}天", "bring {step}{of} forward by {amount} days"),
        "one_approval": (
            "{of}与住宅纳入同一批准文件",
            "put{of} and the housing into one approval",
        ),
        "officer_decides": (
            "{of}{step}与住宅的先后已成事实，改期不能补救；已整改的，由审查人写明理由另作认定",
            (
                "the order of {step}{of} and of the housing is a fact no change of dates puts "
                "right; where it has been made good an officer may decide otherwise, with a reason"
            ),
        ),
        "open_gate": ("在{side}侧增设出入口", "open a gate on the {side} side"),
        "lower_floor": (
            "{of}移至{amount}层或以下",
            "move{of} to floor {amount} or below",
        ),
        "add_entrance": ("{of}增设独立出入口", "give{of} an entrance of its own"),
        "add_lift": ("{of}增设电梯", "give{of} a lift"),
        "place_facility": (
            "在用地中部增设一处{kind}",
            "place one more facility ({kind}) in the middle of the site",
        ),
    }
)
_SIDES: Final = MappingProxyType(
    {
        "north": ("北", "north"),
        "east": ("东", "east"),
        "south": ("南", "south"),
        "west": ("西", "west"),
    }
)


def remedy_text(remedy: Remedy, *, lang: str) -> str:
    """Say what would make a finding hold."""
    at = LANGUAGES.index(lang)
    kind = FACILITY_KINDS.get(remedy.item or "")
    field = "" if remedy.where is None else term({**FIELDS, **WORDS}, remedy.where, lang=lang)
    text = _REMEDIES[remedy.action][at].format(
        of=(_of_zh, _of_en)[at](remedy),
        amount=remedy.figure,
        facilities="facility" if remedy.amount == 1 else "facilities",
        step=term(SYNC_WORDS, remedy.where or "built", lang=lang),
        side=term(_SIDES, remedy.where or "", lang=lang),
        field=field,
        kind="" if kind is None else (kind.name_zh, kind.name_en)[at],
    )
    return text.replace("  ", " ")


def _of_zh(remedy: Remedy) -> str:
    if remedy.facility is None and remedy.phase is not None:
        return f"{phase_word(remedy.phase, lang='zh')}期"
    return remedy.facility or remedy.item or ""


def _of_en(remedy: Remedy) -> str:
    """Name what is changed, with the preposition the sentence needs and a blank before."""
    if remedy.facility is None and remedy.phase is not None:
        return f" in phase {remedy.phase}"
    name = remedy.facility or remedy.item
    if name is None:
        return ""
    if remedy.action in ("advance", "carry_over", "officer_decides"):
        return f" of {name}" if remedy.where is not None else f" {name}"
    moved = remedy.amount is None or remedy.action == "lower_floor"
    return f" {name}" if moved else f" at {name}"
