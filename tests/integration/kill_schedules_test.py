"""tools/kill-schedules itself: what it draws, repeats and believes. A shell script stands in for the program."""
import contextlib
import importlib.util
import io
import os
import pathlib
import signal
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from unittest import mock

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/kill-schedules"
loader = SourceFileLoader("kill_schedules", str(TOOL))
tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("kill_schedules", loader))
loader.exec_module(tool)

CALLS = {ranks: [tool.Counts(opening=1000, whole=3000)] * ranks for ranks in range(1, 5)}


class Drawing(unittest.TestCase):
    def test_a_number_gives_the_same_schedule_for_ever(self):
        self.assertEqual(tool.draw(2, CALLS), tool.Schedule(2, [tool.Kill(1, 0, 1226, False), tool.Kill(3, 2, 36, False, grace=2)], 4))

    def test_counts_scale_the_calls_and_change_nothing_else(self):
        more = {ranks: [tool.Counts(10 * count.opening, 10 * count.whole) for count in counts] for ranks, counts in CALLS.items()}
        for number in range(100):
            one, other = tool.draw(number, CALLS), tool.draw(number, more)
            self.assertEqual(one.last_ranks, other.last_ranks)
            for kill, scaled in zip(one.kills, other.kills, strict=True):
                self.assertEqual((kill.ranks, kill.victim, kill.everything, kill.grace), (scaled.ranks, scaled.victim, scaled.everything, scaled.grace))
                self.assertEqual(kill.call - 1, (scaled.call - 1) // 10)

    def test_every_kill_can_happen(self):
        schedules = [tool.draw(number, CALLS) for number in range(1000)]
        self.assertEqual({len(schedule.kills) for schedule in schedules}, set(range(1, 21)))
        kills = [kill for schedule in schedules for kill in schedule.kills]
        self.assertEqual({(kill.ranks, kill.victim) for kill in kills}, {(r, v) for r in range(1, 5) for v in range(r)})
        self.assertEqual({kill.everything for kill in kills}, {False, True})
        self.assertEqual({kill.grace for kill in kills}, set(tool.GRACES))
        self.assertGreaterEqual(min(kill.call for kill in kills), 1)
        self.assertLessEqual(max(kill.call for kill in kills), 2800)
        self.assertGreater(max(kill.call for kill in kills), 2700)
        self.assertAlmostEqual(sum(kill.call <= 1000 for kill in kills) / len(kills), tool.SHARE_IN_STARTS, delta=0.02)


class Repeating(unittest.TestCase):
    def test_a_schedule_comes_back_from_its_line(self):
        schedule = tool.Schedule(17, [tool.Kill(3, 2, 140, True), tool.Kill(1, 0, 1, False, grace=2)], 4, loader_threads=0, read_threads=8)
        self.assertEqual(tool.schedule_of(schedule.to_json()), schedule)

    def test_says_what_is_wrong_with_a_file(self):
        good = tool.Schedule(17, [tool.Kill(3, 2, 140, True)], 4).to_json()
        for old, new, message in (("{", "", "Extra data"), ('"victim": 2, ', "", "victim"), ('"victim": 2', '"victim": 3', "no rank 3 of 3"),
                                  ("140", "0", "at call 0"), ("140", '"140"', "only numbers"), ('"last_ranks": 4', '"last_ranks": 0', "one rank"),
                                  ('"number"', '"nombre"', "nombre"), (good, "[]", "unknown"), (good, '{"number": 1, "kills": [], "last_ranks": 1}', "one kill")):
            with self.subTest(message):
                self.assertIn(old, good)
                with self.assertRaisesRegex(ValueError, message):
                    tool.schedule_of(good.replace(old, new, 1))

    def test_a_wrong_command_line_names_the_place(self):
        for arguments, message in ((["--replay", "/nowhere"], "--replay /nowhere"), (["--count", "0"], "--count 0")):
            errors = io.StringIO()
            with self.subTest(message), mock.patch("sys.argv", [str(TOOL), *arguments]), contextlib.redirect_stderr(errors):
                with self.assertRaises(SystemExit) as left:
                    tool.options_of_command_line()
                self.assertNotEqual(left.exception.code, 0)
                self.assertIn(message, errors.getvalue())


def killed(rank, by=signal.SIGKILL, end="killed", gave_up=True):
    """What launch logs of a rank that was killed."""
    what = "rank %d on node n (process 7), start: was ended by signal %d (Killed)\n" % (rank, by)
    return "run ended, %s: %s" % (end, what) + gave_up * ("giving up: 1 starts in a row ended without a newer checkpoint, the last one: %s" % what)


class Judging(unittest.TestCase):
    DONE = "run ended, done: stopped by validation\n"

    def judge(self, ranks, victim, code, log="", everything=False):
        return tool.judge(tool.Kill(ranks, victim, 5, everything), code, log)

    def test_a_kill_that_was_asked_for(self):
        self.assertEqual(self.judge(1, 0, -signal.SIGKILL), (1, tool.End.KILLED))
        self.assertEqual(self.judge(2, 0, -signal.SIGKILL), (1, tool.End.KILLED), "launch at a call of its own")
        self.assertEqual(self.judge(3, 2, 70, killed(2)), (1, tool.End.KILLED))
        self.assertEqual(self.judge(3, 2, 70, killed(1), everything=True), (1, tool.End.KILLED))

    def test_kills_after_which_launch_went_on(self):
        self.assertEqual(self.judge(3, 2, 70, killed(2, gave_up=False) + killed(2)), (2, tool.End.KILLED))
        self.assertEqual(self.judge(3, 2, 0, killed(2, gave_up=False) + self.DONE), (1, tool.End.DONE))

    def test_a_run_that_was_done_before(self):
        self.assertEqual(self.judge(1, 0, 0), (0, tool.End.DONE))
        self.assertEqual(self.judge(3, 2, 0, self.DONE), (0, tool.End.DONE))

    def test_any_other_end(self):
        crash = "run ended, crashed: rank 2 on node n\n"
        for ranks, victim, code, log in ((1, 0, 70, ""), (1, 0, 78, ""), (1, 0, -signal.SIGSEGV, ""), (1, 0, None, ""), (1, 0, 70, killed(0)),
                                         (3, 2, 70, ""), (3, 2, 70, killed(1)), (3, 2, 78, killed(2)), (3, 2, None, killed(2)),
                                         (3, 2, 70, "run ended, hang: rank 2 on node n"), (3, 2, -signal.SIGKILL, ""),
                                         (3, 2, 70, killed(2, by=15)), (3, 2, 70, killed(2, end="out of memory")),
                                         (3, 2, 70, killed(2, gave_up=False)), (3, 2, 70, crash + killed(2)), (3, 2, 0, crash + self.DONE)):
            with self.subTest(ranks=ranks, code=code, log=log):
                self.assertEqual(self.judge(ranks, victim, code, log)[1], tool.End.OTHER)


class ManySchedules(unittest.TestCase):
    def results(self, schedules, hits, in_saves, after_resumes=1):
        starts = [tool.Start(None, 1, tool.End.KILLED, in_save=n < in_saves, resumed=n < after_resumes) for n in range(hits)]
        return [tool.Result(None, starts, [])] + [tool.Result(None, [], [])] * (schedules - 1)

    def test_must_have_killed(self):
        self.assertEqual(tool.shortfalls(self.results(3, 3, 0)), [])
        self.assertEqual(tool.shortfalls(self.results(3, 2, 0)), ["2 kills hit, fewer than the 3 schedules"])

    def test_must_have_killed_inside_a_save_and_after_a_resume_when_they_are_25(self):
        self.assertEqual(tool.shortfalls(self.results(24, 50, 0)), [])
        self.assertEqual(tool.shortfalls(self.results(25, 50, 0)), ["no kill hit the inside of a save"])
        self.assertEqual(tool.shortfalls(self.results(25, 50, 1)), [])
        self.assertEqual(tool.shortfalls(self.results(25, 50, 1, after_resumes=0)), ["no kill hit a start that had resumed"])


class StandIn(unittest.TestCase):
    """A program that ends as the test wants where it is to be killed, and else well."""

    SCHEDULE = tool.Schedule(17, [tool.Kill(1, 0, 5, False)] * 2, 1)

    def run_schedule(self, end, last="true", schedule=SCHEDULE):
        self.make_program(end, last)
        result = tool.Harness(self.folder).run(schedule)
        self.replay = self.folder / "schedule-17.json"
        return result

    def make_program(self, end, last="true"):
        folder = tempfile.TemporaryDirectory(prefix="understudy-kill-schedules-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        program = self.folder / "program"
        program.write_text("""#!/bin/sh
set -- $UNDERSTUDY_FAULT "$@"
case $1 in
  count) for rank in 0 1 2 3; do echo 100 > $3.$rank; done ;;
  kill) mkdir -p %(run)s; echo started; %(end)s ;;
  train) case "$*" in *%(run)s*) %(last)s ;; esac ;;
esac
""" % {"run": self.folder / "schedule-17", "end": end, "last": last})
        program.chmod(0o755)
        for patch in (mock.patch.object(tool.processes, "BINARY", str(program)), mock.patch.dict(os.environ, UNDERSTUDY_FAULTS="")):
            patch.start()
            self.addCleanup(patch.stop)

    def test_kills_that_hit_leave_nothing_behind(self):
        result = self.run_schedule("kill -9 $$")
        self.assertEqual((result.hits, result.failures), (2, []))
        self.assertFalse((self.folder / "schedule-17").exists())
        self.assertFalse(self.replay.exists())

    def test_an_end_that_was_not_asked_for_is_no_kill_although_the_last_start_would_end_well(self):
        result = self.run_schedule("echo a defect; exit 70")
        self.assertEqual(result.hits, 0)
        self.assertIn("start 1, to be killed at rank 0 of 1 at call 5, ended with 70", result.failures[0])
        self.assertIn("a defect", result.failures[0])
        self.assertEqual(tool.schedule_of(self.replay.read_text()).kills, self.SCHEDULE.kills[:1])

    def test_what_an_earlier_start_logged_excuses_no_later_one(self):
        two_kills = tool.Schedule(17, [tool.Kill(2, 1, 5, False)] * 2, 1)
        result = self.run_schedule("mkdir $(dirname $0)/once && echo '%s'; exit 70" % killed(1), schedule=two_kills)
        self.assertEqual([start.end for start in result.starts], [tool.End.KILLED, tool.End.OTHER])

    def test_all_ranks_die_with_the_victim_and_not_before_it_lived(self):
        self.make_program("true")
        harness = tool.Harness(self.folder)
        looks = [{}, {0: 100}, {0: 100, 1: 101, 2: 102}, {0: 100, 2: 102}]
        with mock.patch.object(tool.processes, "processes_of_ranks", side_effect=looks), mock.patch.object(tool.processes, "kill") as kill:
            harness.end_ranks_with(1, "schedule-17", mock.Mock(poll=lambda: None), deadline=float("inf"))
        self.assertEqual(kill.mock_calls, [mock.call(100), mock.call(102)])

    def test_a_start_that_hangs_is_ended(self):
        self.make_program("exec tail -f /dev/null")
        self.assertEqual(tool.Harness(self.folder).start("schedule-17", 1, "kill 0 5", seconds=0)[0], None)

    def test_a_schedule_without_a_hit_fails(self):
        result = self.run_schedule("exit 0")
        self.assertEqual(result.failures, ["no kill hit, so that nothing is shown"])
        self.assertTrue(self.replay.exists())

    def test_a_later_start_that_is_done_already_is_no_failure(self):
        result = self.run_schedule("mkdir %s/once && kill -9 $$; exit 0" % "$(dirname $0)")
        self.assertEqual((result.hits, result.failures), (1, []))

    def test_a_kill_is_inside_a_save_when_it_left_a_new_unpublished_checkpoint(self):
        result = self.run_schedule("mkdir -p $(dirname $0)/schedule-17/checkpoints/.tmp-3-1; kill -9 $$")
        self.assertEqual([start.in_save for start in result.starts], [True, False])

    def test_a_last_start_that_fails_or_leaves_something_else(self):
        self.assertIn("the last start ended with 3", self.run_schedule("kill -9 $$", last="exit 3").failures[0])
        restarted = self.run_schedule("kill -9 $$", last="echo run ended, crashed: rank 0; echo run ended, done: at last")
        self.assertIn("the last start ended with 0, not as it should", restarted.failures[0])
        self.assertIn("metrics.jsonl: ", self.run_schedule("echo > $(dirname $0)/schedule-17/metrics.jsonl; kill -9 $$").failures[0])


if __name__ == "__main__":
    unittest.main()
