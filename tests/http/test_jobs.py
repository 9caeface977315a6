"""Jobs over HTTP: followed, ended, called off; seen by whom they belong to."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest
from served_town import Town

ASYNC = {"Prefer": "respond-async"}
BODY = {"packs": ["jinhua-2022"], "as_of": "2026-11-22"}
JOB = "/v1/jobs/{}"


@pytest.fixture(scope="module")
def job_settings() -> dict[str, Any]:
    return {"jobs": {"heartbeat_seconds": 0.2, "stalled_seconds": 1, "max_per_key": 3}}


def ended(town: Town, job_id: str, *, role: str = "editor") -> dict[str, Any]:
    """Follow a job to its end."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = town.get(JOB.format(job_id), role=role).json()
        if job["status"] not in {"accepted", "running"}:
            return job
        time.sleep(0.02)
    pytest.fail(f"the job did not end: {job}")


def test_an_evaluation_as_a_job(town: Town):
    answer = town.post("/v1/evaluations", json=BODY, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    job = answer.json()
    assert answer.headers["location"] == JOB.format(job["id"])
    done = ended(town, job["id"])
    assert done["status"] == "successful", done
    assert done["progress"] == 100
    (result,) = [link["href"] for link in done["links"] if link["rel"] == "result"]
    run = town.get(httpx2.URL(result).path).json()
    assert run["id"] == done["evaluation"]
    again = town.post("/v1/evaluations", json=BODY)
    assert again.status_code == 200
    assert again.json()["id"] == run["id"]
