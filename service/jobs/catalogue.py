"""The processes there are."""

from __future__ import annotations

from functools import cache

from service.core.errors.state import NoSuchProcessError
from service.evaluations.process import build_process as evaluate_process
from service.jobs.process import Process
from service.reach.catchment_process import build_process as catchments_process
from service.reach.isochrone_process import build_process as isochrone_process
from service.reviews.process import build_process as review_process


@cache
def processes() -> tuple[Process, ...]:
    """Return every process, in the order they are listed."""
    return (evaluate_process(), review_process(), isochrone_process(), catchments_process())


def find_process(process_id: str) -> Process:
    """Return a process by its name.

    Raises
    ------
    NoSuchProcessError
        When there is none.
    """
    for process in processes():
        if process.id == process_id:
            return process
    known = ", ".join(one.id for one in processes())
    raise NoSuchProcessError(f"There is no such process; there are: {known}.")
