"""Baselines of evaluations, kept in memory for scenarios: making one costs about two runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore, Lock
from typing import Final

from service.core.errors.server import UnavailableError
from service.core.errors.state import ConflictError
from service.evaluations.identity import code_version
from service.evaluations.planning import Selection, restrict
from service.evaluations.stored_evaluation import StoredEvaluation
from spatial.errors import InputError
from spatial.fields import FACILITIES
from spatial.policy.baseline import Baseline, evaluate_for_edits
from spatial.policy.evaluation import Evaluation
from spatial.policy.evaluation_parameters import EvaluationParameters
from spatial.policy.facility_edits import FacilityEdits
from spatial.policy.pack import Pack
from spatial.policy.reevaluation import reevaluate


@dataclass(frozen=True, eq=False)
class Prepared:
    """An evaluation made ready for edits.

    Parameters
    ----------
    baseline
        Of all the evaluation read.
    selection
        Which part of it was asked for.
    packs
        In the order of the evaluation.
    evaluation
        What was asked for, as it was found.
    """

    baseline: Baseline
    selection: Selection
    packs: tuple[Pack, ...]
    evaluation: Evaluation

    def edited(self, edits: FacilityEdits) -> Evaluation:
        """Return what the evaluation would find after edits; InputError where they make none."""
        if edits.rows is None and not edits.removed:
            return self.evaluation
        again = reevaluate(self.baseline, edits)
        return restrict(again.evaluation, self.selection, self.packs)


@dataclass
class _Entry:
    lock: Lock = field(default_factory=Lock)
    prepared: Prepared | None = None


Read = Callable[[], tuple[tuple[Pack, ...], Selection]]


# How many may work or wait at once: each keeps a thread of the service, which needs others.
_MOST_ASKING: Final = 8


class BaselineCache:
    """Keeps the baselines used last.

    Parameters
    ----------
    most
        How many, at least 1; the one that was not used for longest goes first.
    """

    def __init__(self, *, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._asking = BoundedSemaphore(_MOST_ASKING)
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    @contextmanager
    def using(self, stored: StoredEvaluation, read: Read) -> Iterator[Prepared]:
        """Have the baseline of an evaluation within the block, made if need be.

        Who asks for the same one meanwhile waits: two would make it twice, and what a baseline
        has worked out it remembers within itself.

        Parameters
        ----------
        stored
            The evaluation.
        read
            Reads its packs and data, where the baseline must be made.

        Raises
        ------
        ConflictError
            If the evaluation cannot be made again: it was made by another version of Yike, or has
            no facilities.
        UnavailableError
            If as many as may ask at once do so.
        """
        if stored.code_version != code_version():
            raise ConflictError(
                "The evaluation was made by another version of Yike; evaluate again, and base the "
                "scenario on that."
            )
        with self._lock:
            entry = self._entries.setdefault(stored.id, _Entry())
            self._entries.move_to_end(stored.id)
            while len(self._entries) > self.most:
                self._entries.popitem(last=False)
        if not self._asking.acquire(blocking=False):
            raise UnavailableError("Many scenarios are being worked out; try again in a while.")
        try:
            with entry.lock:
                if entry.prepared is None:
                    entry.prepared = _prepared(stored, *read())
                yield entry.prepared
        finally:
            self._asking.release()


def _prepared(stored: StoredEvaluation, packs: tuple[Pack, ...], selection: Selection) -> Prepared:
    data, facilities = selection.data, selection.data.facilities
    if facilities is not None:
        # Without the columns of their history, which what is edited does not have.
        data = replace(data, facilities=facilities[list(FACILITIES.names)])
    try:
        baseline = evaluate_for_edits(
            data,
            packs=packs,
            as_of=stored.as_of,
            parameters=EvaluationParameters.from_json(stored.parameters),
        )
    except InputError as error:
        raise ConflictError(f"The evaluation is no base for scenarios: {error}.") from None
    return Prepared(
        baseline=baseline,
        selection=selection,
        packs=packs,
        evaluation=restrict(baseline.evaluation, selection, packs),
    )
