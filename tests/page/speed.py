"""Measure the page in Chromium: the first view, and how the map is panned.

    .yike/venv/bin/python -m tests.page.speed "$(./yike sign-in-link)"

The link is of a service that runs; its text may stand around it. Prints milliseconds: the marks of
the visit that signs in, of the first view without the browser's cache, the median of five, and the
tasks of Chromium's trace while the map is dragged; then how busy the machine was. Without a
graphics card Chromium draws WebGL on the processor, which costs most of a frame; ``--headed`` on a
desk with one shows what a planner sees.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import sys
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

ARGUMENTS: Final = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
)
LONG_TASK_MS: Final = 50
VIEWS: Final = 5
MARKS: Final = {
    "first contentful paint": "first-contentful-paint",
    "summary and worst districts shown": "summary-shown",
    "map drawn": "map-idle",
}
CATEGORIES: Final = ["devtools.timeline", "toplevel"]


def main(words: list[str]) -> None:
    """Open the page by the link, load it again without its cache, and pan it."""
    link = next(found[0] for one in words if (found := re.search(r"https?://\S+", one)))
    headed = "--headed" in words
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            headless=not headed,
            args=[] if headed else list(ARGUMENTS),
        )
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        page.goto(link)
        # The page of the link asks first.
        page.get_by_role("button").click()
        expect(page.get_by_test_id("map")).to_have_attribute("data-drawn", "true", timeout=60_000)
        tell("first visit", marks(page))
        views = [first_view(page) for _ in range(VIEWS)]
        tell("first view", {name: statistics.median(one[name] for one in views) for name in MARKS})
        tell("pan", pan(browser, page))
        tell("load", [round(one, 1) for one in os.getloadavg()])
        browser.close()


def tell(what: str, found: object) -> None:
    """Print one line of figures."""
    sys.stdout.write(f"{json.dumps({what: found})}\n")


def first_view(page: Page) -> dict[str, Any]:
    """Load the page anew without its cache; milliseconds since the request."""
    session = page.context.new_cdp_session(page)
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.reload()
    expect(page.get_by_test_id("worst").locator("li").first).to_be_visible(timeout=60_000)
    expect(page.get_by_test_id("map")).to_have_attribute("data-drawn", "true", timeout=60_000)
    session.send("Network.setCacheDisabled", {"cacheDisabled": False})
    return marks(page)


def marks(page: Page) -> dict[str, int]:
    """Return the marks of the view that is shown, milliseconds since it was asked for."""
    found = page.evaluate(
        "Object.fromEntries(['paint', 'mark'].flatMap((kind) => performance.getEntriesByType(kind))"
        ".map((one) => [one.name, Math.round(one.startTime)]))"
    )
    return {name: found[mark] for name, mark in MARKS.items()}


def pan(browser: Browser, page: Page) -> dict[str, Any]:
    """Drag the map for some seconds at the scale of streets; tasks of its main thread."""
    box = page.get_by_test_id("map").bounding_box()
    if box is None:
        raise RuntimeError("the map is not shown")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    for _ in range(4):
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(300)
    page.wait_for_timeout(2000)
    browser.start_tracing(page=page, categories=CATEGORIES)
    for turn in range(6):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + (-200 if turn % 2 else 240), y + 30, steps=25)
        page.mouse.up()
    trace = events(browser.stop_tracing())
    renderer = {
        (one["pid"], one["tid"])
        for one in trace
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        one["dur"] / 1000
        for one in trace
        if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) in renderer and "dur" in one
    ]
    long = sorted((round(one) for one in tasks if one > LONG_TASK_MS), reverse=True)
    return {
        "tasks": len(tasks),
        f"tasks over {LONG_TASK_MS} ms": len(long),
        "longest": long[:5] or round(max(tasks, default=0)),
    }


def events(trace: bytes) -> list[dict[str, Any]]:
    """Return the events of a trace."""
    found: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
