"""A headless Chromium driven over WebDriver (chromedriver's HTTP and JSON), with the standard library alone.

One Browser is one window with a fresh profile. Every method blocks until the page has done what was asked
for. Errors of the page and of the driver come out as BrowserError, with the driver's own message.
"""
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

START_SECONDS_MAX = 60   # the first start on a cold, busy machine is slow
ANSWER_SECONDS_MAX = 60

# The keys of the WebDriver standard, section 17.4.2 ("Keyboard actions").
KEYS = {"ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
        "Escape": "\ue00c", "Enter": "\ue007", "Home": "\ue011", "End": "\ue010",
        "PageDown": "\ue00f", "PageUp": "\ue00e", "Tab": "\ue004"}


class BrowserError(Exception):
    pass


def what_is_missing():
    """The name of a program this module needs and the machine lacks, or None."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return program
    return None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    def __init__(self, width=1280, height=720):
        self._profile = tempfile.mkdtemp(prefix="sundog-browser-")
        port = free_port()
        self._driver = subprocess.Popen(
            [shutil.which("chromedriver"), f"--port={port}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=self._profile))
        self._base = f"http://127.0.0.1:{port}"
        self._session = None
        try:
            self._wait_for_driver()
            self._start_session()
            self.set_window(width, height)
        except BaseException:
            self.close()
            raise

    def _wait_for_driver(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                if self._request("GET", "/status")["ready"]:
                    return
            except (urllib.error.URLError, ConnectionError):
                pass
            if self._driver.poll() is not None:
                raise BrowserError(f"chromedriver ended with status {self._driver.returncode}")
            if time.monotonic() > deadline:
                raise BrowserError("chromedriver did not become ready")
            time.sleep(0.05)

    def _start_session(self):
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update",
                     "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
                     f"--user-data-dir={self._profile}/profile"]
        options = {"binary": shutil.which("chromium"), "args": arguments}
        answer = self._request("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self._session = answer["sessionId"]

    def close(self):
        if self._session is not None:
            try:
                self._request("DELETE", f"/session/{self._session}")
            except (BrowserError, OSError):
                pass  # it may have died: what matters is that the driver ends below
            self._session = None
        self._driver.terminate()
        self._driver.wait(timeout=ANSWER_SECONDS_MAX)
        shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS_MAX) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise BrowserError(f'{value["error"]}: {value["message"]}') from None

    def _command(self, method, path, body=None):
        return self._request(method, f"/session/{self._session}{path}", body)

    def devtools(self, name, **parameters):
        return self._command("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def set_window(self, width, height, dark=False, phone=False):
        """Sizes in CSS pixels. A phone also has touch and ignores desktop widths."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=phone)
        self.devtools("Emulation.setTouchEmulationEnabled", enabled=phone)
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def allow_scripts(self, allowed):
        """Whether pages opened from now on may run JavaScript; run() works either way."""
        self.devtools("Emulation.setScriptExecutionDisabled", value=not allowed)

    def open(self, url):
        self._command("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value that a function body of JavaScript returns."""
        return self._command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def press(self, *keys):
        actions = []
        for key in keys:
            value = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self._command("POST", "/actions", {"actions": [
            {"type": "key", "id": "keyboard", "actions": actions}]})

    def click(self, selector):
        element = self._command("POST", "/element", {"using": "css selector", "value": selector})
        self._command("POST", f"/element/{next(iter(element.values()))}/click", {})

    def swipe(self, from_point, to_point):
        """One finger, in CSS pixels of the window. It comes to a page that has been drawn: before, touches go nowhere."""
        self.run("return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        (from_x, from_y), (to_x, to_y) = from_point, to_point
        touch = "Input.dispatchTouchEvent"
        self.devtools(touch, type="touchStart", touchPoints=[{"x": from_x, "y": from_y}])
        self.devtools(touch, type="touchMove", touchPoints=[{"x": (from_x + to_x) // 2,
                                                             "y": (from_y + to_y) // 2}])
        self.devtools(touch, type="touchMove", touchPoints=[{"x": to_x, "y": to_y}])
        self.devtools(touch, type="touchEnd", touchPoints=[])

    def back(self):
        self._command("POST", "/back", {})

    def console(self):
        """What the page and the browser logged since the last call: a list of {level, message, ...}."""
        return self._command("POST", "/se/log", {"type": "browser"})

    def print_pdf(self):
        """The page as it would be printed, with the page's own paper size: the bytes of a PDF."""
        return base64.b64decode(self.devtools("Page.printToPDF", preferCSSPageSize=True)["data"])

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._command("GET", "/screenshot")))
