# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium, driven over WebDriver with what Python brings."""
import contextlib
import http.client
import json
import shutil
import subprocess
import tempfile

ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--window-size=1200,900")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"left": "\ue012", "up": "\ue013", "right": "\ue014", "down": "\ue015", "enter": "\ue007", "escape": "\ue00c",
        "home": "\ue011", "end": "\ue010", "space": " "}


def missing():
    """The first program that is not here, or None."""
    return next((name for name in ("chromium", "chromedriver") if not shutil.which(name)), None)


class Driver:
    """A chromedriver of our own."""

    def __enter__(self):
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if "started successfully on port" in line:
                self.port = int(line.rsplit(" ", 1)[1].strip(". \n"))
                return self
        raise AssertionError("chromedriver did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body),
                               {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise AssertionError(f"{method} {path}: {answer['error']}: {answer.get('message', '')[:500]}")
        return answer


class Browser:
    """One window with an empty profile; phone: (width, height) of a touch screen."""

    def __init__(self, driver, phone=None):
        self.driver, self.phone = driver, phone

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="profile-")
        options = {"args": [*ARGUMENTS, f"--user-data-dir={self.profile}"], "binary": shutil.which("chromium")}
        if self.phone:
            width, height = self.phone
            options["mobileEmulation"] = {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 2}}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self.driver.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{answer['sessionId']}"
        return self

    def __exit__(self, *_):
        self.driver.call("DELETE", self.session)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, path, body):
        return self.driver.call("POST", self.session + path, body)

    def open(self, path):
        self.call("/url", {"url": f"file://{path}"})

    def run(self, script, *arguments):
        """The value of `return ...` in the page."""
        return self.call("/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.textContent ?? null", selector)

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def click(self, selector):
        found = self.call("/element", {"using": "css selector", "value": selector})[ELEMENT]
        self.call(f"/element/{found}/click", {})

    def press(self, *names):
        presses = [{"type": kind, "value": KEYS.get(name, name)} for name in names for kind in ("keyDown", "keyUp")]
        self.call("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": presses}]})

    def console(self):
        return [entry["message"] for entry in self.call("/se/log", {"type": "browser"})]

    def devtools(self, command, **parameters):
        return self.call("/goog/cdp/execute", {"cmd": command, "params": parameters})
