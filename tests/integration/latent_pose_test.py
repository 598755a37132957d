"""A run of recipe latent_pose is a function of (configuration, data, seed) as every run is."""
import pathlib
import tempfile
import unittest

import processes

CONFIG = """
[recipe]
name = "latent_pose"
[run]
max_iterations = 6
log_every = 1
sample_every = 6
[batch]
global_batch = 4
micro_batch = 1
[model]
image_size = 32
identities = 8
identity_frames = 3
identity_size = 16
pose_size = 16
channels = 4
max_channels = 32
discriminator_blocks = 4
identity_width = 8
identity_groups = 4
identity_width_per_group = 2
identity_blocks = [1, 1, 1, 1]
pose_width = 0.25
[validation]
every = 3
episodes = 2
[checkpoints]
every = 3
[perceptual]
weights = "random"
face_weights = "random"
[cluster]
threads_per_rank = 1
"""


class LatentPose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="understudy-latent-pose-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        (cls.folder / "run.toml").write_text(CONFIG)
        for name, first in (("train", 0), ("held-out", 100)):
            processes.run("synthesize", "--out", cls.folder / name, "--identities", 4, "--clips", 2, "--frames", 8, "--size", 48,
                          "--seed", 3, "--first-identity", first)
        cls.train("reference")
        cls.reference = processes.run_digests(cls.folder / "reference")

    @classmethod
    def train(cls, name, *more, ranks=1, expect=0):
        launch = ["launch", "--ranks", ranks, "--"] if ranks > 1 else []
        return processes.run(*launch, "train", cls.folder / "run.toml", "--run", cls.folder / name, "--set",
                             "data.train=%s" % (cls.folder / "train"), "--set", "data.validation=%s" % (cls.folder / "held-out"),
                             *more, expect=expect)

    def test_ranks(self):
        for ranks in (2, 4):
            with self.subTest(ranks=ranks):
                self.train("ranks-%d" % ranks, ranks=ranks)
                self.assertEqual(processes.run_digests(self.folder / ("ranks-%d" % ranks)), self.reference)

    def test_stopping_and_resuming_on_other_ranks(self):
        for until, ranks in ((2, 2), (5, 1)):
            self.train("parts", "--until", until, ranks=ranks)
        self.train("parts", ranks=3)
        self.assertEqual(processes.run_digests(self.folder / "parts"), self.reference)

    def test_the_run_has_what_the_comparison_needs(self):
        metrics = (self.folder / "reference" / "metrics.jsonl").read_text()
        for word in ("adversarial_D", "segmentation_dice", "embedding_matching", "validation"):
            self.assertIn('"%s"' % word, metrics)
        self.assertTrue((self.folder / "reference" / "samples" / "000000006.png").exists())

    def test_refuses_more_videos_than_rows(self):
        found = self.train("few-rows", "--set", "model.identities=3", expect=78)
        self.assertIn("model.identities = 3", found)


if __name__ == "__main__":
    unittest.main()
