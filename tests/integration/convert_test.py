"""A run that was converted to any format and back goes on to the same bits as one that never stopped."""
import tempfile
import unittest

import processes

STOP = 14  # in phase III: both optimisers have a state
END = 16
# The published file has no place for the state of stopping. A configuration may leave the statistics group open.
QUIET = ["--set", "validation.every=0", "--set", "batch.statistics_group=0"]


class Convert(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="understudy-convert-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.shop = processes.Workshop(cls.temporary.name)
        cls.folder = cls.shop.folder
        cls.shop.train("stopped", *QUIET, "--until", STOP)
        cls.shop.train("straight", *QUIET, "--until", END)

    def convert(self, source, out, *more, expect=0):
        return processes.run("checkpoint", "convert", self.folder / source, "--out", self.folder / out, *more, expect=expect)

    def expect_same_run(self, name):
        self.assertIn("after iteration %d " % STOP, self.shop.train(name, *QUIET, "--until", END))
        found, wanted = (self.shop.digests(run) for run in (name, "straight"))
        for part in ("checkpoint", "model.safetensors", "optimizer.safetensors"):
            self.assertEqual(found[part], wanted[part], part)
        lines, straight = ((self.folder / run / "metrics.jsonl").read_text().splitlines() for run in (name, "straight"))
        self.assertEqual(lines, straight[STOP:])

    def test_by_way_of_every_format(self):
        decided = ["--config", self.folder / "stopped" / "run.toml"]
        # Device, order of sums and statistics group are still open in what a user writes.
        written = processes.FSRT_CONFIG.replace("[validation]\nevery = 3", "[validation]\nevery = 0")
        written += '[detector]\nweights = "%s"\n' % (self.folder / "detector")
        written = written.replace("statistics_group = 4\n", "")
        for key in ("device", "statistics_group"):
            self.assertNotIn(key, written)
        open_still = ["--config", self.shop.write("written.toml", written)]
        for name, more in (("state.safetensors", []), ("model.pt", decided), ("model.pth", open_still)):
            with self.subTest(name):
                self.convert("stopped", name)
                self.convert(name, "from-" + name.replace(".", "-"), *more)
                self.expect_same_run("from-" + name.replace(".", "-"))
        self.convert("stopped", "copy")
        self.expect_same_run("copy")

    def test_a_converted_file_starts_and_animates(self):
        self.convert("stopped", "whole.pt", "--checkpoint", STOP)
        said = self.shop.train("begun", "--init-from", self.folder / "whole.pt", "--until", 0)
        self.assertIn("; 0 not in it, 0 of another shape", said)

    def test_wrong_requests_are_refused_at_once(self):
        said = self.convert("none", "taken.onnx", "--config", self.folder / "no.toml", expect=78)
        for part in ("none: no such file", "no.toml: no such file", 'no format ends in ".onnx"'):
            self.assertIn(part, said)
        self.assertIn("--format h5", self.convert("stopped", "x", "--format", "h5", expect=78))
        self.assertIn("has its own configuration", self.convert("stopped", "x", "--config", self.shop.config, expect=78))
        self.assertIn("give best, newest or an iteration", self.convert("stopped", "x", "--checkpoint", "old", expect=78))
        before = (self.folder / "run.toml").read_bytes()
        self.assertIn("exists already", self.convert("stopped", "run.toml", "--format", "pt", expect=78))
        self.assertEqual((self.folder / "run.toml").read_bytes(), before)
        self.assertFalse((self.folder / "x").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
