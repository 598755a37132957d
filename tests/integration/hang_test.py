"""A run that hangs is noticed in seconds, the guilty rank and what it was doing are named, and the run goes on."""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import processes

BACK_WITHIN_SECONDS = 15.0
RANKS = 3


class Hangs(processes.WithReference):
    # Long enough that a hang comes after the program has learned how long its sections take; reading ahead so little that
    # there is still something to read then.
    SETTINGS = ["run.max_iterations=48", "validation.patience=0", "validation.every=5", "checkpoints.every=5",
                "data.read_threads=2", "data.read_ahead=2"]

    def iterations(self, name):
        metrics = self.shop.folder / name / "metrics.jsonl"
        return metrics.read_text().count('"terms"') if metrics.exists() else 0

    def hang_once(self, name, kind=None, rank=0, path="-"):
        """Runs until a fault, with no kind until the rank was stopped, and then to the end. Returns the failure."""
        trigger = self.shop.folder / (name + ".trigger")
        environment = dict(os.environ, OMP_NUM_THREADS="1")
        if kind:
            environment.update(LD_PRELOAD=os.environ["UNDERSTUDY_FAULTS"], UNDERSTUDY_FAULT="%s %d %s %s" % (kind, rank, trigger, path))
        log = open(self.shop.folder / (name + ".log"), "w")
        process = subprocess.Popen(
            [processes.BINARY, "launch", "--ranks", str(RANKS), "--", *self.shop.arguments(name, *self.settings)],
            stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            processes.wait_for(lambda: self.iterations(name) >= 27, process)
            began = time.monotonic()
            if kind:
                trigger.touch()
                processes.wait_for(lambda: not trigger.exists(), process)
                began = time.monotonic()
            else:
                os.kill(processes.processes_of_ranks(self.shop.folder / name)[rank], signal.SIGSTOP)
            failure_file = self.shop.folder / name / "failure.json"
            processes.wait_for(failure_file.exists, process)
            failure = json.loads(failure_file.read_text())
            processes.wait_for(lambda: self.resumed(name), process)
            seconds = time.monotonic() - began
            self.assertEqual(process.wait(timeout=120), 0, self.log(name))
        finally:
            process.kill()
            log.close()
        print("%-12s back after %.1f s: %s" % (name, seconds, failure["message"].splitlines()[0]), flush=True)
        self.assertLess(seconds, BACK_WITHIN_SECONDS)
        self.assertEqual(failure["end"], "hang", failure)
        self.assertEqual(self.shop.digests(name), self.reference)
        return failure

    def resumed(self, name):
        """Whether the second start has made a step."""
        log = self.log(name)
        return " left" in log[log.find("starting again"):] if "starting again" in log else False

    def log(self, name):
        return (self.shop.folder / (name + ".log")).read_text()

    def stacks(self, name, failure):
        files = list((self.shop.folder / name / "failures").iterdir())
        self.assertEqual(len(files), 1)
        return files[0].read_text()

    def test_stopped_rank(self):
        failure = self.hang_once("stopped", rank=1)
        self.assertEqual(failure["rank"], 1)
        self.assertIn("stopped by a signal", failure["message"])
        self.assertIn("does not answer (state T)", self.stacks("stopped", failure))

    def test_loader_that_never_returns(self):
        failure = self.hang_once("loader", "pread", 2, "/train/")
        self.assertEqual((failure["rank"], failure["section"]), (2, "data"))
        self.assertIn("pread", self.stacks("loader", failure))

    def test_rank_that_skips_a_collective(self):
        failure = self.hang_once("skipped", "skip", rank=1)
        self.assertEqual(failure["rank"], 1)
        self.assertIn("ranks wait in different collectives", failure["message"])

    def test_file_system_that_blocks_a_save(self):
        failure = self.hang_once("save", "fsync", 0, "/checkpoints/")
        self.assertEqual((failure["rank"], failure["section"]), (0, "save"))
        self.assertIn("fsync", self.stacks("save", failure))

    def test_validation_whose_data_do_not_come(self):
        failure = self.hang_once("validation", "pread", 1, "/held-out/")
        self.assertEqual((failure["rank"], failure["section"]), (1, "validation"))

    def test_rank_that_loops(self):
        failure = self.hang_once("loops", "write", 0, "metrics.jsonl")
        self.assertEqual((failure["rank"], failure["section"]), (0, "step"))
        self.assertIn("VouchedFile::append", self.stacks("loops", failure))


if __name__ == "__main__":
    unittest.main(verbosity=2)
