"""TensorBoard reads what a run wrote: every logged iteration once, with the numbers of metrics.jsonl, after many kills."""
import io
import json
import pathlib
import tempfile
import unittest

import numpy
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util

import kills
import processes

EVENTS = "events.out.tfevents.understudy"


def read_events(path):
    """(tag, step) -> value, a number or a picture; every pair once."""
    found = {}
    for event in EventFileLoader(str(path)).Load():  # checks both checksums of every record
        for value in event.summary.value:
            key = (value.tag, event.step)
            assert key not in found, "%s at step %d is there twice" % key
            found[key] = tensor_util.make_ndarray(value.tensor)
    return found


def read_metrics(path):
    """The same out of metrics.jsonl, without pictures."""
    found = {}
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        prefix, step, terms = (("validation", entry["completed"], entry["validation"]) if "validation" in entry else
                               ("train", entry["iteration"] + 1, entry["terms"]))
        for name, value in terms.items():
            found["%s/%s" % (prefix, name), step] = numpy.float32(value)
    return found


class EventFile(unittest.TestCase):
    def test_ten_kills(self):
        with tempfile.TemporaryDirectory(prefix="understudy-events-") as folder:
            shop = processes.Workshop(folder)
            arguments = ["--set", "run.sample_every=5"]
            shop.train("peace", *arguments)
            killed = kills.KilledRun(shop.arguments("killed", *arguments), shop.folder / "killed", shop.folder / "killed.log", seed=31)
            killed.kill_until(self, kills=10, inside_saves=3, reference=shop.digests("peace"), most=40)
            for run in ("peace", "killed"):
                events = read_events(shop.folder / run / EVENTS)
                pictures = {key: value for key, value in events.items() if key[0] == "samples"}
                numbers = {key: value for key, value in events.items() if key[0] != "samples"}
                wanted = read_metrics(shop.folder / run / "metrics.jsonl")
                self.assertGreater(len({step for _, step in wanted}), 15)
                self.assertEqual({key: float(value) for key, value in numbers.items()}, {key: float(value) for key, value in wanted.items()})
                self.assertGreaterEqual(len(pictures), 3)
                for (_, step), (width, height, png, *_) in pictures.items():
                    stored = Image.open(pathlib.Path(folder) / run / "samples" / ("%09d.png" % step))
                    self.assertEqual((int(width), int(height)), stored.size)
                    self.assertTrue((numpy.asarray(Image.open(io.BytesIO(png))) == numpy.asarray(stored)).all())


if __name__ == "__main__":
    unittest.main(verbosity=2)
