"""A review in words: every code has them in both languages, and the report says what decides."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from housing import FOUR, PACKS, conditions, item, nursery, project, reviewed, station

from spatial.policy.review import remedy_wording, words
from spatial.policy.review.document import review_document
from spatial.policy.review.remedy import Remedy
from spatial.policy.review.remedy_wording import remedy_text
from spatial.policy.review.report import report_text
from spatial.policy.review.stages import STAGES
from spatial.policy.review.step_wording import STEPS

FOLDER = Path(words.__file__).parent
SOURCES = "".join(
    path.read_text(encoding="utf-8")
    for path in FOLDER.glob("*.py")
    if not path.stem.endswith(("sentences", "wording", "words", "report"))
)


def tables():
    yield "steps", STEPS
    for name in ("_REMEDIES", "_SIDES"):
        yield name, getattr(remedy_wording, name)
    for name in ("SYNC_WORDS", "WORDS", "VERDICT_WORDS"):
        yield name, getattr(words, name)


def test_every_word_stands_in_both_languages():
    for name, table in tables():
        for code, texts in table.items():
            chinese, english = texts
            assert re.search(r"[\u4e00-\u9fff]", chinese), (name, code)
            holes = [sorted(set(re.findall(r"\{(\w+)\}", text))) for text in (chinese, english)]
            if code not in ("add_facilities", "change_receiver", "land_met"):
                assert holes[0] == holes[1], (name, code)


def test_every_sentence_is_said_somewhere():
    for code in STEPS:
        stem = re.sub(r"_(met|short|unknown|failed)$", "", code)
        assert f'"{code}"' in SOURCES or f'"{stem}"' in SOURCES, code


@pytest.mark.parametrize(
    ("remedy", "chinese", "english"),
    [
        (
            Remedy("add_floor_area", Decimal(135), "m2"),
            "增加建筑面积135㎡",
            "add 135 m² of floor area",
        ),
        (
            Remedy("add_facilities", Decimal(1), "facilities", phase="1"),
            "1期增设1处设施",
            "add 1 more facility in phase 1",
        ),
        (Remedy("open_gate", where="north"), "在北侧增设出入口", "open a gate on the north side"),
        (
            Remedy("advance", Decimal(1), "days", facility="s1", where="built"),
            "s1建设提前1天",
            "bring building of s1 forward by 1 days",
        ),
        (
            Remedy("sign_agreement", facility="s1", phase="1"),
            "签订s1移交协议",
            "sign the agreement on handing over s1",
        ),
        (
            Remedy("carry_over", item="养老服务站", where="position"),
            "将控规的养老服务站位置纳入出让方案",
            "carry over the position of 养老服务站 from the control plan into the grant scheme",
        ),
    ],
)
def test_what_would_make_it_hold(remedy, chinese, english):
    assert remedy_text(remedy, lang="zh") == chinese
    assert remedy_text(remedy, lang="en") == english


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_can_be_read_at_every_stage(stage, lang):
    submitted = project(
        nursery(199),
        station(floor_area_m2=165, handover={}, dates={}, status="approved"),
        planning_conditions=conditions(
            item(), item(id="托育", service="childcare", kind="nursery")
        ),
        control_plan={**conditions(item(position="B-1")), "issued_on": "2022-05-01"},
        household_size={"persons": 2.62, "source": "七普"},
        area="510402",
    )
    found = reviewed(submitted, *FOUR, stage=stage)
    text = report_text(found, packs=[PACKS[name] for name in FOUR], lang=lang)
    assert not re.search(r"[{}]", text)
    assert "None" not in text
    assert {"zh": "不适用于本地区", "en": "does not apply here"}[lang] in text
    assert "2.62" in text
    for finding in found.findings:
        if finding.verdict not in ("not_applicable", "indicator"):
            assert finding.quote in text
    document = review_document(found, lang=lang)
    again = json.loads(json.dumps(document, ensure_ascii=False, allow_nan=False))
    assert again["verdict"] == found.verdict
    assert len(again["findings"]) == len(found.findings)
