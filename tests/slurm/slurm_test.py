"""The demo's configuration on a real SLURM cluster of three small nodes: whatever happens to a job, the run ends in the bits of
one undisturbed rank."""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

import processes

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ITERATIONS = 72
SETTINGS = ["run.max_iterations=%d" % ITERATIONS, "run.log_every=1", "run.sample_every=0", "phases.phase1_iterations=60",
            "phases.phase2_iterations=6", "phases.discriminator_warmup=3", "validation.every=30", "validation.episodes=6",
            "checkpoints.every=20", "batch.global_batch=8",
            "batch.micro_batch=2", "batch.statistics_group=8"]

ENDED = ("COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL", "TIMEOUT", "")


def testbed(*arguments):
    subprocess.run([str(HERE / "testbed"), *map(str, arguments)], check=True)


def slurm(*command):
    return subprocess.run(list(map(str, command)), check=True, text=True, stdout=subprocess.PIPE, timeout=60).stdout.strip()


def wait_until(condition, what, seconds=150):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited %d s in vain until %s" % (seconds, what))
        time.sleep(0.1)  # real daemons need real time


class Run:
    """A run of the demo's configuration, by one job or several."""

    def __init__(self, folder, name):
        self.folder = folder
        self.directory = folder / name
        self.log = folder / (name + ".log")
        self.job = None

    def command(self, *more):
        sets = ["data.train=%s" % (self.folder / "train"), "data.validation=%s" % (self.folder / "held-out"),
                "detector.weights=%s" % (self.folder / "detector"), *SETTINGS]
        flags = [flag for setting in sets for flag in ("--set", setting)]
        return ["train", str(ROOT / "configs" / "demo.toml"), "--run", str(self.directory), *flags, *map(str, more)]

    def submit(self, ranks, nodes, launch=(), header=(), train=(), requeue="exit-code"):
        """A job that runs `understudy launch`; this SLURM takes exit code 75 for a wish to come back."""
        script = self.folder / (self.directory.name + ".sh")
        words = [processes.BINARY, "launch", "--ranks", ranks, "--requeue", requeue, *launch, "--", *self.command(*train)]
        lines = ["#!/bin/bash", "#SBATCH --nodes=%d" % nodes, "#SBATCH --ntasks-per-node=%d" % (ranks // nodes),
                 "#SBATCH --no-kill", "#SBATCH --requeue", "#SBATCH --open-mode=append", "#SBATCH --output=%s" % self.log,
                 *("#SBATCH " + line for line in header), "exec " + " ".join(map(str, words))]
        script.write_text("\n".join(lines) + "\n")
        self.job = slurm("sbatch", "--parsable", script)

    def iterations(self):
        metrics = self.directory / "metrics.jsonl"
        return metrics.read_text().count('"terms"') if metrics.exists() else 0

    def state(self):
        return slurm("squeue", "--noheader", "--states=all", "--format=%T", "--job", self.job)

    def wait_for_iteration(self, count):
        wait_until(lambda: self.iterations() >= count or self.state() in ENDED, "%d iterations are made" % count)
        if self.iterations() < count:
            raise AssertionError("the job ended too early\n" + self.tail())

    def wait_for_end(self):
        wait_until(lambda: self.state() in ENDED, "job %s has ended" % self.job)

    def tail(self):
        return self.log.read_text()[-3000:] if self.log.exists() else ""

    def ends(self):
        history = [json.loads(line) for line in (self.directory / "history.jsonl").read_text().splitlines()]
        return [entry["end"] for entry in history if entry["event"] == "end"]

    def starts(self):
        history = [json.loads(line) for line in (self.directory / "history.jsonl").read_text().splitlines()]
        return [entry for entry in history if entry["event"] == "start"]


class Slurm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="understudy-slurm-")
        cls.addClassCleanup(cls.place.cleanup)
        cls.folder = pathlib.Path(cls.place.name)
        testbed("up", 3)
        cls.addClassCleanup(testbed, "down")
        export = subprocess.run([str(HERE / "testbed"), "env"], check=True, text=True, stdout=subprocess.PIPE).stdout
        name, value = export.split()[1].split("=", 1)
        os.environ[name] = value
        for name, first in (("train", 0), ("held-out", 100)):
            processes.run("synthesize", "--out", cls.folder / name, "--identities", 6, "--clips", 2, "--frames", 6,
                          "--size", 64, "--seed", 3, "--first-identity", first)
        processes.run("train", ROOT / "configs" / "demo-keypoints.toml", "--run", cls.folder / "detector", "--set",
                      "data.train=%s" % (cls.folder / "train"), "--set", "run.max_iterations=2", "--set", "data.validation=")
        reference = Run(cls.folder, "reference")
        processes.run(*reference.command())
        cls.reference = processes.run_digests(reference.directory)

    def run_named(self, name):
        return Run(self.folder, name)

    def check_end(self, run, ends):
        run.wait_for_end()
        self.assertEqual(run.ends(), ends, run.tail())
        self.assertEqual(processes.run_digests(run.directory), self.reference)

    def test_time_limit(self):
        run = self.run_named("time-limit")
        # Other programs make the run longer than the shortest limit there is, until that has come.
        # Each in a session of its own, because sessions share the processors alike.
        busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"], start_new_session=True)
                for _ in range(4 * os.cpu_count())]
        try:
            run.submit(4, 2, header=["--time=1"])
            wait_until(lambda: (run.directory / "history.jsonl").exists() and run.ends(), "the limit has come")
        finally:
            for process in busy:
                process.kill()
                process.wait()
        run.wait_for_end()
        self.assertEqual(run.ends()[-1], "done", run.tail())
        self.assertEqual(set(run.ends()[:-1]), {"time limit"}, run.tail())
        self.assertEqual(processes.run_digests(run.directory), self.reference)

    def test_preemption(self):
        run = self.run_named("preemption")
        run.submit(3, 3)
        run.wait_for_iteration(25)
        slurm("sbatch", "--partition=urgent", "--nodes=3", "--exclusive", "--output=/dev/null", "--wrap", "sleep 1")
        self.check_end(run, ["preempted", "done"])

    def test_signal_from_the_user(self):
        run = self.run_named("signal")
        run.submit(4, 2, requeue="scontrol")
        run.wait_for_iteration(25)
        slurm("scancel", "--signal=USR1", run.job)
        self.check_end(run, ["preempted", "done"])

    def test_chain_of_jobs(self):
        run = self.run_named("chain")
        for _ in range(2):
            run.submit(4, 2, header=["--dependency=singleton", "--job-name=chain"], requeue="chain")
        run.wait_for_iteration(25)
        slurm("scancel", "--signal=USR1", "--name=chain", "--state=RUNNING")
        self.check_end(run, ["preempted", "done"])

    def test_interrupt_is_no_wish_to_come_back(self):
        run = self.run_named("interrupt")
        run.submit(2, 2)
        run.wait_for_iteration(25)
        slurm("scancel", "--signal=INT", run.job)
        run.wait_for_end()
        self.assertEqual(run.ends(), ["user interrupt"], run.tail())
        run.submit(2, 2)
        self.check_end(run, ["user interrupt", "done"])

    def test_requeue_without_warning(self):
        run = self.run_named("requeue")
        run.submit(4, 2)
        run.wait_for_iteration(45)
        slurm("scontrol", "requeue", run.job)
        run.wait_for_end()
        self.assertEqual(run.ends()[-1], "done", run.tail())
        self.assertGreaterEqual(run.starts()[-1]["from_iteration"], 40, "more than one interval between checkpoints is lost")
        self.assertEqual(processes.run_digests(run.directory), self.reference)

    def test_killed_rank(self):
        run = self.run_named("killed")
        run.submit(4, 2)
        run.wait_for_iteration(45)
        os.kill(processes.processes_of_ranks(run.directory)[2], signal.SIGKILL)
        self.check_end(run, ["killed", "done"])
        failure = json.loads((run.directory / "failure.json").read_text())
        self.assertEqual((failure["end"], failure["rank"], failure["signal"]), ("killed", 2, 9))

    def test_node_that_is_cut_off_and_lives_on(self):
        run = self.run_named("cut")
        run.submit(3, 3, launch=["--min-ranks", 2])
        run.wait_for_iteration(45)
        testbed("cut", "n3")
        wait_until(lambda: len(run.starts()) == 2 and run.iterations() > 60, "the run goes on without the node\n" + run.tail())
        testbed("heal", "n3")
        self.check_end(run, ["lost node", "done"])
        self.assertEqual(run.starts()[1]["nodes"], ["n1", "n2"])
        wait_until(lambda: not processes.rank_processes(run.directory), "the ranks of the first start have ended")
        self.assertEqual(processes.run_digests(run.directory), self.reference)

    def test_node_that_dies(self):
        run = self.run_named("dies")
        run.submit(3, 3, launch=["--min-ranks", 2])
        run.wait_for_iteration(45)
        testbed("kill", "n3")
        run.wait_for_end()
        testbed("boot", "n3")
        self.assertEqual(run.ends()[-1], "done", run.tail())
        self.assertEqual(processes.run_digests(run.directory), self.reference)

    def test_controller_that_is_restarted(self):
        run = self.run_named("controller")
        run.submit(4, 2)
        run.wait_for_iteration(25)
        testbed("restart-controller")
        self.check_end(run, ["done"])

    def test_wrong_kind_of_mpi(self):
        run = self.run_named("mpi")
        run.submit(2, 2, launch=["--starter", "srun", "--starter-option=--mpi=pmi2"])
        run.wait_for_end()
        self.assertIn("use srun --mpi=pmix", run.tail())
        self.assertFalse(run.directory.exists())
        run.submit(2, 2)
        self.check_end(run, ["done"])

    def test_mpirun_in_a_job(self):
        run = self.run_named("mpirun")
        run.submit(4, 2, launch=["--starter", "mpirun"])
        run.wait_for_iteration(25)
        slurm("scancel", "--signal=USR2", run.job)
        self.check_end(run, ["preempted", "done"])


    def test_submitted_by_the_program(self):
        run = self.run_named("submitted")
        _, config, _, directory, *settings = run.command()
        words = ["submit", config, "--profile", HERE / "profile.toml", "--run", directory, *settings]
        script = slurm(processes.BINARY, *words, "--dry-run")
        subprocess.run(["sbatch", "--test-only"], input=script, text=True, check=True, timeout=60)
        processes.run(*words, "--test-only")
        self.assertFalse(run.directory.exists(), "nothing is made before a job is")
        run.job = re.search(r"^job +(\d+)", processes.run(*words), re.MULTILINE).group(1)
        self.check_end(run, ["done"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
