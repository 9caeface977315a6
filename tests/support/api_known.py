"""What a served town holds that requests may name, and that they add to it or take away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs import ASYNC, ended
from served_project import project
from served_town import Town, block, collection, feature, point

from service.core.errors.catalogue import PROBLEMS

DAY = "2026-11-22"
PACK = "jinhua-2022"
LAYERS = ("areas", "districts", "buildings", "facilities", "projects")
# Kinds of rules that measure how far it is.
REACH = {"service_radius", "service_circle_time"}
EVALUATION = {"packs": [PACK], "as_of": DAY}


@dataclass
class Known:
    """Identifiers by what they are of.

    Parameters
    ----------
    ids
        Those that requests may change or end: bodies name the town's own, which stay.
    """

    ids: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, *keys: object) -> None:
        self.ids.setdefault(kind, []).extend(map(str, keys))

    def pick(self, kind: str, number: int) -> str | None:
        """Return one of a kind; None where there is none left."""
        keys = self.ids.get(kind)
        return keys[number % len(keys)] if keys else None

    def drop(self, kind: str, key: str) -> None:
        if key in self.ids.get(kind, ()):
            self.ids[kind].remove(key)


def evaluated(town: Town, known: Known) -> str:
    """Evaluate the town, and learn what can be asked of the run."""
    answer = town.post("/v1/evaluations", json=EVALUATION)
    assert answer.status_code in {200, 201}, answer.text
    run = answer.json()["id"]
    path = f"/v1/evaluations/{run}"
    known.add("evaluations", run)
    earlier = town.post("/v1/evaluations", json={**EVALUATION, "as_of": "2026-06-30"})
    known.add("earlier evaluations", earlier.json()["id"])
    known.add("run districts", "west-2", "west-4", "east-16")
    findings = town.get(f"{path}/findings?limit=1000").json()["features"]
    rows = [one["properties"] for one in findings]
    known.add("findings", *(f"{row['district_id']}~{row['rule']}" for row in rows))
    known.add("rules", *sorted({row["rule"] for row in rows}))
    known.add("reach rules", *sorted({row["rule"] for row in rows if row["kind"] in REACH}))
    areas = [one["properties"] for one in town.get(f"{path}/areas").json()["features"]]
    known.add("run areas", *sorted({row["code"] for row in areas}))
    known.add("area rules", *(f"{row['code']}\t{row['rule']}" for row in areas))
    return str(run)


def spare_rows(town: Town, known: Known, count: int) -> None:
    """Add rows that may be changed and ended."""
    for number in range(count):
        rows = {
            "areas": feature(
                block(number % 9, 0, 0.5),
                code=f"42010100100{number % 2 + 1}{number:04}",
                name="组",
                kind="planning_unit",
            ),
            "districts": feature(block(number % 9, 5, 0.4), id=f"d{number}", stage="existing"),
            "buildings": feature(point(number % 9, 6), id=f"b{number}", district_id="west-2"),
            "facilities": feature(point(number % 9, 7), id=f"f{number}", kind="nursery"),
            "projects": {
                "type": "Feature",
                "geometry": None,
                "properties": {"document": project(f"p{number}", area="330702")},
            },
        }
        for layer, row in rows.items():
            answer = town.post(f"/v1/{layer}", json=row)
            assert answer.status_code == 201, answer.text
            known.add(layer, answer.json()["id"])


def spare_reviews(town: Town, known: Known, count: int) -> None:
    """Store reviews that somebody else may sign or override."""
    query = f"/v1/reviews?as_of={DAY}&stage=design&pack={PACK}"
    for number in range(count):
        answer = town.post(query, json=project(f"r{number}", area="330702"), role="reviewer")
        assert answer.status_code == 201, answer.text
        # One that was overridden is signed no more under the overrides seen before.
        known.add("reviews" if number % 2 else "unsigned reviews", answer.json()["id"])


def spare_scenarios(town: Town, known: Known, run: str, count: int) -> None:
    """Keep scenarios that may be replaced and ended."""
    for number in range(count):
        changes = [{"action": "close", "id": "day-1"}]
        body = {"name": f"s{number}", "base_evaluation": run, "changes": changes}
        answer = town.post("/v1/scenarios", json=body, role="admin")
        assert answer.status_code == 201, answer.text
        known.add("scenarios", answer.json()["id"])


def spare_imports(town: Town, known: Known, count: int) -> None:
    """Upload files: some to be thrown away, some to be stored, some that are stored."""
    for number, kind in enumerate(("imports", "ready imports", "stored imports") * count):
        places = collection(
            *(
                feature(point(number + 0.5, 8), id=f"i{number}-{one}", kind=word)
                for one, word in enumerate(("nursery", "no such kind"))
            )
        )
        answer = town.post(
            "/v1/imports?kind=facilities",
            content=json.dumps(places).encode(),
            headers={"Content-Type": "application/geo+json"},
            role="admin",
        )
        assert answer.status_code in {201, 202}, answer.text
        path = answer.headers["location"]
        while answer.json()["state"] == "reading":
            answer = town.get(path, role="admin")
        if kind == "stored imports":
            stored = town.post(f"{path}/commit", role="admin")
            assert stored.status_code == 200, stored.text
        known.add(kind, answer.json()["id"])


def done_jobs(town: Town, known: Known, kind: str, count: int) -> None:
    """Let jobs come to their end."""
    for _ in range(count):
        known.add(kind, _done_job(town))


def _done_job(town: Town) -> str:
    places = {"facilities": ["nursery-1"], "as_of": DAY}
    answer = town.post(
        "/ogc/processes/catchments/execution", json={"inputs": places}, headers=ASYNC, role="admin"
    )
    assert answer.status_code == 201, answer.text
    key = answer.json()["jobID"]
    ended(town, key, role="admin")
    return str(key)


def known_of(town: Town, *, spare: int) -> Known:
    """Return what the town holds, with some of everything that may be changed or ended."""
    known = Known()
    run = evaluated(town, known)
    spare_rows(town, known, spare)
    spare_reviews(town, known, 2 * spare)
    spare_scenarios(town, known, run, spare)
    spare_imports(town, known, spare)
    done_jobs(town, known, "done jobs", 1)
    done_jobs(town, known, "jobs", spare)
    known.add("packs", PACK, "dali-2022")
    known.add("networks", "in-use")
    known.add("problems", *(one.slug for one in PROBLEMS))
    edges = town.get("/ogc/collections/network-edges/items?limit=20").json()["features"]
    known.add("network-edges", *(one["id"] for one in edges))
    known.add("keys", town.keys["viewer"], town.keys["editor"])
    return known


# The names of path parameters, where what they name does not hang on the path.
_NAMED: Mapping[str, str] = {
    "evaluation_id": "evaluations",
    "review_id": "reviews",
    "scenario_id": "scenarios",
    "import_id": "imports",
    "job_id": "jobs",
    "jobId": "jobs",
    "pack_id": "packs",
    "version": "networks",
    "slug": "problems",
    "finding": "findings",
    "district": "run districts",
    "district_id": "run districts",
    "code": "run areas",
}
_BY_ENDING: Mapping[str, str] = {
    "/commit": "ready imports",
    "/undo": "stored imports",
    "/quarantine": "stored imports",
    "/results": "done jobs",
    "/signature": "unsigned reviews",
}


def kind_of(path: str, name: str) -> str | None:
    """Return what a parameter of a path names; None where it names nothing that is stored."""
    if name in {"feature_id", "featureId"}:
        return path.split("/")[2]
    ending = next((kind for end, kind in _BY_ENDING.items() if path.endswith(end)), None)
    if ending is not None and name in {"import_id", "jobId", "review_id"}:
        return ending
    return _NAMED.get(name)


def learn(known: Known, case: Any, answer: Any) -> None:
    """Take in what an answer added or ended."""
    path, parameters = case.operation.path, case.path_parameters
    if case.method == "POST" and answer.status_code == 202:
        kind, key = answer.headers["location"][0].split("/")[2:]
        known.add(kind, key)
    elif case.method == "POST" and answer.status_code == 201:
        document = answer.json()
        created = document.get("id") or document.get("jobID")
        kind = "jobs" if "jobID" in document else path.split("/")[2]
        if created is not None and kind in {*LAYERS, "jobs", "scenarios"}:
            known.add(kind, created)
    elif answer.status_code == 204 and case.method == "DELETE":
        for name, key in parameters.items():
            kind = kind_of(path, name)
            if kind is not None:
                known.drop(kind, str(key))
