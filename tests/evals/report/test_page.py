"""The page: self-contained, safe with hostile text, and alive in a browser."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from evals.gates import check_gates, read_gates
from evals.manifest import summarise_cost
from evals.report.page import write_page
from evals.scores import score_run

ATTACKS = [
    pattern.format(n)
    for n in range(20)
    for pattern in (
        "<script>document.title='hit{}'</script>",
        "</script><script>document.title='hit{}'</script>",
        "<img src=x onerror=document.title='hit{}'>",
        "'\"><svg onload=document.title='hit{}'>",
        "<iframe src=javascript:document.title='hit{}'>",
        "{{{{ 7 * {} }}}}<b id=hit>",
        "<!--<script>hit{}",
        "]]><style>*{{display:none}}/*{}*/</style>",
        "\u2028</textarea><a href=javascript:hit({})>",
        "&lt;script&gt;hit{}&lt;/script&gt;<base href=//evil>",
    )
]
MANIFEST = {
    "finished": "2026-01-01",
    "seeds": {"resamples": 10000},
    "hardware": {"processor": "one", "processors_used": 2},
}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def page(tmp_path_factory, request):
    """A page about texts full of attacks, in title, text, proposals and ids."""
    from importlib import util
    from pathlib import Path

    spec = util.spec_from_file_location("evals_conftest", Path(__file__).parents[1] / "conftest.py")
    made = util.module_from_spec(spec)
    spec.loader.exec_module(made)
    texts, answers = made.make_random(2, 20)
    hostile_texts, hostile_answers = [], []
    for number, (text, labels) in enumerate(zip(texts, answers, strict=True)):
        words = " ".join(ATTACKS[number * 10 : number * 10 + 10])
        proposals = tuple(replace(p, description=f"{p.description} {words}") for p in text.proposals)
        changed = replace(
            text, id=f"{words[:30]}{number}", title=words, text=f"{text.text} {words}", proposals=proposals
        )
        hostile_texts.append(changed)
        names = dict.fromkeys(labels.country_names, words)
        hostile_answers.append(replace(labels, id=changed.id, country_names=names))
    record = {
        "name": ATTACKS[0],
        "proposals": "given",
        "model": {"name": "stub", "version": "1"},
        **score_run(hostile_texts, hostile_answers),
        "behaviour": [
            {
                "capability": "negation",
                "kind": "must know",
                "cases": 200,
                "failed": 3,
                "fail_rate": 0.015,
                "low": 0.0,
                "high": 0.04,
                "worst": [{"asked": [ATTACKS[1]], "texts": [ATTACKS[2]], "wrong": ATTACKS[3]}],
            }
        ],
    }
    record["gates"] = check_gates(record, read_gates())
    manifest = {**MANIFEST, "cost": {**summarise_cost([0.1], 10, 10), "report_seconds": 1}, "command": ATTACKS[:3]}
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(path, record, manifest, hostile_texts, hostile_answers)
    return path


def test_hostile_words_become_text_and_never_markup(page):
    html = page.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(html)
    names = [tag for tag, _ in tags.seen]

    assert len(ATTACKS) == 200
    assert names.count("script") == 2
    assert not {"img", "iframe", "base", "object", "embed"} & set(names)
    assert names.count("style") <= 1 + names.count("figure")  # the page's own, and one in each drawing
    assert all(not key.startswith("on") for _, attributes in tags.seen for key in attributes)


def test_page_asks_for_nothing_from_elsewhere(page):
    html = page.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(html)

    assert "default-src 'none'" in html
    outside = [
        a for _, a in tags.seen for key in ("src", "href", "xlink:href") if not (a.get(key) or "#").startswith("#")
    ]
    assert outside == []
    assert len(html.encode()) <= 15_000_000


def test_slices_are_shown_with_their_calibration_error_or_without_one(page):
    html = page.read_text(encoding="utf-8")
    slices = html[html.index('<section id="slices">') : html.index('<section id="countries">')]
    last = re.findall(r"<td>([^<]*)</td></tr>", slices)

    assert "–" in last
    assert any(re.fullmatch(r"\.\d{3}", value) for value in last)


def test_page_can_be_used_without_sight_or_mouse(page):
    html = page.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(html)

    assert ("html", {"lang": "en"}) in tags.seen
    assert html.count("<h1") == 1
    figures = [attributes for tag, attributes in tags.seen if tag == "figure"]
    assert figures
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in figures)
    assert 'href="#main"' in html
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in tags.seen if tag == "th")


def test_data_of_the_browser_of_mistakes_are_whole(page):
    html = page.read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="mistakes-data">(.*?)</script>', html, re.DOTALL)[1])

    assert data["rows"]
    assert {row["article"] for row in data["rows"]} == set(data["articles"])
    assert {row["kind"] for row in data["rows"]} <= {"flip", "missed", "invented", "other stance"}


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_page_lives_in_a_browser_and_no_attack_does(page, tmp_path):
    run = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,3000"]
    shot = tmp_path / "shot.png"
    subprocess.run([*run, f"--screenshot={shot}", page.as_uri()], check=True, capture_output=True, timeout=120)
    dom = subprocess.run(
        [*run, "--dump-dom", page.as_uri()], check=True, capture_output=True, timeout=120
    ).stdout.decode()
    tags = Tags()
    tags.feed(dom)

    from PIL import Image

    colours = Image.open(shot).convert("RGB").resize((140, 300)).getcolors(42_000)
    assert len(colours) > 50
    assert max(count for count, _ in colours) < 0.97 * 140 * 300
    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)[1]
    assert title.startswith("stub 1 on &lt;script&gt;")
    assert sum(tag == "button" and "aria-pressed" in attributes for tag, attributes in tags.seen) > 5
    assert any(tag == "mark" and "country" in (attributes.get("class") or "") for tag, attributes in tags.seen)
    assert not any(attributes.get("id") == "hit" for _, attributes in tags.seen)
