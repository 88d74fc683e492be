# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: a directory each, complete or absent. progress.json, written last, says where the run was."""

import json
import os
import shutil
from pathlib import Path

import torch
import torch.distributed as dist

from recipe_config import Refusal, blaming

try:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.api import CheckpointException
except ImportError:
    CheckpointException = OSError

# What a checkpoint must have in common with the run that goes on from it, beside its data. Layouts and batches may differ.
IDENTITY = ("seed", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
            "vocab_size", "max_context_width", "tie_word_embeddings", "rope_theta", "moe")

class Checkpoints:
    """Which steps leave one, and which stay. Every rank writes its part, rank 0 gives the whole its name."""
    def __init__(self, recipe, data=""):
        self.run = {f"model.{key}": getattr(recipe.model, key) for key in IDENTITY} | {"model.data": data}
        manager, self.last_step, self.pending = recipe.exp_manager, recipe.trainer.max_steps, None
        self.rule, self.export_rule = manager.checkpoint_callback_params, manager.export_full_model
        self.saves = manager.create_checkpoint_callback and self.rule.save_top_k != 0
        self.directory, self.named = Path(manager.checkpoint_dir), manager.resume_from_checkpoint
        with blaming("exp_manager.checkpoint_dir"):
            if self.saves or any(vars(self.export_rule).values()):  # None is a directory that nobody has set
                self.directory.mkdir(parents="None" not in self.directory.parts, exist_ok=True)

    def due(self, step):
        """(whether the step leaves a checkpoint, whether it leaves a full model)"""
        saved, exported = (rule.every_n_train_steps > 0 and step % rule.every_n_train_steps == 0
                           or rule.save_last and step == self.last_step for rule in (self.rule, self.export_rule))
        return self.saves and saved, exported

    def resume(self, world, model, optimizer):
        """Puts the newest usable checkpoint into model and optimizer; its progress, {} where there is none.
        A job that Slurm started again goes on from its own checkpoints before those that the recipe names."""
        self.world, self.model, self.optimizer, self.weights = world, model, optimizer, dict(model.named_parameters())
        for unfinished in self.directory.glob(".*.unfinished") if world.rank == 0 else ():
            shutil.rmtree(unfinished, ignore_errors=True)
        own, restarted = newest_first(self.directory), os.environ.get("SLURM_RESTART_COUNT", "0") != "0"
        place = Path(self.named) if self.named and not (own and restarted) else self.directory
        candidates = [newest_first(place)]
        dist.broadcast_object_list(candidates)  # what rank 0 sees
        for path in candidates[0]:
            try:
                return self.load(path)
            except Refusal:
                raise
            except (Exception, CheckpointException) as error:  # torch derives the latter from BaseException
                world.say(f"checkpoint {path} cannot be used: {' '.join(repr(error).split())[:300]}")
        if candidates[0] or self.named:
            raise Refusal(f"exp_manager.resume_from_checkpoint: no checkpoint in {place} can be used")
        return {}

    def state(self):
        """All that training changes, by name: each weight, and what the optimizer keeps beside it."""
        return {f"{kind}.{name}": tensor for name, weight in self.weights.items()
                for kind, tensor in {"model": weight.detach(), **self.optimizer.state[weight]}.items()}

    def load(self, path):
        progress = json.loads((path / "progress.json").read_text())
        wrote = progress.get("run", {})
        if others := [f"{key} {wrote[key]}, here {value}" for key, value in self.run.items() if wrote.get(key, value) != value]:
            key = "checkpoint_dir" if path.parent == self.directory else "resume_from_checkpoint"
            raise Refusal(f"exp_manager.{key}: {path} is of another run ({'; '.join(others)}); name another, or none")
        for weight in self.weights.values():
            weight.grad = torch.zeros_like(weight)
        self.optimizer.step()  # at a rate of 0 it does no more than make the tensors that are to be filled
        state = self.state()
        if len(state) != progress["tensors"]:
            raise ValueError("of another model")
        if self.world.fsdp:
            dcp.load(state, checkpoint_id=path)
        else:
            saved = torch.load(path / "state.pt", map_location="cpu", weights_only=True)
            for name, tensor in state.items():
                tensor.copy_(saved[name])
        self.world.say(f"resumed after step {progress['step']}")
        return progress

    def begin(self, progress, stopping):
        """Begins what the step is to leave; a job that is asked to stop leaves a checkpoint at any step. Where torch can,
        it writes in the background while the next steps run."""
        step, writing, (saved, exported) = progress["step"], None, self.due(progress["step"])
        if exported:
            self.export(self.directory / f"model-{step:06d}.pt")
        if saved or stopping and self.saves:
            self.complete(wait=True)
            path, state = self.directory / f"step-{step:06d}", self.state()
            if self.world.fsdp:
                writing = dcp.async_save(state, checkpoint_id=draft(path), process_group=self.world.background)
            elif self.world.rank == 0:
                draft(path).mkdir()
                torch.save(state, draft(path) / "state.pt")
            self.pending = path, {**progress, "tensors": len(state), "run": self.run}, writing

    def complete(self, wait):
        """Gives the checkpoint that is being written its name, once it is written."""
        if not self.pending or not wait and self.pending[2] and not self.pending[2].done():
            return
        (path, progress, writing), self.pending = self.pending, None
        if writing:
            writing.result()
        if self.world.rank == 0:
            (draft(path) / "progress.json").write_text(json.dumps(progress))
            os.sync()
            shutil.rmtree(path, ignore_errors=True)
            os.replace(draft(path), path)
            for old in newest_first(self.directory)[self.rule.save_top_k :] if self.rule.save_top_k > 0 else ():
                shutil.rmtree(old)
            self.world.say(f"checkpoint {path}")

    def export(self, path):
        """The weights alone, whole, in one file, by the names that Hugging Face's Llama gives them."""
        weights = {}
        for name, weight in self.model.state_dict().items():
            whole = weight.full_tensor() if self.world.fsdp else weight  # every rank takes part
            if self.world.rank == 0:
                weights[name if "lm_head" in name else f"model.{name}"] = whole.cpu()
        if self.world.rank == 0:
            torch.save(weights, draft(path))
            os.replace(draft(path), path)
            self.world.say(f"full model {path}")

def newest_first(place):
    """The checkpoints in the directory `place`, or `place` itself if it is one."""
    files = [place / "progress.json"] if (place / "progress.json").exists() else place.glob("step-*/progress.json")
    return [file.parent for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file), reverse=True)]

def draft(path):
    return path.with_name(f".{path.name}.unfinished")
