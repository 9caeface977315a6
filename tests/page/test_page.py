"""The planner's page in Chromium, on the demo city: what a person sees and does."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
import zipfile
from pathlib import Path

import geopandas
import pypdfium2
import pytest
import shapely
from PIL import Image
from playwright.sync_api import Page, expect

from service.core.database import create_database_engine
from service.core.keys import key_id_of
from service.core.sessions import create_link

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / ".yike" / "artefacts" / "page"
TABLET = (1024, 768)


# --- signing in -----------------------------------------------------------------------------


def test_a_link_signs_in_once_and_a_key_does_too(visit, city) -> None:
    engine = create_database_engine(city.settings.database.url.get_secret_value())
    with engine.begin() as connection:
        token = create_link(connection, key_id=key_id_of(city.keys["viewer"]), seconds=60)
    engine.dispose()
    first = visit(None)
    first.expected.append("401")
    first.expected.append("404")  # the page of the link has no icon
    first.page.goto(f"{city.address}/sign-in?token={token}")
    expect(first.page.get_by_role("main")).to_contain_text("“viewer”")
    first.keep("sign-in-link")
    first.page.get_by_role("button", name="登录").click()
    first.drawn()
    assert "sign-in" not in first.page.url
    expect(first.part("worst").locator("li").first).to_be_visible()
    # What a viewer cannot use is not shown.
    expect(first.part("panel-import")).to_have_count(0)
    first.page.get_by_role("button", name=re.compile("退出")).click()
    first.page.get_by_label("API 密钥").fill("yike_wrong")
    first.page.get_by_role("button", name="登录").click()
    expect(first.page.get_by_role("alert")).to_contain_text("密钥无效")
    first.keep("sign-in")
    first.page.get_by_label("API 密钥").fill(city.keys["editor"])
    first.page.get_by_role("button", name="登录").click()
    expect(first.part("panel-import")).to_be_visible()

    second = visit(None)
    second.expected.append("401|404")  # the note of the server has no icon
    second.page.goto(f"{city.address}/sign-in?token={token}")
    expect(second.page.get_by_role("heading")).to_contain_text("登录链接不能再用")


# --- coverage and why -----------------------------------------------------------------------


def test_the_worst_district_and_its_failing_clause_are_a_click_away(visit, city) -> None:
    worst = city.part("districts?limit=1")["features"][0]["properties"]
    failing = [one for one in worst["findings"] if one["verdict"] == "not_met"]
    summary = city.part("summary")
    seen = visit()
    seen.open()
    first = seen.part("worst").locator("li button").first
    expect(first).to_contain_text(worst["name"])
    for reason in worst["reasons"]:
        expect(first).to_contain_text(reason)
    counts = seen.page.locator("table.flags")
    for number in summary["flags"].values():
        if number:
            expect(counts).to_contain_text(f"{number:,}")
    expect(seen.part("household-share")).to_contain_text("%")
    seen.keep("overview")

    first.click()
    why = seen.part("why")
    expect(why).to_contain_text(worst["name"])
    card = why.locator("[data-rule]").first
    expect(card).to_have_attribute("data-rule", failing[0]["rule"])
    for text in (failing[0]["quote"], failing[0]["reading"], failing[0]["reason"], "不符合"):
        expect(card).to_contain_text(text)
    expect(card).to_contain_text("怎样才算符合")
    expect(seen.part("map")).not_to_have_attribute("data-paths", "0")
    seen.keep("why")
    assert f"district={worst['id']}" in seen.page.url
    # It flew there: the address of the view is where the district is.
    zoom, lat, lon = map(float, re.search(r"at=([\d.,]+)", seen.page.url)[1].split(","))
    ring = city.get(f"/v1/districts/{worst['id']}")["geometry"]["coordinates"][0]
    assert zoom > 13
    # In the middle of what is left of the map beside the clauses.
    west, south, east, north = shapely.LinearRing(ring).bounds
    assert lon == pytest.approx((west + east) / 2, abs=1e-4)
    assert lat == pytest.approx((south + north) / 2, abs=1e-4)

    # The address alone brings another browser to the same view.
    other = visit("viewer")
    other.open(seen.page.url.removeprefix(city.address))
    expect(other.part("why")).to_contain_text(failing[0]["quote"])


def test_policy_day_year_service_level_and_clause_are_chosen(visit, city) -> None:
    seen = visit()
    seen.open()
    page = seen.page
    page.get_by_role("combobox", name="服务", exact=True).select_option("elderly")
    # Jinhua asks nothing of districts about elderly care: none is judged by it.
    expect(page.locator("table.flags")).to_contain_text("未评估")
    # What nothing judges is not covered by 0 %.
    expect(seen.part("household-share")).to_contain_text("—")
    expect(seen.part("household-share")).not_to_contain_text("%")
    expect(page.locator("#panel")).to_contain_text("没有按小区判定这项服务的条文")
    page.get_by_role("combobox", name="服务", exact=True).select_option("all")
    page.get_by_label("着色依据").select_option("jinhua.childcare.circle15")
    assert "rule=jinhua.childcare.circle15" in page.url
    page.get_by_label("层级").select_option("township")
    expect(page.get_by_role("region", name="图例")).to_contain_text("占比")
    seen.keep("township")
    page.get_by_label("规则集").select_option("dali-2022")
    page.get_by_label("评估日期").fill("2026-03-31")
    page.get_by_label("目标年").select_option("2025")
    page.get_by_role("button", name="评估", exact=True).click()
    expect(page.locator("#panel")).to_contain_text("截至 2026-03-31", timeout=60_000)
    assert f"evaluation={city.evaluation}" not in page.url
    # A viewer chooses among the evaluations there are, and cannot ask for another.
    viewer = visit("viewer")
    viewer.open()
    viewer.page.get_by_label("评估日期").fill("2026-05-31")
    expect(viewer.page.get_by_role("button", name="评估", exact=True)).to_have_count(0)


# --- asking the map -------------------------------------------------------------------------


def test_the_map_answers_a_click_and_follows_the_pin(visit, city) -> None:
    place = city.part("table")["place"][5]
    seen = visit("viewer")
    seen.open(f"/?panel=ask&at=14,{place[1]},{place[0]}")
    box = seen.part("map").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    seen.page.mouse.click(*middle)
    near = seen.page.locator(".near li")
    expect(near.first).to_be_visible()
    expect(seen.part("map")).to_have_attribute("data-reach", "3")
    lon, lat = map(float, re.search(r"place=([\d.]+),([\d.]+)", seen.page.url).groups())
    path = f"/v1/coverage?lon={lon}&lat={lat}&service=childcare&k=1&pack=jinhua-2022"
    rules = city.get(path)["properties"]["rules"]
    nearest = min((one["nearest"][0] for one in rules), key=lambda one: one["metres"])
    expect(near.first).to_contain_text(nearest["facility"]["name"])
    seen.keep("ask")
    seen.page.mouse.move(middle[0], middle[1] - 12)
    seen.page.mouse.down()
    seen.page.mouse.move(middle[0] + 160, middle[1] + 60, steps=6)
    expect(seen.page).not_to_have_url(re.compile(f"place={lon},{lat}"))
    seen.page.mouse.up()
    seen.page.get_by_label("步行方式").select_option("wheelchair")
    expect(seen.part("map")).to_have_attribute("data-reach", "3")


# --- what if --------------------------------------------------------------------------------


def test_a_scenario_is_tried_saved_and_shared(visit, city) -> None:
    worst = city.part("table")
    west, south, east, north = worst["bbox"][0]
    seen = visit("editor")
    seen.open(f"/?panel=scenario&at=15,{(south + north) / 2},{(west + east) / 2}")
    expect(seen.part("scenario")).to_contain_text("还没有改动")
    seen.page.get_by_label("建筑面积（㎡）").fill("2000")
    seen.part("scenario-add").click()
    box = seen.part("map").bounding_box()
    seen.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    table = seen.part("scenario-result")
    expect(table).to_be_visible(timeout=90_000)
    row = table.locator("tr", has_text="服务不足")
    before, after = (int(cell.replace(",", "")) for cell in row.locator("td").all_inner_texts()[:2])
    assert before == city.part("summary")["flags"]["underserved"]
    assert after < before
    expect(seen.part("scenario-districts").locator("li").first).to_contain_text("服务不足 →")
    concerned = table.locator("tr", has_text="涉及户数").locator("td").nth(2).inner_text()
    expect(seen.part("scenario-helps")).to_contain_text(f"受益 {concerned.removeprefix('-')} 户")
    seen.part("scenario-beside").click()
    expect(seen.part("baseline").locator("canvas")).to_be_visible()
    seen.keep("scenario")
    seen.page.get_by_label("方案名称").fill("试点")
    seen.page.get_by_role("button", name="保存方案").click()
    expect(seen.part("scenario")).to_contain_text("方案已保存")
    expect(seen.page).to_have_url(re.compile("scenario="))

    other = visit("viewer")
    other.open(seen.page.url.removeprefix(city.address))
    shared = other.part("scenario-result").locator("tr", has_text="服务不足")
    expect(shared.locator("td").nth(1)).to_have_text(f"{after:,}", timeout=60_000)
    expect(other.page.get_by_role("button", name="保存方案")).to_have_count(0)
    expect(other.part("scenario")).to_contain_text("社区托育点 · #1")


# --- review ---------------------------------------------------------------------------------


def ask(city, method: str, path: str, role: str, **options):
    """Ask the service itself."""
    headers = {"X-API-Key": city.keys[role], **options.pop("headers", {})}
    answer = city.client.request(method, path, headers=headers, **options)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def planned(city, number: int, **members) -> dict:
    """Plan a project of 900 units on the ground of a district."""
    ring = shapely.box(*city.part("table")["bbox"][number]).exterior.coords
    return {
        "id": f"R-{number}",
        "area": "330702",
        "site": {"type": "Polygon", "coordinates": [[list(corner) for corner in ring]]},
        "phases": [{"id": "1", "units": 900, "housing": {"planned_on": "2026-01-10"}}],
        **members,
    }


STORE = "/v1/reviews?stage=design&pack=jinhua-2022"


def draw(seen, *corners: tuple[float, float]) -> tuple[float, float]:
    """Draw a site by its corners, in pixels from the middle of the map; return that middle."""
    seen.part("draw").click()
    box = seen.part("map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for across, down in (*corners, corners[0]):
        seen.page.mouse.click(x + across, y + down)
        seen.page.wait_for_timeout(350)
    expect(seen.part("review")).to_contain_text("公顷")
    return x, y


def drag(seen, handle, across: float, down: float) -> None:
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x + across, y + down, steps=5)
    seen.page.mouse.up()


def test_a_project_is_drawn_reviewed_and_stored(visit, city) -> None:
    place = city.part("table")["place"][5]
    seen = visit("editor")
    seen.expected.append("400")  # a facility is put outside of the site
    seen.open(f"/?panel=review&at=15,{place[1]},{place[0]}")
    expect(seen.part("needs")).to_contain_text("画出或上传用地")
    x, y = draw(seen, (0, 0), (120, 0), (120, 90), (0, 90))
    seen.page.get_by_label("户数 1").fill("800")
    verdict, short = seen.part("verdict"), seen.part("verdict-short")
    expect(short).to_contain_text("不符合")
    # A corner more, dragged out of a side; and back.
    seen.part("edit-site").click()
    corners = seen.page.locator(".handle.corner")
    expect(corners).to_have_count(4)
    drag(seen, seen.page.locator(".handle.between").first, 0, 30)
    expect(corners).to_have_count(5)
    # By the keyboard it is taken away again, and that is undone too.
    corners.nth(1).focus()
    seen.page.keyboard.press("Delete")
    expect(corners).to_have_count(4)
    for count in (5, 4):
        seen.page.keyboard.press("Control+z")
        expect(corners).to_have_count(count)
    seen.part("edit-site").click()

    seen.part("add-facility").click()
    seen.page.get_by_label("建筑面积（㎡） 1").fill("300")
    seen.part("place-1").click()
    seen.page.mouse.click(x + 60, y - 60)
    expect(seen.page.locator("[data-fault='facilities/0']")).to_contain_text("在用地之外")
    drag(seen, seen.page.locator(".handle.pin"), 0, 105)
    # 300 m² for 800 units in the middle of the site: what was missing is there.
    expect(verdict).not_to_contain_text("不符合")
    expect(seen.page.locator('[data-rule="jinhua.childcare.area.new"]')).to_contain_text("符合")
    expect(seen.part("review")).to_contain_text("对周边小区的影响")
    # The demo city has no official codes: only by one written by hand it is more than a show.
    expect(seen.part("store")).to_have_text("存为演示")
    seen.page.get_by_label("行政区划代码").fill("330702")
    seen.page.get_by_label("项目名称").fill("江畔新居")
    expect(seen.part("store")).to_have_text("保存审查")
    expect(seen.part("store")).to_be_enabled()
    seen.keep("review")
    for kind, start in (("DOCX", b"PK"), ("PDF", b"%PDF")):
        with seen.page.expect_download(timeout=60_000) as loading:
            seen.page.get_by_role("button", name=f"下载意见书 {kind}").click()
        assert loading.value.path().read_bytes().startswith(start)
    seen.part("store").click()
    expect(seen.part("review-state")).to_have_text("草稿", timeout=60_000)
    review = re.search(r"review=([0-9a-f]{32})", seen.page.url)[1]
    made = city.get(f"/v1/reviews/{review}")
    kept = city.get(f"/v1/projects/{made['project']['id']}")["properties"]
    assert (made["project"]["version"], kept["name"], kept["area"]) == (1, "江畔新居", "330702")
    assert kept["document"]["facilities"][0]["floor_area_m2"] == 300
    expect(seen.part("since")).to_contain_text("至今没有变化", timeout=60_000)


def test_a_finding_is_overridden_and_a_second_person_signs(visit, city) -> None:
    made = ask(city, "POST", STORE, "editor", json=planned(city, 6, name="江畔新居"))
    assert made["verdict"] == "not_pass"
    seen = visit("editor")
    seen.open(f"/?panel=review&review={made['id']}")
    verdict = seen.part("verdict")
    # An officer says otherwise; what was computed stays in sight.
    (number,) = [
        one["number"] for one in made["findings"] if one["rule"] == "jinhua.childcare.area.new"
    ]
    seen.part(f"override-{number}").click()
    form = seen.page.get_by_role("form", name="改判")
    form.get_by_label("改判为").select_option("met")
    form.get_by_label("理由").fill("另有二百平方米")
    form.get_by_label("姓名").fill("王某")
    form.get_by_role("button", name="记录改判").click()
    expect(seen.part("computed").locator("s")).to_have_text("不符合")
    expect(verdict.locator("strong")).not_to_have_text("不符合")
    expect(seen.part("override")).to_contain_text("另有二百平方米")
    assert city.get(f"/v1/reviews/{made['id']}")["effective"]["verdict"] != "not_pass"
    expect(seen.part("no-signature")).to_contain_text("另一人")
    assert faults_of_access(seen.page) == []
    seen.keep("review-stored")

    # A second person signs, and no one under the name of who overrode.
    other = visit("reviewer")
    other.expected.append("409")
    other.open(seen.page.url.removeprefix(city.address))
    expect(other.part("map")).to_have_attribute("data-site", "1")
    other.part("sign").click()
    # Whose key it is stands there already, where it is seen.
    expect(other.page.get_by_label("姓名")).to_have_value("reviewer")
    expect(other.page.get_by_label("姓名")).to_be_in_viewport()
    other.page.get_by_label("姓名").fill("王 某")
    other.part("put-signature").click()
    expect(other.part("signature").get_by_role("alert")).to_contain_text("须由另一人签字")
    other.page.get_by_label("姓名").fill("李某")
    other.part("put-signature").click()
    expect(other.part("review-state")).to_have_text("已签字")
    expect(other.page.locator("[data-testid^=override-]")).to_have_count(0)
    assert city.get(f"/v1/reviews/{made['id']}")["signature"]["name"] == "李某"
    with other.page.expect_download(timeout=60_000) as loading:
        other.part("stored-pdf").click()
    assert loading.value.path().read_bytes().startswith(b"%PDF")
    paper = ARTEFACTS / "review-print.pdf"
    paper.write_bytes(other.page.pdf(format="A4"))
    document = pypdfium2.PdfDocument(paper)
    text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
    document.close()
    # Signed, under its whole hash, every clause opened.
    quotes = [one["quote"][:12] for one in made["findings"] if one["verdict"] != "not_applicable"]
    assert len(quotes) > 1
    for words in (made["hash"], "李某", "另有二百平方米", *quotes):
        assert words in re.sub(r"\s", "", text)


def test_a_review_says_what_of_streets_is_lacking(visit, city) -> None:
    # Fields; of the street they would join nothing is near enough.
    west, south, east, north = 114.2198, 30.64153, 114.22284, 30.64349
    ring = shapely.box(west, south, east, north).exterior.coords
    made = ask(
        city,
        "POST",
        STORE,
        "editor",
        json=planned(
            city,
            7,
            site={"type": "Polygon", "coordinates": [[list(corner) for corner in ring]]},
            facilities=[
                {
                    "id": "F1",
                    "kind": "community_childcare",
                    "phase": "1",
                    "floor_area_m2": 210,
                    "geometry": {"type": "Point", "coordinates": [114.22132, 30.64251]},
                }
            ],
        ),
    )
    (walking,) = [one for one in made["findings"] if one["rule"] == "jinhua.childcare.circle15"]
    assert walking["missing"] == [{"field": "street_within_snap_limit"}]
    seen = visit("viewer")
    seen.open(f"/?panel=review&review={made['id']}")
    card = seen.page.locator('[data-rule="jinhua.childcare.circle15"]')
    card.evaluate("one => (one.open = true)")
    expect(card.get_by_test_id("lacking")).to_contain_text("附近没有可接的道路")


def test_stored_reviews_are_found_and_data_changed_since_are_told(visit, city) -> None:
    made = ask(city, "POST", STORE, "reviewer", json=planned(city, 7, name="湖畔二期"))
    west, south, east, north = city.part("table")["bbox"][7]
    place = {"type": "Point", "coordinates": [(west + east) / 2, (south + north) / 2]}
    nursery = {"id": "R-N", "kind": "nursery", "status": "operating", "floor_area_m2": 400}
    feature = {"type": "Feature", "geometry": place, "properties": nursery}
    ask(city, "POST", "/v1/facilities", "editor", json=feature)

    viewer = visit("viewer", size=TABLET)
    viewer.open("/?panel=review")
    expect(viewer.part("review-new")).to_have_count(0)
    viewer.page.get_by_label("状态").select_option("draft")
    viewer.page.get_by_label("按项目名称或编号查找").fill("畔二")
    expect(viewer.part("stored-count")).to_have_text("共 1 份")
    viewer.page.get_by_label("状态").select_option("signed")
    expect(viewer.part("stored-reviews")).to_contain_text("没有符合条件的审查")
    viewer.page.get_by_role("button", name="清除条件").click()
    viewer.part("stored-reviews").get_by_role("button", name=re.compile("湖畔二期")).click()
    expect(viewer.part("stored")).to_contain_text("R-7")
    for hidden in ("since", "sign", "review-again"):
        expect(viewer.part(hidden)).to_have_count(0)
    assert viewer.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    viewer.keep("review-tablet")

    maker = visit("reviewer")
    maker.open(f"/?panel=review&review={made['id']}")
    expect(maker.part("no-signature")).to_contain_text("这份审查是你做的")
    since = maker.part("since")
    expect(since).to_contain_text("设施：新增 1", timeout=60_000)
    expect(since).to_contain_text("服务半径")
    maker.part("review-again").click()
    units = maker.page.get_by_label("户数 1")
    expect(units).to_have_value("900")
    # What the form has no field for goes in again too.
    with maker.page.expect_request(
        lambda sent: "dry_run" in sent.url and '"units":950' in (sent.post_data or "")
    ) as asking:
        units.fill("950")
    assert asking.value.post_data_json["phases"] == [
        {"id": "1", "units": 950, "housing": {"planned_on": "2026-01-10"}}
    ]
    ask(city, "DELETE", "/v1/facilities/R-N", "editor", headers={"If-Match": '"1"'})


def test_a_site_comes_from_a_file_and_faults_stand_at_their_fields(visit, city, tmp_path) -> None:
    west, south, east, north = city.part("table")["bbox"][9]
    shapes = [
        shapely.box(west, south, east, north),
        shapely.box(east, south, 2 * east - west, north),
    ]
    frame = geopandas.GeoDataFrame({"name": ["甲", "乙"]}, geometry=shapes, crs="EPSG:4326")
    metres = frame.to_crs("EPSG:4547")
    metres.to_file(tmp_path / "s.shp", encoding="UTF-8")
    with zipfile.ZipFile(tmp_path / "用地.zip", "w") as archive:
        for path in tmp_path.glob("s.*"):
            archive.write(path, path.name)
    metres[["geometry"]].iloc[:1].to_file(tmp_path / "图纸.dxf", driver="DXF")
    seen = visit("reviewer")
    seen.expected.append("400")
    seen.open("/?panel=review")
    file, fault = seen.part("site-file"), seen.part("site-fault")
    file.set_input_files(tmp_path / "用地.zip")
    expect(seen.part("site-read")).to_contain_text("EPSG:4547")
    seen.part("which-site").select_option("1")
    expect(seen.part("review")).to_contain_text("用地约")
    # A drawing says nothing of its system.
    file.set_input_files(tmp_path / "图纸.dxf")
    expect(fault).to_contain_text("请填写后再读一次")
    seen.page.get_by_label("坐标系").fill("EPSG:4547")
    seen.page.get_by_role("button", name="再读").click()
    expect(seen.part("site-read")).to_contain_text("图纸.dxf")
    expect(fault).to_have_count(0)
    for content, words in (("{", "不是有效的 JSON"), ('{"type": "Point"}', "GeoJSON")):
        (tmp_path / "坏.geojson").write_text(content, encoding="utf-8")
        file.set_input_files(tmp_path / "坏.geojson")
        expect(fault).to_contain_text(words)

    ring = [list(corner) for corner in shapes[0].exterior.coords]
    project = {
        "id": "F-9",
        "name": "文件项目",
        "site": {"type": "Polygon", "coordinates": [ring]},
        "phases": [{"id": "1", "units": 600}, {"id": "1", "units": 100}],
        "facilities": [{"id": "T", "kind": "nursery", "phase": "9", "floor_area_m2": 200}],
        "removes": "没有",
    }

    def hand_in(**members) -> None:
        path = tmp_path / "项目.json"
        path.write_text(json.dumps({**project, **members}), encoding="utf-8")
        file.set_input_files(path)

    review = seen.part("review")
    hand_in()
    expect(review.get_by_role("alert").filter(has_text="项目文件有误")).to_contain_text("/removes")
    hand_in(removes=[])
    expect(seen.page.locator("[data-fault='phases/1']")).to_contain_text("编号重复")
    expect(seen.page.locator("[data-fault='facilities/0']")).to_contain_text("请选择所属的期")
    expect(seen.part("store")).to_have_count(0)
    passed = [{"stage": "plan", "passed_on": "2025-01-01"}]
    hand_in(removes=[], phases=project["phases"][:1], facilities=[], history=passed)
    expect(seen.page.locator("[data-fault='stage']")).to_contain_text("还没有通过“土地出让”")
    # It stands below what is in sight; one is led there.
    seen.part("first-fault").click()
    expect(seen.page.locator("[data-fault='stage']")).to_be_in_viewport()
    seen.keep("review-faults")
    seen.page.get_by_label("土地出让", exact=True).fill("2025-06-01")
    expect(seen.part("verdict")).to_contain_text("不符合")


# --- import ---------------------------------------------------------------------------------


def fly_to_the_row_set_aside(seen) -> None:
    """A row flies to its sign, which says why; pressed again, back to where the map was."""
    aside = seen.part("quarantined")
    before = seen.page.url
    row = aside.get_by_role("button", name="第 31 行：在图上看")
    row.focus()
    seen.page.keyboard.press("Enter")
    callout = seen.page.locator(".callout")
    expect(callout).to_contain_text("第 31 行")
    expect(callout).to_contain_text("floor_area_m2")
    expect(seen.page).to_have_url(re.compile(r"at=16\.\d+.*30\.66.*114\.26"))
    seen.keep("import-aside")
    assert faults_of_access(seen.page) == []
    seen.page.keyboard.press("Enter")
    expect(callout).to_have_count(0)
    expect(seen.page).to_have_url(before)
    row.click()
    expect(seen.page).to_have_url(re.compile(r"at=16"))
    seen.page.wait_for_timeout(700)
    # The sign itself, which is now in the middle of the map.
    box = seen.part("map").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    pressed = aside.locator('[aria-pressed="true"]')
    seen.page.mouse.click(*middle)
    expect(callout).to_have_count(0)
    expect(pressed).to_have_count(0)
    seen.page.mouse.click(*middle)
    expect(callout).to_contain_text("第 31 行")
    pressed.focus()
    seen.page.keyboard.press("Escape")
    expect(callout).to_have_count(0)

    # The report is told in the language of the page.
    seen.part("language").click()
    expect(aside).to_contain_text("must be a number, not 'abc'")
    expect(aside).to_contain_text("No place known")
    seen.part("language").click()
    expect(aside).to_contain_text("应为数字，而不是 'abc'")


def test_a_file_is_previewed_confirmed_and_taken_back(visit, city, tmp_path) -> None:
    rows = ["编号,名称,类型,经度,纬度,建筑面积,状态"]
    rows += [
        f"T-{n},试验托育园{n},托育机构,{114.2 + n / 200:.4f},{30.58 + n / 300:.4f},300,运营"
        for n in range(30)
    ]
    rows.append("T-97,面积有误,托育机构,114.26,30.66,三百多,运营")
    rows.append("T-98,缺坐标,托育机构,abc,30.6,200,运营")
    file = tmp_path / "托育园.csv"
    file.write_text("\n".join(rows), encoding="utf-8")
    seen = visit("editor")
    seen.open("/?panel=import")
    expect(seen.part("import-kind").locator("option")).to_have_count(7)
    seen.page.get_by_label("坐标系").fill("EPSG:4326")
    seen.part("import-file").set_input_files(file)
    expect(seen.part("import-rows")).to_contain_text("读入 32 行")
    expect(seen.part("map")).to_have_attribute("data-imported", "30")
    expect(seen.part("map")).to_have_attribute("data-aside", "1")
    aside = seen.part("quarantined")
    expect(aside.locator("tbody tr")).to_have_count(2)
    expect(aside).to_contain_text("应为数字，而不是 'abc'")
    expect(aside.locator("tbody tr").last).to_contain_text("位置不明")
    seen.keep("import")
    fly_to_the_row_set_aside(seen)
    seen.part("import-commit").click()
    expect(seen.part("import-state")).to_have_text("已入库")
    assert city.get("/v1/facilities/T-7")["properties"]["name"] == "试验托育园7"
    seen.part("import-undo").click()
    seen.part("import-undo-sure").click()
    expect(seen.part("import-state")).to_have_text("已撤销")
    gone = city.client.get("/v1/facilities/T-7", headers={"X-API-Key": city.keys["viewer"]})
    assert gone.status_code == 404


def test_a_network_and_a_file_in_an_unknown_system_are_looked_at(visit, tmp_path) -> None:
    streets = tmp_path / "街道.geojson"
    lines = [[[114.2 + n / 100, 30.58], [114.21 + n / 100, 30.58]] for n in range(8)]
    lines.append([[114.24, 30.6], [114.25, 30.6]])
    features = [
        {
            "type": "Feature",
            "properties": {"highway": "residential" if n else "motorway"},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for n, line in enumerate(lines)
    ]
    streets.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    seen = visit("editor", size=TABLET)
    seen.open("/?panel=import")
    seen.part("import-kind").select_option("network")
    expect(seen.part("import-kind-note")).to_contain_text("新版本")
    seen.part("import-file").set_input_files(streets)
    facts = seen.part("network-facts")
    expect(facts).to_contain_text("互不相接的 2 片")
    expect(facts).to_contain_text("未采用 1 条：禁止步行")
    expect(seen.part("map")).to_have_attribute("data-imported", "8")
    seen.part("network-odd").get_by_role("button").first.click()
    expect(seen.page.locator(".callout")).to_contain_text("孤立的一片 1")
    seen.keep("import-network-tablet")
    assert faults_of_access(seen.page) == []
    seen.page.get_by_role("button", name="放弃").click()
    expect(seen.part("import-earlier")).to_contain_text("已放弃")

    # Nobody says the system: the proposal names the field, and the same file is read again.
    silent = tmp_path / "无坐标系.csv"
    silent.write_text("编号,类型,经度,纬度,状态\nS-1,托育机构,114.3,30.6,运营\n", encoding="utf-8")
    seen.part("import-kind").select_option("facilities")
    seen.part("import-file").set_input_files(silent)
    refused = seen.part("import-refused")
    expect(refused).to_contain_text("没有说明坐标系")
    expect(refused).to_contain_text("crs=")
    expect(refused).not_to_contain_text("--crs")
    seen.keep("import-refused")
    seen.page.get_by_label("坐标系").fill("EPSG:4326")
    seen.part("import-again").click()
    expect(seen.part("import-rows")).to_contain_text("读入 1 行")


# --- charts and table -----------------------------------------------------------------------


def test_charts_show_the_figures_of_the_service(visit, city) -> None:
    seen = visit("viewer")
    seen.open("/?panel=charts")
    charts = seen.part("charts")
    rules = city.part("summary")["rules"]
    assert rules["jinhua.childcare.radius"]["not_met"] > 0
    for verdict in ("not_met", "met"):
        number = rules["jinhua.childcare.radius"][verdict]
        named = {"not_met": "不符合", "met": "符合"}[verdict]
        expect(charts.get_by_role("img", name=re.compile(f"(^|，){named} {number}"))).to_have_count(
            1
        )
    minutes = city.part("walking-minutes?rule=jinhua.childcare.circle15&bin_minutes=2.5")
    bins = [one["households"] for one in minutes["bins"]]
    label = seen.part("minutes").get_attribute("aria-label", timeout=30_000)
    shown = [int(one.rsplit(": ", 1)[1]) for one in label.split("：", 1)[1].split("; ")]
    assert shown == bins[: len(shown)]
    assert sum(shown) == sum(bins)
    seen.keep("charts")


def test_the_table_sorts_filters_and_exports_what_is_seen(visit, city) -> None:
    table = city.part("table")
    seen = visit("viewer")
    seen.open("/?panel=table")
    expect(seen.part("row-count")).to_contain_text(f"{len(table['id']):,}")
    seen.page.get_by_role("button", name=re.compile("^户数")).click()
    most = max(one for one in table["households"] if one is not None)
    expect(seen.page.locator("tbody tr:not([aria-hidden])").first).to_contain_text(f"{most:,}")
    seen.page.get_by_label("判定", exact=True).select_option("undetermined")
    seen.page.get_by_label("筛选名称或编号").fill("WH-1")
    wanted = {
        name
        for name, flag in zip(table["id"], table["flag"], strict=True)
        if flag == "undetermined" and "WH-1" in name
    }
    assert wanted
    expect(seen.part("row-count")).to_contain_text(f"显示 {len(wanted)} /")
    seen.keep("table")
    with seen.page.expect_download() as loading:
        seen.page.get_by_role("button", name="导出 CSV").click()
    text = loading.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["编号"] for row in rows} == wanted
    households = [float(row["户数"] or -1) for row in rows]
    assert households == sorted(households, reverse=True)


# --- languages, access, paper ---------------------------------------------------------------

AXE = ROOT / "service" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PANELS = ("overview", "ask", "scenario", "review", "import", "charts", "table")


def faults_of_access(page: Page) -> list[str]:
    """What axe-core finds on the page that is serious or worse."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "async () => (await axe.run({runOnly: ['wcag2a', 'wcag2aa', 'best-practice']})).violations"
    )
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def test_no_view_has_a_serious_fault_of_access(visit, city) -> None:
    worst = city.part("table")["id"][0]
    signed_out = visit(None)
    signed_out.expected.append("401")
    signed_out.page.goto(city.address)
    expect(signed_out.page.get_by_label("API 密钥")).to_be_visible()
    assert faults_of_access(signed_out.page) == []
    seen = visit()
    seen.open(f"/?district={worst}")
    expect(seen.part("why").locator("[data-rule]").first).to_be_visible()
    for panel in PANELS:
        seen.panel(panel)
        seen.page.wait_for_load_state("networkidle")
        assert faults_of_access(seen.page) == [], panel


def test_paper_has_the_map_and_says_what_it_shows(visit, city) -> None:
    seen = visit("viewer")
    seen.open()
    # As a browser does before it prints; what was drawn by then is no more.
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    source = seen.page.locator("img.picture").get_attribute("src")
    picture = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGB")
    colours = picture.getcolors(maxcolors=1 << 24)
    # Flags and streets, not one ground.
    assert len(colours) > 50
    assert max(count for count, _ in colours) < 0.95 * picture.width * picture.height
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(seen.page.locator("img.picture")).to_have_count(0)
    document = pypdfium2.PdfDocument(seen.page.pdf(format="A4"))
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert "金华市" in text
    assert city.part("summary")["as_of"] in text


def test_an_old_link_leads_to_the_newest_evaluation(visit) -> None:
    seen = visit("viewer")
    seen.expected.append("404")
    seen.open(f"/?evaluation={'0' * 32}")
    expect(seen.page.locator("#panel")).to_contain_text("链接所指的评估已不存在")
    expect(seen.part("worst").locator("li").first).to_be_visible()
    assert "0" * 32 not in seen.page.url


def test_one_click_changes_every_text_into_english(visit) -> None:
    seen = visit()
    seen.open()
    seen.part("language").click()
    expect(seen.part("panel-ask")).to_have_text("Ask")
    expect(seen.part("worst").locator("li").first).to_contain_text("households concerned")
    # The server's own texts follow: reasons of the worst districts.
    expect(seen.part("worst").locator("li").first).to_contain_text("required")
    for panel in PANELS:
        seen.panel(panel)
        texts = seen.page.locator("nav, header label > span, h2, h3, button").all_inner_texts()
        # Files keep the names people gave them: other tests import some.
        words = [one for one in texts if not re.search(r"\.(csv|geojson|zip|shp)\b", one)]
        chinese = [one for one in words if re.search(r"[\u4e00-\u9fff]", one)]
        names = ("中文", "一刻", "示范", "大理", "金华", "贵州", "攀枝花", "试点")
        assert [one for one in chinese if not any(name in one for name in names)] == [], panel
    assert "lang=en" in seen.page.url
    seen.keep("english")


def test_the_main_path_needs_no_mouse_and_fits_a_tablet(visit, city) -> None:
    seen = visit(size=TABLET)
    seen.open()
    first = seen.part("worst").locator("li button").first
    expect(first).to_be_visible()
    seen.page.keyboard.press("Tab")
    expect(seen.page.locator(":focus")).to_have_text("跳到内容")
    seen.page.keyboard.press("Enter")
    for _ in range(40):
        seen.page.keyboard.press("Tab")
        if first.evaluate("one => one === document.activeElement"):
            break
    seen.page.keyboard.press("Enter")
    why = seen.part("why")
    expect(why.locator("[data-rule]").first).to_be_visible()
    wide = seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wide
    seen.keep("tablet")
    # Paper: the panel, the map and the clauses, none of the buttons.
    seen.page.emulate_media(media="print")
    expect(seen.page.locator("header.bar")).to_be_hidden()
    expect(why).to_be_visible()
    paper = ARTEFACTS / "print.pdf"
    paper.write_bytes(seen.page.pdf(format="A4"))
    document = pypdfium2.PdfDocument(paper)
    text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
    assert city.part("districts?limit=1")["features"][0]["properties"]["name"] in text
    document.close()


def test_a_fault_is_told_and_can_be_tried_again_and_nothing_yet_is_said_so(visit, city) -> None:
    seen = visit("viewer")
    seen.expected.append("500")
    fault = {"title": "Fault", "status": 500, "detail": "试验故障"}
    seen.page.route(
        "**/v1/page",
        lambda one: one.fulfill(status=500, json=fault, content_type="application/problem+json"),
    )
    seen.page.goto(city.address)
    expect(seen.page.get_by_role("alert")).to_contain_text("试验故障")
    seen.page.unroute("**/v1/page")
    start = city.get("/v1/page")
    seen.page.route("**/v1/page", lambda one: one.fulfill(json={**start, "evaluations": []}))
    seen.page.get_by_role("button", name="重试").click()
    expect(seen.page.locator("#panel")).to_contain_text("还没有评估")
    seen.keep("empty")


def test_the_interface_is_described_from_this_server(visit) -> None:
    seen = visit("viewer")
    seen.page.goto(f"{seen.city.address}/docs")
    expect(seen.page.locator("#docs")).to_contain_text("/v1/evaluations", timeout=60_000)
    seen.keep("docs")


# --- what is sent ---------------------------------------------------------------------------


def test_the_built_page_stays_within_its_budget() -> None:
    dist = ROOT / "service" / "web" / "dist"
    packed = {
        path.relative_to(dist).as_posix(): len(gzip.compress(path.read_bytes(), 9))
        for path in dist.rglob("*")
        if path.is_file()
    }
    of_map = sum(size for name, size in packed.items() if "maplibre" in name)
    of_docs = sum(size for name, size in packed.items() if re.match(r"(assets/)?docs\b", name))
    assert of_docs < 480_000
    # MapLibre and its worker are most of it; what Yike adds is kept small (docs/page.md).
    assert of_map < 470_000
    assert sum(packed.values()) - of_map - of_docs < 125_000
    index = (dist / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=", index)


def test_texts_stand_in_the_files_of_their_language_only() -> None:
    source = ROOT / "service" / "web" / "src"
    comment = re.compile(r"/\*.*?\*/|//[^\n]*|<!--.*?-->", re.DOTALL)
    # Signs drawn on the map, and the default name of a first phase, are data.
    data = {"map/images.ts"}
    found = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.suffix in {".svelte", ".ts"}
        and re.search(r"[\u4e00-\u9fff]", comment.sub("", path.read_text(encoding="utf-8")))
    }
    texts = {name for name in found if name.startswith(("text/zh/", "text/en/"))}
    assert found - texts <= data
