"""The pages in a real browser: sorted by mouse and keys, searched, without a network, open to everybody.

They need chromium, its driver and selenium (the extra `browser`); what axe-core finds needs `npm ci` in .ci/page too.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from classes import HOSTILE, mistake, row, small_class, unknown, unread, wrong
from commands import ROOT

import cnngrad
from cnngrad.batch.grading.summary import summarize
from cnngrad.errors import escape
from cnngrad.render.page.blocks import render_page
from cnngrad.render.page.classes import render_class
from cnngrad.render.page.rows import render_rows
from cnngrad.report.page import page
from cnngrad.report.verdict import verdict_page

pytestmark = pytest.mark.slow
webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install 'cnngrad[browser]'")
AXE = ROOT / ".ci/page/node_modules/axe-core/axe.min.js"
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
LOGS = {"browser": "ALL", "performance": "ALL"}
Open = Callable[[str], Any]


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    """A browser without a window."""
    chromium, service = (shutil.which(name) for name in ("chromium", "chromedriver"))
    if chromium is None or service is None:
        pytest.skip("needs chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", LOGS)
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    yield found
    found.quit()


@pytest.fixture
def shown(driver: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a page from the disk; at the end it has asked for nothing else, and complained of nothing."""
    path = tmp_path / "page.html"
    for log in LOGS:
        driver.get_log(log)

    def open_(html: str) -> Any:
        path.write_text(html, encoding="utf-8")
        look(driver)
        driver.get(path.as_uri())
        return driver

    yield open_
    assert driver.get_log("browser") == []
    sent = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = {event["params"]["request"]["url"] for event in sent if event["method"] == "Network.requestWillBeSent"}
    assert asked <= {path.as_uri()}


def look(driver: Any, scheme: str = "light", width: int = 1280) -> None:
    """What the reader has: a light or a dark theme, and a screen of this width."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def the_class() -> str:
    """The page of a small class."""
    return render_class(summarize(small_class()), "Homework 3")


def the_feedback() -> str:
    """The page of a check."""
    verdict = cnngrad.check("example:by-hand-conv", {"dW": [[37, 2], [3, 4]], "dA": [[0]], "db": 10})
    return render_page(verdict_page(verdict, "full"), "feedback")


def the_rows() -> str:
    """The page of a run."""
    rows: list[dict[str, Any]] = [
        {"source": "a.yaml", "op": "conv", "title": None},
        {"source": "b.yaml", "error": {"message": "is empty"}},
    ]
    return "".join(render_rows(lambda: iter(rows), "results.html"))


def the_result() -> str:
    """The page of a result."""
    return render_page(page(cnngrad.run("example:strided-padded-conv")), "result")


def column(driver: Any, number: int) -> list[str]:
    """The texts of a column of the students, those that are shown."""
    script = """const rows = [...document.querySelectorAll("#matrix tbody tr")].filter((row) => !row.hidden);
    return rows.map((row) => row.cells[arguments[0]].textContent);"""
    found: list[str] = driver.execute_script(script, number)
    return found


def head(driver: Any, text: str) -> Any:
    """The button of a column of the students."""
    buttons = driver.find_elements("css selector", "#matrix thead button")
    return next(button for button in buttons if button.text.startswith(text))


def order(driver: Any) -> list[str]:
    """How a screen reader is told that each column is sorted."""
    heads = driver.find_elements("css selector", "#matrix thead th")
    return [each.get_attribute("aria-sort") for each in heads]


IN_ORDER = ["s10", "s2", "s3", "s4", "s5", "s6", "s7", "s8"]


def test_a_click_on_a_head_sorts_and_another_turns_the_order(shown: Open) -> None:
    driver = shown(the_class())
    assert column(driver, 0) == IN_ORDER
    head(driver, "points").click()
    # equal ones keep their order: 0, 0, 0.5, 1, 1, 1.5, 2, 3
    assert column(driver, 0) == ["s7", "s8", "s5", "s2", "s4", "s6", "s3", "s10"]
    assert order(driver) == ["none", "none", "ascending", "none", "none", "none"]
    head(driver, "points").click()
    assert column(driver, 0) == ["s10", "s3", "s6", "s2", "s4", "s5", "s7", "s8"]
    assert order(driver)[2] == "descending"
    head(driver, "student").click()
    assert column(driver, 0) == ["s2", "s3", "s4", "s5", "s6", "s7", "s8", "s10"]  # 2 is before 10
    assert driver.find_element("css selector", "[data-status=matrix]").text == "Sorted by student, ascending."


def test_verdicts_are_sorted_from_the_best_to_the_worst(shown: Open) -> None:
    driver = shown(the_class())
    head(driver, "dA").click()
    found = [text.split()[1] for text in column(driver, 4)]
    assert found == ["right", "unclear", "rounded", "carried", "missing", "wrong", "wrong", "not"]


def test_the_keyboard_alone_sorts(shown: Open) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = shown(the_class())
    driver.find_element("css selector", "[data-filter=matrix]").click()
    for _ in range(4):  # the frame that scrolls, student, name, points
        driver.switch_to.active_element.send_keys(Keys.TAB)
    assert driver.switch_to.active_element.text.startswith("points")
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert column(driver, 2) == ["0", "0", "0.5", "1", "1", "1.5", "2", "3"]
    driver.switch_to.active_element.send_keys(Keys.SPACE)
    assert column(driver, 2) == ["3", "2", "1.5", "1", "1", "0.5", "0", "0"]


def test_a_text_hides_the_rows_without_it(shown: Open) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = shown(the_class())
    box = driver.find_element("css selector", "[data-filter=matrix]")
    box.send_keys("KERNEL-not")
    assert column(driver, 0) == ["s2", "s4", "s5"]
    assert driver.find_element("css selector", "[data-status=matrix]").text == "3 of 8 rows."
    box.send_keys(Keys.CONTROL, "a", Keys.DELETE)
    assert column(driver, 0) == IN_ORDER


def test_a_mistake_of_a_student_leads_to_what_is_said_of_it(shown: Open) -> None:
    driver = shown(the_class())
    driver.find_element("link text", "kernel-not-turned").click()
    assert driver.find_element("css selector", ":target").text.startswith("2 dA kernel-not-turned")


def test_without_scripts_everything_is_there_and_nothing_that_does_nothing(shown: Open, driver: Any) -> None:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        shown(the_class())
        rows = driver.find_elements("css selector", "#matrix tbody tr")
        assert [row.text.split()[0] for row in rows] == IN_ORDER
        assert driver.find_elements("css selector", "button") == []
        assert not driver.find_element("css selector", ".filter").is_displayed()
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_names_are_text_never_markup(shown: Open) -> None:
    rows = [row(name, {name: unknown(name), "dW": wrong(mistake(name))}, name=f"{name} too") for name in HOSTILE]
    driver = shown(render_class(summarize([*rows, *(unread(name, name) for name in HOSTILE)]), HOSTILE[0]))
    shown_names = column(driver, 0)[: len(HOSTILE) - 1]
    assert shown_names == [escape(name) for name in HOSTILE[:-1]]
    assert driver.title == HOSTILE[0]
    assert driver.find_elements("css selector", "img") == []
    assert len(driver.find_elements("css selector", "script")) == 1
    head(driver, "name").click()
    assert driver.execute_script("return document.scripts.length") == 1


def test_the_policy_lets_no_other_script_run(driver: Any, shown: Open) -> None:
    shown(the_class())
    script = """const one = document.createElement("script");
    one.textContent = "window.ran = true";
    document.body.append(one);
    return window.ran === true;"""
    assert driver.execute_script(script) is False
    refused = [entry["message"] for entry in driver.get_log("browser")]
    assert any("Content Security Policy" in message for message in refused)


PAGES = {"class": the_class, "feedback": the_feedback, "rows": the_rows, "result": the_result}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_open_to_everybody(shown: Open, name: str, width: int, scheme: str) -> None:
    """The rules of axe-core: contrast, names, heads of tables, order of headings; and the page is not too wide."""
    if not AXE.exists():
        pytest.skip("needs axe-core: npm ci in .ci/page")
    driver = shown(PAGES[name]())
    look(driver, scheme, width)
    driver.execute_script(AXE.read_text())
    found = driver.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    checked = {each["id"] for each in found["passes"]}
    assert {"color-contrast", "document-title", "html-has-lang"} <= checked
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
