"""What watching over a run costs, and how soon a run goes on after a failure.

  UNDERSTUDY=build/release/understudy PYTHONPATH=tests/integration python3 benchmarks/supervision.py

Trains the demo's configuration on two ranks, in turn under plain mpirun (no attendants, no watchdog) and under `understudy
launch`, and prints the ratio of the medians of the steps' seconds; then the share of signs of life, the check for finite
numbers and logs in such a step, which both ways have (target benchmark_watching). Then kills a rank and prints the seconds
from its end to the next start's first step.
"""
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import tempfile
import time

import processes

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROUNDS = 3
ITERATIONS = 300
SETTINGS = ["run.max_iterations=%d" % ITERATIONS, "run.log_every=1", "run.sample_every=0", "validation.every=0",
            "checkpoints.every=100"]


def prepare(folder):
    processes.run("synthesize", "--out", folder / "train", "--identities", 20, "--clips", 2, "--frames", 8, "--size", 64, "--seed", 3)
    processes.run("train", ROOT / "configs/demo-keypoints.toml", "--run", folder / "detector", "--set",
                  "data.train=%s" % (folder / "train"), "--set", "run.max_iterations=2", "--set", "data.validation=")


def command(folder, name):
    sets = ["data.train=%s" % (folder / "train"), "data.validation=", "detector.weights=%s" % (folder / "detector"), *SETTINGS]
    flags = [flag for setting in sets for flag in ("--set", setting)]
    return [processes.BINARY, "train", str(ROOT / "configs/demo.toml"), "--run", str(folder / name), *flags]


def step_seconds(folder, name):
    lines = (folder / name / "timing.jsonl").read_text().splitlines()
    return [row["seconds"] for row in map(json.loads, lines) if "seconds" in row][50:]


def measure_overhead(folder):
    plain, watched = [], []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for turn in range(ROUNDS):
        mpirun = ["mpirun", "-n", "2", "--oversubscribe", "--bind-to", "none"]
        mpirun += ["--allow-run-as-root"] if os.geteuid() == 0 else []
        subprocess.run(mpirun + command(folder, "plain-%d" % turn), check=True, **quiet)
        plain += step_seconds(folder, "plain-%d" % turn)
        words = command(folder, "watched-%d" % turn)
        subprocess.run([words[0], "launch", "--ranks", "2", "--", *words[1:]], check=True, **quiet)
        watched += step_seconds(folder, "watched-%d" % turn)
    a, b = statistics.median(plain), statistics.median(watched)
    print("step under mpirun %.2f ms, under launch %.2f ms, ratio %.4f" % (1e3 * a, 1e3 * b, b / a))
    return b


def measure_share(step_seconds):
    program = pathlib.Path(processes.BINARY).parent / "benchmarks" / "benchmark_watching"
    said = subprocess.run([program, ROOT / "configs/demo.toml"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    watching = sum(float(number) for number in re.findall(r"([0-9.]+) us", said)) * 1e-6
    print("%s: %.2f %% of it" % (said, 100 * watching / step_seconds))


def measure_restart(folder):
    words = command(folder, "killed")
    run = subprocess.Popen([words[0], "launch", "--ranks", "2", "--", *words[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    metrics, timing = folder / "killed" / "metrics.jsonl", folder / "killed" / "timing.jsonl"
    processes.wait_for(lambda: metrics.exists() and metrics.read_text().count("\n") > 150, run)
    os.kill(processes.processes_of_ranks(folder / "killed")[1], signal.SIGKILL)
    began, history = time.monotonic(), folder / "killed" / "history.jsonl"
    processes.wait_for(lambda: '"end"' in history.read_text(), run)
    steps = timing.read_text().count("rank_seconds")
    noticed = time.monotonic()
    processes.wait_for(lambda: timing.read_text().count("rank_seconds") > steps, run)
    print("killed rank noticed after %.2f s, first step of the next start after %.2f s" % (noticed - began, time.monotonic() - began))
    run.wait()


with tempfile.TemporaryDirectory(prefix="understudy-supervision-") as place:
    prepare(pathlib.Path(place))
    measure_share(measure_overhead(pathlib.Path(place)))
    measure_restart(pathlib.Path(place))
