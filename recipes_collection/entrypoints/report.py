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
    def __init__(self, recipe, world, shape, last_step):
        self.world, self.last_step, self.losses, self.file, self.board = world, last_step, [], None, None
        self.sequence, self.flops = shape.max_context_width, flops_per_token(shape)
        self.peak = bf16_flops(torch.cuda.get_device_name(), HARDWARE) if world.bf16 and world.gpu else None
        directory = os.environ.get("RECIPE_RESULTS_DIR") or recipe["exp_manager.exp_dir"]
        if not directory or world.rank:
            return
        with blaming("exp_manager.exp_dir"):
            os.makedirs(directory, exist_ok=True)
            self.file = open(f"{directory}/metrics.jsonl", "a+", buffering=1)
        if recipe["exp_manager.create_tensorboard_logger"]:
            try:
                from torch.utils.tensorboard import SummaryWriter
                self.board = SummaryWriter(f"{directory}/tensorboard")
            except ImportError:
                world.say("exp_manager.create_tensorboard_logger: no TensorBoard log, its package is not installed")

    def trained(self, step, loss, seconds, sequences):
        """One logged step: its loss, its time, the sequences that it took."""
        speed = sequences * self.sequence / seconds / self.world.size
        memory = torch.cuda.max_memory_allocated() if self.world.gpu else \
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        metrics = {"step": step, "loss": loss, "tokens_per_second_per_device": speed, "step_seconds": seconds,
                   "peak_memory_bytes": memory, **({"mfu": speed * self.flops / self.peak} if self.peak else {})}
        self.losses.append(loss)
        self.write(metrics, f"loss {loss:.4f} tokens/s {speed:.0f} per device, {seconds:.3f} s, peak {memory / 2**30:.2f} GiB"
                   + (f", MFU {100 * metrics['mfu']:.1f} %" if self.peak else ""))

    def write(self, metrics, line):
        self.world.say(f"{CLEAR}step {metrics['step']} {line}")
        if self.file:
            self.file.write(json.dumps(metrics) + "\n")
        for name in metrics if self.board else ():
            self.board.add_scalar(name, metrics[name], metrics["step"])

    def progress(self, step, seconds):
        if CLEAR:
            self.world.say(f"{CLEAR}step {step} of {self.last_step}, {seconds * (self.last_step - step):.0f} s left", end="")

    def close(self):
        if self.board:
            self.board.close()
        if self.file and self.losses:
            self.file.seek(0)
            losses = {entry["step"]: entry["loss"] for entry in map(json.loads, self.file) if "loss" in entry}
            Path(self.file.name).with_name("loss.svg").write_text(curve(losses))
        if self.losses:
            self.world.say(f"{CLEAR}loss first {self.losses[0]:.4f} last {self.losses[-1]:.4f}")

def bf16_flops(device, catalogue):
    """The device's dense bf16 peak by the hardware catalogue; None where that does not know it."""
    rows = yaml.safe_load(catalogue.read_text())["accelerators"] if catalogue.exists() else {}
    words = re.findall("[a-z]+[0-9]+[a-z]*", device.lower())
    peaks = [row.split()[8] for model, row in rows.items() if model.split("-")[0] in words and row.split()[8] != "-"]
    return float(peaks[0]) * 1e12 if peaks else None

def curve(losses, width=640, height=360, margin=40):
    """An SVG of the loss by step."""
    low, high, last, bottom = min(losses.values()), max(losses.values()), max(losses), height - margin
    across, up = (width - 2 * margin) / last, (height - 2 * margin) / ((high - low) or 1)
    points = " ".join(f"{margin + across * step:.1f},{bottom - up * (losses[step] - low):.1f}" for step in sorted(losses))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/><polyline points="{points}" fill="none" stroke="#1565c0" stroke-width="1.5"/>
<text x="{margin}" y="{margin - 8}">loss {high:.3f}</text><text x="{margin}" y="{bottom + 16}">{low:.3f}</text>
<text x="{width - margin}" y="{bottom + 16}" text-anchor="end">step {last}</text></svg>
"""
