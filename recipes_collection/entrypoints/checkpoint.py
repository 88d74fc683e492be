"""Checkpoints: a directory each, complete or absent. progress.json, written last, says what a complete one holds."""

import json
import os
import shutil
from pathlib import Path

import torch

from recipe_config import Refusal, blaming

try:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.api import CheckpointException
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_state_dict, set_state_dict
except ImportError:
    CheckpointException = OSError
CALLBACK = "exp_manager.checkpoint_callback_params"

class Checkpoints:
    """Which steps leave one, and which stay. Every rank writes its part, rank 0 gives the whole its name."""
    def __init__(self, recipe, last_step):
        self.rule, self.export_rule = ((recipe[f"{place}.every_n_train_steps"], recipe[f"{place}.save_last"])
                                       for place in (CALLBACK, "exp_manager.export_full_model"))
        self.keep, self.named = recipe[f"{CALLBACK}.save_top_k"], recipe["exp_manager.resume_from_checkpoint"]
        self.saves = recipe["exp_manager.create_checkpoint_callback"] and self.keep != 0
        self.directory, self.last_step, self.pending = Path(recipe["exp_manager.checkpoint_dir"]), last_step, None
        with blaming("exp_manager.checkpoint_dir"):
            if self.saves or any(self.export_rule):  # None is a directory that nobody has set
                self.directory.mkdir(parents="None" not in self.directory.parts, exist_ok=True)

    def due(self, rule, step):
        every, last = rule
        return every > 0 and step % every == 0 or last and step == self.last_step

    def resume(self, world, model, optimizer):
        """Puts the newest usable checkpoint into model and optimizer; its progress, {} where there is none.
        A job that Slurm started again goes on from its own checkpoints before those that the recipe names."""
        self.world, self.model, self.optimizer = world, model, optimizer
        own, restarted = newest_first(self.directory), os.environ.get("SLURM_RESTART_COUNT", "0") != "0"
        place = Path(self.named) if self.named and not (own and restarted) else self.directory
        for unfinished in self.directory.glob(".*.unfinished") if world.rank == 0 else ():
            shutil.rmtree(unfinished, ignore_errors=True)
        for path in (candidates := world.agree(newest_first(place))):
            try:
                return self.load(path)
            except (Exception, CheckpointException) as error:  # torch derives the latter from BaseException
                world.say(f"checkpoint {path} cannot be used: {' '.join(repr(error).split())[:300]}")
        if candidates or self.named:
            raise Refusal(f"exp_manager.resume_from_checkpoint: no checkpoint in {place} can be used")
        return {}

    def state(self):
        """Weights and moments; everything else about the optimizer is the recipe's."""
        weights, optimizer = get_state_dict(self.model, self.optimizer) if self.world.fsdp else \
            (self.model.state_dict(), self.optimizer.state_dict())
        return {"model": weights, "optimizer": optimizer["state"]}, optimizer["param_groups"]

    def load(self, path):
        progress = json.loads((path / "progress.json").read_text())
        torn = [name for name, size in progress["files"].items() if os.path.getsize(path / name) != size]
        if torn := self.world.agree(torn):
            raise ValueError(f"not whole: {', '.join(torn)}")
        state, groups = self.state()
        if self.world.fsdp:
            dcp.load(state, checkpoint_id=path, process_group=self.world.control)
            set_state_dict(self.model, self.optimizer, model_state_dict=state["model"],
                           optim_state_dict={"state": state["optimizer"], "param_groups": groups})
        else:
            state = torch.load(path / "state.pt", map_location="cpu", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict({"state": state["optimizer"], "param_groups": groups})
        self.world.say(f"resumed after step {progress['step']}")
        return progress

    def after_step(self, progress, stopping):
        """Begins what the step is to leave, and completes what earlier ones began. A job that is asked to stop leaves a
        checkpoint at any step. Where torch can, it writes in the background while the next steps run."""
        step, writing = progress["step"], None
        if self.due(self.export_rule, step):
            self.export(self.directory / f"model-{step:06d}.pt")
        if self.saves and (stopping or self.due(self.rule, step)):
            self.settle(wait=True)
            path = self.directory / f"step-{step:06d}"
            if self.world.fsdp:
                writing = dcp.async_save(self.state()[0], checkpoint_id=draft(path), process_group=self.world.background)
            elif self.world.rank == 0:
                draft(path).mkdir()
                torch.save(self.state()[0], draft(path) / "state.pt")
            self.pending = path, progress, writing
        self.settle(wait=stopping or step == self.last_step)

    def settle(self, wait):
        """Gives the checkpoint that is being written its name, once it is written."""
        if not self.pending or not wait and self.pending[2] and not self.pending[2].done():
            return
        (path, progress, writing), self.pending = self.pending, None
        if writing:
            writing.result()
        if self.world.rank == 0:
            progress["files"] = {file.name: file.stat().st_size for file in draft(path).iterdir()}
            (draft(path) / "progress.json").write_text(json.dumps(progress))
            os.sync()
            shutil.rmtree(path, ignore_errors=True)
            os.replace(draft(path), path)
            for old in newest_first(self.directory)[self.keep :] if self.keep > 0 else ():
                shutil.rmtree(old)
            self.world.say(f"checkpoint {path}")

    def export(self, path):
        """The weights alone, whole, in one file, by the names that Hugging Face's Llama gives them."""
        whole = StateDictOptions(full_state_dict=True, cpu_offload=True) if self.world.fsdp else None
        weights = get_model_state_dict(self.model, options=whole) if whole else self.model.state_dict()
        if self.world.rank == 0:
            torch.save({name if "lm_head" in name else f"model.{name}": weights[name] for name in weights}, draft(path))
            os.replace(draft(path), path)
            self.world.say(f"full model {path}")

def newest_first(place):
    """The checkpoints in the directory `place`, or `place` itself if it is one."""
    files = [place / "progress.json"] if (place / "progress.json").exists() else place.glob("step-*/progress.json")
    return [file.parent for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file), reverse=True)]

def draft(path):
    return path.with_name(f".{path.name}.unfinished")
