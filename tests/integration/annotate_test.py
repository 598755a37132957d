"""Annotations added to sets that exist: what packing would have written, after any kill, and never a change of frames."""
import hashlib
import io
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
import tomllib
import unittest

import numpy
import PIL.Image

import corpus
import plain_set_reader
import processes
from pack_test import BINARY, KINDS, command, digests, run

MANY_SHARDS = ["--min-frames", "1", "--shard-mib", "0.06"]


def pack(made, out, *options, annotations=()):
    """Packs without the annotations of a corpus, except for the kinds named."""
    line = command(made, out, *options)
    for kind in {"landmarks", "masks"} - set(annotations):
        if "--" + kind in line:
            at = line.index("--" + kind)
            del line[at:at + 2]
    run(line)
    return out


def annotate(folder, kind, *options, code=0, ranks=1):
    launch = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)] if ranks > 1 else []
    return run([*launch, BINARY, "annotate", str(folder), "--kind", kind, *map(str, options)], code)


def report(path):
    """Clip name -> reason."""
    return dict(line.split("\t")[:2] for line in pathlib.Path(path).read_text().splitlines()[1:])


def names(folder):
    return {file["file"] for file in tomllib.loads((folder / "set.toml").read_text()).get("annotation", [])}


class Annotate(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="understudy-annotate-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)
        self.maxDiff = None

    def make(self, write, **options):
        return write(self.folder / "in", BINARY, **options)

    def synthesize(self, name="drawn"):
        run([BINARY, "synthesize", "--out", str(self.folder / name), "--identities", "2", "--clips", "2", "--frames", "5", "--size",
             "48", "--seed", "3"])
        return self.folder / name


class FromFiles(Annotate):
    def test_later_is_as_at_once(self):
        """The same bytes, manifest and all, also with stride, crop and other sizes."""
        made = self.make(corpus.write_fsrt_corpus, broken=False)
        for number, options in enumerate((["--square", "--max-size", "48"],
                                          ["--width", "40", "--height", "48", "--fit", "crop", "--stride", "3"])):
            options = [*MANY_SHARDS, *options]
            at_once = pack(made, self.folder / ("at-once-%d" % number), *options, annotations=["landmarks"])
            later = pack(made, self.folder / ("later-%d" % number), *options)
            self.assertEqual(names(later), set())
            annotate(later, "landmark68", "--from", made.landmarks, "--require-all")
            self.assertEqual(digests(later), digests(at_once))
            run([BINARY, "shard", "verify", str(later), "--decode"])

    def test_files_a_frame(self):
        """Frames that are told by number, some of them without a file."""
        made = self.make(corpus.write_lpd_corpus)
        out = pack(made, self.folder / "set")
        annotate(out, "landmark68", "--from", made.landmarks, "--report", self.folder / "points.tsv")
        annotate(out, "mask", "--from", made.masks, "--report", self.folder / "masks.tsv")
        self.assertEqual(report(self.folder / "points.tsv"), {"id09999#pointShape-#000": "landmark-shape"})
        self.assertEqual(report(self.folder / "masks.tsv"),
                         {"id09999#maskSize---#000": "annotation", "id09999#maskCut----#000": "annotation"})
        points = plain_set_reader.rows(out, "landmark68", "frame/points")
        for name, clip in made.clips.items():
            numpy.testing.assert_array_equal(points[name], clip.landmarks, name)
        self.check_masks(out, made)
        run([BINARY, "shard", "verify", str(out)])

    def check_masks(self, out, made):
        for file in plain_set_reader.open_files(out, "mask"):
            offset, payload = file["frame/offset"][:], file["frame/bytes"][:]
            for clip, name in enumerate(file["clip/name"].asstr()[:]):
                for frame, i in enumerate(range(*file["clip/first_frame"][clip:clip + 2])):
                    stored = payload[offset[i]:offset[i + 1]].tobytes()
                    if (name, frame) == ("id07212#maskMissing#000", 6):
                        self.assertEqual(stored, b"")
                    elif name in made.clips:
                        found = numpy.asarray(PIL.Image.open(io.BytesIO(stored)))
                        numpy.testing.assert_array_equal(found > 127, made.clips[name].masks[frame], name)

    def test_clips_whose_files_do_not_fit_are_listed(self):
        made = self.make(corpus.write_fsrt_corpus, broken=False)
        out = pack(made, self.folder / "set", *MANY_SHARDS)
        for option, kind, with_kind in (("openface", "pose_au", corpus.with_openface), ("flame", "flame", corpus.with_flame)):
            source, table = self.folder / "in" / option, self.folder / (option + ".tsv")
            annotated = with_kind(source, made)
            broken = {name: "annotation" for name in made.clips.keys() - annotated.clips.keys()}
            before = digests(out)
            text = annotate(out, kind, "--from", source, "--require-all", "--report", table, code=78)
            self.assertIn("--require-all", text)
            self.assertEqual(report(table), broken)
            self.assertEqual(digests(out), before)
            text = annotate(out, kind, "--from", source, "--report", table)
            self.assertEqual(report(table), broken)
            for name in broken:
                self.assertIn(name, text)
            for _, _, column, place in (row for row in KINDS if row[0] == option):
                found = plain_set_reader.rows(out, kind, place)
                for name, clip in annotated.clips.items():
                    numpy.testing.assert_array_equal(found[name], getattr(clip, option)[column], name)
        run([BINARY, "shard", "verify", str(out)])

    def test_sets_without_a_plan_are_told_by_name(self):
        out = self.synthesize()
        clips = plain_set_reader.rows(out, "landmark68", "frame/points")
        source = self.folder / "boxes"
        boxes = {}
        for number, name in enumerate(clips):
            boxes[name] = numpy.float32([[i, number, i + 10, number + 20] for i in range(5)])
            path = source / (name + ".npy" if number % 2 else name.replace("#", "/") + ".npy")
            path.parent.mkdir(parents=True, exist_ok=True)
            numpy.save(path, boxes[name])
        annotate(out, "box", "--from", source)
        found = plain_set_reader.rows(out, "box", "frame/box")
        self.assertEqual(found.keys(), boxes.keys())
        for name in boxes:
            numpy.testing.assert_array_equal(found[name], boxes[name], name)


class Publishing(Annotate):
    @classmethod
    def setUpClass(cls):
        packed = tempfile.TemporaryDirectory(prefix="understudy-annotate-")
        cls.addClassCleanup(packed.cleanup)
        cls.packed = pathlib.Path(packed.name)
        cls.made = corpus.write_fsrt_corpus(cls.packed / "in", BINARY, broken=False)
        pack(cls.made, cls.packed / "plain", *MANY_SHARDS)
        pack(cls.made, cls.packed / "whole", *MANY_SHARDS, annotations=["landmarks"])

    def setUp(self):
        super().setUp()
        self.plain, self.whole = (pathlib.Path(shutil.copytree(self.packed / name, self.folder / name)) for name in ("plain", "whole"))

    def copy(self, name):
        return pathlib.Path(shutil.copytree(self.plain, self.folder / name))

    def test_threads_and_ranks(self):
        for threads, ranks in ((1, 1), (3, 2)):
            out = self.copy("set-%d" % ranks)
            annotate(out, "landmark68", "--from", self.made.landmarks, "--threads", threads, ranks=ranks)
            shutil.rmtree(out / "annotating", ignore_errors=True)  # ranks leave the outcome of their work
            self.assertEqual(digests(out), digests(self.whole))

    def test_kills(self):
        """The set is as it was or has the annotations; what is broken off is finished by the next start."""
        line = [BINARY, "annotate", "", "--kind", "landmark68", "--from", str(self.made.landmarks), "--threads", "1"]
        line[2] = str(self.copy("timed"))
        begin = time.monotonic()
        run(line)
        whole = time.monotonic() - begin
        manifest = (self.plain / "set.toml").read_bytes()
        draws = random.Random(8)
        out, unfinished = self.copy("killed"), 0
        line[2] = str(out)
        for kill in range(10):
            begin = time.monotonic()
            process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(draws.uniform(0.2, 0.9) * whole)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
            process.wait()
            ended = time.monotonic() - begin
            run([BINARY, "shard", "verify", str(out)])
            if (out / "set.toml").read_bytes() == manifest:
                unfinished += 1
            else:
                whole = min(whole, ended)  # the machine has become faster
                shutil.rmtree(out / "annotating", ignore_errors=True)
                self.assertEqual(digests(out), digests(self.whole))
                out = self.copy("killed-%d" % kill)
                line[2] = str(out)
        self.assertGreaterEqual(unfinished, 3)
        run(line)
        self.assertEqual(digests(out), digests(self.whole))

    def test_replace(self):
        other = self.folder / "other"
        shutil.copytree(self.made.landmarks, other)
        for path in other.iterdir():
            points = numpy.load(path)
            numpy.save(path, numpy.where(points.any((1, 2), keepdims=True), points + 1, points))
        before = digests(self.whole)
        self.assertIn("--replace", annotate(self.whole, "landmark68", "--from", other, code=78))
        self.assertEqual(digests(self.whole), before)
        annotate(self.whole, "landmark68", "--from", other, "--replace")
        points = plain_set_reader.rows(self.whole, "landmark68", "frame/points")
        for name, clip in self.made.clips.items():
            valid = clip.landmarks.any((1, 2))
            numpy.testing.assert_allclose(points[name][valid], clip.landmarks[valid] + 1, rtol=1e-6)
        after = digests(self.whole)
        self.assertIn("frames-00000.landmark68-2.h5", after)
        self.assertEqual({n: d for n, d in before.items() if "landmark68" not in n and n != "set.toml"},
                         {n: d for n, d in after.items() if "landmark68" not in n and n != "set.toml"})
        run([BINARY, "shard", "verify", str(self.whole)])
        annotate(self.whole, "landmark68", "--from", self.made.landmarks, "--replace")
        self.assertEqual(digests(self.whole), before)

    def test_repair_points_to_annotate(self):
        annotate(self.whole, "box")
        path = self.whole / "frames-00001.box.h5"
        path.write_bytes(path.read_bytes()[:-50])
        text = run([BINARY, "shard", "repair", str(self.whole), "--videos", str(self.made.root), "--metadata", str(self.made.metadata),
                    "--landmarks", str(self.made.landmarks)], 78)
        self.assertIn("write it again with `understudy annotate --replace`", text)
        annotate(self.whole, "box", "--replace")
        run([BINARY, "shard", "verify", str(self.whole)])

    def test_annotations_of_other_frames_are_refused(self):
        """The same clips in other JPEG quality: other bytes, so other frames."""
        stranger = pack(self.made, self.folder / "stranger", *MANY_SHARDS, "--jpeg-quality", "60", annotations=["landmarks"])
        lent = (stranger / "set.toml").read_text().split("\n[[annotation]]\n")[1:]
        own = (self.plain / "set.toml").read_text().split("\n", 1)[1]
        body = own + "".join("\n[[annotation]]\n" + entry.split("\n[[record]]\n")[0] for entry in lent)
        seal = hashlib.sha256(body.encode()).hexdigest()
        (self.plain / "set.toml").write_text('checksum = "%s"  # SHA-256 of all lines below\n%s' % (seal, body))
        for name in names(stranger):
            shutil.copy(stranger / name, self.plain / name)
        for line in (["shard", "inspect", str(self.plain)], ["shard", "verify", str(self.plain)]):
            self.assertIn("belong to other frames", run([BINARY, *line], 78))
        annotate(self.plain, "landmark68", "--from", self.made.landmarks, "--replace")
        points = plain_set_reader.rows(self.plain, "landmark68", "frame/points")
        for name, clip in self.made.clips.items():
            numpy.testing.assert_array_equal(points[name], clip.landmarks, name)
        run([BINARY, "shard", "verify", str(self.plain)])

    def test_says_what_is_wrong_with_the_command(self):
        before = digests(self.plain)
        empty = self.folder / "empty"
        empty.mkdir()
        for kind, options, word in (("nothing", [], "nothing"), ("landmark68", [], "--from"), ("landmark68", ["--from", empty / "gone"], "gone"),
                                    ("mask", ["--from", empty], "no mask that fits"), ("keypoint10", [], "--weights"),
                                    ("keypoint10", ["--from", empty], "--weights"), ("keypoint10", ["--weights", empty / "w.pt"], "w.pt"),
                                    ("flame", ["--from", empty, "--weights", empty], "--weights"), ("box", [], "of kind landmark68"),
                                    ("box", ["--box-from", "mask"], "of kind mask"),
                                    ("box", ["--from", empty, "--box-from", "mask"], "--box-from")):
            self.assertIn(word, annotate(self.plain, kind, *options, code=78))
            self.assertEqual(digests(self.plain), before, (kind, options))
        self.assertIn("no manifest", annotate(empty, "landmark68", "--from", self.made.landmarks, code=78))


class Computed(Annotate):
    def test_boxes_of_heads(self):
        out = self.synthesize()
        points = plain_set_reader.rows(out, "landmark68", "frame/points")
        annotate(out, "box")
        found = plain_set_reader.rows(out, "box", "frame/box")
        for name, rows in points.items():
            low, high = rows.min(1), rows.max(1)
            width, height = (high - low).T
            wanted = numpy.stack([low[:, 0] - 0.15 * width, low[:, 1] - 0.6 * height, high[:, 0] + 0.15 * width,
                                  high[:, 1] + 0.1 * height], 1)
            numpy.testing.assert_allclose(found[name], (wanted + 0.5) * 48 / 256, atol=1e-4)
        annotate(out, "box", "--box-from", "mask", "--replace")
        found = plain_set_reader.rows(out, "box", "frame/box")
        for name, masks in corpus.heads.head_masks(out, 48).items():
            for box, mask in zip(found[name], masks):
                rows, columns = numpy.nonzero(mask)
                self.assertEqual(box.tolist(), [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        run([BINARY, "shard", "verify", str(out)])

    def test_keypoints(self):
        workshop = self.folder / "detector.toml"
        workshop.write_text(processes.DETECTOR_CONFIG)
        results = []
        sets = [self.synthesize("one"), self.synthesize("three")]
        processes.run("train", workshop, "--run", self.folder / "detector", "--set", "data.train=%s" % sets[0])
        for out, threads, ranks in zip(sets, (1, 3), (1, 2)):
            annotate(out, "keypoint10", "--weights", self.folder / "detector", "--threads", threads, ranks=ranks)
            run([BINARY, "shard", "verify", str(out)])
            results.append((out / "frames-00000.keypoint10.h5").read_bytes())
        self.assertEqual(results[0], results[1])
        for rows in plain_set_reader.rows(sets[0], "keypoint10", "frame/value").values():
            self.assertEqual(rows.shape, (5, 10, 2))
            self.assertTrue((numpy.abs(rows) < 1).all())
            self.assertGreater(numpy.ptp(rows, 0).max(), 0)


if __name__ == "__main__":
    unittest.main()
