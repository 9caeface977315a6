"""What gates find of facilities and housing in step (四同步), in words."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

# Placeholders: facility, phase, date, against, step, done, deficit, provided.
SYNC_SENTENCES: Final = MappingProxyType(
    {
        "in_step": (
            "{facility}{step}（{date}）不晚于{phase}期住宅（{against}）",
            "{facility}, {step}: {date}, no later than the housing of phase {phase} ({against})",
        ),
        "out_of_step": (
            "{facility}{step}（{date}）晚于{phase}期住宅（{against}）{deficit}天",
            (
                "{facility}, {step}: {date}, {deficit} days after the housing of phase {phase} "
                "({against})"
            ),
        ),
        "schedule_out_of_step": (
            "{facility}计划{step}（{date}）晚于{phase}期住宅（{against}）{deficit}天",
            (
                "{facility}, {step}, as scheduled: {date}, {deficit} days after the housing of "
                "phase {phase} ({against})"
            ),
        ),
        "housing_ahead": (
            "{phase}期住宅已{done}（{against}），{facility}至审查日仍未{done}，已晚{deficit}天",
            (
                "{done}: the housing of phase {phase} on {against}; {facility} not by the day of "
                "the review, {deficit} days later"
            ),
        ),
        "housing_ahead_scheduled": (
            (
                "{phase}期住宅已{done}（{against}），{facility}至审查日仍未{done}，"
                "计划{date}，晚{deficit}天"
            ),
            (
                "{done}: the housing of phase {phase} on {against}; {facility} not by the day of "
                "the review, scheduled for {date}, {deficit} days later"
            ),
        ),
        "scheduled_only": (
            (
                "{facility}（计划{date}）与{phase}期住宅（计划{against}）至审查日均未{done}，"
                "计划日期不作为事实"
            ),
            (
                "{done}: neither {facility} (scheduled for {date}) nor the housing of phase "
                "{phase} (scheduled for {against}) by the day of the review; a date to come is "
                "no fact"
            ),
        ),
        "scheduled_only_out_of_step": (
            (
                "{facility}（计划{date}）与{phase}期住宅（计划{against}）至审查日均未{done}，"
                "计划日期不作为事实；按计划晚{deficit}天"
            ),
            (
                "{done}: neither {facility} (scheduled for {date}) nor the housing of phase "
                "{phase} (scheduled for {against}) by the day of the review; a date to come is "
                "no fact; as scheduled it is {deficit} days late"
            ),
        ),
        "same_approval": (
            "{facility}与{phase}期住宅同一批准文件（{provided}）",
            "{facility} and the housing of phase {phase} stand in one approval ({provided})",
        ),
        "same_submission": (
            "{facility}与{phase}期住宅一并申报",
            "{facility} and the housing of phase {phase} are submitted together",
        ),
        "before_housing_scheduled": (
            "{facility}{done}（{date}），{phase}期住宅至审查日尚未{done}（计划{against}）",
            (
                "{facility}, {done}: {date}; the housing of phase {phase} not by the day of the "
                "review (scheduled for {against})"
            ),
        ),
        "before_housing": (
            "{facility}{step}（{date}），{phase}期住宅尚无此日期",
            "{facility}, {step}: {date}; the housing of phase {phase} has no such date yet",
        ),
        "date_missing": (
            "{facility}或{phase}期住宅的{step}日期缺失，不推定为同步",
            (
                "{facility} or the housing of phase {phase} has no date for {step}; they are not "
                "presumed to be in step"
            ),
        ),
    }
)
