"""Projects in order, and what the gates of Panzhihua find of them."""

from __future__ import annotations

import datetime as dt

from housing import conditions, item, of, project, reviewed, station

from spatial.policy.review.review import ReviewParameters

PZH = "panzhihua-2020"
GATES = {
    "plan": {"panzhihua.gate.plan_review"},
    "land_grant": {"panzhihua.gate.land_transfer"},
    "design": {"panzhihua.gate.design_review"},
    "verification": {"panzhihua.gate.acceptance"},
    "completion": {"panzhihua.gate.completion_stop"},
    "handover": {"panzhihua.gate.handover"},
}
UNIT = {"id": "GY-1", "planned_population": 30000, "elderly_land_m2": 5600}


def submitted(*rows, **members):
    """Make a project that passes every gate; members given take the place of its own."""
    whole = {
        "area": "510402",
        "planning_unit": UNIT,
        "control_plan": conditions(item(), no="攀控规〔2022〕3号"),
        "planning_conditions": conditions(item()),
    }
    whole["control_plan"]["issued_on"] = "2022-05-01"
    whole |= members
    return project(*(rows or [station()]), **{k: v for k, v in whole.items() if v is not None})


def judged(stage, *rows, tolerance=None, as_of=dt.date(2026, 11, 22), **members):
    parameters = ReviewParameters(shrink_tolerance=tolerance)
    found = reviewed(
        submitted(*rows, **members), PZH, stage=stage, as_of=as_of, parameters=parameters
    )
    (gate,) = GATES[stage]
    return found, of(found, gate)


# --- completion: 缓建, 缩建, 停建, 不建, 建而不交 ---


def dated(**dates):
    return {"dates": {**station()["dates"], **dates}}


def undated(status):
    return {"dates": {"planned_on": "2024-01-01"}, "status": status}


# --- 四同步 ---

SYNC = {
    "dali-2022": "dali.both.four_sync",
    "guizhou-2022": "guizhou.both.four_sync",
    "jinhua-2022": "jinhua.elderly.four_sync",
    "panzhihua-2020": "panzhihua.gate.four_sync",
}
