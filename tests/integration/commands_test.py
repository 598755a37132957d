"""Every command does its work once, one after the other as a user would: from drawn heads to a reenacted video."""
import json
import tempfile
import unittest

import processes


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="understudy-commands-")
        cls.shop = processes.Workshop(cls.folder.name)
        cls.shop.train("run", "--until", 4)
        cls.shop.train("run")
        cls.directory = cls.shop.folder / "run"
        cls.set = cls.shop.folder / "held-out"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def out(self, name):
        return self.shop.folder / name

    def test_shard(self):
        self.assertIn("10 clips", processes.run("shard", "inspect", self.set))
        processes.run("shard", "verify", self.set, "--decode")
        first = processes.run("shard", "sample", self.set, "--iteration", 3, "--global-batch", 4, "--seed", 7)
        self.assertEqual(first, processes.run("shard", "sample", self.set, "--iteration", 3, "--global-batch", 4, "--seed", 7))
        self.assertNotEqual(first, processes.run("shard", "sample", self.set, "--iteration", 4, "--global-batch", 4, "--seed", 7))
        processes.run("shard", "sample", expect=78)
        self.assertIn("--config", processes.run("shard", "sample", self.set, "--json", expect=78))
        processes.run("shard", "contact-sheet", self.set, "--out", self.out("sheet.png"))
        self.assertEqual(self.out("sheet.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")

    def test_shard_tells_what_an_iteration_of_a_run_trains_on(self):
        said = processes.run("shard", "sample", "--config", self.directory, "--iteration", 3, "--out", self.out("batch.png"))
        self.assertIn("recipe fsrt, iteration 3, phase", said)
        self.assertIn("order ", said)
        self.assertEqual(self.out("batch.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        drawn = json.loads(processes.run("shard", "sample", self.set, "--config", self.directory / "run.toml", "--iteration", 3, "--json"))
        self.assertEqual({"flip", "A1", "A2", "A3"} - set(drawn["samples"][0]["draws"]), set())
        self.assertEqual(drawn["samples"][0]["set"], str(self.set))

    def test_check_only_reads(self):
        processes.run(*self.shop.arguments("checked", "--check"))
        self.assertFalse(self.out("checked").exists())

    def test_submit_shows_its_script(self):
        profile = self.shop.write("cluster.toml", "[slurm]\nnodes = 2\ntasks_per_node = 2\n")
        command = ["submit", *self.shop.arguments("submitted")[1:], "--profile", profile]
        said = processes.run(*command, "--dry-run")
        self.assertIn("launch --ranks 4", said)
        self.assertIn("1 to 2 nodes fit", processes.run(*command, "--nodes", 3, "--dry-run", expect=78))
        self.assertFalse(self.out("submitted").exists())

    def test_validate_repeats_what_the_run_logged(self):
        rows = [json.loads(line) for line in (self.directory / "metrics.jsonl").read_text().splitlines()]
        psnr = [row["validation"]["psnr"] for row in rows if "validation" in row][-1]
        self.assertIn("psnr %.4f" % psnr, processes.run("validate", "--run", self.directory))

    def test_fast_reduction_agrees_to_rounding(self):
        self.shop.train("fast", "--until", 4, "--set", "cluster.reduction=fast", ranks=2)
        fast, ordered = (
            [json.loads(line)["terms"]["total"] for line in (folder / "metrics.jsonl").read_text().splitlines()
             if "terms" in json.loads(line)][:4] for folder in (self.out("fast"), self.directory))
        self.assertEqual(len(fast), 4)
        for one, other in zip(fast, ordered):
            self.assertAlmostEqual(one, other, delta=1e-4 * abs(other))

    def test_reenact_gives_one_frame_for_each_driving_frame(self):
        driving = self.out("driving")
        processes.run("shard", "frames", self.set, "--clip", 1, "--out", driving)
        processes.run("shard", "frames", self.set, "--clip", 1, "--out", self.out("driving.mp4"))
        source = self.out("driving") / "000000.png"
        common = ["reenact", "--weights", self.directory, "--source", source]
        processes.run(*common, "--driving", driving, "--out", self.out("frames"))
        self.assertEqual(len(list(self.out("frames").glob("*.png"))), 6)
        processes.run(*common, "--driving", self.out("driving.mp4"), "--mode", "relative", "--adapt-scale", "--find-best-frame",
                      "--out", self.out("result.mp4"))
        self.assertGreater(self.out("result.mp4").stat().st_size, 500)

    def test_evaluate(self):
        said = processes.run("evaluate", "--weights", self.directory, "--set", self.set, "--frames", 2, "--picture", self.out("table.png"))
        for row in ("network", "copying the source frame", "the mean picture", "copying A"):
            self.assertIn(row, said)
        self.assertTrue(self.out("table.png").exists())

    def test_export(self):
        processes.run("export", "--run", self.directory, "--checkpoint", "newest", "--out", self.out("export"),
                      "--formats", "safetensors,pt")
        names = {path.name for path in self.out("export").iterdir()}
        self.assertTrue({"kp_detector.pt"} <= names, names)
        processes.run("export", "--run", self.directory, "--out", self.out("export"), expect=78)  # exists

    def test_checkpoint(self):
        processes.run("checkpoint", "list", self.directory)
        self.assertIn("readable", processes.run("checkpoint", "list", self.directory, "--quick"))
        processes.run("checkpoint", "verify", self.directory)
        newest = processes.newest_checkpoint(self.directory)
        self.assertIn("equal", processes.run("checkpoint", "diff", newest, newest))
        self.assertRegex(processes.run("checkpoint", "prune", self.directory, "--keep-newest", 1, "--dry-run"), "would remove|nothing")
        processes.run("checkpoint", "average", newest, newest, "--out", self.out("averaged"))
        self.assertIn("equal", processes.run("checkpoint", "diff", newest / "model.safetensors", self.out("averaged") / "model.safetensors"))

    def test_the_machine_and_the_reference(self):
        self.assertIn("MPI", processes.run("doctor"))
        self.assertIn("`global_batch`", processes.run("config-reference"))
        self.assertRegex(processes.run("--version"), r"\d+\.\d+")


if __name__ == "__main__":
    unittest.main(verbosity=2)
