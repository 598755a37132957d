"""What a user or a broken machine gets wrong ends with 78, a message that names place and remedy, and nothing lost."""
import json
import pickle
import re
import resource
import shutil
import subprocess
import tempfile
import unittest
import zipfile

import processes


def flip_byte(path, place):
    data = bytearray(path.read_bytes())
    data[place if place >= 0 else len(data) + place] ^= 0x10
    path.write_bytes(bytes(data))


def cut(path):
    data = path.read_bytes()
    path.write_bytes(data[:len(data) * 2 // 3])


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="understudy-bad-")
        cls.shop = processes.Workshop(cls.folder.name)
        cls.shop.train("good", "--until", 6)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def refused(self, *arguments, saying, code=78):
        output = processes.run(*arguments, expect=code)
        for text in saying:
            self.assertIn(text, output)
        return output

    def copy_of_set(self, name):
        copy = self.shop.folder / name
        shutil.rmtree(copy, ignore_errors=True)
        return shutil.copytree(self.shop.folder / "train", copy)

    def train_refused(self, name, *more, saying):
        output = self.refused(*self.shop.arguments(name, *more), saying=saying)
        self.assertFalse((self.shop.folder / name / "checkpoints").exists())
        return output

    # ---- configuration

    def test_every_problem_of_a_configuration_at_once(self):
        config = self.shop.write("wrong.toml", processes.FSRT_CONFIG.replace("micro_batch = 1", "micro_batch = 3")
                                 .replace("[optimizer]", "[optimizer]\nlearning_rat = 1"))
        self.refused("train", config, "--run", self.shop.folder / "x",
                     saying=["wrong.toml:", "optimizer.learning_rat: unknown key; did you mean optimizer.learning_rate?"])
        impossible = self.shop.write("impossible.toml", processes.FSRT_CONFIG.replace("micro_batch = 1", "micro_batch = 3"))
        self.refused("train", impossible, "--run", self.shop.folder / "x",
                     saying=["impossible.toml:", "batch.global_batch: 4 is not a multiple of batch.micro_batch = 3; try 3 or 6"])
        self.assertFalse((self.shop.folder / "x").exists())

    def test_more_ranks_than_micro_batches(self):
        self.refused("launch", "--ranks", 5, "--", *self.shop.arguments("five"), saying=["5 ranks", "4"])

    def test_a_changed_method_is_refused_with_the_difference(self):
        self.refused(*self.shop.arguments("good", "--set", "optimizer.learning_rate=1e-5"),
                     saying=["optimizer.learning_rate: 0.003 in the checkpoint, 1e-05 now", "--accept-change"])

    def test_all_missing_files_are_listed(self):
        output = self.refused(*self.shop.arguments("y", "--set", "data.train=nowhere", "--set", "detector.weights=absent.pt"),
                              saying=["data.train", "nowhere", "absent.pt"])
        self.assertIn("2 problems", output)

    # ---- data

    def test_missing_manifest(self):
        empty = self.shop.folder / "empty"
        empty.mkdir(exist_ok=True)
        self.train_refused("a", "--set", "data.train=%s" % empty, saying=["understudy synthesize"])

    def test_shard_cut_short(self):
        broken = self.copy_of_set("cut")
        cut(broken / "frames-00000.h5")
        self.train_refused("b", "--set", "data.train=%s" % broken, saying=["frames-00000.h5"])

    def test_flipped_byte_in_a_frame(self):
        broken = self.copy_of_set("flipped")
        jpeg = (broken / "frames-00000.h5").read_bytes().index(b"\xff\xd8\xff")
        flip_byte(broken / "frames-00000.h5", jpeg + 700)
        self.refused("shard", "verify", broken, saying=["frames-00000.h5", "frame"])
        # Training reads every frame sooner or later; it stops at the damaged one by name.
        self.refused(*self.shop.arguments("c", "--set", "data.train=%s" % broken), saying=["frames-00000.h5", "frame 0"])

    def test_damaged_frames_are_replaced_alike_on_any_ranks_and_threads(self):
        broken = self.copy_of_set("replaced")
        shard = broken / "frames-00000.h5"
        starts = [found.start() for found in re.finditer(b"\xff\xd8\xff", shard.read_bytes())]
        for start in starts[::3]:
            flip_byte(shard, start + 100)
        flags = ["--until", 6, "--set", "data.train=%s" % broken, "--set", "data.on_corrupt=replace"]
        output = self.shop.train("replaced-1", *flags)
        told = re.findall(r"clip \"(.*)\", frame (\d+): the bytes are damaged.*; frame \d+ of the clip takes its place", output)
        self.assertGreater(len(told), 1)
        self.assertEqual(len(told), len(set(told)), "each damaged frame is told of once")
        timing = (self.shop.folder / "replaced-1" / "timing.jsonl").read_text().splitlines()
        last = [row for row in map(json.loads, timing) if "loader" in row][-1]
        self.assertGreater(last["loader"]["replaced_frames"], 0)
        self.assertGreaterEqual(last["loader"]["repeated_reads"], last["loader"]["replaced_frames"])
        expected = self.shop.digests("replaced-1")
        self.shop.train("replaced-2", *flags, "--set", "data.loader_threads=0")
        self.assertEqual(self.shop.digests("replaced-2"), expected)
        self.shop.train("replaced-3", *flags, "--set", "data.read_threads=1", ranks=3)
        self.assertEqual(self.shop.digests("replaced-3"), expected)

    def test_landmarks_of_another_shard(self):
        broken = self.copy_of_set("mixed")
        name = next(p.name for p in broken.iterdir() if "landmark68" in p.name)
        shutil.copy(self.shop.folder / "held-out" / name, broken / name)
        self.train_refused("d", "--set", "data.train=%s" % broken, saying=[name])

    # ---- weights

    def test_wrong_detector_file(self):
        self.train_refused("e", "--set", "detector.weights=%s" % (processes.newest_checkpoint(self.shop.folder / "good") / "optimizer.safetensors"),
                           saying=["keypoint detector"])

    def test_a_pickle_that_imports_something(self):
        class Evil:
            def __reduce__(self):
                return (print, ("executed",))
        path = self.shop.folder / "evil.pt"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("evil/data.pkl", pickle.dumps({"kp.weight": Evil()}, protocol=2))
            archive.writestr("evil/version", "3")
        output = self.train_refused("f", "--set", "detector.weights=%s" % path, saying=["evil.pt", "print"])
        self.assertNotIn("executed\n", output)

    # ---- checkpoints

    def test_a_damaged_checkpoint_falls_back(self):
        self.shop.train("whole")
        expected = self.shop.digests("whole")
        for part in ("model.safetensors", "optimizer.safetensors", "trainer.json", "manifest.json"):
            for damage in (cut, lambda path: flip_byte(path, path.stat().st_size // 2)):
                with self.subTest(part=part):
                    run = self.shop.folder / "damaged"
                    shutil.rmtree(run, ignore_errors=True)
                    shutil.copytree(self.shop.folder / "good", run, symlinks=True)
                    damage(processes.newest_checkpoint(run) / part)
                    self.assertIn("000000006", self.shop.train("damaged"))
                    self.assertEqual(self.shop.digests("damaged"), expected)

    def test_the_older_of_two_runs_in_one_directory_gives_up(self):
        arguments = self.shop.arguments("shared")
        older = subprocess.Popen([processes.BINARY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        metrics = self.shop.folder / "shared" / "metrics.jsonl"
        processes.wait_for(lambda: metrics.exists() and metrics.stat().st_size > 0, older)
        processes.run(*arguments)
        output, _ = older.communicate(timeout=120)
        self.assertEqual(older.returncode, 78)
        self.assertIn("owns this run", output)
        self.shop.train("alone")
        self.assertEqual(self.shop.digests("shared"), self.shop.digests("alone"))

    def test_a_full_disk_while_saving_loses_nothing(self):
        self.shop.train("full", "--until", 3)
        before = self.shop.digests("full")
        limit = (processes.newest_checkpoint(self.shop.folder / "full") / "optimizer.safetensors").stat().st_size // 2
        output = processes.run(*self.shop.arguments("full"), expect=78, restore_signals=False,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.assertIn("File too large", output)
        self.assertEqual(processes.unpublished_checkpoints(self.shop.folder / "full"), [])
        self.assertEqual(processes.newest_checkpoint(self.shop.folder / "full").name, before["checkpoint"])
        self.shop.train("full")
        self.shop.train("room")
        self.assertEqual(self.shop.digests("full"), self.shop.digests("room"))

    # ---- inference

    def test_a_file_that_is_no_picture(self):
        text = self.shop.write("notes.txt", "no picture")
        self.refused("reenact", "--weights", self.shop.folder / "good", "--source", text, "--driving", text,
                     "--out", self.shop.folder / "out.mp4", saying=["notes.txt"])
        self.assertFalse((self.shop.folder / "out.mp4").exists())

    def test_a_mistyped_command(self):
        self.refused("tran", saying=["Did you mean `understudy train`?"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
