"""A technician's whole morning, once in the browser and once on the command line.

A check fails, the gate says what to use instead, a case is taken, the instrument is recalibrated on a simulated Fluke
4180, a second person verifies, and it is back in service. The review names exactly those whom its hidden error may have
let through, or stopped.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.central.room import until
from tests.e2e.bench import GATE, PATIENCE_S, Person, Stage, stage

pytestmark = pytest.mark.slow

PATIENCE_MS = PATIENCE_S * 1000
LOW_C, HIGH_C = -0.8, 0.8
"""Hidden errors; a spot's estimate of the body moves by 1.24 times as much."""
BEFORE = (Person(37.4), Person(38.0))
"""Measured before the last good check: on no list, however near."""
LET_THROUGH = (Person(36.7), Person(38.1, listed=True), Person(37.0), Person(38.4, listed=True), Person(39.8))
STOPPED = (Person(36.2), Person(37.1, listed=True), Person(39.4), Person(36.9, listed=True))


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def named(listed: dict[UUID, Person], kind: str) -> set[tuple[str, str]]:
    return {(str(passage), kind) for passage, person in listed.items() if person.listed}


def on_lists(client: httpx.Client, review: str) -> set[tuple[str, str]]:
    rows = csv.DictReader(client.get(f"{review}/lists.csv").text.splitlines())
    return {(row["passage"], row["list"]) for row in rows}


# ---- in the browser


class Windows:
    """The windows that are open that morning: gate staff, technician, two experts."""

    def __init__(self, browser: Browser, morning: Stage, artefacts: Path) -> None:
        self._browser, self._morning, self._artefacts = browser, morning, artefacts
        self._contexts = []

    def open(self, url: str) -> Page:
        context = self._browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    def log_in(self, account: str) -> Page:
        page = self.open(f"{self._morning.room.url}?lang=en")
        page.locator("input[name=name]").fill(account)
        page.locator("input[name=password]").fill(self._morning.room.passwords[account])
        page.locator("form.entry__form button").click()
        page.wait_for_url(f"{self._morning.room.url}/**")
        return page

    def shoot(self, page: Page, name: str) -> None:
        """Keep a screenshot in both languages."""
        for language in ("zh", "en"):
            url = page.url.split("?")[0]
            page.goto(f"{url}?lang={language}")
            expect(page.locator("body")).not_to_have_class(re.compile("connecting"))
            page.screenshot(path=self._artefacts / f"morning-{name}-{language}.png", full_page=True)

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def windows(browser: Browser, morning: Stage, artefacts: Path) -> Iterator[Windows]:
    windows = Windows(browser, morning, artefacts)
    yield windows
    windows.close()


def check(page: Page, morning: Stage, outcome: str) -> None:
    with morning.work(page.get_by_test_id("begin-check").click):
        expect(page.get_by_test_id("stage")).to_contain_text(outcome, timeout=PATIENCE_MS)


def calibrate(page: Page, morning: Stage) -> None:
    page.locator("[name=profile]").select_option("rehearsal")
    page.get_by_test_id("checked-by").fill("zhao")
    with morning.work(page.get_by_test_id("begin-calibration").click):
        page.get_by_test_id("adjust").click(timeout=PATIENCE_MS)
        expect(page.get_by_test_id("stage")).to_contain_text("Passed", timeout=PATIENCE_MS)


def press(page: Page, step: str) -> None:
    with page.expect_navigation():
        page.locator(f"form[action$='/{step}'] button").click()


@pytest.mark.browser
def test_in_the_browser(morning: Stage, windows: Windows) -> None:
    staff, bench = windows.open(f"{morning.gate}/?lang=en"), windows.open(f"{morning.gate}/technician?lang=en")
    expert, second = windows.log_in("expert"), windows.log_in("second")
    bench.get_by_test_id("by").fill("li")
    earlier = morning.passes(BEFORE)
    check(bench, morning, "Passed")

    morning.spot.error_c = LOW_C
    people = morning.passes(LET_THROUGH)
    check(bench, morning, "OUT")
    lane = staff.get_by_test_id("lane-gun")
    expect(lane.get_by_test_id("stopped")).to_be_visible(timeout=PATIENCE_MS)
    expect(lane.get_by_test_id("instead")).to_have_text("Use instead: spare (SN-spare)")
    windows.shoot(staff, "staff-out")

    instrument = f"{morning.room.url}/instruments/{GATE}/gun"
    until(lambda: expert.goto(instrument) and expert.locator(".life--out").count(), PATIENCE_S)
    windows.shoot(expert, "instrument-out")
    expert.locator("a[href^='/cases/']").first.click()
    expert.wait_for_url("**/cases/**")
    case = expert.url.split("?")[0]
    press(expert, "take")

    calibrate(bench, morning)
    expect(bench.locator("[data-phase=as_left] [data-zone=pass]")).to_have_count(4)
    expect(bench.locator("[data-refused]")).to_contain_text("stays out of service until an expert there has verified")
    windows.shoot(bench, "bench-calibrated")
    morning.settled()
    expert.goto(case)
    expert.locator("form[action$='/as-found'] [name=from_gate]").select_option(index=1)
    press(expert, "as-found")
    press(expert, "adjust")
    press_verify(expert)
    expect(expert.locator("body")).to_contain_text("赵专家 Zhao")  # whoever adjusted does not verify
    second.goto(f"{case}?lang=en")
    broken = {"name": "certificate.json", "mimeType": "application/json", "buffer": b'{"id": 7'}
    second.locator("form[action$='/verify'] input[type=file]").set_input_files([broken])
    expect(second.locator("[name=certificate]")).to_have_value('{"id": 7')
    press(second, "verify")
    expect(second.locator("body")).to_contain_text("cannot be read")
    second.goto(case)
    press_verify(second)
    second.goto(case)
    press(second, "close")
    expect(lane.get_by_test_id("stopped")).to_be_hidden(timeout=PATIENCE_MS)
    windows.shoot(expert, "case")

    expert.goto(case)
    expert.locator("a[href^='/reviews/']").first.click()
    expert.wait_for_url("**/reviews/**")
    windows.shoot(expert, "review")
    review = expert.url.split("?")[0].removeprefix(morning.room.url)
    with morning.room.client("expert") as client:
        assert on_lists(client, review) == named({**earlier, **people}, "possibly_missed")
    check(bench, morning, "Passed")
    assert {person.body_c for person in morning.passes([Person(38.1)]).values()} == {38.1}
    expect(staff.get_by_test_id("card").first).to_be_visible(timeout=PATIENCE_MS)


def press_verify(page: Page) -> None:
    page.locator("form[action$='/verify'] [name=from_gate]").select_option(index=1)
    press(page, "verify")


# ---- on the command line


def post(client: httpx.Client, path: str, **form: str) -> str:
    """Press a button of central's pages; return where it leads."""
    answer = client.post(path, data=form, params={"lang": "en"})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def found(client: httpx.Client, page: str, what: str) -> str:
    """Return the first link of a kind on a page of central's, waiting until there is one."""
    link = rf'"(/{what}/[0-9a-f-]{{36}})'
    shown = until(lambda: re.search(link, client.get(page).text), PATIENCE_S)
    assert isinstance(shown, re.Match)
    return str(shown[1])


def test_on_the_command_line(morning: Stage) -> None:
    earlier = morning.passes(BEFORE)
    assert morning.command("check")[0] == 0
    morning.spot.error_c = HIGH_C
    people = morning.passes(STOPPED)
    code, said = morning.command("check")
    assert code == 4, said
    assert "check of gun: OUT" in said
    assert "use instead: spare" in said

    with morning.room.client("expert") as expert, morning.room.client("second") as second:
        instrument = f"/instruments/{GATE}/gun"
        case = found(expert, instrument, "cases")
        assert "Out of service" in expert.get(f"{instrument}?lang=en").text
        post(expert, f"{case}/take")
        code, said = morning.command("calibrate", "--profile", "rehearsal", "--checked-by", "zhao")
        assert code == 0, said
        assert "stays out of service until an expert there has verified" in said
        morning.settled()
        certificate = found(expert, instrument, "certificates").rpartition("/")[2]
        post(expert, f"{case}/as-found", from_gate=certificate)
        post(expert, f"{case}/adjust", remark="recalibrated")
        alone = expert.post(f"{case}/verify", data={"from_gate": certificate}, params={"lang": "en"})
        assert (alone.status_code, "赵专家 Zhao" in alone.text) == (422, True)
        post(second, f"{case}/verify", from_gate=certificate)
        post(second, f"{case}/close")
        review = found(expert, case, "reviews")
        assert on_lists(expert, review) == named({**earlier, **people}, "possibly_false_alarm")
        page = expert.get(f"{instrument}?lang=en").text
        assert f"{GATE}: li" in page
        assert "check at the gate +0." in page

    back_in_service(morning)
    code, said = morning.command("check")
    assert code == 0, said
    morning.passes([Person(36.8)])


def back_in_service(morning: Stage) -> None:
    with httpx.Client(base_url=morning.gate) as client:

        def serves() -> bool:
            duties = client.get("/technician/state").json()["duties"]
            return [duty["state"] for duty in duties] == ["in_service", "in_service"]

        until(serves, PATIENCE_S)
