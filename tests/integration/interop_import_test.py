"""Weights that Python made in the published layout: understudy trains on from them and animates with them."""
import tempfile
import tomllib

import numpy
import safetensors.torch
import torch

import plain_fsrt
import processes
from interop_export_test import as_input, as_levels, drawn_picture, reenact


def make_networks(config_file):
    """Seeded networks; colours are brought near grey, so that the clamp hides nothing."""
    defaults = tomllib.loads(config_file.read_text())["model"]
    torch.manual_seed(5)
    fsrt = plain_fsrt.Fsrt(defaults)
    with torch.no_grad():
        fsrt.decoder.render_mlp[-1].bias.fill_(0.5)
        for module in fsrt.detector.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.uniform_(-0.1, 0.1)
                module.running_var.uniform_(0.5, 1.0)
                module.num_batches_tracked.fill_(3)
    return fsrt


def write_official_files(fsrt, folder):
    """model.pt after one step of Adam, as the published training code saves it, and kp_detector.pt."""
    optimizer = torch.optim.Adam(fsrt.parameters(), lr=1e-4)
    for parameter in fsrt.parameters():
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    checkpoint = {name: network.state_dict() for name, network in fsrt.trained().items()}
    checkpoint |= {"discriminator": fsrt.discriminator.state_dict(), "optimizer": optimizer.state_dict(),
                   "optimizer_disc": torch.optim.Adam(fsrt.discriminator.parameters()).state_dict(),
                   "it": 0, "epoch_it": 0, "t": 12.5, "loss_val_best": -numpy.inf, "run_id": None}
    torch.save(checkpoint, folder / "official.pt")
    torch.save(checkpoint, folder / "official-legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(fsrt.detector.state_dict(), folder / "kp_detector.pt")


def check_training_goes_on(workshop, fsrt):
    """The first iteration's learning rate is 0, so the checkpoint after it holds the weights as they came in."""
    settings = ["--init-from", workshop.folder / "official.pt", "--until", 1,
                "--set", "detector.weights=%s" % (workshop.folder / "kp_detector.pt")]
    said = workshop.train("run", *settings)
    detector_tensors = len(fsrt.detector.state_dict())  # in a file of their own
    assert "; %d not in it, 0 of another shape" % detector_tensors in said, said
    export = workshop.folder / "export"
    processes.run("export", "--run", workshop.folder / "run", "--checkpoint", "newest", "--out", export, "--formats", "pt")
    exported = torch.load(export / "model.pt", weights_only=True)
    for name, network in [*fsrt.trained().items(), ("discriminator", fsrt.discriminator)]:
        for key, tensor in network.state_dict().items():
            assert torch.equal(exported[name][key], tensor), (name, key)
    detector = torch.load(export / "kp_detector.pt", weights_only=True)
    assert all(torch.equal(detector[key], tensor) for key, tensor in fsrt.detector.state_dict().items())
    workshop.train("run", "--until", 4, *settings[4:])
    processes.run("export", "--run", workshop.folder / "run", "--checkpoint", "4", "--out", workshop.folder / "later",
                  "--formats", "pt")
    later = torch.load(workshop.folder / "later" / "model.pt", weights_only=True)
    assert not torch.equal(later["decoder"]["render_mlp.0.weight"], exported["decoder"]["render_mlp.0.weight"])
    return export / "run.toml"


def check_reenactment(workshop, fsrt, weights, config):
    pictures = [drawn_picture(number, fsrt.sizes.image_size) for number in range(3)]
    shown = reenact(weights, workshop.folder, pictures, "--detector", workshop.folder / "kp_detector.pt", "--config", config)
    assert len(shown) == 2
    for mine, driving in zip(shown, pictures[1:]):
        theirs = as_levels(fsrt.render(as_input(pictures[0]), as_input(driving)))
        assert theirs.std() > 0.1
        assert numpy.abs(mine - theirs).max() <= 0.5 + 255e-5


def check_same_adam(found, wanted, parameters):
    """Torch itself takes both, and holds the same state of every parameter afterwards."""
    states = []
    for state_dict in (found, wanted):
        adam = torch.optim.Adam([torch.nn.Parameter(parameter.detach().clone()) for parameter in parameters])
        adam.load_state_dict(state_dict)
        states.append([adam.state[parameter] for parameter in adam.param_groups[0]["params"]])
    for mine, theirs in zip(*states):
        assert set(mine) == set(theirs)
        assert all(torch.equal(mine[key], theirs[key]) for key in theirs)


def check_conversion(workshop, fsrt, config):
    """Published file -> safetensors -> published file, and -> run, which is resumed where the file stands."""
    folder = workshop.folder

    def convert(source, out, *more, expect=0):
        return processes.run("checkpoint", "convert", folder / source, "--out", folder / out, *more, expect=expect)

    detector = ["--detector", folder / "kp_detector.pt", "--config", config]
    convert("official.pt", "between.safetensors", *detector)
    convert("between.safetensors", "again.pt")
    convert("official-legacy.pt", "converted", *detector)
    convert("converted", "from-run.pt")
    official = torch.load(folder / "official.pt", weights_only=True)
    flat = safetensors.torch.load_file(folder / "between.safetensors")
    for name, network in [*fsrt.trained().items(), ("discriminator", fsrt.discriminator), ("kp_detector", fsrt.detector)]:
        for key, tensor in network.state_dict().items():
            assert torch.equal(flat["%s.%s" % (name, key)], tensor) and flat["%s.%s" % (name, key)].dtype == tensor.dtype, (name, key)
    for name in ("again.pt", "from-run.pt"):
        again = torch.load(folder / name, weights_only=True)
        assert set(again) == set(official) | {"kp_detector"}, sorted(again)
        assert again["it"] == official["it"]
        for network in ("encoder", "decoder", "expression_encoder", "discriminator"):
            assert list(again[network]) == list(official[network])
            assert all(torch.equal(again[network][key], tensor) for key, tensor in official[network].items())
        fsrt.detector.load_state_dict(again["kp_detector"], strict=True)
        check_same_adam(again["optimizer"], official["optimizer"], list(fsrt.parameters()))
        assert again["optimizer_disc"]["state"] == {} == official["optimizer_disc"]["state"]
    said = workshop.train("converted", "--until", 3, "--set", "detector.weights=%s" % (folder / "kp_detector.pt"))
    assert "after iteration 1 " in said, said
    refused = convert("official.pt", "again.pt", *detector, expect=78)
    assert "exists already" in refused, refused
    refused = convert("official.pt", "no-detector", "--config", config, expect=78)
    assert "kp_detector is missing" in refused and not (folder / "no-detector").exists(), refused


def main():
    with tempfile.TemporaryDirectory() as folder:
        workshop = processes.Workshop(folder)
        fsrt = make_networks(workshop.folder / "detector" / "run.toml")
        write_official_files(fsrt, workshop.folder)
        config = check_training_goes_on(workshop, fsrt)
        check_conversion(workshop, fsrt, config)
        for name in ("official.pt", "official-legacy.pt"):
            check_reenactment(workshop, fsrt, workshop.folder / name, config)
        refused = processes.run("reenact", "--weights", workshop.folder / "official.pt", "--config", config, "--source",
                                "any.png", "--driving", "any", "--out", workshop.folder / "none", expect=78)
        assert "--detector" in refused, refused


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
