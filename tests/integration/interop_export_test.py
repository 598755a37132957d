"""What `understudy export` writes, read by PyTorch alone: official names and shapes, Adam's state, TorchScript pictures."""
import hashlib
import json
import pathlib
import tempfile
import tomllib

import numpy
import safetensors.torch
import torch
from PIL import Image

import plain_fsrt
import processes


def drawn_picture(number, size):
    """Uint8 [size, size, 3], another one for every number."""
    y, x, c = numpy.meshgrid(numpy.arange(size), numpy.arange(size), numpy.arange(3), indexing="ij")
    return (127 + 60 * numpy.sin(0.2 * x * (c + 1) + number) + 60 * numpy.cos(0.15 * y + number * c)).astype(numpy.uint8)


def as_input(picture):
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


def check_official_checkpoint(export, fsrt):
    checkpoint = torch.load(export / "model.pt", weights_only=True)
    assert set(checkpoint) == {"encoder", "decoder", "expression_encoder", "discriminator", "optimizer", "optimizer_disc",
                               "it", "epoch_it", "t", "loss_val_best", "run_id"}, sorted(checkpoint)
    for name, network in [*fsrt.trained().items(), ("discriminator", fsrt.discriminator)]:
        assert list(checkpoint[name]) == list(network.state_dict()), name
        network.load_state_dict(checkpoint[name], strict=True)
    optimizer = torch.optim.Adam(fsrt.parameters(), lr=1.0)
    optimizer.load_state_dict(checkpoint["optimizer"])
    for parameter in fsrt.parameters():
        state = optimizer.state[parameter]
        assert state["exp_avg"].shape == parameter.shape
        assert state["step"].item() == checkpoint["it"] + 1, "one step an iteration"
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()  # the state is one that Adam can go on with
    for name, network in fsrt.trained().items():
        network.load_state_dict(checkpoint[name], strict=True)
    discriminator = torch.optim.Adam(fsrt.discriminator.parameters())
    discriminator.load_state_dict(checkpoint["optimizer_disc"])
    assert type(checkpoint["loss_val_best"]) is float and checkpoint["run_id"] is None
    return checkpoint


def check_detector(export, fsrt):
    state = torch.load(export / "kp_detector.pt", weights_only=True)
    assert list(state) == list(fsrt.detector.state_dict())
    fsrt.detector.load_state_dict(state, strict=True)
    count = state["predictor.encoder.down_blocks.0.norm.num_batches_tracked"]
    assert count.dtype == torch.int64 and count.dim() == 0


def check_same_weights(export, checkpoint):
    detector = torch.load(export / "kp_detector.pt", weights_only=True)
    found = safetensors.torch.load_file(export / "model.safetensors")
    wanted = {"kp_detector." + name: tensor for name, tensor in detector.items()}
    for network in ("encoder", "decoder", "expression_encoder"):
        wanted |= {network + "." + name: tensor for name, tensor in checkpoint[network].items()}
    script = torch.jit.load(export / "reenactor.ts.pt").state_dict()
    for other in (found, script):
        assert sorted(other) == sorted(wanted)
        assert all(torch.equal(other[name], tensor) for name, tensor in wanted.items())


def reenact(export, folder, pictures, *more):
    """Pictures of the program itself, in a folder of their own: the first is the source, the others drive."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
    (folder / "driving").mkdir()
    Image.fromarray(pictures[0]).save(folder / "source.png")
    for i, picture in enumerate(pictures[1:]):
        Image.fromarray(picture).save(folder / "driving" / ("%03d.png" % i))
    processes.run("reenact", "--weights", export, "--source", folder / "source.png", "--driving", folder / "driving",
                  "--out", folder / "result", *more)
    files = sorted((folder / "result").glob("*.png"))
    return [numpy.asarray(Image.open(path)).astype(float) for path in files]


def as_levels(picture):
    return picture.permute(1, 2, 0).numpy().astype(float) * 255


def check_script(export, folder, fsrt):
    script = torch.jit.load(export / "reenactor.ts.pt")
    pictures = [drawn_picture(number, fsrt.sizes.image_size) for number in range(4)]
    source, driving = as_input(pictures[0]), torch.cat([as_input(picture) for picture in pictures[1:]])
    with torch.no_grad():
        absolute = script(source, driving)
        relative = script(source, driving, relative=True, adapt_scale=True)
        tokens, _ = script.encode(source)
        reused = script.decode(tokens, *script.detect(driving))
    assert absolute.shape == driving.shape and absolute.std() > 1e-3
    assert (reused - absolute).abs().max() <= 1e-6
    for result, picture in zip(absolute, driving):
        difference = (result - fsrt.render(source, picture[None])).abs().max().item()
        assert difference <= 1e-5, "TorchScript differs from plain PyTorch by %g" % difference
    for result, mode in ((absolute, ["absolute"]), (relative, ["relative", "--adapt-scale"])):
        shown = reenact(export, folder, pictures, "--mode", *mode)
        assert len(shown) == len(result)
        for mine, theirs in zip(shown, result):
            # 8-bit pictures: half a level of rounding and the permitted 1e-5.
            assert numpy.abs(mine - as_levels(theirs)).max() <= 0.5 + 255e-5, mode


def check_model_card(export):
    card = json.loads((export / "model_card.json").read_text())
    listed = {file["name"]: file for file in card["files"]}
    present = {path.name for path in export.iterdir()} - {"model_card.json"}
    assert set(listed) == present, present
    for name, file in listed.items():
        assert hashlib.sha256((export / name).read_bytes()).hexdigest() == file["sha256"], name
    assert card["license"] == "" and card["iteration"] > 0 and card["validation"]["last"]["validation"]["psnr"] > 0


def main():
    with tempfile.TemporaryDirectory() as folder:
        workshop = processes.Workshop(folder)
        workshop.train("run")
        export = workshop.folder / "export"
        processes.run("export", "--run", workshop.folder / "run", "--checkpoint", "best", "--out", export)
        fsrt = plain_fsrt.Fsrt(tomllib.loads((export / "run.toml").read_text())["model"])
        checkpoint = check_official_checkpoint(export, fsrt)
        check_detector(export, fsrt)
        check_same_weights(export, checkpoint)
        check_script(export, workshop.folder, fsrt)
        check_model_card(export)
        refused = processes.run("export", "--run", workshop.folder / "run", "--out", export, expect=78)
        assert "exists already" in refused, refused


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
