# SPDX-License-Identifier: Apache-2.0
"""What a run tells: lines, metrics.jsonl, TensorBoard, and the loss curve."""

import json
import os
import re
import resource
import sys
from pathlib import Path

import torch
import yaml

from llama import flops_per_token
from recipe_config import blaming

HARDWARE = Path(__file__).resolve().parents[2] / "etc" / "hardware.yaml"
CLEAR = "\r\x1b[K" if sys.stdout.isatty() else ""  # removes the progress line of a terminal

class Report:
    def __init__(self, recipe, world):
        self.world, self.last_step, self.seconds, self.board = world, recipe.trainer.max_steps, 0, None
        self.sequence, self.flops = recipe.model.max_context_width, flops_per_token(recipe.model)
        self.peak = bf16_flops(torch.cuda.get_device_name(), HARDWARE) if world.bf16 and world.gpu else None
        directory = Path(os.environ.get("RECIPE_RESULTS_DIR") or recipe.exp_manager.exp_dir)
        self.curve = directory / "loss.svg"
        with blaming("exp_manager.exp_dir"):
            if world.rank == 0:
                directory.mkdir(parents=True, exist_ok=True)
            self.file = open(directory / "metrics.jsonl" if world.rank == 0 else os.devnull, "a+", buffering=1)
            self.file.seek(0)  # a job that was started again goes on with its curve
            earlier = re.findall(r'"step": (\d+), "loss": ([-+.e\d]+)', self.file.read())
        self.losses = {int(step): float(loss) for step, loss in earlier}
        if recipe.exp_manager.create_tensorboard_logger and world.rank == 0:
            try:
                from torch.utils.tensorboard import SummaryWriter
                self.board = SummaryWriter(directory / "tensorboard")
            except ImportError:
                world.say("exp_manager.create_tensorboard_logger: no TensorBoard log, its package is not installed")

    def trained(self, step, loss, seconds, sequences):
        """One logged step: its loss, and what a step since the one before took, which has so many sequences."""
        speed = sequences * self.sequence / seconds / self.world.size
        memory = torch.cuda.max_memory_allocated() if self.world.gpu else \
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        metrics = {"step": step, "loss": loss, "tokens_per_second_per_device": speed, "step_seconds": seconds,
                   "peak_memory_bytes": memory, **({"mfu": speed * self.flops / self.peak} if self.peak else {})}
        self.losses[step], self.seconds = loss, seconds
        self.write(metrics, f"loss {loss:.4f} tokens/s {speed:.0f} per device, {seconds:.3f} s, peak {memory / 2**30:.2f} GiB"
                   + (f", MFU {100 * metrics['mfu']:.1f} %" if self.peak else ""))

    def write(self, metrics, line):
        self.world.say(f"{CLEAR}step {metrics['step']} {line}")
        self.file.write(json.dumps(metrics) + "\n")
        for name in metrics if self.board else ():
            self.board.add_scalar(name, metrics[name], metrics["step"])

    def progress(self, step):
        if CLEAR:
            left = self.seconds * (self.last_step - step)
            self.world.say(f"{CLEAR}step {step} of {self.last_step}, {left:.0f} s left", end="")

    def close(self):
        if self.board:
            self.board.close()
        if self.losses and self.world.rank == 0:
            self.curve.write_text(curve(self.losses))
            self.world.say(f"{CLEAR}loss first {self.losses[min(self.losses)]:.4f} last {self.losses[max(self.losses)]:.4f}")

def bf16_flops(device, catalogue):
    """The device's dense bf16 peak by the hardware catalogue; None where that does not know it."""
    known = yaml.safe_load(catalogue.read_text())["accelerators"] if catalogue.exists() else {}
    words = re.findall("[a-z]+[0-9]+[a-z]*", device.lower())
    peaks = [each["bf16_tflops"] for model, each in known.items() if model.split("-")[0] in words and each.get("bf16_tflops")]
    return float(peaks[0]) * 1e12 if peaks else None

def curve(losses):
    """An SVG of the loss by step: a picture in units of the data, and one of pixels around it."""
    low, high, last = min(losses.values()), max(losses.values()), max(losses)
    points = " ".join(f"{step},{high - losses[step]:.5f}" for step in sorted(losses))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360" font-family="sans-serif" font-size="12">
<rect width="640" height="360" fill="white"/>
<svg x="40" y="40" width="560" height="280" viewBox="0 0 {last} {high - low or 1}" preserveAspectRatio="none">
<polyline points="{points}" fill="none" stroke="#1565c0" stroke-width="1.5" vector-effect="non-scaling-stroke"/></svg>
<text x="40" y="32">loss {high:.3f}</text><text x="40" y="336">{low:.3f}</text>
<text x="600" y="336" text-anchor="end">step {last}</text></svg>
"""
