# SPDX-License-Identifier: Apache-2.0
"""Runs the trainer as a launcher would: recipes by override, ranks as processes of this machine."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import torch
import yaml

COLLECTION = Path(__file__).resolve().parents[2] / "recipes_collection"
TRAIN = COLLECTION / "entrypoints" / "train.py"
LLAMA = COLLECTION / "recipes" / "training" / "llama"
sys.dont_write_bytecode = True
sys.path.insert(0, str(TRAIN.parent))

import parallel  # noqa: E402

# FSDP2, tensor parallelism and resharding on the CPU. scripts/test-full brings a torch that has them.
HAS_FSDP2 = parallel.HAS_FSDP2["cpu"]

TORCHRUN = (sys.executable, "-m", "torch.distributed.run")
# torch 1.13's torchrun fails under Python 3.11 unless redirects name some rank, here one that does not exist.
# Debian builds newer torch without libuv, which its torchrun asks for.
QUIRKS = {"PET_REDIRECTS": "9:1", "PET_TEE": "9:1"} if torch.__version__.startswith("1.") else {
    "PYTHONPATH": str(Path(__file__).parent / "without_libuv")}


def resolved(name, **overrides):
    """The recipe as the launcher hands it over, with overrides such as model__fp8=True."""
    tree = yaml.safe_load((LLAMA / f"{name}.yaml").read_text())
    tree["run"]["results_dir"] = "/results"
    tree["exp_manager"].update(exp_dir="/results/1", checkpoint_dir="/results/1/checkpoints")
    tree["model"].update(
        max_position_embeddings=tree["model"]["max_context_width"],
        precision=tree["trainer"]["precision"],
        lr_decay_iters=tree["trainer"]["max_steps"],
    )
    for key, value in overrides.items():
        *parents, last = key.split("__")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return tree


def tiny(**overrides):
    return resolved("llama_tiny_cpu_pretrain", **overrides)


def short(steps, **overrides):
    """A tiny run that logs every step and leaves no checkpoint unless it is told to."""
    plain = dict(trainer__max_steps=steps, trainer__log_every_n_steps=1, exp_manager__create_checkpoint_callback=False)
    return tiny(**{**plain, **overrides})


def saving(steps, every, keep=9, **overrides):
    return short(steps, exp_manager__create_checkpoint_callback=True, exp_manager__checkpoint_callback_params=dict(
        save_top_k=keep, every_n_train_steps=every, save_last=False), **overrides)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class TrainerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def start(self, name, tree, launcher=(sys.executable,), arguments=(), stdout=subprocess.PIPE, **environment):
        """Starts train.py with `tree` as its recipe and the folder `name` for its files."""
        results = self.folder / name
        results.mkdir(exist_ok=True)
        if tree is not None:
            tree["exp_manager"].update(exp_dir=str(results), checkpoint_dir=str(results / "checkpoints"))
            # All ranks of a run come by here, while earlier ones read it.
            (results / "recipe.part").write_text(yaml.safe_dump(tree, sort_keys=False))
            (results / "recipe.part").replace(results / "recipe.yaml")
            environment.setdefault("RECIPE_CONFIG", str(results / "recipe.yaml"))
        inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "PYTHONPATH") if key in os.environ}
        environment = {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "RECIPE_RESULTS_DIR": str(results), "USE_LIBUV": "0",
                       **inherited, **environment}
        return subprocess.Popen([*launcher, str(TRAIN), *arguments], env=environment, stdin=subprocess.DEVNULL,
                                stdout=stdout, stderr=subprocess.PIPE, text=True)

    def run_trainer(self, name, tree, **options):
        process = self.start(name, tree, **options)
        stdout, stderr = process.communicate(timeout=300)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def start_ranks(self, name, tree, ranks, **environment):
        port = free_port()
        return [self.start(name, tree, RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(ranks), MASTER_PORT=port,
                           MASTER_ADDR="127.0.0.1", **environment) for rank in range(ranks)]

    def start_nodes(self, name, tree, nodes):
        """A torchrun with two processes for each node, with what a step under Slurm tells it of the others."""
        endpoint = f"127.0.0.1:{free_port()}"
        return [self.start(name, tree, launcher=TORCHRUN, PET_NNODES=str(nodes), PET_NPROC_PER_NODE="2", PET_RDZV_BACKEND="c10d",
                           PET_RDZV_ENDPOINT=endpoint, PET_RDZV_CONF=f"is_host={int(node == 0)}", PET_RDZV_ID=name, **QUIRKS)
                for node in range(nodes)]

    def train(self, name, tree, ranks=1, **environment):
        """The lines that rank 0 prints in a run that succeeds."""
        return self.lines_of(self.start_ranks(name, tree, ranks, **environment))

    def lines_of(self, processes):
        ended = [process.communicate(timeout=600) for process in processes]
        self.assertEqual([process.returncode for process in processes], [0] * len(processes), ended)
        return [line for stdout, _ in ended for line in stdout.splitlines()]

    def losses(self, name, tree=None, ranks=1, **environment):
        """By step, of that run; it is made if a recipe is given."""
        if tree is not None:
            self.train(name, tree, ranks, **environment)
        lines = (self.folder / name / "metrics.jsonl").read_text().splitlines()
        return {metrics["step"]: metrics["loss"] for metrics in map(json.loads, lines) if "loss" in metrics}

    def assert_same_losses(self, one, other, tolerance):
        self.assertEqual(one.keys(), other.keys())
        for step, loss in one.items():
            self.assertAlmostEqual(loss, other[step], delta=tolerance, msg=f"step {step}")

    def assert_refused(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
