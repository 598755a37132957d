"""`doctor --run` finds every planted mistake before training, and nothing wrong with a good run."""
import hashlib
import json
import re
import shutil
import struct
import tempfile
import unittest
from typing import Callable, NamedTuple

import processes

VGG_CONVOLUTIONS = ((0, 3, 64), (2, 64, 64), (5, 64, 128), (7, 128, 128), (10, 128, 256), (12, 256, 256), (14, 256, 256),
                    (16, 256, 256), (19, 256, 512), (21, 512, 512), (23, 512, 512), (25, 512, 512), (28, 512, 512))


def write_vgg(path):
    """Zeros under torchvision's names; the file is sparse."""
    header, end = {}, 0
    for number, inputs, outputs in VGG_CONVOLUTIONS:
        for name, shape in (("weight", [outputs, inputs, 3, 3]), ("bias", [outputs])):
            begin, end = end, end + 4 * outputs * (inputs * 9 if name == "weight" else 1)
            header["features.%d.%s" % (number, name)] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
    return path


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(bytes(data))


def rewrite_manifest(folder, old, new):
    """Changes a manifest and the checksum in its first line."""
    replace(folder / "set.toml", old, new)
    body = (folder / "set.toml").read_bytes().split(b"\n", 1)[1]
    line = 'checksum = "%s"  # SHA-256 of all lines below\n' % hashlib.sha256(body).hexdigest()
    (folder / "set.toml").write_bytes(line.encode() + body)


def replace(path, old, new):
    data = path.read_bytes()
    assert old in data, (path, old)
    path.write_bytes(data.replace(old, new))


class Mistake(NamedTuple):
    """What is planted and the texts by which it must be found. `plant` gets the table and returns further arguments."""
    name: str
    expected: tuple
    settings: tuple = ()
    options: tuple = ()
    plant: Callable = lambda doctor: ()
    resumed: bool = False  # on a copy of a run that holds checkpoints


PROBLEMS = (
    # ---- configuration
    Mistake("a mistyped key", ("--set: optimizer.learning_rat: unknown key; did you mean optimizer.learning_rate?",),
            ("optimizer.learning_rat=1",)),
    Mistake("a value out of range", ("--set: batch.global_batch: must be at least 1, not 0",), ("batch.global_batch=0",)),
    Mistake("no TOML", ("broken.toml:1:", "not valid TOML"),
            plant=lambda d: ("--run", d.shop.write("broken.toml", "[run\n"))),
    Mistake("a mistyped recipe", ("no such recipe", "did you mean fsrt?"), ("recipe.name=fsrd",)),
    Mistake("a batch that does not come apart", ("4 is not a multiple of batch.micro_batch = 3; try 3 or 6",),
            ("batch.micro_batch=3",)),
    Mistake("a statistics group across batches", ("batch.statistics_group: 3 does not divide",), ("batch.statistics_group=3",)),
    Mistake("queries that are no grid", ("data.query_pixels: 60 queries form no regular grid",), ("data.query_pixels=60",)),
    Mistake("a weight too few", ("losses.feature_matching_weights: 1 weights, but the discriminator has 2 blocks",),
            ("losses.feature_matching_weights=[0.1]",)),
    Mistake("stopping without validation", ("early stopping needs frames to validate on",), ("data.validation=",)),
    Mistake("a metric of another recipe", ("validation.metric: \"point_error\": recipe fsrt has psnr, mse, l1",),
            ("validation.metric=point_error",)),
    Mistake("more ranks than micro-batches", ("10 ranks cannot share 4 micro-batches", "use 1 to 4 ranks"),
            options=("--nodes", 5, "--ranks-per-node", 2)),
    # ---- data
    Mistake("no training set", ("data.train: names no set",), ("data.train=",)),
    Mistake("a mistyped path of a set", ("data.train: no manifest \"nowhere/set.toml\"",), ("data.train=nowhere",)),
    Mistake("a file that is no manifest", ("run.toml", "is no manifest of a data set"), plant=lambda d: d.set("train", d.shop.config)),
    Mistake("files missing and cut short", ("3 problems", "frames-00000.h5: has", "it was cut short", "landmark68.h5: cannot be read",
                                            "index.h5: cannot be read"),
            plant=lambda d: d.broken_set("incomplete", lambda s: (cut(s / "frames-00000.h5"), (s / "index.h5").unlink(),
                                                                  next(s.glob("*landmark68*")).unlink()))),
    Mistake("a damaged index", ("index.h5",), plant=lambda d: d.broken_set("index", lambda s: replace(s / "index.h5", b"id00004#v01", b"id00009#v01"))),
    Mistake("a set without landmarks", ("needs annotations of kind landmark68, of which the set has none",),
            plant=lambda d: d.broken_set("bare", lambda s: rewrite_manifest(s, b"\"landmark68\"", b"\"unknown\""))),
    Mistake("landmarks of other frames", ("data.train", "landmark68"),
            plant=lambda d: d.broken_set("mixed", lambda s: shutil.copy(
                next((d.shop.folder / "held-out").glob("*landmark68*")), next(s.glob("*landmark68*"))))),
    Mistake("damaged frames", ("data.train", "frames-00000.h5, clip", "the bytes are damaged"),
            plant=lambda d: d.broken_set("damaged", lambda s: replace(s / "frames-00000.h5", b"\xff\xd8\xff", b"\xff\xd8\xfe"))),
    Mistake("clips too short", ("data.train", "data.validation", "none of 10 clips has 9 usable frame(s)"),
            ("model.sources=8", "data.distinct_frames=true")),
    Mistake("a validation set that is not there", ("data.validation: no manifest",), ("data.validation=nowhere",)),
    # ---- weights
    Mistake("no detector", ("detector.weights: names no file",), ("detector.weights=",)),
    Mistake("a detector that is not there", ("detector.weights: absent.pt: no such file",), ("detector.weights=absent.pt",)),
    Mistake("another file as detector", ("detector.weights", "no keypoint detector in it"),
            plant=lambda d: ("--set", "detector.weights=%s" % d.vgg)),
    Mistake("a detector of another size", ("detector.weights", "has shape [8, 3, 3, 3], not [16, 3, 3, 3]"), ("model.detector_width=8",)),
    Mistake("a folder without weights", ("detector.weights", "holds neither model.safetensors nor a checkpoint"),
            plant=lambda d: ("--set", "detector.weights=%s" % (d.shop.folder / "train"))),
    Mistake("no perceptual weights", ("perceptual.weights: names no file",), ("perceptual.weights=",)),
    Mistake("another network as VGG-19", ("perceptual.weights", "slice1.0.weight is missing"),
            plant=lambda d: ("--set", "perceptual.weights=%s" % (d.shop.folder / "detector"))),
    Mistake("perceptual weights cut short", ("perceptual.weights", "cut.safetensors", "cut short"),
            plant=lambda d: ("--set", "perceptual.weights=%s" % d.cut_vgg())),
    Mistake("first weights that are not there", ("--init-from: absent: no such file",), options=("--init-from", "absent")),
    Mistake("first weights of another network", ("--init-from", "no tensor fits this configuration"),
            plant=lambda d: ("--init-from", d.vgg)),
    # ---- run directory
    Mistake("a file as run directory", ("cannot be the run directory", "is a file"), plant=lambda d: ("--directory", d.shop.config)),
    Mistake("a run directory below a file", ("run.toml is a file",), plant=lambda d: ("--directory", d.shop.config / "run")),
    Mistake("a run directory where nothing can be written", ("cannot write in /proc",), options=("--directory", "/proc/run")),
    Mistake("a changed method", ("cannot be resumed: optimizer.learning_rate: 0.003 in the checkpoint, 1e-05 now", "--accept-change"),
            ("optimizer.learning_rate=1e-5",), resumed=True),
    Mistake("another set under a resumed run", ("cannot be resumed: data.train: the set's contents have changed",),
            plant=lambda d: d.set("train", d.shop.folder / "held-out"), resumed=True),
    Mistake("no intact checkpoint", ("no intact checkpoint is left",), resumed=True,
            plant=lambda d: [flip(p / "model.safetensors") for p in d.checkpoints()] and ()),
    Mistake("a log cut from outside", ("metrics.jsonl", "the log was cut from outside"), resumed=True,
            plant=lambda d: (d.resumed / "metrics.jsonl").write_text("") or ()),
    # ---- needs
    Mistake("a batch that no memory holds", ("batch.micro_batch", "of memory, but this machine has"),
            ("batch.global_batch=1048576", "batch.micro_batch=1048576", "batch.statistics_group=1048576")),
    Mistake("batches ahead that no memory holds", ("data.prefetch", "make data.prefetch smaller"),
            ("data.prefetch=4096", "batch.global_batch=4096", "batch.micro_batch=4096", "batch.statistics_group=4096")),
    Mistake("checkpoints that no disk holds", ("checkpoints.keep_every", "keep fewer or name a larger disk"),
            ("run.max_iterations=1000000000", "checkpoints.every=1", "checkpoints.keep_every=1")),
)

WARNINGS = (
    Mistake("people in both sets", ("5 of its 5 identities are in data.train",),
            plant=lambda d: d.set("validation", d.shop.folder / "train")),
    Mistake("a list longer than the set", ("validation.episodes: 5000 is more than data.validation has",), ("validation.episodes=5000",)),
    Mistake("phases longer than the run", ("run.max_iterations", "before phase III, warm-up (from 106)"), ("phases.phase2_iterations=100",)),
    Mistake("a phase without validation", ("validation.every: 12: no validation falls into phase I,",), ("validation.every=12",)),
    Mistake("multiples that are not saved", ("checkpoints.keep_every: 10 is not a multiple", "try 9 or 12"), ("checkpoints.keep_every=10",)),
    Mistake("threads left to the machine", ("cluster.threads_per_rank: 0",), ("cluster.threads_per_rank=0",)),
    Mistake("more loader threads than cores", ("data.loader_threads: 256 loader threads x 8 ranks",),
            ("data.loader_threads=256", "batch.global_batch=8"), ("--ranks-per-node", 8)),
    Mistake("a detector for other pictures", ("detector.weights", "trained on pictures of 32 pixels", "would see 64",
                                              "frames of 48 x 48 pixels, which would be enlarged"), ("model.image_size=64",)),
    Mistake("GPUs that the program cannot use", ("--gpus-per-node: this build", "1 node x 2 GPUs = 2 ranks"),
            options=("--gpus-per-node", 2)),
    Mistake("a random perceptual network", ("perceptual.weights", "random weights"), ("perceptual.weights=random",)),
    Mistake("first weights of another shape", ("--init-from", "of another shape would start anew"), ("model.encoder_hidden=48",),
            plant=lambda d: ("--init-from", d.shop.folder / "good")),
    Mistake("a damaged newest checkpoint", ("checkpoint of iteration 6 would be passed over", "resumed after iteration 3"), resumed=True,
            plant=lambda d: flip(d.checkpoints()[-1] / "model.safetensors") or ()),
    Mistake("a run that is done", ("holds a checkpoint of iteration 6: nothing is left to do",), ("run.max_iterations=6",), resumed=True),
    Mistake("a start that may live", ("start 1 of this run has not said how it ended",), resumed=True,
            plant=lambda d: (d.resumed / "outcome.json").unlink() or ()),
)


class Doctor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="understudy-doctor-")
        cls.shop = processes.Workshop(cls.folder.name)
        cls.vgg = write_vgg(cls.shop.folder / "vgg.safetensors")
        cls.shop.train("good", "--until", 6)
        cls.resumed = cls.shop.folder / "resumed"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    # ---- what the table plants

    def set(self, name, path):
        return ("--set", "data.%s=%s" % (name, path))

    def broken_set(self, name, damage):
        copy = shutil.copytree(self.shop.folder / "train", self.shop.folder / name)
        damage(copy)
        return self.set("train", copy)

    def cut_vgg(self):
        shutil.copy(self.vgg, self.shop.folder / "cut.safetensors")
        cut(self.shop.folder / "cut.safetensors")
        return self.shop.folder / "cut.safetensors"

    def checkpoints(self):
        return sorted((self.resumed / "checkpoints").iterdir())

    # ---- running it

    def settings(self, *more):
        names = ("data.train=%s" % (self.shop.folder / "train"), "data.validation=%s" % (self.shop.folder / "held-out"),
                 "detector.weights=%s" % (self.shop.folder / "detector"), "perceptual.weights=%s" % self.vgg, "data.loader_threads=1")
        return [flag for setting in names + more for flag in ("--set", setting)]

    def doctor(self, *arguments, expect):
        # A later option takes the place of an earlier one.
        given, flags = {"--run": self.shop.config, "--directory": self.shop.folder / "new"}, []
        rest = list(arguments)
        while rest:
            key, value = rest.pop(0), rest.pop(0)
            if key in given:
                given[key] = value
            else:
                flags += [key, value]
        return processes.run("doctor", *[part for pair in given.items() for part in pair], *flags, expect=expect)

    def find(self, mistake, expect):
        more = mistake.settings
        if mistake.resumed:
            shutil.rmtree(self.resumed, ignore_errors=True)
            shutil.copytree(self.shop.folder / "good", self.resumed, symlinks=True)
            more = ("perceptual.weights=random",) + more
        directory = ("--directory", self.resumed) if mistake.resumed else ()
        planted = mistake.plant(self)
        output = self.doctor(*self.settings(*more), *directory, *planted, *mistake.options, expect=expect)
        for text in mistake.expected:
            self.assertIn(text, output)
        return output

    def test_every_planted_problem_is_found(self):
        self.assertGreaterEqual(len(PROBLEMS), 25)
        for mistake in PROBLEMS:
            with self.subTest(mistake.name):
                self.assertNotIn("no problems", self.find(mistake, expect=78))

    def test_every_planted_doubt_is_a_warning(self):
        for mistake in WARNINGS:
            with self.subTest(mistake.name):
                self.assertIn("no problems", self.find(mistake, expect=0))

    def test_a_good_run_has_no_problem_and_its_needs_are_told(self):
        before = sorted(self.shop.folder.iterdir())
        output = self.doctor(*self.settings(), "--step-seconds", 3600.0, "--job-hours", 12.0, expect=0)
        self.assertIn("no problems", output)
        self.assertNotIn("warning", output.replace("III, warm-up", ""))
        self.assertEqual(sorted(self.shop.folder.iterdir()), before)
        self.assertIn("4 micro-batches of 1: 4 on each rank", output)
        self.assertIn("5 identities, 10 clips, 60 frames, 60 of them usable", output)
        self.assertIn("1.7 days for 40 iterations left", output)
        self.assertIn("4 jobs of 12 h", output)
        written = processes.newest_checkpoint(self.shop.folder / "good")
        told = int(re.search(r"\((\d+) bytes", output).group(1))
        self.assertEqual(told, sum((written / part).stat().st_size for part in ("model.safetensors", "optimizer.safetensors")))

    def test_a_run_that_can_be_resumed(self):
        output = self.doctor(*self.settings("perceptual.weights=random"), "--directory", self.shop.folder / "good", expect=0)
        self.assertIn("would be resumed after iteration 6", output)
        self.assertIn("34 iterations left, by the medians of timing.jsonl", output)
        self.assertIn("phase II, III not measured yet", output)

    def test_without_a_run_it_tells_of_the_machine(self):
        self.assertIn("MPI", processes.run("doctor"))
        processes.run("doctor", "--nodes", 2, expect=78)


if __name__ == "__main__":
    unittest.main(verbosity=2)
