"""问题台账: the problems an evaluation found, and what became of those of the one before.

A problem is a clause that a place does not meet (`not_met`) or follow (`advise`). One row a
problem: a shortfall that several districts share, because it is decided on their pool, land grant
or community, stands once, at that unit. A rule that only repeats its main one (a relaxed radius)
is not counted twice.

The next evaluation says of each problem: ``new``; ``persisting``; ``solved``, where the clause is
met now; or ``unconfirmed``, where this evaluation cannot tell, because data are missing, the
clause no longer applies or the place was not judged: what is not known is not solved. A solved
problem stays in the ledger; one that comes back is new again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from spatial.policy.evaluation import Evaluation
from spatial.policy.findings import ADVISE, MET, MET_RELAXED, NOT_MET
from spatial.policy.pack import Pack

NEW: Final = "new"
PERSISTING: Final = "persisting"
UNCONFIRMED: Final = "unconfirmed"
SOLVED: Final = "solved"
STATUSES: Final = (NEW, PERSISTING, UNCONFIRMED, SOLVED)
OPEN_VERDICTS: Final = (NOT_MET, ADVISE)
_SOLVING: Final = (MET, MET_RELAXED)

DISTRICT: Final = "district"
AREA: Final = "area"
# Who has to act, from the lowest; parks are the county's.
LEVELS: Final = ("community", "township", "county", "prefecture", "province")
_LEVEL_OF_STAGE: Final = MappingProxyType(
    {"existing": "township", "new": "county", "planned": "county"}
)
_LEVEL_OF_UNIT: Final = MappingProxyType({"community": "community"})
_PARK: Final = "park"

_IDENTITY: Final = ("place_type", "place", "part", "pack", "rule")
_FIGURES: Final = ("value", "threshold", "deficit")
# One row a problem; dates are `datetime.date` or None, numbers float64, `members` a list or None.
LEDGER_COLUMNS: Final = (
    "problem",
    "status",
    "place_type",
    "place",
    "place_name",
    "part",
    "members",
    "level",
    "responsible",
    "pack",
    "rule",
    "clause",
    "quote",
    "subject",
    "severity",
    "verdict",
    *_FIGURES,
    "unit",
    "households",
    "first_seen",
    "last_seen",
    "solved_on",
)


def problem_ledger(
    evaluation: Evaluation,
    *,
    packs: Sequence[Pack],
    previous: pd.DataFrame | None = None,
    areas_of: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Write the ledger of an evaluation, carrying on the one before.

    Parameters
    ----------
    evaluation
        What was found.
    packs
        Those it was judged by: clause, quote and subject are joined from them.
    previous
        The ledger before, `LEDGER_COLUMNS`; None for the first.
    areas_of
        Codes of the areas each district lies in, by district id: they name who is responsible.
        None where not known; the level is then told without the name.

    Returns
    -------
    `LEDGER_COLUMNS`: problems by status as in `STATUSES`, `not_met` first, then by level from the
    lowest, place and rule.
    """
    found = pd.concat(
        [_of_districts(evaluation, packs, areas_of or {}), _of_areas(evaluation, packs)],
        ignore_index=True,
    )
    found["problem"] = _keys(found)
    found = found.drop_duplicates("problem", ignore_index=True)
    on = evaluation.as_of
    still = found[found["verdict"].isin(OPEN_VERDICTS)].reset_index(drop=True)
    before = _empty() if previous is None else previous
    seen = before[before["status"] != SOLVED].set_index("problem")["first_seen"].to_dict()
    still["status"] = np.where(still["problem"].isin(list(seen)), PERSISTING, NEW)
    still["first_seen"] = [seen.get(key, on) for key in still["problem"]]
    still["last_seen"] = [on] * len(still)
    still["solved_on"] = pd.Series([None] * len(still), dtype=object)
    gone = _gone(before[~before["problem"].isin(still["problem"])], found, on)
    parts = [part for part in (still[list(LEDGER_COLUMNS)], gone) if len(part)]
    ledger = pd.concat(parts, ignore_index=True) if parts else _empty()
    return _sorted(ledger)


def _gone(before: pd.DataFrame, found: pd.DataFrame, on: dt.date) -> pd.DataFrame:
    """Say what became of problems that are open no more."""
    ledger = before[list(LEDGER_COLUMNS)].reset_index(drop=True).copy()
    now = found.set_index("problem")
    verdict = ledger["problem"].map(now["verdict"])
    was_open = ledger["status"] != SOLVED
    solved = was_open & verdict.isin(_SOLVING)
    ledger.loc[was_open, "status"] = UNCONFIRMED
    ledger.loc[solved, "status"] = SOLVED
    ledger.loc[solved, "solved_on"] = pd.Series([on] * len(ledger), dtype=object)[solved]
    # What the clause comes to now; where it was not judged, the last verdict stays.
    judged = was_open & verdict.notna()
    ledger.loc[judged, "verdict"] = verdict[judged]
    for name in _FIGURES:
        ledger.loc[judged, name] = ledger.loc[judged, "problem"].map(now[name]).astype("float64")
    return ledger


def _of_districts(
    evaluation: Evaluation, packs: Sequence[Pack], areas_of: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Put the findings about districts, and about the units they share, in one form."""
    findings = _with_rule(evaluation.findings, packs)
    repeats = np.array([rule.parameters.get("role") == "relaxed" for rule in findings["of"]], bool)
    findings = findings[~repeats].reset_index(drop=True)
    districts = evaluation.districts.set_index("id")
    unit = findings["unit_id"].astype(object).where(findings["unit_id"].notna(), "district:")
    kind = unit.str.partition(":")[0]
    shared = (kind != DISTRICT).to_numpy()
    place = np.where(shared, unit.str.partition(":")[2], findings["district_id"])
    stage = findings["district_id"].map(districts["stage"]).to_numpy(dtype=object)
    own = findings["district_id"].map(districts["households"]).astype("Float64")
    level = np.array(
        [
            _LEVEL_OF_UNIT.get(of) or _LEVEL_OF_STAGE.get(at, LEVELS[1])
            for of, at in zip(kind, stage, strict=True)
        ],
        dtype=object,
    )
    known = _known_areas(evaluation.areas)
    frame = _frame(
        findings,
        place_type=np.where(shared, kind, DISTRICT),
        place=place,
        place_name=findings["district_id"].map(districts["name"]).astype(object).mask(shared, None),
        part=np.full(len(findings), None, dtype=object),
        level=level,
        responsible=np.array(
            [
                _responsible(of, areas_of.get(key, ()), known)
                for of, key in zip(level, findings["district_id"], strict=True)
            ],
            dtype=object,
        ),
        households=np.where(
            shared,
            findings["unit_households"].astype("float64"),
            own.astype("float64"),
        ),
    )
    members = findings.assign(key=_keys(frame))[shared].groupby("key")["district_id"].agg(list)
    listed = np.empty(len(frame), dtype=object)
    listed[:] = [members.get(key) for key in _keys(frame)]
    frame["members"] = listed
    return frame


def _of_areas(evaluation: Evaluation, packs: Sequence[Pack]) -> pd.DataFrame:
    """Put the rows about areas and parks in the same form."""
    rows = _with_rule(pd.DataFrame(evaluation.areas.drop(columns="geometry")), packs)
    level = rows["level"].where(rows["level"] != _PARK, "county").to_numpy(dtype=object)
    known = _known_areas(evaluation.areas)
    frame = _frame(
        rows,
        place_type=np.where(rows["level"] == _PARK, _PARK, AREA),
        place=rows["code"].to_numpy(dtype=object),
        place_name=rows["name"].to_numpy(dtype=object),
        part=rows["part"].to_numpy(dtype=object),
        level=level,
        responsible=np.array(
            [
                known[code][1] if code in known else None
                for code in rows["parent"].where(rows["level"] == _PARK, rows["code"])
            ],
            dtype=object,
        ),
        households=rows["households"].astype("float64").to_numpy(),
    )
    frame["members"] = pd.Series([None] * len(frame), dtype=object)
    return frame


def _with_rule(found: pd.DataFrame, packs: Sequence[Pack]) -> pd.DataFrame:
    rules = {(pack.id, rule.id): rule for pack in packs for rule in pack.rules}
    of = [rules[key] for key in zip(found["pack"], found["rule"], strict=True)]
    return found.assign(of=pd.Series(of, index=found.index, dtype=object)).reset_index(drop=True)


def _frame(found: pd.DataFrame, **columns: Any) -> pd.DataFrame:  # noqa: ANN401  # arrays as long as `found`
    rules = found["of"].tolist()
    return pd.DataFrame(
        {
            **columns,
            **{name: found[name].to_numpy() for name in ("pack", "rule", "verdict", "unit")},
            **{name: found[name].astype("float64").to_numpy() for name in _FIGURES},
            **{
                name: pd.Series([getattr(rule, name) for rule in rules], dtype=object)
                for name in ("clause", "quote", "subject", "severity")
            },
        }
    )


def _keys(frame: pd.DataFrame) -> list[str]:
    """Name each problem by what it is about: it is the same one in the next evaluation."""
    return [
        "|".join("" if part is None else str(part) for part in parts)
        for parts in zip(*(frame[name] for name in _IDENTITY), strict=True)
    ]


def _known_areas(areas: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Return level and name of each area by its code."""
    once = areas.drop_duplicates("code")
    return {
        code: (level, f"{name}（{code}）" if isinstance(name, str) else code)
        for code, level, name in zip(once["code"], once["level"], once["name"], strict=True)
    }


def _responsible(
    level: str, codes: Sequence[str], known: Mapping[str, tuple[str, str]]
) -> str | None:
    return next((known[c][1] for c in codes if c in known and known[c][0] == level), None)


def _sorted(ledger: pd.DataFrame) -> pd.DataFrame:
    order = pd.DataFrame(
        {
            "status": ledger["status"].map(STATUSES.index),
            "verdict": (ledger["verdict"] != NOT_MET).astype(int),
            "level": [LEVELS.index(one) if one in LEVELS else -1 for one in ledger["level"]],
            "place": ledger["place"].astype(str),
            "rule": ledger["rule"].astype(str),
            "problem": ledger["problem"].astype(str),
        }
    )
    positions = order.sort_values(list(order.columns), kind="stable").index
    return ledger.loc[positions, list(LEDGER_COLUMNS)].reset_index(drop=True)


def _empty() -> pd.DataFrame:
    numbers = (*_FIGURES, "households")
    return pd.DataFrame(
        {name: pd.Series(dtype="float64" if name in numbers else object) for name in LEDGER_COLUMNS}
    )
