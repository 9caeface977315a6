"""Floor area and number in a review: own facilities nobody knows to be built, and parts of some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from spatial.policy.findings import MET, MET_RELAXED, UNDETERMINED
from spatial.policy.review.finding import ReviewFinding
from spatial.policy.review.ledger import counting_share
from spatial.policy.review.project import PlannedFacility, Project

HELD: Final = (MET, MET_RELAXED)


def state_known(finding: ReviewFinding, project: Project, *, area: bool) -> ReviewFinding:
    """Turn a shortfall into `undetermined` where own facilities that may be built would make it up.

    What has been built counts; of a facility whose state nobody told it is not known whether it
    has been.

    Parameters
    ----------
    area
        True for a rule about floor area, False for one about number.
    """
    own = {facility.id: facility for facility in project.facilities}
    unsure = [
        one["facility"]
        for one in finding.would_count_if
        if one["field"] == "status" and one["facility"] in own
    ]
    if not unsure or finding.deficit is None:
        return finding
    more = Decimal(len(unsure))
    if area:
        built = [_measured_m2(project, own[name]) for name in unsure]
        more = sum((one for one in built if one is not None), Decimal(0))
        more = finding.deficit if None in built else more
    if more < finding.deficit:
        return finding
    names = "、".join(unsure)
    return replace(
        finding,
        verdict=UNDETERMINED,
        deficit=None,
        missing=[{"facility": name, "field": "state"} for name in unsure],
        reason={
            "zh": f"{finding.reason['zh']}；{names}是否建成不详，建成的可补足，不作判断",
            "en": (
                f"{finding.reason['en']}; whether {', '.join(unsure)} is built is not known, and "
                "it may make that up"
            ),
        },
    )


def _measured_m2(project: Project, facility: PlannedFacility) -> Decimal | None:
    """Return the measured floor area that may count here, m²; None where it was not measured."""
    built = facility.as_built
    rooms, share = built.childcare_floor_area_m2, counting_share(project, facility.id)
    measured = built.floor_area_m2 if rooms is None else rooms
    # What the ledger makes out to others counts there, built or not.
    if share is None:
        return measured
    return share if measured is None else min(share, measured)


def with_split(finding: ReviewFinding, split: Sequence[str]) -> ReviewFinding:
    """Say what the number would be if every facility counted of which a part counts here.

    Parameters
    ----------
    split
        Ids of facilities of which half or more counts elsewhere.
    """
    if not split or finding.needed is None or finding.provided is None:
        return finding
    number = finding.provided + len(split)
    holds = finding.verdict in HELD or number >= finding.needed
    verdict = MET if holds else finding.verdict
    other = {
        "reading": "split_facility",
        "verdict": verdict,
        "value": float(number),
        "threshold": float(finding.needed),
        "facilities": list(split),
        "changes": (verdict in HELD) != (finding.verdict in HELD),
    }
    return replace(finding, alternatives=[*finding.alternatives, other])
