"""The demo city served to a real browser, and a visitor whose every request is looked at."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from served_town import serving

from seed.wuhan.city import demo_city
from service.core.database import create_database_engine
from service.core.keys import create_key
from service.core.settings import Settings
from service.demo.service import load
from service.packs.service import store_packs
from spatial.network_building import build_network
from spatial.policy.pack_file import load_packs

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / ".yike" / "artefacts" / "page"
DAY = dt.date(2026, 6, 30)
# WebGL without a graphics card; Chromium cannot sandbox itself as root.
ARGUMENTS = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)
# The machine may be busy with the other tests; no time is measured here.
expect.set_options(timeout=30_000)
# Made anew with ``./yike test tests/page --pictures``.
IN_README = ("overview", "why")
LAPTOP = (1366, 768)


@dataclass(frozen=True)
class Served:
    """The demo city, evaluated once, and the keys to it."""

    address: str
    settings: Settings
    keys: dict[str, str]
    evaluation: str
    client: httpx2.Client

    def get(self, path: str, role: str = "viewer") -> Any:
        answer = self.client.get(path, headers={"X-API-Key": self.keys[role]})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def part(self, name: str) -> Any:
        return self.get(f"/v1/evaluations/{self.evaluation}/{name}")


@pytest.fixture(scope="module")
def city(module_database, tmp_path_factory) -> Iterator[Served]:
    settings = Settings(
        state_dir=tmp_path_factory.mktemp("state"), log={"level": "WARNING", "format": "json"}
    ).with_urls(url=module_database.app_url, owner_url=module_database.owner_url)
    demo = demo_city()
    owner = create_database_engine(module_database.owner_url)
    with owner.begin() as connection:
        keys = {
            role: create_key(connection, role=role, name=role)
            for role in ("viewer", "editor", "reviewer", "admin")
        }
        store_packs(connection, load_packs(ROOT / "seed" / "policies"))
        load(connection, demo, build_network(demo.streets), today=DAY, actor="a test")
    owner.dispose()
    with serving(settings) as address, httpx2.Client(base_url=address, timeout=300) as client:
        made = client.post(
            "/v1/evaluations",
            json={"packs": ["jinhua-2022"], "as_of": DAY.isoformat()},
            headers={"X-API-Key": keys["editor"]},
        )
        assert made.status_code == 201, made.text
        yield Served(address, settings, keys, made.json()["id"], client)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        running = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield running
        running.close()


@dataclass
class Visit:
    """One person's browser: where it is, and what it asked for and complained of."""

    page: Page
    context: BrowserContext
    city: Served
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    pictures: bool = False
    # Complaints a test means to cause.
    expected: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> None:
        """Open a view, of the evaluation of the fixture where the path names none.

        The page opens with the newest one, which another test may have made.
        """
        if "evaluation=" not in path:
            path += f"{'&' if '?' in path else '?'}evaluation={self.city.evaluation}"
        self.page.goto(f"{self.city.address}{path}")
        self.drawn()

    def drawn(self) -> None:
        """Wait until the map shows what it is to show."""
        expect(self.part("map")).to_have_attribute("data-drawn", "true", timeout=60_000)

    def part(self, name: str) -> Any:
        return self.page.get_by_test_id(name)

    def panel(self, name: str) -> None:
        self.part(f"panel-{name}").click()
        if name != "overview":
            expect(self.part(name)).to_be_visible()

    def keep(self, name: str) -> Path:
        """Keep a picture of the page among the artefacts."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        # What moves comes to rest first: tiles, and the flight of the map.
        self.page.wait_for_timeout(700)
        self.page.screenshot(path=path)
        if self.pictures and name in IN_README:
            shutil.copy(path, ROOT / "docs" / "images" / f"page-{name}.png")
        return path

    def foreign(self) -> list[str]:
        own = urlsplit(self.city.address).netloc
        parts = [urlsplit(address) for address in self.asked]
        return [p.geturl() for p in parts if p.scheme not in {"data", "blob"} and p.netloc != own]

    def check(self) -> None:
        assert self.foreign() == []
        left = [
            line
            for line in self.complaints
            if not any(re.search(one, line) for one in self.expected)
        ]
        assert left == []


@pytest.fixture
def visit(
    city: Served, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visit]]:
    """Begin a visit, signed in as a role; afterwards nothing may have left the server."""
    visits: list[Visit] = []

    def begin(
        role: str | None = "admin", *, size: tuple[int, int] = LAPTOP, locale: str = "zh-CN"
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=locale,
            reduced_motion="reduce",
            accept_downloads=True,
        )
        context.set_default_timeout(30_000)
        if role is not None:
            answer = context.request.post(
                f"{city.address}/v1/session",
                data={"key": city.keys[role]},
                headers={"Origin": city.address, "Content-Type": "application/json"},
            )
            assert answer.status == 201
        page = context.new_page()
        one = Visit(page, context, city, pictures=request.config.getoption("--pictures"))
        page.on("request", lambda sent: one.asked.append(sent.url))
        page.on(
            "console",
            lambda line: (
                one.complaints.append(f"{line.text} {line.location['url']}")
                if line.type == "error"
                else None
            ),
        )
        page.on("pageerror", lambda error: one.complaints.append(str(error)))
        visits.append(one)
        return one

    yield begin
    for one in visits:
        one.context.close()
    for one in visits:
        one.check()
