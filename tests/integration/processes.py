"""Runs the real program on real files: helpers of the integration tests, standard library only."""
import hashlib
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

BINARY = os.environ["UNDERSTUDY"]

# A run small enough to start in a second that still crosses FSRT's three phases, the discriminator's warm-up,
# validations and an early stop.
TINY_MODEL = """
[model]
image_size = 32
expression_size = 16
pixel_octaves = 6
keypoint_octaves = 2
head_width = 8
encoder_width = 4
encoder_blocks = 1
encoder_heads = 2
encoder_hidden = 32
query_hidden = 32
decoder_blocks = 1
decoder_heads = 2
decoder_hidden = 32
render_widths = [32, 32]
expression_features = 4
expression_widths = [32]
detector_width = 4
detector_max_width = 16
detector_blocks = 2
detector_scale = 1.0
discriminator_width = 4
discriminator_max_width = 8
discriminator_blocks = 2
"""

DETECTOR_CONFIG = """
[recipe]
name = "keypoints"
[run]
max_iterations = 2
log_every = 1
[batch]
global_batch = 4
micro_batch = 2
[optimizer]
learning_rate = 1e-3
warmup_iterations = 0
[validation]
every = 0
[cluster]
threads_per_rank = 1
""" + TINY_MODEL

FSRT_ITERATIONS = 40  # an early stop by validation comes before

FSRT_CONFIG = """
[recipe]
name = "fsrt"
[run]
max_iterations = %d
log_every = 1
sample_every = 0
[batch]
global_batch = 4
micro_batch = 1
statistics_group = 4
[optimizer]
learning_rate = 3e-3
warmup_iterations = 4
[data]
query_pixels_phase1 = 64
query_pixels = 64
[phases]
phase1_iterations = 6
phase2_iterations = 6
discriminator_warmup = 3
[losses]
feature_matching_weights = [0.01, 0.01]
[perceptual]
weights = "random"
[validation]
every = 3
episodes = 5
micro_batch = 2
patience = 2
min_delta = 0.8
[checkpoints]
every = 3
[cluster]
threads_per_rank = 1
""" % FSRT_ITERATIONS + TINY_MODEL


def run(*arguments, expect=0, timeout=300, **options):
    """Runs the program to its end; fails with its output when the exit code is another one."""
    done = subprocess.run([BINARY, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=timeout, **options)
    if expect is not None and done.returncode != expect:
        raise AssertionError("understudy %s: exit code %d instead of %s\n%s"
                             % (" ".join(map(str, arguments)), done.returncode, expect, done.stdout[-4000:]))
    return done.stdout


class Workshop:
    """A folder with synthetic sets, a detector and configurations."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for name, first in (("train", 0), ("held-out", 100)):
            run("synthesize", "--out", self.folder / name, "--identities", 5, "--clips", 2, "--frames", 6, "--size", 48,
                "--seed", 3, "--first-identity", first)
        detector = self.write("detector.toml", DETECTOR_CONFIG)
        run("train", detector, "--run", self.folder / "detector", "--set", "data.train=%s" % (self.folder / "train"))
        self.config = self.write("run.toml", FSRT_CONFIG)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def arguments(self, name, *more):
        """Arguments of `train` for the run of that name."""
        settings = ["data.train=%s" % (self.folder / "train"), "data.validation=%s" % (self.folder / "held-out"),
                    "detector.weights=%s" % (self.folder / "detector")]
        flags = [flag for setting in settings for flag in ("--set", setting)]
        return ["train", str(self.config), "--run", str(self.folder / name), *flags, *map(str, more)]

    def train(self, name, *more, ranks=1, expect=0):
        launch = ["launch", "--ranks", str(ranks), "--"] if ranks > 1 else []
        return run(*launch, *self.arguments(name, *more), expect=expect)

    def digests(self, name):
        """SHA-256 of what a run computed: its newest checkpoint and its metrics."""
        return run_digests(self.folder / name)


class WithReference(unittest.TestCase):
    """Tests that compare runs with one that nothing disturbed: `reference`, on one rank."""

    SETTINGS = []  # of all these runs, besides those of the workshop

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="understudy-")
        cls.addClassCleanup(folder.cleanup)
        cls.shop = Workshop(folder.name)
        cls.settings = [flag for setting in cls.SETTINGS for flag in ("--set", setting)]
        cls.shop.train("reference", *cls.settings)
        cls.reference = cls.shop.digests("reference")


def newest_checkpoint(run_directory):
    folders = sorted(p for p in (pathlib.Path(run_directory) / "checkpoints").iterdir() if p.name.isdigit())
    return folders[-1]


def run_digests(run_directory):
    checkpoint = newest_checkpoint(run_directory)
    files = [checkpoint / "model.safetensors", checkpoint / "optimizer.safetensors", pathlib.Path(run_directory) / "metrics.jsonl"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} | {"checkpoint": checkpoint.name}


def rank_processes(place):
    """Process numbers of the ranks whose command line names this place, and of their attendants (not of launch or mpirun)."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            command = pathlib.Path("/proc", entry, "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if len(command) > 2 and command[1] in (b"train", b"finetune") and str(place).encode() in command:
            found.append(int(entry))
    return sorted(found)


def processes_of_ranks(place):
    """The process number of every rank that `launch` started, in the order of ranks, without the attendants."""
    found = {}
    every = rank_processes(place)
    for process in every:
        try:
            parent = int(pathlib.Path("/proc", str(process), "stat").read_text().rsplit(")", 1)[1].split()[1])
            variables = pathlib.Path("/proc", str(process), "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        rank = [v.split(b"=")[1] for v in variables if v.startswith((b"OMPI_COMM_WORLD_RANK=", b"PMIX_RANK="))]
        if parent in every and rank:
            found[int(rank[0])] = process
    return dict(sorted(found.items()))


def unpublished_checkpoints(run_directory):
    """Folders of checkpoints that are being written, or that a killed writer left."""
    folder = pathlib.Path(run_directory) / "checkpoints"
    try:
        return [p for p in folder.iterdir() if not p.name.isdigit()]
    except OSError:
        return []


def wait_for(condition, process, deadline=60.0):
    """Polls without pause, because the moments that matter are short. False when the process ended first."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        if condition():
            return True
        if process.poll() is not None:
            return False
    raise AssertionError("waited %.0f s in vain" % deadline)


def kill(process_number):
    try:
        os.kill(process_number, signal.SIGKILL)
    except ProcessLookupError:
        pass
