"""A request to stop finishes the iteration, saves, and says so with exit code 75; the next start goes on to the same bits."""
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import processes


class Signals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="understudy-signals-")
        cls.shop = processes.Workshop(cls.folder.name)
        cls.shop.train("reference")
        cls.reference = cls.shop.digests("reference")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def stop_once(self, name, number, ranks):
        launch = ["launch", "--ranks", str(ranks), "--"] if ranks > 1 else []
        process = subprocess.Popen([processes.BINARY, *launch, *self.shop.arguments(name)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        metrics = self.shop.folder / name / "metrics.jsonl"
        start = metrics.stat().st_size if metrics.exists() else 0
        processes.wait_for(lambda: metrics.exists() and metrics.stat().st_size > start, process)
        process.send_signal(number)
        output, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 75, output)
        self.assertIn("run me again", output)

    def test_one_rank(self):
        for number in (signal.SIGTERM, signal.SIGUSR2):
            self.stop_once("one", number, 1)
        self.shop.train("one")
        self.assertEqual(self.shop.digests("one"), self.reference)

    def test_launched_ranks(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            self.stop_once("two", number, 2)
        self.shop.train("two", ranks=2)
        self.assertEqual(self.shop.digests("two"), self.reference)

    def test_export_leaves_nothing_behind(self):
        """The model card, last of the files, reads metrics.jsonl: as a pipe it holds the export until the signal is sent."""
        held = self.shop.folder / "held"
        shutil.copytree(self.shop.folder / "reference", held)
        (held / "metrics.jsonl").unlink()
        os.mkfifo(held / "metrics.jsonl")
        for number in (signal.SIGTERM, signal.SIGINT):
            process = subprocess.Popen([processes.BINARY, "export", "--run", held, "--out", self.shop.folder / "exported"],
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            pipe = []
            self.assertTrue(processes.wait_for(lambda: pipe.extend(opened_by_a_reader(held / "metrics.jsonl")) or pipe, process))
            self.assertEqual(len(list(self.shop.folder.glob("exported.partial-*"))), 1)
            process.send_signal(number)
            os.close(pipe[0])
            output, _ = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 75, output)
            self.assertIn("nothing was written", output)
            self.assertEqual(list(self.shop.folder.glob("exported*")), [])


def opened_by_a_reader(pipe):
    """A descriptor to write to the pipe, in a list; empty as long as nobody reads from it."""
    try:
        return [os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)]
    except OSError:
        return []


if __name__ == "__main__":
    unittest.main(verbosity=2)
