"""`understudy evaluate` against scikit-image, NumPy and PyTorch on the very pictures that it judged."""
import json
import pathlib
import re
import tempfile
import unittest

import numpy
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import latent_pose_test
import processes


class SoftLandmarks(torch.nn.Module):
    """Centres of what fixed random filters answer to."""

    def __init__(self, count: int):
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.register_buffer("filters", torch.randn(count, 3, 5, 5, generator=generator))

    def forward(self, pictures):
        heat = torch.nn.functional.conv2d(pictures, self.filters, padding=2)
        weights = heat.flatten(2).softmax(2).reshape(heat.shape)
        places = torch.arange(heat.shape[3], dtype=torch.float32)
        x = (weights.sum(2) * places).sum(2)
        y = (weights.sum(3) * places).sum(2)
        return torch.stack((x, y), 2)


class Projection(torch.nn.Module):
    """A coarse picture, projected at random."""

    def __init__(self):
        super().__init__()
        self.register_buffer("matrix", torch.randn(48, 16, generator=torch.Generator().manual_seed(6)))

    def forward(self, pictures):
        return torch.nn.functional.adaptive_avg_pool2d(pictures - 0.5, 4).flatten(1) @ self.matrix


class Whole(torch.nn.Module):
    def forward(self, pictures):
        return pictures


class Evaluate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="understudy-evaluate-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.shop = processes.Workshop(cls.folder)
        cls.shop.train("fsrt", "--until", 4)
        (cls.folder / "lpd.toml").write_text(latent_pose_test.CONFIG.replace("identities = 8", "identities = 10"))
        processes.run("train", cls.folder / "lpd.toml", "--run", cls.folder / "lpd", "--until", 3, "--set",
                      "data.train=%s" % (cls.folder / "train"), "--set", "data.validation=%s" % (cls.folder / "held-out"))
        cls.landmarks, cls.projection = SoftLandmarks(68), Projection()
        for name, judge in (("landmarks", cls.landmarks), ("five", SoftLandmarks(5)), ("identity", cls.projection), ("whole", Whole())):
            torch.jit.script(judge).save(cls.folder / (name + ".pt"))
        cls.judges = ["--landmark-judge", cls.folder / "landmarks.pt", "--identity-judge", cls.folder / "identity.pt"]
        cls.common = ["--set", cls.folder / "held-out", "--frames", 3, "--clips", 6]

    def evaluate(self, weights, *more, ranks=1, expect=0, options=None):
        launch = ["launch", "--ranks", ranks, "--"] if ranks > 1 else []
        return processes.run(*launch, "evaluate", "--weights", self.folder / weights, *(options or self.common), *more,
                             expect=expect, cwd=self.folder)

    def report(self, weights, *more, **how):
        self.evaluate(weights, "--json", "report.json", *more, **how)
        return json.loads((self.folder / "report.json").read_text())

    def recomputed(self, folder, foreground):
        """Scores of every picture, by person."""
        persons = {}
        for path in sorted(folder.glob("self-*-prediction.npy")):
            def load(kind):
                return numpy.load(str(path).replace("prediction", kind))
            drawn, truth = load("prediction"), load("truth")
            self.assertEqual(drawn.dtype, numpy.float32)
            seen = load("driving") if foreground else truth
            found, wanted = (self.landmarks(torch.from_numpy(picture)[None])[0].numpy().astype(float) for picture in (drawn, seen))
            eyes = numpy.linalg.norm(wanted[36] - wanted[45]).clip(1e-2)
            unknowns = numpy.concatenate([numpy.stack([found[:, axis], numpy.full(68, axis == 0), numpy.full(68, axis == 1)], 1)
                                          for axis in (0, 1)])
            solution = numpy.linalg.lstsq(unknowns, wanted.T.reshape(-1), rcond=None)[0]
            aligned = found * solution[0] + solution[1:]
            drawn, truth = drawn.astype(float), truth.astype(float)
            persons.setdefault(int(path.name.split("-")[1]), []).append({
                "psnr": peak_signal_noise_ratio(truth, drawn, data_range=1),
                "ssim": structural_similarity(truth, drawn, data_range=1, channel_axis=0, gaussian_weights=True, sigma=1.5,
                                              use_sample_covariance=False),
                "l1": numpy.abs(truth - drawn).mean(),
                "akd": numpy.linalg.norm(found - wanted, axis=1).mean(),
                "pose_error": numpy.linalg.norm(found - wanted, axis=1).mean() / eyes,
                "pose_error_aligned": numpy.linalg.norm(aligned - wanted, axis=1).mean() / eyes})
        return persons

    def identity_errors(self, folder):
        """By person, from the pictures of their own and those driven by others."""
        def descriptors(pattern):
            pictures = torch.from_numpy(numpy.stack([numpy.load(path) for path in sorted(folder.glob(pattern))]))
            found = self.projection(pictures).numpy().astype(float)
            return found / numpy.linalg.norm(found, axis=1, keepdims=True)
        people = sorted({path.name.split("-")[1] for path in folder.glob("own-*.npy")})
        return {int(person): 1 - descriptors("own-%s-*" % person).mean(0) @ descriptors("driven-%s-*" % person).mean(0)
                for person in people}

    def assert_close(self, found, wanted, what):
        self.assertAlmostEqual(found, wanted, delta=1e-6 * max(1, abs(wanted)), msg=what)

    def test_numbers_are_those_of_others(self):
        for weights, foreground, pictures in (("fsrt", False, 18), ("lpd", True, 18)):
            with self.subTest(weights=weights):
                folder = self.folder / ("pictures-" + weights)
                report = self.report(weights, *self.judges, "--drivers", 2, "--pictures", folder)
                self.assertEqual((report["totals"]["self"]["pictures"], report["foreground"]), (pictures, foreground))
                persons = self.recomputed(folder, foreground)
                self.assertEqual(sorted(persons), [person["row"] for person in report["persons"]])
                for person in report["persons"]:
                    for measure, value in person["self"]["network"].items():
                        wanted = numpy.mean([scores[measure] for scores in persons[person["row"]]])
                        self.assert_close(value, wanted, (person["name"], measure))
                every = [scores for rows in persons.values() for scores in rows]
                for measure, value in report["totals"]["self"]["network"].items():
                    self.assert_close(value, numpy.mean([scores[measure] for scores in every]), measure)
                errors = self.identity_errors(folder)
                for person in report["persons"]:
                    self.assert_close(person["identity"]["network"]["identity_error"], errors[person["row"]], person["name"])
                self.assert_close(report["totals"]["identity"]["network"]["identity_error"], numpy.mean(list(errors.values())), "I")
                crossed = [peak_signal_noise_ratio(numpy.load(str(path).replace("prediction", "truth")).astype(float),
                                                   numpy.load(path).astype(float), data_range=1)
                           for path in folder.glob("swap-*-prediction.npy")]
                self.assertEqual(len(crossed), report["totals"]["swap"]["pictures"])
                self.assert_close(report["totals"]["swap"]["network"]["psnr"], numpy.mean(crossed), "swap")
                self.assertLess(report["totals"]["swap"]["true_picture"]["angle_error"], 1.5)

    def test_ranks_and_batches_change_no_byte(self):
        few = ["--set", self.folder / "held-out", "--frames", 2, "--clips", 2]
        for weights in ("fsrt", "lpd"):
            with self.subTest(weights=weights):
                self.report(weights, *self.judges, options=few)
                alone = (self.folder / "report.json").read_bytes()
                for ranks in (2, 3):
                    self.report(weights, *self.judges, ranks=ranks, options=few)
                    self.assertEqual((self.folder / "report.json").read_bytes(), alone, ranks)
        two, one = (self.report("fsrt", "--batch", batch, options=few) for batch in (2, 1))
        self.assertEqual((two["totals"], two["persons"]), (one["totals"], one["persons"]))
        self.assertEqual([path.name for path in self.folder.glob("*.work")], [])

    def test_table_and_report_agree(self):
        said = self.evaluate("fsrt", *self.judges, "--json", "report.json")
        report = json.loads((self.folder / "report.json").read_text())
        totals = report["totals"]
        rows = {}
        for line in said.splitlines():
            cells = re.split(r"\s{2,}", line.strip())
            rows.setdefault(cells[0], []).append(cells[1:])
        shown = totals["self"]["network"]
        wanted = ["%.2f" % shown["psnr"], "%.4f" % shown["ssim"], "%.4f" % shown["l1"], "%.2f" % shown["akd"],
                  "%.4f" % shown["pose_error"], "%.4f" % shown["pose_error_aligned"]]
        self.assertEqual(rows["network"][0], wanted)
        swap = totals["swap"]
        self.assertEqual(rows["network"][1], ["%.2f" % swap["network"]["psnr"], "%.2f" % swap["network"]["angle_error"]])
        self.assertEqual(rows["copying A"][0], ["%.2f" % swap["copied_source"]["psnr"], "%.2f" % swap["copied_source"]["angle_error"]])
        self.assertEqual(rows["network"][2], ["%.4f" % totals["identity"]["network"]["identity_error"]])
        for person in report["persons"]:
            self.assertEqual(rows[person["name"]][0][0], "%.2f" % person["self"]["network"]["psnr"])

    def test_what_is_wrong_is_said(self):
        for more, words in ((["--landmark-judge", "none.pt"], "none.pt: no such file"),
                            (["--landmark-judge", "run.toml"], "no TorchScript file"),
                            (["--landmark-judge", "whole.pt"], r"instead of \[b, k, 2\]"),
                            (["--identity-judge", "landmarks.pt"], r"instead of \[b, d\]"),
                            (["--person", "ada", "--person", "bob"], "nobody named ada, bob"),
                            (["--sources", 6], "no clip is long enough: 7 usable frames")):
            with self.subTest(more=more):
                said = self.evaluate("fsrt", *more, expect=78)
                self.assertRegex(said, words)
                self.assertLess(len(said.splitlines()), 4, said)
        self.assertRegex(self.evaluate("fsrt", "--person", "ada", ranks=2, expect=78), "nobody named ada")
        said = self.evaluate("fsrt", "--json", "nowhere/report.json", "--picture", "run.jpg", "--pictures", "fsrt", ranks=2, expect=78)
        for words in ("--json nowhere/report.json: there is no folder", "--picture run.jpg: a PNG is written", "--pictures fsrt: is there"):
            self.assertIn(words, said)
        self.assertEqual([path.name for path in self.folder.glob("*.work")], [])

    def test_foreground_needs_masks(self):
        frames = self.folder / "frames"
        (frames / "ada").mkdir(parents=True)
        processes.run("shard", "frames", self.folder / "held-out", "--clip", 0, "--out", frames / "ada" / "talk")
        processes.run("pack", "--videos", frames, "--out", self.folder / "bare")
        said = self.evaluate("lpd", options=["--set", self.folder / "bare"], expect=78)
        self.assertRegex(said, "kind mask.*understudy annotate")

    def test_people_tuned_one_by_one(self):
        for name, people in (("pair", 2), ("four", 4)):
            processes.run("synthesize", "--out", self.folder / name, "--identities", people, "--clips", 1, "--frames", 4, "--size", 48,
                          "--seed", 3, "--first-identity", 200)
        tuned, names = self.folder / "tuned", ["id%05d" % number for number in range(200, 204)]
        processes.run("finetune", self.folder / "lpd", "--person", self.folder / "pair", "--out", tuned, "--iterations", 1)
        report = self.report("tuned", options=["--set", "pair", "--identity-judge", "identity.pt"])
        self.assertEqual([person["name"] for person in report["persons"]], names[:2])
        self.assertEqual(report["options"]["sources"], 0)
        alone = (self.folder / "report.json").read_bytes()
        self.report("tuned", options=["--set", "pair", "--identity-judge", "identity.pt"], ranks=2)
        self.assertEqual((self.folder / "report.json").read_bytes(), alone)
        own = self.report("tuned/" + names[1], options=["--set", "pair", "--person", names[1]])["persons"][0]
        self.assertEqual(own["self"]["network"], report["persons"][1]["self"]["network"])
        self.assertIn("--person NAME", self.evaluate("tuned/" + names[1], options=["--set", "pair"], expect=78))
        self.assertIn("2 of 4 people: %s, %s;" % tuple(names[2:]), self.evaluate("tuned", options=["--set", "four"], expect=78))
        self.evaluate("tuned", options=["--set", "four", "--persons", ",".join(names[:2])])


if __name__ == "__main__":
    unittest.main(verbosity=2)
