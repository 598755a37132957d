"""A number that is not finite is found in the real program, and the run that goes back ends in the bits of one that excluded
the episodes from its start."""
import json
import os
import subprocess
import unittest

import processes

FAULT_AFTER = 7  # iterations; the checkpoints are of 6 and 9


class Faults(processes.WithReference):
    SETTINGS = ["trainer.on_nonfinite=rollback", "validation.every=0", "validation.patience=0", "run.max_iterations=14"]

    def train(self, name, kind, rank, *more, ranks=2, expect=0):
        """Runs to the end with a fault on the way. Returns the log and the roll-backs."""
        trigger = self.shop.folder / (name + ".trigger")
        environment = dict(os.environ, OMP_NUM_THREADS="1", LD_PRELOAD=os.environ["UNDERSTUDY_TENSOR_FAULTS"],
                           UNDERSTUDY_TENSOR_FAULT="%s %d %s" % (kind, rank, trigger))
        launch = ["launch", "--ranks", str(ranks), "--"] if ranks > 1 else []
        log = self.shop.folder / (name + ".log")
        with open(log, "w") as output:
            process = subprocess.Popen([processes.BINARY, *launch, *self.shop.arguments(name, *self.settings, *more)], stdout=output,
                                       stderr=subprocess.STDOUT, env=environment)
            metrics = self.shop.folder / name / "metrics.jsonl"
            self.assertTrue(processes.wait_for(
                lambda: metrics.exists() and metrics.read_text().count('"terms"') >= FAULT_AFTER, process))
            trigger.touch()
            code = process.wait(120)
        self.assertEqual(code, expect, log.read_text()[-4000:])
        roll_backs = self.shop.folder / name / "rollbacks.jsonl"
        lines = roll_backs.read_text().splitlines() if roll_backs.exists() else []
        return log.read_text(), [json.loads(line) for line in lines]

    def excluded_by(self, roll_backs):
        return [episode["sample"] for roll_back in roll_backs for fault in roll_back["faults"]
                for episode in fault.get("episodes", [])]

    def assert_bits_of_a_run_without(self, samples, name):
        settings = ["--set", "data.exclude=%s" % samples]
        self.shop.train(name + "-without", *self.settings, *settings)
        self.assertEqual(self.shop.digests(name), self.shop.digests(name + "-without"))
        self.assertNotEqual(self.shop.digests(name), self.reference)

    def test_a_number_on_its_way_through_the_networks(self):
        log, roll_backs = self.train("activation", "activation", 1)
        self.assertEqual(len(roll_backs), 1)
        fault, = roll_backs[0]["faults"]
        self.assertEqual(fault["rank"], 1)
        self.assertIn(fault["micro_batch"], (2, 3))
        samples = self.excluded_by(roll_backs)
        self.assertEqual(samples, [4 * roll_backs[0]["iteration"] + fault["micro_batch"]])
        self.assertIn("rank 1: ", log)
        self.assertIn("sample %d: " % samples[0], log)
        self.assertIn("going back to the newest checkpoint", log)
        self.assertTrue(os.path.exists(fault["batch"]))
        self.assert_bits_of_a_run_without(samples, "activation")
        drawn = processes.run("shard", "sample", "--config", self.shop.folder / "activation" / "run.toml", "--iteration",
                              roll_backs[0]["iteration"])
        self.assertIn("sample %d " % (samples[0] + 2 ** 48), drawn)

    def test_a_number_of_one_rank_where_gradients_are_summed_while_they_are_computed(self):
        _, roll_backs = self.train("fast", "activation", 1, "--set", "cluster.reduction=fast")
        self.assertEqual([fault["rank"] for roll_back in roll_backs for fault in roll_back["faults"]], [1])
        self.assertIn(roll_backs[0]["faults"][0]["micro_batch"], (2, 3))

    def test_a_rank_that_dies_right_after_the_decision(self):
        _, roll_backs = self.train("die", "die", 0)
        self.assertTrue((self.shop.folder / "die.trigger.died").exists())
        history = [json.loads(line) for line in (self.shop.folder / "die" / "history.jsonl").read_text().splitlines()]
        self.assertIn("killed", [line.get("end") for line in history])
        self.assertEqual(len(roll_backs), 1)
        self.assert_bits_of_a_run_without(self.excluded_by(roll_backs), "die")

    def test_a_weight_of_one_rank(self):
        log, roll_backs = self.train("weight", "weight", 1)
        self.assertEqual([fault["rank"] for fault in roll_backs[0]["faults"]], [1])
        self.assertIn("weight of", roll_backs[0]["faults"][0]["what"])
        self.assertEqual(self.excluded_by(roll_backs), [])
        self.assertEqual(self.shop.digests("weight"), self.reference)

    def test_a_replica_that_drifts(self):
        log, roll_backs = self.train("bit", "bit", 2, ranks=3)
        self.assertEqual([fault["rank"] for fault in roll_backs[0]["faults"]], [2])
        self.assertIn("rank 2: the replica differs from those of most ranks", log)
        self.assertEqual(self.shop.digests("bit"), self.reference)

    def test_a_replica_that_drifts_where_nothing_is_rolled_back(self):
        log, roll_backs = self.train("restart", "bit", 1, "--set", "trainer.on_nonfinite=stop", ranks=3)
        self.assertEqual(roll_backs, [])
        self.assertIn("rank 1: the replica differs from those of most ranks", log)
        self.assertIn("starting again", log)
        self.assertEqual(self.shop.digests("restart"), self.reference)

    def test_a_fault_that_stays_ends_the_run(self):
        log, roll_backs = self.train("stays", "activations", 0, ranks=1, expect=78)
        self.assertEqual([line["action"] for line in roll_backs], ["roll back"] * 3 + ["give up"])
        self.assertIn("3 roll-backs in a row brought no newer checkpoint", log)
        trigger = self.shop.folder / "stays.trigger"
        trigger.unlink()
        self.shop.train("stays", *self.settings)


if __name__ == "__main__":
    unittest.main()
