"""A headless Chromium that looks at a page: what it drew, what its document became, and what it complained of."""
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")

# Nothing of its own may reach for the network, and root may run it.
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-default-apps", "--disable-sync", "--disable-dev-shm-usage", "--enable-logging=stderr"]


class Browser:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def _run(self, *arguments):
        with tempfile.TemporaryDirectory(dir=self.folder) as profile:
            # HOME: it also writes beside the profile.
            done = subprocess.run([PROGRAM, *FLAGS, "--user-data-dir=%s" % profile, *map(str, arguments)], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=120, env={**os.environ, "HOME": profile})
        if done.returncode != 0:
            raise AssertionError("chromium ended with %d\n%s" % (done.returncode, done.stderr[-4000:]))
        return done

    def document(self, page):
        """The document as the browser holds it after loading, and its console's lines."""
        done = self._run("--dump-dom", page.as_uri())
        return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]

    def screenshot(self, page, file, width=1200, height=4000, dark=False):
        """Draws the page into a PNG file. Returns the console's lines."""
        scheme = ["--blink-settings=preferredColorScheme=%d" % (0 if dark else 1)]
        done = self._run("--screenshot=%s" % file, "--window-size=%d,%d" % (width, height), *scheme, page.as_uri())
        return [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def distinct_rows(file):
    """How many rows of an RGB or RGBA PNG differ from the others, as they are filtered: two or so of a blank picture."""
    data = pathlib.Path(file).read_bytes()
    place, packed = 8, b""
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place:place + 8])
        body = data[place + 8:place + 8 + length]
        if kind == b"IHDR":
            width, _, depth, colour = struct.unpack(">IIBB", body[:10])
            stride = 1 + width * {2: 3, 6: 4}[colour] * depth // 8
        elif kind == b"IDAT":
            packed += body
        place += length + 12
    raw = zlib.decompress(packed)
    return len({raw[begin:begin + stride] for begin in range(0, len(raw), stride)})
