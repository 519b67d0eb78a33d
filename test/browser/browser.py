"""Debian's Chromium without a window: how it is started, and what can be asked of a page that it shows."""

import base64
import contextlib
import os
import pathlib
import shutil
import sys

import pytest

# The processes of the other tests.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from support import not_tested

# The same letters on every machine, so that pictures can be compared.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<include>/etc/fonts/fonts.conf</include>
<match target="pattern"><edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>
</fontconfig>
"""

# Every text that is shown, with its contrast to what is behind it (WCAG 2, 1.4.3).
CONTRASTS = """
const channel = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const numbers = colour => colour.match(/[0-9.]+/g).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const behind = element => {
  for (; element; element = element.parentElement) {
    const colour = numbers(getComputedStyle(element).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  throw new Error("nothing is behind it");
};
const found = [];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !element.getClientRects().length) continue;
  if (element.closest("meter")) continue;
  const [dark, bright] = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => a - b);
  found.push([texts.currentNode.data, (bright + 0.05) / (dark + 0.05)]);
}
return found;
"""


class Browser:
    """A running Chromium."""

    def __init__(self, driver, interrupted):
        self.driver = driver
        self.interrupted = interrupted

    def resize(self, width, height=800, scheme="light"):
        """From now on the window has that size, and the system that colour scheme."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )

    def open(self, url):
        self.driver.get(url)

    def patiently(self, action):
        """What an action gives; once more when the page refreshed itself in the middle of it."""
        for _ in range(9):
            try:
                return action()
            except self.interrupted:
                pass
        return action()

    def ask(self, script, *arguments):
        """What a piece of JavaScript finds. It is the tests': the page has none."""
        return self.patiently(lambda: self.driver.execute_script(script, *arguments))

    def follow(self, text, keys=None):
        """Follows a link by a click, or by keys."""

        def action():
            link = self.driver.find_element("link text", text)
            return link.send_keys(keys) if keys else link.click()

        self.patiently(action)

    def text(self, selector):
        """The text of the first element that matches, which takes no script."""
        return self.patiently(lambda: self.driver.find_element("css selector", selector).text)

    def texts(self, selector):
        """What is shown of each element that matches."""
        return [
            text.strip()
            for text in self.ask(
                "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)",
                selector,
            )
        ]

    def contrasts(self):
        """A list of [text, contrast]."""
        return self.ask(CONTRASTS)

    def told(self):
        """A list of (role, name): what a screen reader is told of."""
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node["ignored"]
        ]

    def picture(self, path, most_height=None):
        """Writes a picture of the page, whole or from its top."""
        path.parent.mkdir(parents=True, exist_ok=True)
        width, height = self.ask("return [innerWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, most_height or height)}
        shot = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot",
            {"captureBeyondViewport": True, "clip": {**clip, "scale": 1}},
        )
        path.write_bytes(base64.b64decode(shot["data"]))


@contextlib.contextmanager
def chromium(folder, has_scripts=True):
    """A Chromium with an empty profile in the folder."""
    if not shutil.which("chromium") or not shutil.which("chromedriver"):
        not_tested("no browser: sh deploy/local/install-dependencies.sh browser installs Chromium")
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service

    (folder / "fonts.conf").write_text(FONTS)
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in (
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={folder / 'profile'}",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    if not has_scripts:
        blocked = {"profile.managed_default_content_settings.javascript": 2}
        options.add_experimental_option("prefs", blocked)
    service = Service(
        shutil.which("chromedriver"),
        log_path=str(folder / "driver.log"),
        env={**os.environ, "FONTCONFIG_FILE": str(folder / "fonts.conf"), "HOME": str(folder)},
    )
    driver = webdriver.Chrome(service=service, options=options)
    try:
        yield Browser(driver, WebDriverException)
    finally:
        driver.quit()
