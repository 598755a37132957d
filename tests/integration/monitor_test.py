"""What somebody sees who looks at a run while it goes on: a terminal, status.log, Prometheus, gradients in TensorBoard."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import tempfile
import termios
import unittest

from prometheus_client.parser import text_string_to_metric_families
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator, HISTOGRAMS, SCALARS

import processes

LIVE = re.compile(r"\[[#.]{20}\] +\d+ %  phase \w+  iteration \d+/12  ")


class Monitor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="understudy-monitor-")
        cls.shop = processes.Workshop(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def on_a_terminal(self, *arguments, kind="xterm"):
        """What a terminal of 120 columns receives."""
        master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        process = subprocess.Popen([processes.BINARY, *arguments], stdin=terminal, stdout=terminal, stderr=terminal,
                                   env=dict(os.environ, TERM=kind, OMP_NUM_THREADS="1"))
        os.close(terminal)
        received = b""
        try:
            while chunk := os.read(master, 65536):
                received += chunk
        except OSError:  # the other side is closed
            pass
        os.close(master)
        self.assertEqual(process.wait(), 0, received.decode(errors="replace"))
        return received.decode()

    def test_a_terminal_shows_a_live_line(self):
        for ranks in (1, 2):
            with self.subTest(ranks=ranks):
                launch = ["launch", "--ranks", str(ranks), "--"] if ranks > 1 else []
                seen = self.on_a_terminal(*launch, *self.shop.arguments("live-%d" % ranks, "--until", 12))
                lines = [part for part in seen.split("\r\x1b[K") if LIVE.match(part)]
                self.assertGreater(len(lines), 1, seen)
                self.assertRegex(seen, "samples/s  data +[0-9]+ %")
                self.assertNotRegex(seen, r"info.*it/s", "the live line says it already")
                for line in lines:
                    self.assertLess(len(line.splitlines()[0]), 120)
                self.assertRegex(seen, r"\r\x1b\[K\d{4}-\d\d-\d\d .*validation after iteration 3", "messages replace the line")

    def test_elsewhere_lines_follow_each_other(self):
        for output in (self.on_a_terminal(*self.shop.arguments("dumb", "--until", 3), kind="dumb"), self.shop.train("pipe", "--until", 3)):
            self.assertNotIn("\x1b[K", output)
            self.assertRegex(output, r"info.* phase I  iteration 3/3 .* samples/s  data +[0-9]+ %  0:00 left")

    def test_the_status_of_all_starts_is_kept(self):
        for until in (3, 6):
            self.shop.train("status", "--until", until)
        lines = (self.shop.folder / "status" / "status.log").read_text().splitlines()
        for line in lines:
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")
        text = "\n".join(line[20:] for line in lines)
        for expected in ("start 1 on 1 rank, from iteration 0", "phase I  iteration 2/3", "validation after iteration 3: psnr",
                         "done: 3 iterations", "start 2 on 1 rank, from iteration 3", "iteration 6/6"):
            self.assertIn(expected, text)

    def test_prometheus_reads_its_file(self):
        place = self.shop.folder / "exporter"
        place.mkdir()
        self.shop.train("watched", "--until", 6, "--set", "run.prometheus=%s" % place, ranks=2)
        (file,) = place.iterdir()
        self.assertEqual(file.name, "understudy-watched.prom")
        families = {family.name: family for family in text_string_to_metric_families(file.read_text())}
        values = {name: family.samples[0].value for name, family in families.items()}
        self.assertEqual((values["understudy_iterations"], values["understudy_iterations_planned"]), (6, 6))
        self.assertEqual((values["understudy_start"], values["understudy_ranks"], values["understudy_saved_iterations"]), (1, 2, 6))
        self.assertTrue(0 <= values["understudy_data_wait_ratio"] <= 1)
        info = families["understudy_info"].samples[0].labels
        self.assertEqual(info, {"run": "watched", "system": "fsrt", "phase": "I"})
        last = [json.loads(line) for line in (self.shop.folder / "watched" / "metrics.jsonl").read_text().splitlines()]
        terms = {sample.labels["term"]: sample.value for sample in families["understudy_term"].samples}
        self.assertEqual(terms["total"], [row for row in last if "terms" in row][-1]["terms"]["total"])
        measures = {sample.labels["measure"] for sample in families["understudy_validation"].samples}
        self.assertIn("psnr", measures)

    def test_a_missing_folder_of_prometheus_ends_no_run(self):
        output = self.shop.train("unwatched", "--until", 3, "--set", "run.prometheus=%s" % (self.shop.folder / "nowhere"))
        self.assertEqual(output.count("nothing more is written for Prometheus"), 1)

    def test_tensorboard_shows_gradients(self):
        self.shop.train("gradients", "--until", 4, "--set", "run.histogram_every=2", "--set", "run.log_every=2")
        events = EventAccumulator(str(self.shop.folder / "gradients"), size_guidance={SCALARS: 0, HISTOGRAMS: 0}).Reload()
        norms = events.Scalars("train/gradient_norm.generator")
        self.assertEqual([norm.step for norm in norms], [2, 4])
        tags = events.Tags()[HISTOGRAMS]
        gradients = [tag for tag in tags if tag.startswith("gradients/generator.")]
        self.assertEqual(len(gradients), len([tag for tag in tags if tag.startswith("weights/generator.")]))
        for position, step in enumerate((2, 4)):
            squares = 0.0
            for tag in gradients:
                histogram = events.Histograms(tag)[position]
                self.assertEqual(histogram.step, step)
                self.assertEqual(sum(histogram.histogram_value.bucket), histogram.histogram_value.num)
                squares += histogram.histogram_value.sum_squares
            self.assertAlmostEqual(squares**0.5, norms[position].value, delta=1e-5 * norms[position].value)


if __name__ == "__main__":
    unittest.main(verbosity=2)
