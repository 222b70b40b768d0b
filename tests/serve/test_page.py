"""The page, in Debian's Chromium, against a service whose worker takes simple sentences at their word."""

import csv
import io
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from serve.lookup import list_countries, list_groups

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "serve" / "page"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WORKER = Path(__file__).with_name("page_worker.py")
ARTICLE = (
    "\U0001f41f\U0001f41f Cod e\u0301t al. Norway opposes the ban (0.90). Chile supports the ban (0.97).\n\n"
    "India abstains on the ban (0.55). Malta supports the ban (0.40). Norway supports the rival draft (0.80). "
    "Later Norway went home."
)
TITLE = "Norway and the \U0001f41f"


@pytest.fixture(scope="module")
def address(run_service, tmp_path_factory):
    code = f"import sys, runpy; sys.path[:] = {sys.path!r}; runpy.run_path({str(WORKER)!r}, run_name='__main__')"
    folder = tmp_path_factory.mktemp("page")
    with run_service(folder / "labelled.txt", [sys.executable, "-c", code]) as service:
        yield f"http://127.0.0.1:{service.port}/"


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    flags = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def window(browser):
    with browser.new_context(viewport={"width": 1300, "height": 900}) as window:
        yield window


@pytest.fixture
def open_page(browser, window, address):
    """Open the page in a tab, or with options in a window of its own; complaints and other hosts fail the test."""
    opened, complaints = [], []

    def open_one(fragment="", **options):
        context = browser.new_context(**options) if options else window
        page = context.new_page()
        opened.append(context if options else page)
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
        page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: complaints.append(request.url) if _is_outside(request, address) else None)
        page.goto(address + fragment)
        page.locator("#world svg").wait_for(state="attached")
        return page

    yield open_one
    for one in opened:
        one.close()
    assert complaints == []


def _is_complaint(message):
    return message.type in ("error", "warning") and "Failed to load resource" not in message.text


def _is_outside(request, address):
    return not request.url.startswith((address, "blob:", "data:"))


@pytest.fixture
def page(open_page):
    return open_page()


def label(page, text=ARTICLE, **fields):
    page.locator("#text").fill(text)
    for name, value in fields.items():
        if name == "proposals":
            page.locator("#own summary").click()
        page.locator(f"#{name}").fill(value)
    page.locator("#submit").click()
    page.locator("#result").wait_for()
    return page


def read_rows(page):
    return [re.sub(r"\s+", " ", row).strip() for row in page.locator("tr.line").all_inner_texts()]


def read_lit(page):
    """The lit evidence; a mention in it is a piece of its own."""
    return "".join(page.locator(".lit").all_text_contents())


def read_fragment(page):
    page.wait_for_timeout(300)  # the address follows a moment later
    return "#" + page.url.partition("#")[2]


def test_text_is_whole_and_its_countries_are_coloured_by_code_points(page):
    label(page, title=TITLE)
    assert page.locator("#words").text_content() == ARTICLE
    assert page.locator("#heading").text_content() == TITLE
    marks = page.locator("#words .mention").evaluate_all("all => all.map(one => [one.textContent, one.className])")
    assert marks == [
        ["Norway", "mention oppose"],
        ["Chile", "mention support"],
        ["India", "mention abstain"],
        ["Malta", "mention support"],
        ["Norway", "mention oppose"],
        ["Norway", "mention oppose"],
    ]
    assert page.locator("#heading .mention.oppose").text_content() == "Norway"


def test_table_tallies_and_map_are_of_the_chosen_proposal(page):
    label(page)
    assert read_rows(page) == [
        "Chile + supports 97 %",
        "Norway − opposes 90 %",
        "India ○ abstains 55 %",
        "Malta + supports 40 %",
    ]
    expect(page.locator("#tallies")).to_contain_text("2 support")
    told = "all => all.map(one => [one.id, one.tagName, one.getAttribute('fill')])"
    assert page.locator("#world .told").evaluate_all(told) == [
        ["CHL", "path", "url(#fill-support)"],
        ["IND", "path", "url(#fill-abstain)"],
        ["NOR", "path", "url(#fill-oppose)"],
        ["MLT", "circle", "url(#fill-support)"],
    ]
    page.get_by_role("tab", name="the rival draft").click()
    assert read_rows(page) == ["Norway + supports 80 %"]
    assert page.locator("#words .mention.support").all_text_contents() == ["Norway"] * 3
    assert page.locator("#world .told").evaluate_all(told) == [["NOR", "path", "url(#fill-support)"]]


@pytest.mark.parametrize("place", ["tr.line:has-text('Norway')", "#words .mention >> nth=5", "#NOR"])
def test_evidence_is_lit_while_a_country_is_pointed_at(page, place):
    label(page)
    target = page.locator(place)
    target.dispatch_event("pointerenter" if place.startswith("tr") else "pointerover")
    assert read_lit(page) == "Norway opposes the ban (0.90)."
    assert page.locator(".mention.now").count() == 3
    assert page.locator("#NOR.now").count() == 1
    expect(page.locator("#lit")).to_contain_text("Norway opposes, 90\u00a0%")
    page.locator("#world" if place == "#NOR" else place.split(" ")[0]).dispatch_event("pointerleave")
    assert read_lit(page) == ""


def test_a_chosen_country_stays_lit_until_it_is_chosen_again_or_escape(page):
    label(page)
    page.get_by_role("button", name="Malta", exact=True).click()
    expect(page.locator("blockquote:visible")).to_have_text("Malta supports the ban (0.40).")
    page.mouse.move(0, 0)
    assert read_lit(page) == "Malta supports the ban (0.40)."
    page.keyboard.press("Escape")
    page.locator("#minimum").focus()
    assert read_lit(page) == ""
    expect(page.locator("blockquote:visible")).to_have_count(0)


def test_keyboard_alone_does_it_all(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.locator("#text").fill(ARTICLE)
    page.locator("#text").press("Control+Enter")
    page.locator("#result").wait_for()
    assert page.evaluate("document.activeElement.id") == "heading"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Norway: Norway opposes, 90\u00a0%"
    assert read_lit(page) == "Norway opposes the ban (0.90)."
    page.keyboard.press("ArrowRight")
    assert read_lit(page) == "Chile supports the ban (0.97)."
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Chile supports")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "tab"
    page.keyboard.press("ArrowDown")
    assert read_rows(page) == ["Norway + supports 80 %"]
    assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"


def test_a_tap_lights_evidence_on_a_phone_and_nothing_is_wider_than_it(open_page):
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    text = f"{'x' * 400} " + ARTICLE.replace("the ban", "#1").replace("the rival draft", "#1")
    label(page, text, title="A" * 300, proposals="w" * 900)
    page.locator("#words .mention").nth(2).tap()
    assert read_lit(page) == "India abstains on #1 (0.55)."
    expect(page.locator("#said.shown")).to_have_text("India abstains, 55\u00a0%")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_slider_hides_what_is_less_sure_everywhere(page):
    label(page)
    page.locator("#minimum").fill("60")
    assert [row.split()[0] for row in read_rows(page)] == ["Chile", "Norway"]
    assert page.locator("#world .told").count() == 2
    assert page.locator("#words .mention[role=button]").count() == 4
    expect(page.locator("#tallies")).to_contain_text("2 less sure, hidden")
    expect(page.get_by_role("tab").first).to_contain_text("+1")


def test_downloads_are_the_answer_and_a_table_that_no_spreadsheet_runs(page, address):
    proposals = ['=HYPERLINK("http://x")', " +1", "\t-1", "@SUM(A1)", 'say "no", later']
    text = "".join(f"Norway opposes #{n} (0.9{n}). " for n in range(1, 6)) + "Chile supports #1 (0.30)."
    label(page, text, title="-2+3", proposals="\n".join(proposals))
    page.locator("#minimum").fill("50")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    words = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(words, newline="")))
    assert [row["country"] for row in rows] == ["NOR"] * 5
    assert [row["proposal_text"] for row in rows] == [
        "'=HYPERLINK(\"http://x\")", "'+1", "'-1", "'@SUM(A1)", 'say "no", later',
    ]  # fmt: skip
    assert rows[0]["title"] == "'-2+3"
    assert rows[0]["confidence"] == rows[0]["score_oppose"] == "0.91"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSON").click()
    body = {"text": text, "title": "-2+3", "proposals": [proposal.strip() for proposal in proposals]}
    answer = page.request.post(f"{address}v1/label", data=body)
    assert Path(download.value.path()).read_bytes() == answer.body()


def test_copies_reach_the_clipboard(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    label(page)
    page.get_by_role("button", name="Copy as JSON").click()
    expect(page.locator("#said.shown")).to_have_text("JSON is on the clipboard.")
    assert len(json.loads(page.evaluate("navigator.clipboard.readText()"))["stances"]) == 5
    page.get_by_role("button", name="Copy a link").click()
    expect(page.locator("#said.shown")).to_have_text("The link is on the clipboard.")
    assert page.evaluate("navigator.clipboard.readText()").endswith(read_fragment(page))


def test_a_link_shows_the_same_in_another_window(page, open_page):
    label(
        page,
        title=TITLE,
        date="2026-10-14",
        proposals="one\ntwo",
        text="Norway opposes #2 (0.90). Chile supports #2 (0.50).",
    )
    page.get_by_role("tab", name="two").click()
    page.locator("#minimum").fill("60")
    page.get_by_role("button", name="Norway", exact=True).click()
    other = open_page(read_fragment(page))
    other.locator("#result").wait_for()
    assert read_rows(other) == ["Norway − opposes 90 %"]
    assert read_lit(other) == "Norway opposes #2 (0.90)."
    assert other.locator("#heading").text_content() == TITLE
    other.get_by_role("button", name="Edit the article").click()
    assert other.locator("#proposals").input_value() == "one\ntwo"
    assert other.locator("#date").input_value() == "2026-10-14"


@pytest.mark.parametrize("packed", ["nonsense", "bVbL", "%00", "A" * 5000])
def test_a_damaged_link_is_told_in_words(open_page, packed):
    page = open_page(f"#article={packed}")
    expect(page.locator("#error")).to_contain_text("The link is damaged")
    assert page.locator("#form").is_visible()


def test_hostile_words_stay_words(page):
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'`${alert(3)}"
    label(page, f"{evil} Norway opposes #1 (0.90). javascript:alert(4)", title=evil, proposals=f"{evil}\n{evil}")
    page.get_by_role("button", name="Norway", exact=True).click()
    assert page.locator("main img, main script").count() == 0
    assert page.locator("#heading").text_content() == evil
    assert evil in page.get_by_role("tab").first.text_content()


ERRORS = [
    (401, {}, "This service wants a key"),
    (413, {}, "This is too much at once: seen."),
    (422, {}, "This can't be labelled: seen."),
    (500, {}, "Something broke in the service: seen (request r1)."),
    (503, {}, "The service can't label this now: seen."),
    (429, {"retry-after": "60"}, "The service is busy."),
    (504, {}, "did not come in time"),
    (200, {}, "an answer that this page can't read"),
]


@pytest.mark.parametrize(("status", "headers", "words"), ERRORS)
def test_errors_are_told_in_words(page, status, headers, words):
    body = json.dumps({"error": {"type": "T", "message": "seen", "request_id": "r1"}})
    page.route("**/v1/label", lambda route: route.fulfill(status=status, headers=headers, body=body))
    page.locator("#text").fill("Norway")
    page.locator("#submit").click()
    expect(page.locator("#error")).to_contain_text(words)
    assert page.locator("#submit").is_enabled()


def test_a_refusal_of_the_service_and_its_absence_are_told(page):
    page.locator("#submit").click()
    expect(page.locator("#error")).to_contain_text("There is no article yet")
    page.locator("#text").fill("refuse this")
    page.locator("#submit").click()
    expect(page.locator("#error")).to_have_text("This can't be labelled: this text is unlabellable: write another.")
    page.route("**/v1/label", lambda route: route.abort())
    page.locator("#submit").click()
    expect(page.locator("#error")).to_contain_text("The service can't be reached")


def test_a_busy_service_is_asked_again(page):
    answers = iter([{"status": 429, "headers": {"retry-after": "0"}}, {"status": 503, "headers": {"retry-after": "0"}}])

    def answer(route):
        refusal = next(answers, None)
        return route.fulfill(**refusal) if refusal else route.continue_()

    page.route("**/v1/label", answer)
    label(page)
    assert len(read_rows(page)) == 4


def test_waiting_is_shown_and_can_be_ended(page):
    page.route("**/v1/label", lambda route: None)
    page.locator("#text").fill(ARTICLE)
    page.locator("#submit").click()
    expect(page.locator("#waited")).to_contain_text(f"Reading {len(ARTICLE.split())} words")
    assert page.locator("progress").is_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#waiting")).to_be_hidden()
    assert page.locator("#error").is_hidden()
    page.unroute("**/v1/label")
    label(page)


def test_text_files_can_be_dropped_and_opened(page):
    drop = """text => {
        const data = new DataTransfer();
        data.items.add(new File([text], "a.txt"));
        const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
        document.querySelector("#drop").dispatchEvent(event);
    }"""
    page.evaluate(drop, ARTICLE)
    expect(page.locator("#text")).to_have_value(ARTICLE)
    page.locator("#file").set_input_files({"name": "b.txt", "mimeType": "text/plain", "buffer": b"\xff\xfe\x00"})
    expect(page.locator("#error")).to_contain_text("b.txt can't be read as text")


def test_the_example_is_loaded_by_a_button_and_is_our_own(page):
    page.get_by_role("button", name="Load an example").click()
    expect(page.locator("#title")).to_have_value("Assembly bans cloud seeding at borders")
    assert page.locator("#text").input_value() == (ROOT / "examples" / "assembly-vote.txt").read_text()
    expect(page.locator("#model")).to_have_text("Model: trusting 0.")


def test_groups_count_for_their_members_on_request(page):
    page.locator("#groups").check()
    label(page)
    assert read_rows(page)[0] == "Chile through NORDICS + supports 97 %"
    assert page.locator("#world .told").count() == 4


def test_groups_are_told_beside_the_map(page):
    label(page, "European Union supports the ban (0.90).")
    expect(page.locator("#off-map")).to_have_text("Not on the map: European Union supports, 90\u00a0%.")


@pytest.mark.parametrize(
    ("text", "words"),
    [("Norway slept.", "No proposal was found"), ("Norway opposes #2 (0.90).", None)],
)
def test_an_answer_without_stances_is_told(page, text, words):
    if words is None:
        label(page, "Nothing.", proposals="a ban")
        words = "No country was found"
    else:
        label(page, text)
    expect(page.locator("#notice")).to_contain_text(words)


def test_sixty_countries_in_two_thousand_words(page):
    groups = {group["group"] for group in list_groups(None)}
    names = [known["name"] for known in list_countries() if known["country"] not in groups]
    plain = [name for name in names if re.fullmatch("[A-Za-z ]+", name)][:60]
    sentences = [f"{name} supports the ban (0.{90 - n}). {'Words follow here. ' * 10}" for n, name in enumerate(plain)]
    label(page, "\n\n".join(sentences))
    assert len(read_rows(page)) == 60
    assert page.locator("#words .mention.support").count() >= 60
    expect(page.locator("#dateline")).to_contain_text(re.compile(r"2,\d\d\d words"))
    page.locator("#words .mention").last.click()
    expect(page.locator("tr.chosen")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_read(open_page, scheme):
    page = label(open_page(color_scheme=scheme))
    for stance in ("support", "oppose", "abstain"):
        for ground in ("--paper", f"--{stance}-tint"):
            assert measure_contrast(page, f"--{stance}", ground) >= 4.5
    assert measure_contrast(page, "--muted", "--paper") >= 4.5
    assert measure_contrast(page, "--ink", "--paper") >= 7
    assert (measure_light(page, "--paper") < 0.1) == (scheme == "dark")


def measure_contrast(page, front, ground):
    lights = sorted([measure_light(page, front), measure_light(page, ground)])
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def measure_light(page, name):
    """Relative luminance, as WCAG 2 has it, of a colour of the sheet."""
    script = """name => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(${name})`;
        const seen = getComputedStyle(probe).color;
        probe.remove();
        return seen;
    }"""
    parts = [int(part) / 255 for part in re.findall(r"\d+", page.evaluate(script, name))[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_example_is_that_of_the_repository():
    assert (PAGE / "example.txt").read_bytes() == (ROOT / "examples" / "assembly-vote.txt").read_bytes()


def test_map_has_a_place_for_every_country_and_is_small():
    drawing = (PAGE / "map.svg").read_text(encoding="utf-8")
    places = re.findall(r' id="(\w+)"', drawing)
    groups = {group["group"] for group in list_groups(None)}
    assert sorted(places) == sorted({known["country"] for known in list_countries()} - groups)
    assert len(drawing.encode()) < 150_000
    assert "style" not in drawing


def test_page_has_nothing_inline_and_nothing_from_elsewhere():
    words = (PAGE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son\w+=|://|<script(?![^>]*\ssrc=)", words) == []
    for path in re.findall(r'(?:src|href)="(page/[^"]+)"', words):
        assert (PAGE.parent / path).is_file()
    for script in PAGE.glob("*.js"):
        assert "innerHTML" not in script.read_text(encoding="utf-8")
