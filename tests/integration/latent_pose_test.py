"""Meta-learning and fine-tuning of recipe latent_pose are functions of (configuration, data, seed) as every run is."""
import pathlib
import shutil
import tempfile
import unittest

import kills
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


PEOPLE = ("id00200", "id00201", "id00202")


class WithSets(unittest.TestCase):
    """Sets of people, and a run of many people on one rank in peace."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="understudy-latent-pose-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        (cls.folder / "run.toml").write_text(CONFIG)
        for name, people, clips, first in (("train", 4, 2, 0), ("held-out", 4, 2, 100), ("people", len(PEOPLE), 1, 200)):
            processes.run("synthesize", "--out", cls.folder / name, "--identities", people, "--clips", clips, "--frames", 8, "--size", 48,
                          "--seed", 3, "--first-identity", first)
        cls.train("reference")

    @classmethod
    def training(cls, name, *more):
        return ["train", cls.folder / "run.toml", "--run", cls.folder / name, "--set", "data.train=%s" % (cls.folder / "train"), "--set",
                "data.validation=%s" % (cls.folder / "held-out"), *more]

    @classmethod
    def train(cls, name, *more, ranks=1, expect=0):
        return cls.launch(cls.training(name, *more), ranks, expect)

    @staticmethod
    def launch(arguments, ranks, expect):
        launch = ["launch", "--ranks", ranks, "--"] if ranks > 1 else []
        return processes.run(*launch, *arguments, expect=expect)


class MetaLearning(WithSets):
    def setUp(self):
        self.reference = processes.run_digests(self.folder / "reference")

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


class FineTuning(WithSets):
    @classmethod
    def tuning(cls, out, *more, people=("people",), iterations=6):
        places = [flag for place in people for flag in ("--person", cls.folder / place)]
        settings = ["validation.every=2", "validation.episodes=2", "checkpoints.every=2", "run.log_every=1", "batch.global_batch=4",
                    "batch.micro_batch=1", "cluster.threads_per_rank=1"]
        return ["finetune", cls.folder / "reference", *places, "--out", cls.folder / out, "--iterations", iterations, "--held-out", 0.25,
                *[flag for setting in settings for flag in ("--set", setting)], *more]

    @classmethod
    def tune(cls, out, *more, ranks=1, expect=0, **tuning):
        return cls.launch(cls.tuning(out, *more, **tuning), ranks, expect)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tune("tuned")
        cls.reference = {person: processes.run_digests(cls.folder / "tuned" / person) for person in PEOPLE}

    def require_reference(self, out):
        for person in PEOPLE:
            self.assertEqual(processes.run_digests(self.folder / out / person), self.reference[person], person)

    def test_people_spread_over_ranks(self):
        for ranks in (2, 3, 4):
            with self.subTest(ranks=ranks):
                self.assertIn("3 of 3 people tuned", self.tune("spread-%d" % ranks, ranks=ranks))
                self.require_reference("spread-%d" % ranks)

    def test_one_person_on_all_ranks(self):
        processes.run("synthesize", "--out", self.folder / "one", "--identities", 1, "--clips", 1, "--frames", 8, "--size", 48, "--seed",
                      3, "--first-identity", 200)
        found = []
        for ranks in (1, 2, 4):
            self.tune("one-%d" % ranks, ranks=ranks, people=("one",))
            found.append(processes.run_digests(self.folder / ("one-%d" % ranks) / PEOPLE[0]))
        self.assertEqual(found[1], found[0])
        self.assertEqual(found[2], found[0])

    def test_goes_on_with_more_iterations(self):
        self.tune("parts", ranks=2, iterations=3)
        for person in PEOPLE:
            self.assertEqual(int(processes.newest_checkpoint(self.folder / "parts" / person).name), 3)
        self.tune("parts")
        self.require_reference("parts")

    def test_another_seed_gives_other_bits(self):
        self.tune("seed", "--set", "run.seed=1")
        self.assertNotEqual(processes.run_digests(self.folder / "seed" / PEOPLE[0]), self.reference[PEOPLE[0]])

    def test_stops_by_validation_on_held_out_frames(self):
        said = self.tune("early", "--patience", 1, "--set", "validation.min_delta=50", "--set", "validation.metric=psnr")
        self.assertIn("3 of 3 people tuned", said)
        self.assertLess(int(processes.newest_checkpoint(self.folder / "early" / PEOPLE[0]).name), 6)

    def test_takes_a_folder_of_pictures(self):
        pictures = self.folder / "anna"
        processes.run("shard", "frames", self.folder / "people", "--clip", 0, "--out", pictures)
        said = self.tune("from-pictures", people=("anna",), expect=78)
        self.assertIn("there is no folder of masks %s" % (pictures / "masks"), said)
        processes.run("shard", "frames", self.folder / "people", "--clip", 0, "--masks", "--out", pictures / "masks")
        self.tune("from-pictures", people=("anna",))
        self.assertTrue((self.folder / "from-pictures" / "anna" / "checkpoints").is_dir())
        self.assertIn("packed earlier", self.tune("from-pictures", people=("anna",)))
        other = shutil.copytree(pictures, self.folder / "elsewhere" / "anna" / "images")  # a folder of anna's, not a person called images
        said = self.tune("from-pictures", people=("elsewhere/anna/images",), expect=78)
        self.assertIn("was packed from %s; choose another --out" % pictures.resolve(), said)
        (other / "masks" / "000003.png").unlink()
        said = self.tune("from-images", people=("elsewhere/anna/images",))
        self.assertIn("1 pictures have no mask in %s and are left out: 000003.png" % (other / "masks"), said)
        self.assertTrue((self.folder / "from-images" / "anna" / "checkpoints").is_dir())
        (other / "000004.png").unlink()
        said = self.tune("from-images", people=("elsewhere/anna/images",), expect=78)
        self.assertIn("whose pictures or masks have changed since", said)
        shutil.copytree(pictures, self.folder / "anna b")
        self.assertIn('"anna b" cannot name a person', self.tune("from-blank", people=("anna b",), expect=78))
        (self.folder / "anna-b").symlink_to(self.folder / "anna b")
        self.assertIn("anna-b: tuned", self.tune("from-link", people=("anna-b",)))
        shutil.copytree(pictures, self.folder / "sets")
        said = self.tune("named-sets", people=("sets",), expect=78)
        self.assertIn("sets is the name of the folder for packed pictures; rename the person", said)

    def test_says_everything_that_is_wrong_at_once(self):
        said = self.tune("wrong", "--set", "recipe.stage=meta", expect=78)
        self.assertIn('recipe.stage = "meta", but these weights are tuned with "finetune"', said)
        said = processes.run("finetune", self.folder / "reference", "--person", self.folder / "people", "--patience", 2, "--set",
                             "data.train=x", expect=78)
        self.assertIn("hold some out with --held-out", said)
        self.assertIn("--set data.train: whose frames are used is said by --person alone", said)
        said = self.tune("wrong", people=("nowhere", "nothing"), expect=78)
        self.assertIn("nowhere: there is no such data set or folder", said)
        self.assertIn("nothing: there is no such data set or folder", said)
        self.assertFalse((self.folder / "wrong").exists())
        (self.folder / "meta.toml").write_text('[recipe]\nname = "latent_pose"\nstage = "meta"\n')
        said = self.tune("wrong", "--config", self.folder / "meta.toml", expect=78)
        self.assertIn('recipe.stage = "meta", but these weights are tuned with "finetune"', said)
        said = processes.run("finetune", self.folder / "tuned" / PEOPLE[0], "--person", self.folder / "people", expect=78)
        self.assertIn("tuned to a person already", said)

    def test_draws_the_person(self):
        frames = self.folder / "driving"
        processes.run("shard", "frames", self.folder / "people", "--clip", 1, "--out", frames)
        drawing = ["reenact", "--driving", frames]
        said = processes.run(*drawing, "--weights", self.folder / "tuned" / PEOPLE[0], "--out", self.folder / "drawn", "--masks",
                             self.folder / "masks", "--background", "00ff00")
        self.assertRegex(said, r"8 frames in .*: [0-9.]+ frames a second drawn")
        self.assertEqual(len(list((self.folder / "drawn").glob("*.png"))), 8)
        self.assertEqual(len(list((self.folder / "masks").glob("*.png"))), 8)
        processes.run(*drawing, "--weights", self.folder / "reference", "--source", frames / "000000.png", "--out", self.folder / "untuned")
        said = processes.run(*drawing, "--weights", self.folder / "tuned" / PEOPLE[0], "--source", frames / "000000.png", "--out",
                             self.folder / "wrong", expect=78)
        self.assertIn("--source: these networks were tuned to one person", said)
        said = processes.run(*drawing, "--weights", self.folder / "reference", "--out", self.folder / "wrong", expect=78)
        self.assertIn("--source: missing", said)
        said = processes.run(*drawing, "--weights", self.folder / "tuned" / PEOPLE[0], "--out", frames, "--masks", str(frames) + "/", expect=78)
        self.assertIn("is the driving video, which would be lost", said)
        self.assertIn("is the place of --out, too", said)


class Kills(WithSets):
    def test_meta_learning(self):
        killed = kills.KilledRun(self.training("killed"), self.folder / "killed", self.folder / "killed.log", seed=6)
        killed.kill_until(self, kills=5, inside_saves=2, reference=processes.run_digests(self.folder / "reference"), most=30)

    def test_fine_tuning(self):
        processes.run("synthesize", "--out", self.folder / "one", "--identities", 1, "--clips", 1, "--frames", 8, "--size", 48, "--seed",
                      3, "--first-identity", 200)
        FineTuning.folder = self.folder
        FineTuning.tune("in-peace", people=("one",))
        reference = processes.run_digests(self.folder / "in-peace" / PEOPLE[0])
        out = self.folder / "killed-tuning"
        killed = kills.KilledRun(FineTuning.tuning("killed-tuning", people=("one",)), out / PEOPLE[0], self.folder / "tuning.log", seed=7,
                                 place=out)
        killed.kill_until(self, kills=5, inside_saves=2, reference=reference, most=30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
