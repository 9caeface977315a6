"""Settings of the work done beside requests: uploads that are read, jobs on the queue."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from service.core.setting_group import Group
from service.imports.limits import MIB


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
