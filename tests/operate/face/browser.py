"""A real browser without a window, spoken to over its debugging socket: open, type, press, look, take a picture."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--remote-debugging-port=0", "--remote-allow-origins=*", "--hide-scrollbars",
    "--ignore-certificate-errors",
)  # fmt: skip


class Browser:
    """One page of a browser."""

    def __init__(self, profile: Path, width: int = 1280, height: int = 900) -> None:
        found = next((path for name in NAMES if (path := shutil.which(name))), None)
        if found is None:
            pytest.skip(f"no browser here: none of {', '.join(NAMES)}")
        own = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        own += [f"--user-data-dir={profile}", f"--window-size={width},{height}", "about:blank"]
        self._process = subprocess.Popen([found, *QUIET, *own], stderr=subprocess.PIPE, text=True)
        self._number = 0
        self.said: list[str] = []
        self._socket = self._connect(width, height)

    def _connect(self, width: int, height: int):
        from websockets.sync.client import connect

        address = None
        for line in self._process.stderr:
            if match := re.search(r"DevTools listening on (ws://\S+)", line):
                address = match.group(1)
                break
        if address is None:
            pytest.skip("the browser here does not start")
        self._line = connect(address, max_size=None)
        self._top = self._line.__enter__()
        made = self._call(self._top, "Target.createTarget", url="about:blank")
        self._session = self._call(
            self._top, "Target.attachToTarget", targetId=made["targetId"], flatten=True
        )["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(self._top, f"{domain}.enable", self._session)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._call(self._top, "Emulation.setDeviceMetricsOverride", self._session, **size)
        return self._top

    def _call(self, socket, method: str, session: str | None = None, **words) -> dict:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": words}
        socket.send(json.dumps(asked | ({"sessionId": session} if session else {})))
        while True:
            said = json.loads(socket.recv(timeout=30))
            if said.get("id") == self._number:
                assert "error" not in said, said
                return said["result"]
            self._note(said)

    def _note(self, said: dict) -> None:
        words = said.get("params", {})
        if said.get("method") == "Runtime.exceptionThrown":
            self.said.append(str(words["exceptionDetails"].get("exception", {}).get("description")))
        elif said.get("method") == "Runtime.consoleAPICalled" and words["type"] in ("error", "warning"):
            self.said.append(str(words["args"]))
        elif said.get("method") == "Log.entryAdded" and words["entry"]["level"] in ("error", "warning"):
            self.said.append(words["entry"]["text"] + " " + words["entry"].get("url", ""))
        elif said.get("method") == "Network.requestWillBeSent":
            self.asked = {*getattr(self, "asked", set()), words["request"]["url"]}

    def call(self, method: str, **words) -> dict:
        return self._call(self._socket, method, self._session, **words)

    def run(self, script: str):
        """What a script gives."""
        found = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)

    def until(self, script: str, within_s: float = 15.0):
        """Wait until a script gives something true; gives it back."""
        end = time.monotonic() + within_s
        while True:
            found = self.run(f"(() => {{ const v = ({script}); return v instanceof Node ? true : v; }})()")
            if found:
                return found
            assert time.monotonic() < end, (
                f"not within {within_s} s: {script}; {self.said}; {self.run('document.body.innerText')[:2000]}"
            )
            time.sleep(0.1)

    def text(self) -> str:
        return self.run("document.body.innerText")

    def picture(self, path: Path, whole: bool = True) -> Path:
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.call(
            "Page.captureScreenshot", captureBeyondViewport=whole, **({"clip": clip} if whole else {})
        )
        path.write_bytes(base64.b64decode(shot["data"]))
        return path

    def close(self) -> None:
        self._line.__exit__(None, None, None)
        self._process.terminate()
        self._process.wait(10)
