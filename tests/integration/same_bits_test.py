"""A run is a function of (configuration, data, seed): ranks, loader threads and kills do not change a byte of it."""
import json
import unittest

import processes


class SameBits(processes.WithReference):
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


if __name__ == "__main__":
    unittest.main(verbosity=2)
