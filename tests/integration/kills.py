"""Kills runs at random moments, some of them proven to lie inside a save, and finds that nothing was lost."""
import pathlib
import random
import subprocess

import processes


class KilledRun:
    """A run that is killed again and again, and started again by the same command."""

    def __init__(self, arguments, run_directory, log, seed, place=None):
        """place: what the command line names, where that is not the run directory itself."""
        self.arguments = [str(argument) for argument in arguments]
        self.run_directory = pathlib.Path(run_directory)
        self.place = place or run_directory
        self.log = pathlib.Path(log)
        self.chance = random.Random(seed)

    def kill_until(self, test, kills, inside_saves, reference, most):
        """Kills at least so often, and so often inside a save; `reference` are the digests of a run in peace."""
        done = inside = 0
        while done < kills or inside < inside_saves:
            test.assertLess(done, most, "too few kills hit a save")
            hit = self.kill_once(aim_at_save=done % 2 == 0)
            if hit is None:  # the run reached its end: what it computed is right already, begin it anew
                test.assertEqual(processes.run_digests(self.run_directory), reference)
                subprocess.run(["rm", "-rf", str(self.run_directory)], check=True)
                continue
            done += 1
            inside += hit
        processes.run(*self.arguments)
        test.assertEqual(processes.run_digests(self.run_directory), reference)
        print("%d kills, %d of them inside a save" % (done, inside))

    def kill_once(self, aim_at_save):
        """True: killed inside a save; False: killed elsewhere; None: the run ended before."""
        ranks = self.chance.choice((1, 2, 3))
        launch = ["launch", "--ranks", str(ranks), "--max-restarts", "0", "--"] if ranks > 1 else []
        before = set(processes.unpublished_checkpoints(self.run_directory))
        with open(self.log, "a") as log:
            process = subprocess.Popen([processes.BINARY, *launch, *self.arguments], stdout=log, stderr=log)
            if aim_at_save:
                reached = processes.wait_for(
                    lambda: set(processes.unpublished_checkpoints(self.run_directory)) - before, process)
            else:
                reached = processes.wait_for(self.grown(), process)
            victims = list(processes.processes_of_ranks(self.place).values()) or processes.rank_processes(self.place)
            if not reached or not victims:
                process.wait()
                return None
            processes.kill(victims[0] if aim_at_save else self.chance.choice(victims))
            if process.wait(timeout=60) == 0:  # the kill came after the run had said that it is done
                return None
        return bool(set(processes.unpublished_checkpoints(self.run_directory)) - before)

    def grown(self):
        """Whether the run has logged some bytes more than now."""
        metrics = self.run_directory / "metrics.jsonl"
        wanted = (metrics.stat().st_size if metrics.exists() else 0) + self.chance.randrange(1, 2500)
        return lambda: metrics.exists() and metrics.stat().st_size >= wanted
