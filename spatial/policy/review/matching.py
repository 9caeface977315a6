"""Which facility answers which item of the 规划条件."""

from __future__ import annotations

from collections.abc import Sequence

from spatial.policy.review.project import Item, PlannedFacility, Project, Requirements


def candidates(facility: PlannedFacility, document: Requirements | None) -> tuple[Item, ...]:
    """Return the items a facility may answer: of its kind, else of its service with no kind."""
    if document is None:
        return ()
    of_kind = tuple(item for item in document.items if item.kind == facility.kind)
    if of_kind:
        return of_kind
    return tuple(i for i in document.items if i.kind is None and i.service == facility.service)


def answering(
    project: Project, item: Item, document: Requirements | None
) -> tuple[PlannedFacility, ...]:
    """Return the facilities that answer an item; each answers one at most.

    What a facility says of itself (`PlannedFacility.fulfils`) comes first, else its kind tells.
    """

    def answers(facility: PlannedFacility) -> bool:
        if facility.fulfils is not None:
            return facility.fulfils == item.id
        return item in candidates(facility, document)

    return tuple(f for f in project.of_services((item.service,)) if answers(f))


def suitable(facility: PlannedFacility, item: Item) -> tuple[bool | None, Sequence[str]]:
    """Tell whether a facility keeps an item's conditions apart from size and distance.

    Returns
    -------
    True, False, or None where that is not known; and the fields it fails by, or that are missing.
    """
    answers = condition_answers(
        facility,
        max_floor_level=item.max_floor_level,
        own_entrance=bool(item.own_entrance),
        lift=bool(item.lift),
    )
    failed = [field for field, answer in answers if answer is False]
    if failed:
        return False, failed
    unknown = [field for field, answer in answers if answer is None]
    return (None, unknown) if unknown else (True, ())


def condition_answers(
    facility: PlannedFacility, *, max_floor_level: int | None, own_entrance: bool, lift: bool
) -> list[tuple[str, bool | None]]:
    """Answer the conditions apart from size and distance that are asked.

    Parameters
    ----------
    max_floor_level
        Highest floor allowed, inclusive; None where any is.
    own_entrance, lift
        True where one is asked for.

    Returns
    -------
    Field of the facility and whether it is kept, None where that is not known.
    """
    answers: list[tuple[str, bool | None]] = []
    if max_floor_level is not None:
        level = facility.floor_level
        answers.append(("floor_level", None if level is None else level <= max_floor_level))
    asked = (("own_entrance", own_entrance), ("lift", lift))
    return [*answers, *((field, getattr(facility, field)) for field, wanted in asked if wanted)]
