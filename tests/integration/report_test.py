"""The report of a real run: killed and resumed, validated, with sample pictures and an export, looked at in a browser."""
import html.parser
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import browser
import processes

SECTIONS = ["summary", "curves", "validation", "samples", "time", "starts", "machines", "provenance", "checkpoints", "exports"]


def timing(run):
    """Records of a run's timing.jsonl, without the line that a killed start left half written."""
    records = []
    for line in (run / "timing.jsonl").read_text().splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            pass
    return records


def work_after_the_newest_save(run):
    """Iterations on record that no save has come after."""
    if not (run / "timing.jsonl").exists():
        return 0
    records = timing(run)
    saved = [record["completed"] for record in records if record.get("event") == "saving"]
    reached = [record["iteration"] + 1 for record in records if "iteration" in record]
    return reached[-1] - saved[-1] if reached and saved else 0


def lost_by_a_kill(run):
    """The same, but 0 while the newest save is not published: then a kill would lose more."""
    lost = work_after_the_newest_save(run)
    if not lost:
        return 0
    saved = [record["completed"] for record in timing(run) if record.get("event") == "saving"][-1]
    return lost if (run / "checkpoints" / ("%09d" % saved)).exists() else 0


def start_and_kill(arguments, run):
    """Kills a run at a moment when it loses work: stopped first, so that the moment does not pass."""
    process = subprocess.Popen([processes.BINARY, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        assert processes.wait_for(lambda: lost_by_a_kill(run) > 0, process), "the run ended first"
        os.kill(process.pid, signal.SIGSTOP)
        lost = lost_by_a_kill(run)
        if lost:
            processes.kill(process.pid)
            process.wait()
            return lost
        os.kill(process.pid, signal.SIGCONT)


class Document(html.parser.HTMLParser):
    """Sections in their order, rows of the tables in each, and whatever the page would fetch."""

    def __init__(self, text):
        super().__init__()
        self.sections, self.rows, self.fetched, self.pictures = [], {}, [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("section", "header"):
            self.sections.append(attributes.get("id"))
            self.rows[self.sections[-1]] = []
        if tag == "tr":
            self.rows[self.sections[-1]].append([])
        if tag in ("td", "th"):
            self.rows[self.sections[-1]][-1].append("")
        if tag == "img":
            self.pictures += 1
        if tag == "script":
            self.fetched.append("script")
        self.fetched += [attributes[key] for key in ("src", "href", "srcset", "action", "data", "poster")
                         if key in attributes and not (attributes[key] or "").startswith("data:")]

    def handle_data(self, data):
        if self.sections and self.rows[self.sections[-1]] and self.rows[self.sections[-1]][-1]:
            self.rows[self.sections[-1]][-1][-1] += data


def seconds_of(text):
    units = {"s": 1, "min": 60, "h": 3600, "d": 86400}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) (s|min|h|d)\b", text))


class RealRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="understudy-report-")
        cls.addClassCleanup(place.cleanup)
        cls.shop = processes.Workshop(place.name)
        cls.run_directory = cls.shop.folder / "run"
        arguments = cls.shop.arguments("run", "--set", "run.sample_every=3")
        cls.lost = start_and_kill(arguments, cls.run_directory)
        processes.run(*arguments)
        processes.run("export", "--run", cls.run_directory, "--checkpoint", "newest", "--out", cls.run_directory / "export/newest",
                      "--formats", "safetensors")
        cls.page = cls.run_directory / "report.html"
        cls.said = processes.run("report", cls.run_directory)
        cls.document = Document(cls.page.read_text())


class Report(RealRun):
    def test_says_where_the_page_is(self):
        self.assertEqual(self.said, "%s\n" % self.page)
        processes.run("report", self.run_directory, "--out", self.shop.folder / "other.html")
        self.assertTrue((self.shop.folder / "other.html").exists())

    def test_has_every_section_and_fetches_nothing(self):
        self.assertEqual(self.document.sections, SECTIONS)
        self.assertEqual(self.document.fetched, [])
        self.assertNotRegex(self.page.read_text(), r"url\(|@import|https?://")
        self.assertEqual(self.document.pictures, len(list((self.run_directory / "samples").glob("*.png"))))

    def test_accounts_for_all_time_of_the_killed_run(self):
        rows = {row[0].split("  ")[0]: row for row in self.document.rows["time"][1:]}
        shares = [float(row[2].split()[0]) for row in self.document.rows["time"][1:-1]]
        self.assertAlmostEqual(sum(shares), 100.0, delta=0.1)
        records = timing(self.run_directory)
        whole = records[-1]["time"] - records[0]["began"]
        self.assertEqual(len([r for r in records if r.get("event") == "begin"]), 2)
        book = sum(seconds_of(row[1]) for row in self.document.rows["time"][1:-1])
        self.assertAlmostEqual(book, whole, delta=1e-3 * whole + 0.05)  # of hundredths of seconds
        lost = [row for row in rows.values() if row[0].startswith("Lost")][0]
        self.assertIn("; %d iterations" % self.lost, lost[0])
        self.assertGreater(seconds_of(lost[1]), 0)
        for use in ("Useful work", "Saving", "Validating", "Samples", "Starting", "Not running"):
            row = [row for row in rows.values() if row[0].startswith(use)][0]
            self.assertGreater(seconds_of(row[1]), 0, use)

    def test_tells_of_the_interruption_and_of_the_end(self):
        starts = self.document.rows["starts"][1:]
        self.assertEqual(len(starts), 2)
        self.assertEqual(int(starts[0][4]) - int(starts[1][3]), self.lost)
        self.assertIn("left no word", starts[0][7])
        self.assertIn("by validation", starts[1][7])
        text = self.page.read_text()
        self.assertIn("Stopped by validation after iteration", text)
        self.assertIn("start 2 went on from iteration %s" % starts[1][3], text)

    def test_names_data_checkpoints_and_exports(self):
        newest = json.loads((processes.newest_checkpoint(self.run_directory) / "manifest.json").read_text())
        text = self.page.read_text()
        for fingerprint in newest["data_fingerprints"].values():
            self.assertIn(fingerprint, text)
        self.assertEqual(len(self.document.rows["checkpoints"]) - 1,
                         len([p for p in (self.run_directory / "checkpoints").iterdir() if p.name.isdigit()]))
        self.assertIn("model.safetensors", " ".join(row[0] for row in self.document.rows["exports"]))

    def test_takes_no_start_and_changes_nothing_but_the_page(self):
        before = {path: path.stat().st_mtime_ns for path in self.run_directory.rglob("*") if path.is_file() and path != self.page}
        processes.run("report", self.run_directory)
        after = {path: path.stat().st_mtime_ns for path in self.run_directory.rglob("*") if path.is_file() and path != self.page}
        self.assertEqual(after, before)

    def test_refuses_what_is_no_run(self):
        self.assertIn("there is no run.toml in it", processes.run("report", self.shop.folder / "train", expect=78))
        self.assertIn("no such run directory", processes.run("report", self.shop.folder / "nowhere", expect=78))


class InTheBrowser(RealRun):
    """The same page as a reader sees it."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="understudy-browser-")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)
        self.browser = browser.Browser(self.folder)

    def write(self, text):
        page = self.folder / "page.html"
        page.write_text("<!doctype html>" + text)
        return page

    def test_is_drawn_without_a_complaint(self):
        for width, dark in ((1200, False), (420, True)):
            picture = self.folder / ("%d.png" % width)
            self.assertEqual(self.browser.screenshot(self.page, picture, width=width, dark=dark), [])
            self.assertGreater(browser.distinct_rows(picture), 500)

    def test_reads_as_it_was_written(self):
        text, console = self.browser.document(self.page)
        self.assertEqual(console, [])
        self.assertEqual(Document(text).sections, SECTIONS)
        self.assertGreater(text.count("<svg"), 8)

    def test_would_find_a_complaint(self):
        text, console = self.browser.document(self.write("<script>console.error('not well')</script><img src='other.png'>"))
        self.assertIn("not well", " ".join(console))
        self.assertEqual(Document(text).fetched, ["script", "other.png"])

    def test_would_find_a_blank_page(self):
        self.browser.screenshot(self.write(""), self.folder / "blank.png")
        self.assertLess(browser.distinct_rows(self.folder / "blank.png"), 10)


if __name__ == "__main__":
    if "InTheBrowser" in sys.argv and not browser.PROGRAM:
        print("SKIPPED: there is no chromium here; tools/setup --browser installs it")
        sys.exit(77)
    unittest.main(verbosity=2)
