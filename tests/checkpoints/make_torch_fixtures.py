#!/usr/bin/env python3
"""Prints torch_fixtures.h: small files as real PyTorch writes them, gzipped, in base64.

    python3 make_torch_fixtures.py > torch_fixtures.h        needs torch (2.11 was used) and numpy
"""
import argparse
import base64
import collections
import gzip
import io
import pathlib
import textwrap

import numpy
import torch


def training_checkpoint():
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-4, betas=(0.9, 0.98))
    net(torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])).square().sum().backward()
    optimizer.step()
    with torch.no_grad():
        net[0].weight.copy_(torch.arange(6.0).view(2, 3) / 4)
    base = torch.arange(12, dtype=torch.int64).view(3, 4)
    return dict(
        model=net.state_dict(), optimizer=optimizer.state_dict(), it=41000, big=2**40, negative=-5, t=1.5,
        loss_val_best=float("-inf"), run_id=None, flag=True, items=[1, (2, "x")], base=base, view=base.t()[1:],
        half=torch.tensor([1.5, -2.0], dtype=torch.bfloat16), scalar=torch.tensor(7), empty=torch.zeros(0, 3),
        parameter=torch.nn.Parameter(torch.tensor([3.0])), best=numpy.float64(2.5),
        unsigned=torch.tensor([65535], dtype=torch.uint16))


def namespace_checkpoint():
    arguments = argparse.Namespace(num_labels=3, experiment_dir=pathlib.PosixPath("/a/b"), lr=1e-4)
    return {"generator": collections.OrderedDict(w=torch.tensor([[1.0, 2.0]])), "args": arguments}


def first_order_motion_checkpoint():
    detector = collections.OrderedDict([("kp.weight", torch.tensor([1.0])), ("jacobian.weight", torch.tensor([2.0]))])
    return {"kp_detector": detector, "generator": collections.OrderedDict(w=torch.tensor([3.0])), "epoch": 99}


def constant(name, value, **options):
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    text = base64.b64encode(gzip.compress(stream.getvalue(), mtime=0)).decode()
    lines = "\n".join('    "%s"' % line for line in textwrap.wrap(text, 112))
    return "inline constexpr const char* %s =\n%s;\n" % (name, lines)


def main():
    legacy = {"_use_new_zipfile_serialization": False}
    print("#pragma once\n\n// Made by make_torch_fixtures.py with torch %s.\n\nnamespace understudy {\n" % torch.__version__.split("+")[0])
    print(constant("kZipFixture", training_checkpoint()))
    print(constant("kLegacyFixture", training_checkpoint(), **legacy))
    print(constant("kNamespaceFixture", namespace_checkpoint(), pickle_protocol=4, **legacy))
    print(constant("kFirstOrderMotionFixture", first_order_motion_checkpoint(), **legacy))
    print("}  // namespace understudy")


main()
