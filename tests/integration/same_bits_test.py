"""A run is a function of (configuration, data, seed): ranks, loader threads and kills do not change a byte of it."""
import json
import pathlib
import random
import subprocess
import tempfile
import unittest

import processes


class WithReference(unittest.TestCase):
    """A finished run on one rank, to compare with."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="understudy-bits-")
        cls.shop = processes.Workshop(cls.folder.name)
        cls.shop.train("reference")
        cls.reference = cls.shop.digests("reference")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()


class SameBits(WithReference):
    def test_the_run_has_what_the_comparison_needs(self):
        metrics = (self.shop.folder / "reference" / "metrics.jsonl").read_text()
        for phase in ("I", "II", "III"):
            self.assertIn('"phase":"%s"' % phase, metrics)
        self.assertIn('"discriminator"', metrics)
        self.assertIn('"gan"', metrics)
        self.assertIn('"validation"', metrics)
        self.assertLess(int(self.reference["checkpoint"]), processes.FSRT_ITERATIONS, "the run must end early, by validation")

    def test_ranks(self):
        for ranks in (2, 3, 4):
            with self.subTest(ranks=ranks):
                self.shop.train("ranks-%d" % ranks, ranks=ranks)
                self.assertEqual(self.shop.digests("ranks-%d" % ranks), self.reference)

    def test_loader_threads(self):
        for threads in (0, 1, 8):
            with self.subTest(threads=threads):
                self.shop.train("threads-%d" % threads, "--set", "data.loader_threads=%d" % threads)
                self.assertEqual(self.shop.digests("threads-%d" % threads), self.reference)

    def test_copies_of_the_sets(self):
        cache = self.shop.folder / "cache"
        for name in ("copying", "copied"):
            self.shop.train(name, "--set", "data.cache=%s" % cache, ranks=2)
            self.assertEqual(self.shop.digests(name), self.reference)
        self.assertTrue(list(cache.glob("*.copy")))

    def test_a_statistics_group_spans_ranks(self):
        def covariances(name, micro_batch, ranks):
            sizes = ["batch.global_batch=8", "batch.statistics_group=8", "batch.micro_batch=%d" % micro_batch]
            self.shop.train(name, "--until", 3, *[flag for size in sizes for flag in ("--set", size)], ranks=ranks)
            rows = [json.loads(line) for line in (self.shop.folder / name / "metrics.jsonl").read_text().splitlines()]
            return [row["terms"]["covariance"] for row in rows if "terms" in row]

        four = covariances("group-4", 1, 4)
        self.assertEqual(len(four), 3)
        self.assertEqual(four, covariances("group-1", 1, 1))
        for found, whole in zip(four, covariances("group-whole", 8, 1)):
            self.assertAlmostEqual(found, whole, delta=1e-4 * whole)

    def test_another_seed_gives_other_bits(self):
        self.shop.train("seed", "--set", "run.seed=1")
        self.assertNotEqual(self.shop.digests("seed")["model.safetensors"], self.reference["model.safetensors"])

    def test_stopping_and_resuming_on_other_ranks(self):
        for until, ranks in ((6, 4), (11, 1), (17, 3)):
            self.shop.train("parts", "--until", until, ranks=ranks)
        self.shop.train("parts", ranks=2)
        self.assertEqual(self.shop.digests("parts"), self.reference)


class Kills(WithReference):
    def test_killed_at_random_moments(self):
        """SIGKILL to any rank at 20 moments, at least 5 of them proven to lie inside a save by what they left behind."""
        chance = random.Random(20)
        run_directory = self.shop.folder / "killed"
        inside_saves = kills = 0
        while kills < 20 or inside_saves < 5:
            self.assertLess(kills, 60, "too few kills hit a save")
            ranks = chance.choice((1, 2, 3))
            aim_at_save = kills % 2 == 0
            hit = self.kill_once(run_directory, ranks, aim_at_save, chance)
            if hit is None:  # the run reached its end: what it computed is right already, begin it anew
                self.assertEqual(self.shop.digests("killed"), self.reference)
                subprocess.run(["rm", "-rf", str(run_directory)], check=True)
                continue
            kills += 1
            inside_saves += hit
        self.shop.train("killed")
        self.assertEqual(self.shop.digests("killed"), self.reference)
        print("%d kills, %d of them inside a save" % (kills, inside_saves))

    def kill_once(self, run_directory, ranks, aim_at_save, chance):
        """True: killed inside a save; False: killed elsewhere; None: the run ended before."""
        launch = ["launch", "--ranks", str(ranks), "--max-restarts", "0", "--"] if ranks > 1 else []
        log = open(pathlib.Path(self.folder.name) / "killed.log", "a")
        process = subprocess.Popen([processes.BINARY, *launch, *self.shop.arguments("killed")], stdout=log, stderr=log)
        before = set(processes.unpublished_checkpoints(run_directory))
        if aim_at_save:
            reached = processes.wait_for(lambda: set(processes.unpublished_checkpoints(run_directory)) - before, process)
        else:
            metrics = run_directory / "metrics.jsonl"
            start = metrics.stat().st_size if metrics.exists() else 0
            grown = chance.randrange(1, 2500)
            reached = processes.wait_for(lambda: metrics.exists() and metrics.stat().st_size >= start + grown, process)
        victims = list(processes.processes_of_ranks(run_directory).values()) or processes.rank_processes(run_directory)
        if not reached or not victims:
            process.wait()
            log.close()
            return None
        processes.kill(victims[0] if aim_at_save else chance.choice(victims))
        code = process.wait(timeout=60)
        log.close()
        if code == 0:  # the kill came after the run had said that it is done
            return None
        return bool(set(processes.unpublished_checkpoints(run_directory)) - before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
