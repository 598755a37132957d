"""Checkpoints of the official latent pose code, built by Python: a run starts from them, whole, and gives them back."""
import argparse
import collections
import os
import pathlib
import sys
import tempfile
import types
import unittest

import numpy
import safetensors.torch
import torch

import processes
from latent_pose_test import CONFIG

STEPS = 12345
QUIET = ["--set", "validation.every=0", "--set", "run.sample_every=0"]
MOMENTS = ("exp_avg", "exp_avg_sq")


def like(tensor, generator):
    """Another tensor of that shape and type."""
    if not tensor.is_floating_point():
        return torch.randint(1, 1000, tensor.shape, generator=generator)
    return torch.rand(tensor.shape, generator=generator) + 0.5


def state_dict_like(layout, generator):
    """As torch.nn.Module.state_dict makes it, versions of the modules included."""
    state = collections.OrderedDict((name, like(tensor, generator)) for name, tensor in layout.items())
    state._metadata = collections.OrderedDict([("", {"version": 1}), ("layer", {"version": 2, "spectral_norm": {"weight.version": 1}})])
    return state


def parameters_of(layout, buffers=("running_mean", "running_var", "num_batches_tracked", "weight_u", "weight_v")):
    return [tensor for name, tensor in layout.items() if name.rsplit(".", 1)[-1] not in buffers]


def optimizer_like(parameters, generator, lr, keyed_by_ids):
    """Adam's state dict after STEPS: keys are Python ids as in torch 1.5, or indices."""
    keys = [140_000_000_000_000 + 72 * i if keyed_by_ids else i for i in range(len(parameters))]
    state = {key: {"step": STEPS, **{moment: like(tensor, generator) for moment in MOMENTS}} for key, tensor in zip(keys, parameters)}
    group = {"lr": lr, "betas": (0.0, 0.999), "eps": 1e-5, "weight_decay": 0, "amsgrad": False, "params": keys}
    return {"state": state, "param_groups": [group]}


def arguments():
    return argparse.Namespace(
        num_labels=8, iteration=STEPS, experiment_dir=pathlib.PosixPath("/runs/a"), data_root=pathlib.PurePosixPath("sets"),
        img_dir=pathlib.PureWindowsPath("C:\\pictures"), lr_gen=5e-5, best=numpy.float64(0.25), count=numpy.int64(7), finetune=False,
        fixed_val_ids=[50, 100], device="cuda:0", nothing=None, pair=(1, "x"), nested=argparse.Namespace(deep=True))


def official(layout, keyed_by_ids=True):
    generator = torch.Generator().manual_seed(4)
    networks = {name: state_dict_like(layout[name], generator) for name in ("embedder", "generator", "discriminator")}
    averages = {name: state_dict_like(layout[name], generator) for name in ("embedder", "generator")}
    shown = parameters_of(layout["generator"]) + parameters_of(layout["embedder"])
    return networks | {
        "optimizer_G": optimizer_like(shown, generator, 5e-5, keyed_by_ids),
        "optimizer_D": optimizer_like(parameters_of(layout["discriminator"]), generator, 2e-4, keyed_by_ids),
        "running_averages": averages, "args": arguments()}


def load(path):
    return torch.load(path, map_location="cpu", weights_only=False)


class Official(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="understudy-official-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        (cls.folder / "run.toml").write_text(CONFIG)
        processes.run("synthesize", "--out", cls.folder / "train", "--identities", 4, "--clips", 2, "--frames", 8, "--size", 48, "--seed", 3)
        cls.train("blank", "--until", 0)
        cls.layout = load(cls.export("blank") / "model.pth")
        cls.checkpoint = official(cls.layout)
        torch.save(cls.checkpoint, cls.folder / "official.pth", _use_new_zipfile_serialization=False, pickle_protocol=4)
        cls.said = cls.train("from-official", "--init-from", cls.folder / "official.pth", "--until", 0)

    @classmethod
    def train(cls, name, *more, expect=0):
        return processes.run("train", cls.folder / "run.toml", "--run", cls.folder / name, "--set",
                             "data.train=%s" % (cls.folder / "train"), *QUIET, *more, expect=expect)

    @classmethod
    def export(cls, name, *more):
        out = cls.folder / ("%s-export" % name)
        cls.exported = processes.run("export", "--run", cls.folder / name, "--checkpoint", "newest", "--out", out, *more)
        return out

    @classmethod
    def first_checkpoint(cls, name):
        return safetensors.torch.load_file(cls.folder / name / "checkpoints" / "000000000" / "model.safetensors")

    def assert_same_tensors(self, found, wanted, place=""):
        self.assertEqual(sorted(found), sorted(wanted), place)
        for name, tensor in wanted.items():
            self.assertEqual(found[name].dtype, tensor.dtype, (place, name))
            self.assertTrue(torch.equal(found[name], tensor), (place, name))

    def flat(self, checkpoint, *, averages=True):
        tensors = {"%s.%s" % (network, name): tensor for network in ("embedder", "generator", "discriminator")
                   for name, tensor in checkpoint[network].items()}
        for network in ("embedder", "generator"):
            source = checkpoint["running_averages"] if averages else checkpoint
            tensors |= {"average.%s.%s" % (network, name): tensor for name, tensor in source[network].items()}
        return tensors

    def test_the_first_checkpoint_has_its_weights(self):
        self.assertIn("; 0 not in it, 0 of another shape", self.said)
        self.assertIn("optimiser goes on after %d steps" % STEPS, self.said)
        self.assert_same_tensors(self.first_checkpoint("from-official"), self.flat(self.checkpoint))

    def test_every_container_gives_the_same(self):
        variants = {"protocol-5": {"_use_new_zipfile_serialization": False, "pickle_protocol": 5},
                    "protocol-2": {"_use_new_zipfile_serialization": False}, "zip": {}, "zip-4": {"pickle_protocol": 4}}
        for name, options in variants.items():
            with self.subTest(name):
                torch.save(official(self.layout, keyed_by_ids=name != "zip"), self.folder / (name + ".pth"), **options)
                self.train(name, "--init-from", self.folder / (name + ".pth"), "--until", 0)
                for part in ("model", "optimizer"):
                    place = pathlib.Path("checkpoints") / "000000000" / (part + ".safetensors")
                    self.assertEqual((self.folder / name / place).read_bytes(), (self.folder / "from-official" / place).read_bytes())

    def test_it_comes_back_as_it_went_in(self):
        export = self.export("from-official")
        self.assertIn("no TorchScript", self.exported)
        again = load(export / "model.pth")
        self.assertEqual(list(again), list(self.checkpoint))
        pairs = [(name, again[name], self.checkpoint[name]) for name in ("embedder", "generator", "discriminator")]
        pairs += [(name, again["running_averages"][name], self.checkpoint["running_averages"][name]) for name in ("embedder", "generator")]
        for name, found, wanted in pairs:
            self.assertIs(type(found), collections.OrderedDict)
            self.assertEqual(list(found), list(wanted), name)
            self.assert_same_tensors(found, wanted, name)
        for key in ("optimizer_G", "optimizer_D"):
            self.check_same_optimizer(again[key], self.checkpoint[key])
        self.check_arguments(again["args"])
        weights = safetensors.torch.load_file(export / "model.safetensors")
        self.assert_same_tensors(weights, {"%s.%s" % (network, name): tensor for network, state in self.checkpoint["running_averages"].items()
                                           for name, tensor in state.items()})
        torch.serialization.add_safe_globals([argparse.Namespace])
        self.assertEqual(torch.load(export / "model.pth", weights_only=True)["args"], again["args"])

    def test_conversion_by_way_of_safetensors_and_of_a_run(self):
        def convert(source, out, *more):
            processes.run("checkpoint", "convert", self.folder / source, "--out", self.folder / out, *more)

        config = self.folder / "blank" / "run.toml"
        convert("official.pth", "between.safetensors", "--config", config)
        convert("between.safetensors", "again.pth")
        convert("official.pth", "converted", "--config", config)
        convert("converted", "from-run.pth")
        self.assertIn("after iteration %d " % STEPS, self.train("converted", "--set", "run.max_iterations=%d" % (STEPS + 1)))
        flat = safetensors.torch.load_file(self.folder / "between.safetensors")
        networks = {name: tensor for name, tensor in flat.items() if not name.startswith("optimizer.")}
        self.assert_same_tensors(networks, self.flat(self.checkpoint))
        for name in ("again.pth", "from-run.pth"):
            again = load(self.folder / name)
            self.assertEqual(list(again), list(self.checkpoint))
            self.assert_same_tensors(self.flat(again), self.flat(self.checkpoint), name)
            for key in ("optimizer_G", "optimizer_D"):
                self.check_same_optimizer(again[key], self.checkpoint[key])
            self.assertEqual(again["args"].iteration, STEPS)

    def check_same_optimizer(self, found, wanted):
        theirs = wanted["param_groups"][0]
        group = found["param_groups"][0]
        self.assertEqual({key: group[key] for key in theirs if key != "params"}, {key: theirs[key] for key in theirs if key != "params"})
        self.assertEqual(group["params"], list(range(len(theirs["params"]))))
        for index, key in enumerate(theirs["params"]):
            self.assertIs(type(found["state"][index]["step"]), int)
            self.assertEqual(found["state"][index]["step"], STEPS)
            for moment in MOMENTS:
                self.assertTrue(torch.equal(found["state"][index][moment], wanted["state"][key][moment]), (index, moment))

    def check_arguments(self, found):
        self.assertIs(type(found), argparse.Namespace)
        wanted = {"num_labels": 8, "iteration": 0, "embed_channels": 16, "pose_embedding_size": 16, "image_size": 32, "num_channels": 4,
                  "max_num_channels": 32, "dis_num_blocks": 4, "lr_gen": 5e-5, "lr_dis": 2e-4, "beta1": 0.0, "optimizer": "Adam",
                  "batch_size": 4, "n_frames_for_encoder": 3, "average_function": "sum", "finetune": False, "perc_weight": 0.03,
                  "idt_embed_weight": 0.006, "fm_weight": 10.0, "dis_embed_weight": 0.01, "runner": "holycow",
                  "generator": "vector_pose_unsupervised_segmentation_noBottleneck", "discriminator": "no_landmarks",
                  "embedder": "unsupervised_pose_separate_embResNeXt_segmentation", "device": "cuda", "gen_constant_input_size": 4}
        self.assertEqual({key: getattr(found, key) for key in wanted}, wanted)
        self.assertTrue({"experiment_dir", "data_root", "img_dir", "criterions", "world_size"} <= set(vars(found)))

    def test_training_goes_on_and_torch_does_too(self):
        self.train("goes-on", "--init-from", self.folder / "official.pth", "--until", 1)
        checkpoint = load(self.export("goes-on", "--formats", "pt") / "model.pth")
        self.assertEqual(checkpoint["args"].iteration, 1)
        for key, networks, lr in (("optimizer_G", ("generator", "embedder"), 5e-5), ("optimizer_D", ("discriminator",), 2e-4)):
            parameters = [torch.nn.Parameter(tensor) for network in networks for tensor in parameters_of(checkpoint[network])]
            adam = torch.optim.Adam(parameters, lr=1.0)
            adam.load_state_dict(checkpoint[key])
            self.assertEqual(adam.param_groups[0]["lr"], lr)
            for parameter in parameters:
                self.assertEqual(int(adam.state[parameter]["step"]), STEPS + 1)
                self.assertEqual(adam.state[parameter]["exp_avg_sq"].shape, parameter.shape)
                parameter.grad = torch.ones_like(parameter)
            adam.step()

    def test_averages_begin_from_the_weights_where_there_are_none(self):
        bare = {name: self.checkpoint[name] for name in ("embedder", "generator", "discriminator")}
        torch.save(bare, self.folder / "bare.pth")
        self.train("bare", "--init-from", self.folder / "bare.pth", "--until", 0)
        self.assert_same_tensors(self.first_checkpoint("bare"), self.flat(self.checkpoint, averages=False))

    def test_a_network_alone_and_parallel_wrappers(self):
        wrapped = {"generator": {"module." + name: tensor for name, tensor in self.checkpoint["generator"].items()}}
        files = {"alone": self.checkpoint["generator"], "wrapped": wrapped, "wrapped-alone": wrapped["generator"]}
        for name, value in files.items():
            with self.subTest(name):
                torch.save(value, self.folder / (name + ".pth"))
                self.train(name, "--init-from", self.folder / (name + ".pth"), "--until", 0)
                found = self.first_checkpoint(name)
                for key, tensor in self.checkpoint["generator"].items():
                    self.assertTrue(torch.equal(found["generator." + key], tensor), key)
                    self.assertTrue(torch.equal(found["average.generator." + key], tensor), key)

    def test_fine_tuning_starts_from_it(self):
        said = self.train("person", "--init-from", self.folder / "official.pth", "--until", 1, "--set", "recipe.stage=finetune",
                          "--set", "model.identities=1")
        self.assertIn("generator's optimiser starts anew", said)
        person = load(self.export("person", "--formats", "pt") / "model.pth")
        self.assertEqual(list(person["generator"])[0], "identity_embedding")
        self.assertEqual(list(person["generator"])[1:], list(self.checkpoint["generator"]))
        self.assertEqual(person["discriminator"]["embed.weight_orig"].shape, (1, 16))
        self.assertEqual(person["args"].finetune, True)
        self.assertEqual(person["args"].optimizer, "RAdam")
        group = person["optimizer_G"]["param_groups"][0]
        self.assertEqual(group["buffer"], [[None, None, None]] * 10)
        self.assertEqual(len(group["params"]), len(parameters_of(person["generator"])))
        self.assertEqual(person["optimizer_G"]["state"][0]["step"], 1)

    def test_replay_takes_it(self):
        generator = torch.Generator().manual_seed(7)
        pictures = lambda *shape: torch.rand(shape, generator=generator)
        batch = {"identity_frames": pictures(2, 3, 3, 32, 32), "pose_frame": pictures(2, 3, 32, 32), "target": pictures(2, 3, 32, 32),
                 "target_mask": pictures(2, 1, 32, 32), "label": torch.tensor([1, 5])}
        safetensors.torch.save_file(batch, self.folder / "batch.safetensors", {"format": "understudy.batch.v1", "system": "latent_pose"})
        found = []
        for weights in (self.folder / "official.pth", self.folder / "from-official" / "checkpoints" / "000000000"):
            out = self.folder / ("replay-%d.safetensors" % len(found))
            processes.run("replay", "--config", self.folder / "run.toml", "--weights", weights, "--batch",
                          self.folder / "batch.safetensors", "--iteration", 0, "--out", out)
            found.append(safetensors.torch.load_file(out))
        self.assertIn("loss.adversarial_D", found[0])
        self.assertEqual(sorted(found[0]), sorted(found[1]))
        for name, tensor in found[0].items():
            self.assertTrue(torch.equal(tensor, found[1][name]) or tensor.isnan().any(), name)


class Command:
    """Unpickled in Python, it writes a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, ("touch %s" % self.marker,)


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="understudy-hostile-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        (cls.folder / "run.toml").write_text(CONFIG)
        processes.run("synthesize", "--out", cls.folder / "train", "--identities", 4, "--clips", 2, "--frames", 8, "--size", 48, "--seed", 3)

    def refuse(self, value, **options):
        """What is said when a run is to start from a file that holds `value` among its arguments."""
        path = self.folder / "hostile.pth"
        weights = collections.OrderedDict(w=torch.ones(2))
        torch.save({"generator": weights, "args": argparse.Namespace(value=value)}, path, **options)
        said = []
        config, run = self.folder / "run.toml", self.folder / "run"
        for command in (("train", config, "--run", run), ("doctor", "--run", config, "--directory", run)):
            said.append(processes.run(*command, "--set", "data.train=%s" % (self.folder / "train"), *QUIET, "--init-from", path, expect=None))
        self.assertEqual([path.name for path in (self.folder / "run" / "checkpoints").glob("[0-9]*")], [])
        return said

    def test_commands_are_named_and_not_run(self):
        for options in ({}, {"_use_new_zipfile_serialization": False, "pickle_protocol": 4}):
            marker = self.folder / "marker"
            for said in self.refuse(Command(marker), **options):
                self.assertIn('"posix.system"', said)
            self.assertFalse(marker.exists())

    def test_a_namespace_of_another_module_is_refused(self):
        module = types.ModuleType("theirs")
        module.Namespace = type("Namespace", (argparse.Namespace,), {"__module__": "theirs"})
        sys.modules["theirs"] = module
        for said in self.refuse(module.Namespace(lr=1)):
            self.assertIn('"theirs.Namespace"', said)

    def test_depth_ends_in_a_message(self):
        deep = []
        for _ in range(400):
            deep = [deep]
        for said in self.refuse(deep):
            self.assertIn("deeper than 64 levels", said)


if __name__ == "__main__":
    torch.set_num_threads(1)
    unittest.main()
