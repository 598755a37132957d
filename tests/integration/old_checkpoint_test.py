"""Checkpoints of earlier programs are used as a run's own; those of later programs are refused and left alone."""
import hashlib
import json
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import processes

OLD = pathlib.Path(__file__).resolve().parents[1] / "checkpoints/old"
sys.path.insert(0, str(OLD))
import make  # noqa: E402

LATER = 1000  # a format version that there will hardly be
SEAL = ',\n  "manifest_sha256": "'


def raise_version(checkpoint):
    """Gives a checkpoint's manifest a later format version, sealed as a program of that version would seal it."""
    manifest = checkpoint / "manifest.json"
    text = manifest.read_text()
    text = re.sub(r'"format_version": \d+', '"format_version": %d' % LATER, text[:text.rindex(SEAL)])
    seal = hashlib.sha256((text + "\n}\n").encode()).hexdigest()
    manifest.write_text('%s%s%s"\n}\n' % (text, SEAL, seal))


def digests_below(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


class WithSets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="understudy-old-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        for name, first in (("train", 0), ("held-out", 100)):
            processes.run("synthesize", "--out", cls.folder / name, "--identities", 3, "--clips", 2, "--frames", 3, "--size", 48, "--seed", 3,
                          "--first-identity", first)
        processes.run("shard", "frames", cls.folder / "held-out", "--clip", 1, "--out", cls.folder / "frames")

    def copy_of(self, version, name):
        shutil.copytree(OLD / version / "fsrt", self.folder / name, symlinks=True)
        return self.folder / name

    def resume(self, run, until, expect=0):
        """The set's pictures may be compressed otherwise by another machine's library, hence --accept-change."""
        places = {"data.train": self.folder / "train", "data.validation": self.folder / "held-out",
                  "detector.weights": OLD / "v1/fsrt", "run.max_iterations": until}
        settings = [word for key, value in places.items() for word in ("--set", "%s=%s" % (key, value))]
        return processes.run("train", run / "run.toml", "--run", run, *settings, "--accept-change", expect=expect)

    def reenact(self, run, name, expect=0):
        frames = self.folder / "frames"
        return processes.run("reenact", "--weights", run, "--source", frames / "000000.png", "--driving", frames, "--out",
                             self.folder / name, expect=expect)


class OldVersions(WithSets):
    def test_every_old_version(self):
        versions = sorted(path.name for path in OLD.glob("v*"))
        self.assertIn("v1", versions)
        for version in versions:
            with self.subTest(version=version):
                self.check_reading(version)
                self.check_resume(version)

    def check_reading(self, version):
        run = self.copy_of(version, version + "-read")
        before = digests_below(run)
        processes.run("checkpoint", "verify", run)
        self.assertRegex(processes.run("checkpoint", "list", run), r"\b6 .* yes .*psnr-phase-III #1")
        newest = processes.newest_checkpoint(run)
        self.assertIn("equal", processes.run("checkpoint", "diff", newest, newest))
        export = self.folder / (version + "-export")
        processes.run("export", "--run", run, "--out", export, "--formats", "safetensors,pt")
        wanted = json.loads((OLD / version / "tensors.json").read_text())["model.safetensors"]
        wanted = {name: text for name, text in wanted.items() if not name.startswith("discriminator.")}
        self.assertEqual(make.digests_of(export / "model.safetensors"), wanted)
        self.reenact(run, version + "-frames")
        self.assertEqual(len(list((self.folder / (version + "-frames")).glob("*.png"))), 3)
        self.assertEqual(digests_below(run), before)

    def check_resume(self, version):
        run = self.copy_of(version, version + "-resumed")
        said = self.resume(run, 8)
        self.assertIn("after iteration 6", said)
        newest = processes.newest_checkpoint(run)
        self.assertEqual(newest.name, "000000008")
        steps = {name: content for name, (_, _, content) in make.tensors_of(newest / "optimizer.safetensors").items() if name.endswith(".step")}
        before = make.tensors_of(OLD / version / "fsrt/checkpoints/000000006/optimizer.safetensors")
        for name, content in steps.items():
            self.assertEqual(memoryview(content).cast("d")[0], memoryview(before[name][2]).cast("d")[0] + 2, name)
        lines = (run / "metrics.jsonl").read_text().splitlines()
        old_lines = (OLD / version / "fsrt/metrics.jsonl").read_text().splitlines()
        self.assertEqual(lines[:len(old_lines)], old_lines)
        self.assertEqual([json.loads(line)["iteration"] for line in lines[len(old_lines):]], [6, 7])
        best = json.loads((newest / "trainer.json").read_text())["stopping"]["best"]
        self.assertEqual([entry["iteration"] for entry in best["III"]], [6])


class LaterVersions(WithSets):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_directory = cls.folder / "run"
        shutil.copytree(OLD / "v1/fsrt", cls.run_directory, symlinks=True)
        cls.resume(cls, cls.run_directory, 8)
        cls.newest = processes.newest_checkpoint(cls.run_directory)
        raise_version(cls.newest)

    def setUp(self):
        self.before = digests_below(self.run_directory)

    def tearDown(self):
        after = digests_below(self.run_directory)
        for place in ("checkpoints", "incarnations", "metrics.jsonl"):
            self.assertEqual({k: v for k, v in after.items() if k.startswith(place)},
                             {k: v for k, v in self.before.items() if k.startswith(place)})

    def expect_refusal(self, said):
        lines = [line for line in said.splitlines() if "format version" in line]
        self.assertEqual(len(lines), 1, said)
        for part in (str(self.newest), "format version %d" % LATER, "reads 1 to ", "use the understudy that wrote it (", "or a newer one"):
            self.assertIn(part, lines[0])

    def test_a_run_is_not_resumed_from_an_older_checkpoint(self):
        self.expect_refusal(self.resume(self.run_directory, 9, expect=78))

    def test_reading_commands(self):
        out = self.folder / "none"
        for arguments in (("checkpoint", "diff", self.newest, self.newest),
                          ("checkpoint", "average", self.newest, self.newest, "--out", out),
                          ("checkpoint", "verify", self.newest),
                          ("checkpoint", "verify", self.run_directory),
                          ("export", "--run", self.run_directory, "--checkpoint", "newest", "--out", out),
                          ("export", "--run", self.run_directory, "--checkpoint", "8", "--out", out)):
            with self.subTest(" ".join(map(str, arguments[:2]))):
                self.expect_refusal(processes.run(*arguments, expect=78))
                self.assertFalse(out.exists())
        with self.subTest("reenact"):
            self.expect_refusal(self.reenact(self.newest, "none", expect=78))

    def test_list_tells_it_from_a_damaged_one(self):
        for more in ((), ("--quick",)):
            said = processes.run("checkpoint", "list", self.run_directory, *more)
            self.expect_refusal(said)
            self.assertRegex(said, r"\b8 .* newer ")
            self.assertNotIn(" NO ", said)

    def test_prune_keeps_it(self):
        said = processes.run("checkpoint", "prune", self.run_directory, "--keep-newest", 1, "--damaged", "--anyway")
        self.assertIn("nothing to remove", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
