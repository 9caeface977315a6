"""Settings of the work done beside requests: files that are read, jobs, reviews."""

from __future__ import annotations

import os
from typing import Final, Self

from pydantic import Field, model_validator

from service.core.setting_group import Group
from service.imports.limits import DEFAULT_LIMITS, MIB, Limits

_LEAST_PROCESSES: Final = 2
_MOST_PROCESSES: Final = 4


class ImportSettings(Group):
    """What reading one file may cost."""

    max_file_bytes: int = Field(
        default=DEFAULT_LIMITS.file_bytes, ge=1024, description="Largest file that is read"
    )
    max_rows: int = Field(default=DEFAULT_LIMITS.rows, ge=1, description="Most rows of a file")
    max_unpacked_bytes: int = Field(
        default=DEFAULT_LIMITS.unpacked_bytes,
        ge=1024,
        description="Most bytes an archive or workbook may unpack to",
    )
    max_unpack_ratio: float = Field(
        default=DEFAULT_LIMITS.unpack_ratio,
        ge=1,
        description="Most times its packed size an archive may unpack to",
    )
    max_entries: int = Field(
        default=DEFAULT_LIMITS.entries, ge=1, description="Most entries of an archive or workbook"
    )
    memory_bytes: int = Field(
        default=DEFAULT_LIMITS.memory_bytes,
        ge=64 * MIB,
        description="Memory the process that parses files may take",
    )
    cpu_seconds: int = Field(
        default=DEFAULT_LIMITS.cpu_seconds,
        ge=1,
        description="Processor time that process may take for one file",
    )
    wall_seconds: float = Field(
        default=DEFAULT_LIMITS.wall_seconds,
        gt=0,
        description="Time on the clock that process may take for one file",
    )

    def limits(self) -> Limits:
        """Return them as the readers take them."""
        return Limits(
            file_bytes=self.max_file_bytes,
            rows=self.max_rows,
            unpacked_bytes=self.max_unpacked_bytes,
            unpack_ratio=self.max_unpack_ratio,
            entries=self.max_entries,
            memory_bytes=self.memory_bytes,
            cpu_seconds=self.cpu_seconds,
            wall_seconds=self.wall_seconds,
        )


class UploadSettings(Group):
    """What is taken over HTTP to be imported; reading it has `ImportSettings` too."""

    max_bytes: int = Field(
        default=256 * 1024 * 1024, ge=1024, description="Largest file taken for an import"
    )
    max_rows: int = Field(default=500_000, ge=1, description="Most rows of such a file")
    at_once: int = Field(default=2, ge=1, description="Uploads read at the same time")
    receive_seconds: float = Field(
        default=900, gt=0, description="Longest time a file may take to arrive"
    )
    wait_seconds: float = Field(
        default=10, ge=0, description="How long a request waits for its file to be read"
    )
    keep_hours: int = Field(
        default=168, ge=1, description="How long an upload nobody stores is kept, in hours"
    )


class JobSettings(Group):
    """The queue of jobs and who works on it."""

    worker: bool = Field(
        default=True, description="Whether `yike serve` works on jobs itself, beside `yike worker`"
    )
    at_once: int = Field(default=2, ge=1, le=64, description="Jobs a worker runs at the same time")
    max_per_key: int = Field(
        default=20, ge=1, description="Most jobs of one key that wait or run at the same time"
    )
    max_districts: int = Field(
        default=500_000, ge=1, description="Most districts one job may be about"
    )
    max_seconds: float = Field(
        default=7200, gt=0, description="Longest time a job may run before it is ended as failed"
    )
    max_result_bytes: int = Field(
        default=64 * MIB, ge=1024, description="Largest result that is kept with a job"
    )
    max_attempts: int = Field(
        default=5,
        ge=1,
        description="How often a job is begun whose worker died before it is given up",
    )
    heartbeat_seconds: float = Field(
        default=10, gt=0, le=3600, description="How often a worker says that it lives"
    )
    stalled_seconds: float = Field(
        default=30, gt=0, le=86_400, description="Silence after which another worker takes its jobs"
    )
    keep_days: float = Field(
        default=30, gt=0, description="Days an ended job and its result are kept"
    )

    @model_validator(mode="after")
    def _patient(self) -> Self:
        """Refuse to take a worker for dead that is merely between two heartbeats."""
        if self.stalled_seconds < 2 * self.heartbeat_seconds:
            raise ValueError("stalled_seconds must be at least twice heartbeat_seconds")
        return self


def _processes() -> int:
    """Return how many processes compute reviews where nothing is set.

    One on each processor this process may use, but two on a single one: reviews of many projects
    are kept from the last one.
    """
    return min(_MOST_PROCESSES, max(_LEAST_PROCESSES, len(os.sched_getaffinity(0))))


class ReviewSettings(Group):
    """Where reviews are computed."""

    processes: int = Field(
        default_factory=_processes,
        ge=0,
        le=64,
        description="Processes that compute reviews; default one a processor, 2 to 4; "
        "0: threads of the service",
    )
