"""A run on a machine that other programs keep busy is slow, not hung: nothing is killed, nothing is started again."""
import json
import os
import signal
import subprocess
import tempfile
import unittest

import processes

SECONDS = float(os.environ.get("UNDERSTUDY_LOAD_SECONDS", "120"))
BUSY_PROCESSES_A_CORE = 8


class Load(unittest.TestCase):
    def test_no_false_alarm(self):
        with tempfile.TemporaryDirectory(prefix="understudy-load-") as folder:
            shop = processes.Workshop(folder)
            settings = ["run.max_iterations=1000000", "validation.patience=0", "validation.every=20", "checkpoints.every=20"]
            flags = [flag for setting in settings for flag in ("--set", setting)]
            log = open(shop.folder / "log", "w")
            run = subprocess.Popen([processes.BINARY, "launch", "--ranks", "3", "--", *shop.arguments("run", *flags)],
                                   stdout=log, stderr=subprocess.STDOUT)
            metrics = shop.folder / "run" / "metrics.jsonl"
            lines = lambda: metrics.read_text().count("\n") if metrics.exists() else 0
            processes.wait_for(lambda: lines() > 30, run)
            busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
                    for _ in range(BUSY_PROCESSES_A_CORE * os.cpu_count())]
            try:
                before = lines()
                self.assertIsNone(self.ended_within(run, SECONDS), (shop.folder / "log").read_text()[-3000:])
                under_load = lines() - before
            finally:
                for process in busy:
                    process.kill()
                    process.wait()
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(timeout=120), 75)
            log.close()
            history = [json.loads(line) for line in (shop.folder / "run" / "history.jsonl").read_text().splitlines()]
            self.assertEqual([entry["event"] for entry in history], ["start", "end"])
            self.assertFalse((shop.folder / "run" / "failure.json").exists())
            print("%d lines of metrics in %.0f s beside %d busy processes" % (under_load, SECONDS, len(busy)))
            self.assertGreater(under_load, 0)

    @staticmethod
    def ended_within(process, seconds):
        """The exit code; None when it still runs."""
        try:
            return process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None


if __name__ == "__main__":
    unittest.main(verbosity=2)
