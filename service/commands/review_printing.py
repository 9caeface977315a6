"""A stored review, and its replay, as the command line prints them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import typer
from sqlalchemy import Connection

from service.core.geojson import encode_json
from service.core.language import Language
from service.packs.service import load_versions
from service.reviews.presentation import review_answer
from service.reviews.storage import StoredReview
from spatial.policy.review.report import document_text
from spatial.policy.review.words import verdict_word


@dataclass(frozen=True)
class ShownReview:
    """A stored review and the titles of its packs."""

    stored: StoredReview
    titles: Mapping[str, str]

    @classmethod
    def of(cls, connection: Connection, stored: StoredReview) -> ShownReview:
        """Look the titles of its packs up."""
        versions = {pack["id"]: pack["version"] for pack in stored.frozen.inputs["packs"]}
        packs = load_versions(connection, versions)
        return cls(stored, {pack.id: f"{pack.title} {pack.document_no}" for pack in packs})

    def print(self, *, lang: Language, as_json: bool) -> None:
        """Print it, as JSON or as a text with what officers added."""
        document = review_answer(self.stored, lang=lang)
        if as_json:
            typer.echo(encode_json(document))
            return
        # Through text: exact numbers are then printed as those of a review that is not stored.
        plain: dict[str, Any] = json.loads(encode_json(document))
        typer.echo(document_text(plain, titles=self.titles, lang=lang, standing=plain["state"]))
        for line in (*_beside(plain, lang), *plain.get("notices", ())):
            typer.echo(line)


def _beside(document: dict[str, Any], lang: Language) -> Iterator[str]:
    chinese = lang == "zh"
    for one in document["overrides"]:
        was, becomes = (verdict_word(one[name], lang=lang) for name in ("computed", "verdict"))
        head = "人工改判" if chinese else "Overridden"
        yield f"{head}: {one['rule']}: {was} → {becomes}, {one['name']}: {one['reason']}"
    if document["overrides"]:
        head = "改判后结论" if chinese else "Verdict with the overrides"
        yield f"{head}: {verdict_word(document['effective']['verdict'], lang=lang)}"
    signature = document["signature"]
    if signature is not None:
        head = "签发" if chinese else "Signed off"
        yield f"{head}: {signature['name']}, {signature['at'][:10]}"
    yield f"{document['id']}  {document['state']}  sha256:{document['hash']}"


def print_replay(document: dict[str, Any]) -> None:
    """Print whether a review came out again, and what has changed since."""
    hashes, versions = document["hash"], document["code_version"]
    told = "the same hash" if document["same"] else "another hash"
    typer.echo(f"{document['id']}: {told}")
    typer.echo(f"stored:   {hashes['stored']}  {versions['stored']}")
    typer.echo(f"replayed: {hashes['replayed']}  {versions['replayed']}")
    if not document["intact"]:
        typer.echo("what is stored is not what was stored: its own hash is another")
    findings = document["findings"]
    typer.echo(f"findings: {findings['compared']}, differing: {len(findings['differing'])}")
    for one in findings["differing"]:
        typer.echo(f"  {one['pack']} {one['rule']}: {', '.join(one['fields'])}")
    typer.echo(f"changed in the data since: {len(document['since'])}")
    for one in document["since"]:
        fields = f" ({', '.join(one['fields'])})" if "fields" in one else ""
        typer.echo(f"  {one['layer']} {one['id']}: {one['change']}{fields}")
    today = document["today"]
    verdict = today["verdict"] or today["reason"]
    typer.echo(f"with the data of today: {verdict}, differing: {len(today['differing'])}")
