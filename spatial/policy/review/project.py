"""A housing project as submitted for review."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil

import shapely
from shapely.geometry.base import BaseGeometry

from spatial.facility_kinds import FACILITY_KINDS

SUSPENDED = "suspended"
CANCELLED = "cancelled"


@dataclass(frozen=True)
class Milestones:
    """When housing or a facility took the four steps; None where not taken or not known.

    Parameters
    ----------
    planned_on, built_on, accepted_on, handed_over_on
        Dates, in this order where given.
    approval_no
        Document that approved it; the same one for two things puts them in step.
    """

    planned_on: dt.date | None = None
    built_on: dt.date | None = None
    accepted_on: dt.date | None = None
    handed_over_on: dt.date | None = None
    approval_no: str | None = None

    def of(self, step: str) -> dt.date | None:
        """Return the date of a step: ``planned``, ``built``, ``accepted`` or ``handed_over``."""
        date: dt.date | None = getattr(self, f"{step}_on")
        return date


@dataclass(frozen=True)
class Phase:
    """One phase of building.

    Parameters
    ----------
    id
        Unique in the project.
    units
        Dwelling units, ≥ 1.
    geometry
        Polygon in EPSG:4326, or None.
    housing
        Dates of the phase's housing.
    """

    id: str
    units: int
    geometry: BaseGeometry | None = None
    housing: Milestones = field(default_factory=Milestones)


@dataclass(frozen=True)
class PlannedBuilding:
    """A planned residential building: footprint or point in EPSG:4326."""

    id: str
    phase: str
    geometry: BaseGeometry
    units: int | None = None


@dataclass(frozen=True)
class Block:
    """A residential block of a massing: footprint in EPSG:4326 and storeys, ≥ 1."""

    id: str
    phase: str
    geometry: BaseGeometry
    storeys: int


@dataclass(frozen=True)
class AsBuilt:
    """What was measured on completion, m²; None where not measured."""

    floor_area_m2: Decimal | None = None
    childcare_floor_area_m2: Decimal | None = None
    site_area_m2: Decimal | None = None


@dataclass(frozen=True)
class Handover:
    """What is agreed and recorded of a handover.

    Parameters
    ----------
    agreement
        ``signed`` or ``unsigned``; None where not known.
    receiver
        Who receives, as `RECEIVERS` names them; None where not known.
    price
        Paid for it, yuan; 0 is free of charge, None not known.
    """

    agreement: str | None = None
    receiver: str | None = None
    price: Decimal | None = None


@dataclass(frozen=True)
class PlannedFacility:
    """A facility of the project.

    Parameters
    ----------
    id, kind, phase
        Kind as in `spatial.facility_kinds`.
    floor_area_m2, childcare_floor_area_m2, site_area_m2
        As approved or submitted, m²; None where not known.
    floor_level, own_entrance, lift
        None where not known.
    status
        As in `spatial.fields.STATUSES` up to ``operating``, or ``suspended`` or ``cancelled``;
        dates beat it.
    dates
        Of the four steps.
    geometry, entrances
        EPSG:4326; None where its place is not fixed yet.
    fulfils
        Id of the item of the 规划条件 it answers; None where its kind tells.
    as_built, handover
        See there.
    """

    id: str
    kind: str
    phase: str
    name: str | None = None
    floor_area_m2: Decimal | None = None
    childcare_floor_area_m2: Decimal | None = None
    site_area_m2: Decimal | None = None
    floor_level: int | None = None
    own_entrance: bool | None = None
    lift: bool | None = None
    takes_outside_children: bool | None = None
    open_to_residents: bool | None = None
    status: str | None = None
    dates: Milestones = field(default_factory=Milestones)
    geometry: BaseGeometry | None = None
    entrances: shapely.MultiPoint | None = None
    fulfils: str | None = None
    as_built: AsBuilt = field(default_factory=AsBuilt)
    handover: Handover = field(default_factory=Handover)

    @property
    def service(self) -> str:
        """``childcare``, ``elderly`` or ``education``."""
        return FACILITY_KINDS[self.kind].service

    @property
    def cancelled(self) -> bool:
        """True where it has been given up."""
        return self.status == CANCELLED

    def state(self, as_of: dt.date) -> str:
        """Tell how far building is: dates on or before `as_of` beat the status.

        Returns
        -------
        ``built``, ``under_construction``, ``suspended``, ``cancelled``, ``not_started`` or
        ``unknown``.
        """
        reached = (self.dates.built_on, self.dates.accepted_on, self.dates.handed_over_on)
        if any(date is not None and date <= as_of for date in reached):
            return "built"
        if self.status in ("built", "accepted", "handed_over", "operating"):
            # A date of building still to come beats a status that runs ahead of it.
            return "under_construction" if self.dates.built_on is not None else "built"
        if self.status in ("planned", "approved"):
            return "not_started"
        return self.status or "unknown"


@dataclass(frozen=True)
class Item:
    """One facility, or several alike, that a control plan or 规划条件 asks for.

    Parameters
    ----------
    id
        Unique in its document; the same item has the same id in both documents.
    service, kind
        The kind may be left open.
    count
        Number of facilities, ≥ 1.
    floor_area_m2, site_area_m2
        Of all of them together; None where the document does not say.
    position, receiver, free_of_charge
        Parcel, and terms of the handover; None where the document does not say.
    max_floor_level, own_entrance, lift
        Conditions apart from distance, where a local profile asks for them.
    """

    id: str
    service: str
    kind: str | None = None
    count: int = 1
    floor_area_m2: Decimal | None = None
    site_area_m2: Decimal | None = None
    position: str | None = None
    receiver: str | None = None
    free_of_charge: bool | None = None
    max_floor_level: int | None = None
    own_entrance: bool | None = None
    lift: bool | None = None


@dataclass(frozen=True)
class Requirements:
    """A document that fixes what is to be built: approved control plan, or 规划条件."""

    document_no: str
    items: tuple[Item, ...]
    issued_on: dt.date | None = None
    quote: str | None = None

    def of(self, services: tuple[str, ...]) -> tuple[Item, ...]:
        """Return the items of these services, in order."""
        return tuple(item for item in self.items if item.service in services)


@dataclass(frozen=True)
class PlanningUnit:
    """The planning unit the project lies in.

    Parameters
    ----------
    id
        Its code.
    planned_population
        At the plan's horizon, the project's included; None where not known.
    elderly_land_m2
        Land for elderly facilities on parcels of their own, this project's left out; None where
        not known.
    """

    id: str
    planned_population: int | None = None
    elderly_land_m2: Decimal | None = None


@dataclass(frozen=True)
class Share:
    """One entry of a pool's ledger: so much of a facility's floor area counts for `to`."""

    facility: str
    to: str
    floor_area_m2: Decimal


@dataclass(frozen=True)
class PoolMember:
    """Another project of the pool and the facilities it brings."""

    project: str
    units: int
    facilities: tuple[PlannedFacility, ...] = ()


@dataclass(frozen=True)
class Pool:
    """A declared pool (统筹) with other projects; see `spatial.policy.review.ledger`."""

    id: str
    members: tuple[PoolMember, ...]
    ledger: tuple[Share, ...] = ()


@dataclass(frozen=True)
class Record:
    """A person's record that justifies a relaxation or says that conditions exist."""

    justified_by: str
    justified_on: dt.date
    justified_body: str
    siting_difficult: bool = False
    low_demand: bool = False
    conditions_available: bool = False
    approved_radius_m: Decimal | None = None


@dataclass(frozen=True)
class HouseholdSize:
    """Persons a dwelling unit, as stated by somebody: an assumption, and named as one."""

    persons: Decimal
    source: str


@dataclass(frozen=True)
class Population:
    """Planned population, and the assumption it rests on where it was not given."""

    persons: int
    assumption: HouseholdSize | None = None


@dataclass(frozen=True, eq=False)
class Project:
    """A housing project; geometry in EPSG:4326.

    Parameters
    ----------
    id, name
        Identity.
    site
        Polygon or point.
    phases
        At least one; all phases of one land grant are one residential area.
    phases_under_review
        Phases a review of what has been built is about; empty for all.
    area
        Administrative code of the place, which tells whether a pack's region holds it.
    removes
        Ids of existing facilities the project takes down.
    buildings, massing
        Planned residential buildings, or blocks from which they follow
        (`spatial.policy.review.massing`); not both.
    """

    id: str
    site: BaseGeometry
    phases: tuple[Phase, ...]
    name: str | None = None
    area: str | None = None
    stage: str | None = None
    entrances: shapely.MultiPoint | None = None
    phases_under_review: tuple[str, ...] = ()
    buildings: tuple[PlannedBuilding, ...] = ()
    massing: tuple[Block, ...] = ()
    facilities: tuple[PlannedFacility, ...] = ()
    given_population: int | None = None
    household_size: HouseholdSize | None = None
    control_plan: Requirements | None = None
    planning_conditions: Requirements | None = None
    land_grant: str | None = None
    granted_on: dt.date | None = None
    planning_unit: PlanningUnit | None = None
    pool: Pool | None = None
    record: Record | None = None
    history: tuple[tuple[str, dt.date], ...] = ()
    removes: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        """Dwelling units of all phases."""
        return sum(phase.units for phase in self.phases)

    @property
    def population(self) -> Population | None:
        """Planned population: as given, else units × the stated household size, rounded up."""
        if self.given_population is not None:
            return Population(self.given_population)
        if self.household_size is None:
            return None
        persons = ceil(Fraction(self.household_size.persons) * self.units)
        return Population(persons, self.household_size)

    @property
    def reviewed_phases(self) -> tuple[str, ...]:
        """Phases a review of what has been built is about."""
        return self.phases_under_review or tuple(phase.id for phase in self.phases)

    @property
    def earlier_phases(self) -> tuple[str, ...]:
        """Phases before the last under review that are not under review themselves."""
        order = [phase.id for phase in self.phases]
        last = max(order.index(phase) for phase in self.reviewed_phases)
        return tuple(phase for phase in order[:last] if phase not in self.reviewed_phases)

    def phase(self, phase_id: str) -> Phase:
        """Return a phase; KeyError when there is none."""
        return {phase.id: phase for phase in self.phases}[phase_id]

    def of_services(self, services: tuple[str, ...]) -> tuple[PlannedFacility, ...]:
        """Return the project's own facilities of these services that are not given up."""
        return tuple(f for f in self.facilities if f.service in services and not f.cancelled)
