"""What gates find of handing over, in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Placeholders: facility, date, needed, provided.
HANDOVER_SENTENCES: Final = MappingProxyType(
    {
        "no_earlier_phase": ("没有更早的分期", "there is no earlier phase"),
        "handed_over": ("{facility}已于{date}移交", "{facility} was handed over on {date}"),
        "not_handed_over": (
            "前期设施{facility}于{date}验收，至今{provided}天未移交（建而不交）",
            (
                "{facility} of an earlier phase was accepted on {date} and is not handed over "
                "{provided} days later (建而不交)"
            ),
        ),
        "handover_unknown": (
            "{facility}是否移交不详",
            "whether {facility} is handed over is not known",
        ),
        "not_accepted_yet": ("{facility}尚未验收", "{facility} is not accepted yet"),
        "agreement_unknown": (
            "{facility}是否签订移交协议不详",
            "whether an agreement on handing {facility} over is signed is not known",
        ),
        "agreement_unsigned": (
            "{facility}未签订移交协议（建而不交）",
            "no agreement on handing {facility} over is signed (建而不交)",
        ),
        "agreement_signed": (
            "{facility}已签订移交协议",
            "the agreement on handing {facility} over is signed",
        ),
        "acceptance_unknown": (
            "{facility}验收日期不详，或尚未验收",
            "{facility} is not accepted yet, or when is not known",
        ),
        "handover_waiting": (
            (
                "{facility}于{date}验收，至今{provided}天没有移交记录，超过{needed}天"
                "（天数为规则集参数，条文未定）"
            ),
            (
                "{facility} was accepted on {date}; {provided} days later there is no record of a "
                "handover, and {needed} are allowed (a parameter of the pack; the clause sets none)"
            ),
        ),
        "handover_awaited": (
            (
                "{facility}于{date}验收，至今{provided}天没有移交记录，尚在{needed}天之内，"
                "不能判定已移交（天数为规则集参数，条文未定）"
            ),
            (
                "{facility} was accepted on {date}; {provided} days later there is no record of a "
                "handover yet, within the {needed} allowed (a parameter of the pack; the clause "
                "sets none)"
            ),
        ),
        "handover_no_days": (
            "{facility}于{date}验收，至今{provided}天没有移交记录；条文与规则集均未定天数",
            (
                "{facility} was accepted on {date}; {provided} days later there is no record of a "
                "handover; neither the clause nor the pack sets a number of days"
            ),
        ),
        "receiver_unknown": (
            "{facility}接收单位不详",
            "who receives {facility} is not known",
        ),
        "receiver_named": (
            "{facility}由{provided}接收",
            "{facility} is received by {provided}",
        ),
        "receiver_other": (
            "{facility}由{provided}接收，不是县级民政部门或乡镇人民政府（街道办事处）",
            (
                "{facility} is received by {provided}, which is neither the county civil affairs "
                "department nor the township government (street office)"
            ),
        ),
        "price_unknown": (
            "{facility}是否无偿移交不详",
            "whether {facility} is handed over free of charge is not known",
        ),
        "free_of_charge": (
            "{facility}无偿移交",
            "{facility} is handed over free of charge",
        ),
        "paid_for": (
            "{facility}收取{provided}元，应为无偿",
            "{provided} yuan are asked for {facility}, which is to be free of charge",
        ),
    }
)
