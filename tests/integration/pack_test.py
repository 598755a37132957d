"""Packing: real files of every layout become the expected sets, the same bytes for any workers and after any kill."""
import hashlib
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest

import h5py
import numpy

import corpus
import plain_set_reader

BINARY = os.environ["UNDERSTUDY"]

KINDS = [("openface", "pose_au", "head_pose", "frame/head_pose"), ("openface", "pose_au", "intensity", "frame/au_intensity"),
         ("openface", "pose_au", "present", "frame/au_present"), ("openface", "pose_au", "valid", "frame/valid"),
         ("flame", "flame", "shape", "frame/shape"), ("flame", "flame", "exp", "frame/expression"),
         ("flame", "flame", "pose", "frame/pose"), ("flame", "flame", "cam", "frame/camera")]


def command(made, out, *options):
    line = [BINARY, "pack", "--videos", made.root, "--out", out, *options]
    for kind in ("landmarks", "masks", "metadata"):
        if getattr(made, kind):
            line += ["--" + kind, getattr(made, kind)]
    return [str(word) for word in line]


def run(line, code=0):
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode != code:
        raise AssertionError("%s ended with %d\n%s%s" % (" ".join(line), done.returncode, done.stdout, done.stderr))
    return done.stdout + done.stderr


def rejections(folder):
    lines = (pathlib.Path(folder) / "rejected.tsv").read_text().splitlines()[1:]
    return {line.split("\t")[0]: line.split("\t")[1] for line in lines}


def digests(folder):
    """SHA-256 of every file but those of the work itself."""
    found = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and "packing" not in path.parts:
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


class Layouts(unittest.TestCase):
    """Every layout of the corpus: the clips, frames and annotations that it says, and the rejections."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="understudy-pack-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        self.set = self.folder / "set"

    def check(self, made, *options):
        self.maxDiff = None
        run(command(made, self.set, *options))
        self.assertEqual(rejections(self.set), made.rejections)
        frames = {}
        for name, number, picture in plain_set_reader.frames(self.set):
            self.assertEqual(number, len(frames.setdefault(name, [])))
            frames[name].append(picture)
        self.assertEqual(sorted(frames), sorted(made.clips))
        for name, clip in made.clips.items():
            self.check_pictures(name, clip, numpy.stack(frames[name]))
        self.check_index(made)
        run([BINARY, "shard", "verify", str(self.set), "--decode"])

    def check_pictures(self, name, clip, found):
        self.assertEqual(found.shape, clip.pictures.shape, name)
        if clip.jpegs:  # copied byte for byte, so that decoders agree exactly
            self.assertTrue(numpy.array_equal(found, clip.pictures), name)
        error = numpy.mean((found.astype(float) - clip.pictures) ** 2)
        self.assertLess(error, 255 ** 2 / 10 ** (26 / 10), "%s is further than 26 dB from its source" % name)

    def check_index(self, made):
        for file in plain_set_reader.open_files(self.set):
            for i, name in enumerate(file["clip/name"].asstr()[:]):
                clip = made.clips[name]
                self.assertEqual(file["clip/identity"].asstr()[i], clip.identity)
                self.assertEqual(file["clip/video"].asstr()[i], clip.video)
                self.assertEqual(tuple(file["clip/source_box"][i]), clip.source_box)
                self.assertEqual(tuple(file["clip/source_size"][i]), clip.source_size)
                first, last = file["clip/first_frame"][i:i + 2]
                wanted = clip.source_index if clip.source_index is not None else list(range(last - first))
                self.assertEqual(file["frame/source_index"][first:last].tolist(), list(wanted), name)

    def check_rows(self, made, kind, table, attribute):
        self.check_table(made, kind, table, lambda clip: getattr(clip, attribute))

    def test_fsrt(self):
        made = corpus.write_fsrt_corpus(self.folder / "in", BINARY)
        self.check(made, "--min-frames", "1")
        self.check_rows(made, "landmark68", "frame/points", "landmarks")

    def test_fsrt_in_its_official_splits(self):
        made = corpus.write_fsrt_corpus(self.folder / "in", BINARY, broken=False)
        run(command(made, self.set, "--min-frames", "1", "--split", "folder"))
        for split in ("train", "test"):
            names = {name for name, _, _ in plain_set_reader.frames(self.set / split)}
            self.assertEqual(names, {name for name, clip in made.clips.items() if clip.split == split})
        self.assertEqual(rejections(self.set), {})

    def test_the_lines_of_the_docs_that_read_a_shard(self):
        run(command(corpus.write_fsrt_corpus(self.folder / "in", BINARY, broken=False), self.set, "--min-frames", "1"))
        text = (pathlib.Path(__file__).parents[2] / "docs" / "data.md").read_text()
        lines = text.split("```python\n")[1].split("```")[0].replace("sets/vox/train", str(self.set))
        scope = {}
        exec(lines, scope)
        name = scope["f"]["clip/name"][scope["clip"]].decode()
        wanted = next(picture for clip, frame, picture in plain_set_reader.frames(self.set) if (clip, frame) == (name, 0))
        self.assertTrue(numpy.array_equal(numpy.asarray(scope["picture"]), wanted))

    def test_voxceleb2(self):
        made = corpus.write_voxceleb2_corpus(self.folder / "in", BINARY)
        self.check(made)
        self.check_rows(made, "landmark68", "frame/points", "landmarks")

    def test_latent_pose(self):
        made = corpus.write_lpd_corpus(self.folder / "in", BINARY)
        self.check(made, "--mask-codec", "bits-deflate")
        self.check_rows(made, "landmark68", "frame/points", "landmarks")

    def test_foreign_hdf5(self):
        for write, pattern in ((corpus.write_raw_hdf5_corpus, "/{name}"),
                               (corpus.write_jpeg_hdf5_corpus, "/{identity}/{video}/{clip}")):
            with self.subTest(pattern=pattern):
                made = write(self.folder / str(pattern.count("{")), BINARY)
                mapping = self.folder / "mapping.toml"
                mapping.write_text('[hdf5]\nclips = "groups"\ngroup = "%s"\nframes = "frames"\nlandmarks = "landmarks"\n' % pattern)
                self.set = self.folder / ("set%d" % pattern.count("{"))
                self.check(made, "--mapping", str(mapping))
                self.check_rows(made, "landmark68", "frame/points", "landmarks")

    def test_openface_and_flame(self):
        made = corpus.write_fsrt_corpus(self.folder / "in", BINARY, broken=False)
        for option, with_kind in (("openface", corpus.with_openface), ("flame", corpus.with_flame)):
            with self.subTest(option):
                self.set = self.folder / option
                annotated = with_kind(self.folder / "in" / option, made)
                self.check(annotated, "--min-frames", "1", "--" + option, str(self.folder / "in" / option))
                for name, kind, column, table in KINDS:
                    if name == option:
                        self.check_table(annotated, kind, table, lambda clip: getattr(clip, option)[column])

    def check_table(self, made, kind, table, wanted):
        found = plain_set_reader.rows(self.set, kind, table)
        for name, clip in made.clips.items():
            numpy.testing.assert_array_equal(found[name], wanted(clip), name)

    def test_says_what_is_wrong_with_the_command(self):
        empty = self.folder / "empty"
        empty.mkdir()
        for options, word in ((["--videos", str(empty)], "empty"),
                              (["--videos", str(self.folder / "none")], "none"),
                              (["--videos", str(empty), "--landmarks", str(self.folder / "gone")], "gone")):
            text = run([BINARY, "pack", "--out", str(self.set), *options], 78)
            self.assertIn(word, text)
            self.assertFalse(self.set.exists(), text)

    def test_goes_on_only_with_the_same_settings(self):
        made = corpus.write_voxceleb2_corpus(self.folder / "in", BINARY)
        run(command(made, self.set))
        before = digests(self.set)
        run(command(made, self.set))  # nothing is left to do
        self.assertEqual(digests(self.set), before)
        text = run(command(made, self.set, "--jpeg-quality", "90"), 78)
        self.assertIn("jpeg_quality", text)
        self.assertEqual(digests(self.set), before)


class SameBytes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="understudy-pack-")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.made = corpus.write_fsrt_corpus(cls.folder / "in", BINARY)
        cls.options = ["--min-frames", "1", "--shard-mib", "0.06", "--split", "folder"]
        run(command(cls.made, cls.folder / "one", *cls.options, "--threads", "1"))
        cls.reference = digests(cls.folder / "one")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def ranks(self, number, line):
        return ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n", str(number), *line]

    def test_there_are_shards_to_share(self):
        self.assertGreater(sum(name.startswith("train/frames-") for name in self.reference), 8)

    def test_workers_and_threads(self):
        for workers, threads in ((1, 3), (2, 1), (4, 2)):
            with self.subTest(workers=workers, threads=threads):
                out = self.folder / ("out-%d-%d" % (workers, threads))
                run(self.ranks(workers, command(self.made, out, *self.options, "--threads", str(threads))))
                self.assertEqual(digests(out), self.reference)

    def test_repair(self):
        """Whatever is damaged, what packing can make again comes out as it was."""
        out = self.folder / "damaged"
        run(command(self.made, out, *self.options))
        sources = command(self.made, out)[2:]
        del sources[sources.index("--out"):sources.index("--out") + 2]
        line = [BINARY, "shard", "repair", str(out / "train"), *sources]
        train = {name.removeprefix("train/") for name in self.reference if name.startswith("train/")}
        for name, damage in (("frames-00001.h5", flip), ("frames-00003.h5", cut), ("frames-00002.landmark68.h5", flip),
                             ("index.h5", cut), ("frames-00000.h5", pathlib.Path.unlink)):
            self.assertIn(name, train)
            damage(out / "train" / name)
        text = run(line)
        self.assertEqual(text.count("written again"), 5, text)
        self.assertEqual(digests(out), self.reference)
        flip(out / "train" / "plan.tsv")
        self.assertIn("plan.tsv: is damaged", run(line, 78))

    @unittest.skipUnless(os.geteuid() == 0, "only root may mount a small disk")
    def test_full_disk(self):
        """A clear error, whole shards kept; with room again it goes on to the same bytes."""
        disk = self.folder / "disk"
        disk.mkdir()
        line = command(self.made, disk / "out", *self.options, "--threads", "1")
        run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)])
        try:
            text = run(line, 78)
            self.assertIn("No space left on device", text)
            done = len(list((disk / "out" / "packing").glob("*.done")))
            self.assertGreater(done, 0)
            run(["mount", "-o", "remount,size=64m", str(disk)])
            run(line)
            self.assertEqual(digests(disk / "out"), self.reference)
        finally:
            run(["umount", str(disk)])

    def test_ten_kills(self):
        """Each kill hits a pack that is begun, on one or two ranks, at any moment of what a pack takes."""
        line = command(self.made, self.folder / "timed", *self.options, "--threads", "1")
        begin = time.monotonic()
        run(line)
        whole = time.monotonic() - begin
        draws = random.Random(5)
        out = self.folder / "killed"
        line[line.index("--out") + 1] = str(out)
        unfinished = 0
        for kill in range(10):
            process = subprocess.Popen(self.ranks(2, line) if kill % 2 else line, start_new_session=True,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(draws.uniform(0.1, 0.9) * whole)
            except subprocess.TimeoutExpired:
                unfinished += 1
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            if (out / "train" / "set.toml").exists():  # finished in spite of the kills: begin anew
                self.assertEqual(digests(out), self.reference)
                out = self.folder / ("killed-%d" % kill)
                line[line.index("--out") + 1] = str(out)
        self.assertGreaterEqual(unfinished, 7)
        run(line)
        self.assertEqual(digests(out), self.reference)


if __name__ == "__main__":
    unittest.main()
