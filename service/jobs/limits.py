"""What one request, and one job, may take: a job may take more, and not any amount."""

from __future__ import annotations

from service.core.errors.limits import ResultTooLargeError, TooLongError, TooManyDistrictsError
from service.core.settings import Settings
from service.core.work_settings import JobSettings


def refuse_too_many_districts(
    districts: int, *, settings: Settings, as_job: bool, instead: str
) -> None:
    """Refuse what is about more districts than it may be.

    Parameters
    ----------
    districts
        How many it would be about.
    as_job
        True where a job asks, or is asked for.
    instead
        What else whoever asks in one request may do, besides naming a smaller area.

    Raises
    ------
    TooManyDistrictsError
        When there are more than `evaluation.max_districts`, or of a job `jobs.max_districts`.
    """
    most = settings.jobs.max_districts if as_job else settings.evaluation.max_districts
    if districts <= most:
        return
    if as_job:
        raise TooManyDistrictsError(
            f"{districts} districts are more than the {most} of one job; name a smaller area."
        )
    raise TooManyDistrictsError(
        f"{districts} districts are more than the {most} of one request; name a smaller area, "
        f"{instead}"
    )


def took_too_long(settings: JobSettings) -> TooLongError:
    """Return what is told of a job that ran for as long as one may."""
    return TooLongError(
        f"The job was ended: it ran for {settings.max_seconds:g} s, and may run no longer. Ask for "
        "less, as a smaller area, or in parts."
    )


def refuse_large_result(document: str | None, settings: JobSettings) -> None:
    """Refuse a result too large to be kept with its job.

    Raises
    ------
    ResultTooLargeError
        When it has more than `max_result_bytes`.
    """
    size = 0 if document is None else len(document.encode())
    if size > settings.max_result_bytes:
        raise ResultTooLargeError(
            f"The result has {size} bytes, more than the {settings.max_result_bytes} kept of one "
            "job; ask for less, as fewer places, or in parts."
        )
