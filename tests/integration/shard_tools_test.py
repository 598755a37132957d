"""Tools that look into sets, as a user calls them, checked by a reader that shares no code with the program."""
import json
import pathlib
import tempfile
import unittest

import numpy
import PIL.Image

import plain_set_reader
import processes


class ShardTools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="understudy-shard-tools-")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.set = cls.folder / "set"
        processes.run("synthesize", "--out", cls.set, "--identities", 3, "--clips", 2, "--frames", 5, "--size", 48, "--seed", 3)
        cls.cut = cls.folder / "cut"
        processes.run("shard", "reshard", cls.set, "--out", cls.cut, "--shard-bytes", "10kB")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_reshard_keeps_every_pixel_and_annotation(self):
        self.assertGreater(len(list(self.cut.glob("frames-*.mask.h5"))), 1)
        before, after = list(plain_set_reader.frames(self.set)), list(plain_set_reader.frames(self.cut))
        self.assertEqual(len(before), 30)
        for (name, number, picture), (new_name, new_number, new_picture) in zip(before, after, strict=True):
            self.assertEqual((name, number), (new_name, new_number))
            self.assertTrue(numpy.array_equal(picture, new_picture), name)
        for kind, table in (("landmark68", "frame/points"), ("synthetic", "frame/pose"), ("synthetic", "frame/expression")):
            rows, new_rows = (plain_set_reader.rows(folder, kind, table) for folder in (self.set, self.cut))
            self.assertEqual(rows.keys(), new_rows.keys())
            for name in rows:
                self.assertTrue(numpy.array_equal(rows[name], new_rows[name]), name)
        processes.run("shard", "verify", self.cut, "--decode")

    def test_diff_ends_with_0_for_equal_1_for_different_and_78_for_unreadable_sets(self):
        self.assertIn("equal", processes.run("shard", "diff", self.set, self.cut))
        other = self.folder / "other"
        processes.run("synthesize", "--out", other, "--identities", 4, "--clips", 2, "--frames", 5, "--size", 48, "--seed", 3)
        told = json.loads(processes.run("shard", "diff", self.set, other / "set.toml", "--json", expect=1))
        self.assertEqual(told["clips"]["both"], 6)
        self.assertEqual(told["identities"]["only_second"], ["id00003"])
        self.assertEqual(told["changed"], [])
        self.assertIn("absent", processes.run("shard", "diff", self.set, self.folder / "absent", expect=78))

    def test_stats_counts_what_the_plain_reader_finds(self):
        plots = self.folder / "plots"
        self.assertIn("Frames per clip", processes.run("shard", "stats", self.cut, "--out", plots))
        told = json.loads((plots / "stats.json").read_text())
        sizes = [b - a for file in plain_set_reader.open_files(self.set)
                 for a, b in zip(file["frame/offset"][:-1].tolist(), file["frame/offset"][1:].tolist())]
        found = told["distributions"]["jpeg_bytes"]
        self.assertEqual((found["count"], found["min"], found["max"]), (30, min(sizes), max(sizes)))
        self.assertAlmostEqual(found["mean"], numpy.mean(sizes))
        self.assertEqual(found["percentiles"]["50"], numpy.percentile(sizes, 50, method="inverted_cdf"))
        self.assertEqual(sum(found["histogram"]["counts"]), 30)
        self.assertEqual(told["landmarks"], {"frames": 30, "worst_clips": []})
        for key in told["distributions"]:
            with PIL.Image.open(plots / (key + ".png")) as picture:
                self.assertGreater(len(picture.getcolors(1 << 24)), 2, key)

    def test_contact_sheet_draws_landmarks_when_asked(self):
        def sheet(*flags):
            out = self.folder / "sheet.png"
            processes.run("shard", "contact-sheet", self.set, "--out", out, *flags)
            return numpy.asarray(PIL.Image.open(out).convert("RGB"))

        def green(picture):
            return ((picture == (0, 255, 0)).all(-1)).sum()

        self.assertEqual(green(sheet()), 0)
        self.assertGreater(green(sheet("--landmarks")), 15 * 68)


if __name__ == "__main__":
    unittest.main(verbosity=2)
