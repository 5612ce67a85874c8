"""The page a bank opens, in a real browser; and the same answer for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.adapters.ledger.reader import LedgerReader
from gateway.console.pages import verdict_page
from gateway.ids import format_id
from gateway.services.verify import verify
from tests.gateway.conftest import Told

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """A page of the browser that keeps everything it asked for and everything it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    page = browser.new_page(viewport={"width": 1100, "height": 900}, locale="en-GB")
    yield Visit(page)
    page.close()


def test_a_browser_shows_the_verdict_and_asks_nobody_else(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/verify/202-1")
    page = visit.page
    expect(page.get_by_role("heading", level=1)).to_have_text("202-1")
    expect(page.locator(".marks")).to_contain_text("Authentic")
    expect(page.locator("#check-confirmation")).to_contain_text("maker and checker promised it")
    assert _width(page, ".qr svg") > 100
    assert all(url.startswith(site) for url in visit.asked)
    assert visit.complaints == []
    colour = page.locator(".bar").evaluate("element => getComputedStyle(element).backgroundColor")
    assert colour == "rgb(27, 36, 48)"


def test_a_browser_shows_what_a_receipt_is_good_for(site: str, visit: Visit, told: Told) -> None:
    number = format_id(told.story.ids["pool"])
    visit.page.goto(f"{site}/verify/{number}")
    page = visit.page
    expect(page.get_by_role("heading", level=1)).to_have_text(number)
    expect(page.locator(".kind")).to_have_text("Warehouse receipt")
    expect(page.locator(".facts")).to_contain_text("Handed over for it today")
    expect(page.locator("#check-left")).to_contain_text("because the lot is short by 4 KGM")
    expect(page.locator("#check-storing")).to_contain_text("its keeper and an inspector signed")
    expect(page.locator("#check-place")).to_contain_text("The chain alone does not say where the goods lie")
    expect(page.get_by_role("list", name="The way from the root")).to_contain_text("handed over")
    assert _width(page, ".qr svg") > 100
    assert visit.complaints == []
    visit.page.goto(f"{site}/verify/{format_id(told.story.ids['single'])}")
    expect(page.locator(".sentence")).to_contain_text("it was cancelled, its parts are 201-901 and 201-902")


def test_evidence_opens_by_keyboard(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/verify/202-1")
    details = visit.page.locator("#check-confirmation details")
    expect(details.locator("dl")).to_be_hidden()
    details.locator("summary").focus()
    visit.page.keyboard.press("Enter")
    expect(details.locator("dl")).to_be_visible()
    expect(details).to_contain_text("party 101, person 2, issue checker")


def test_the_lineage_is_nested_lists(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/verify/202-1")
    tree = visit.page.get_by_role("list", name="The way from the root")
    expect(tree).to_be_visible()
    nodes = tree.locator(".node")
    assert [text.split(" ")[0] for text in nodes.all_inner_texts()] == ["101-1", "201-1", "202-1"]
    expect(tree.locator("ul ul .node")).to_contain_text("this certificate")


def test_labels_are_chinese_for_who_reads_chinese(site: str, browser: Browser) -> None:
    page = browser.new_page(locale="zh-CN")
    page.goto(f"{site}/verify/202-1")
    expect(page.locator("h2").first).to_have_text("是否真实")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("link", name="English").click()
    expect(page.locator("h2").first).to_have_text("Is it authentic?")
    page.close()


def test_the_form_leads_to_a_certificate_and_says_what_is_wrong(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/verify")
    visit.page.get_by_label("Number").fill("101-5")
    visit.page.get_by_role("button", name="Check").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("101-5")
    visit.page.goto(f"{site}/verify/nonsense")
    expect(visit.page.get_by_role("alert")).to_contain_text("party-serial")
    visit.page.goto(f"{site}/verify/101-5?block=999999999")
    expect(visit.page.get_by_role("alert")).to_contain_text("no such block")


def test_a_narrow_screen_does_not_scroll_sideways(site: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 700})
    page.goto(f"{site}/verify/202-1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()


def test_paper_holds_the_evidence_and_no_form(site: str, visit: Visit) -> None:
    visit.page.goto(f"{site}/verify/202-1")
    visit.page.emulate_media(media="print")
    expect(visit.page.get_by_role("button", name="Check")).to_be_hidden()
    expect(visit.page.locator("#check-confirmation dl")).to_be_visible()
    assert len(visit.page.pdf(format="A4")) > 10_000


def test_the_policy_lets_no_script_and_no_stranger_in(site: str) -> None:
    answer = httpx2.get(f"{site}/verify/202-1", headers=BROWSER)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    for forbidden in ("<script", "style=", "onclick", "javascript:"):
        assert forbidden not in answer.text


def test_programs_get_json(site: str) -> None:
    for headers in ({}, {"accept": "application/json"}, {"accept": "application/json, text/html"}):
        answer = httpx2.get(f"{site}/verify/202-1", headers=headers)
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["authentic"] is True
    same = httpx2.get(f"{site}/verify/{202 << 32 | 1}").json()
    assert same["id"] == "202-1"


def test_a_named_block_is_asked_at(site: str, told: Told) -> None:
    dossier = LedgerReader(told.rpc, told.book).dossier(told.story.ids["third"])
    block = dossier.lineage[-4].block
    answer = httpx2.get(f"{site}/verify/202-1", params={"block": block}).json()
    assert answer["place"]["block"] == block
    page = httpx2.get(f"{site}/verify/202-1", params={"block": block}, headers=BROWSER)
    assert f"{site}/verify/202-1?block={block}" in page.text


def test_refusals_for_programs_are_problems(site: str) -> None:
    assert httpx2.get(f"{site}/verify/x").json()["rule"] == "ID-FORM"
    unknown = httpx2.get(f"{site}/verify/101-1?block=999999999")
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "BLOCK-UNKNOWN")


def test_what_a_node_says_of_itself_is_shown_as_text(told: Told) -> None:
    verdict = verify(LedgerReader(told.rpc, told.book), told.story.ids["third"])
    hostile = "<script>alert('x')</script>\"><img src=x>"
    place = dataclasses.replace(verdict.place, client=hostile)
    checks = [
        dataclasses.replace(each, sentence=hostile, evidence=[(hostile, hostile)]) for each in verdict.checks
    ]
    shown = dataclasses.replace(verdict, place=place, checks=checks, sentence=hostile)
    text = verdict_page(shown, url="https://x.example/?a=1&b='\"><script>", style_url="/s.css", language="en")
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in text


def _width(page: Page, selector: str) -> float:
    """How wide something stands on the page, in pixels."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    return float(box["width"])
