"""Checkpoints: a directory each, complete or absent. progress.json, written last, says what a complete one holds."""

import json
import os
import shutil
from pathlib import Path

import torch

from recipe_config import Refusal

try:
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_state_dict, set_state_dict
    UNUSABLE = (Exception, dcp.api.CheckpointException)
except (ImportError, AttributeError):
    UNUSABLE = (Exception,)
CALLBACK, EXPORT = "exp_manager.checkpoint_callback_params", "exp_manager.export_full_model"

class Checkpoints:
    """Which steps leave one, and which stay. Every rank writes its part, rank 0 gives the whole its name."""
    def __init__(self, recipe, last_step):
        wanted = recipe.get("exp_manager.create_checkpoint_callback", bool, True)
        self.keep, every = (recipe.get(f"{CALLBACK}.{name}", int, 0) for name in ("save_top_k", "every_n_train_steps"))
        save_last = recipe.get(f"{CALLBACK}.save_last", bool, False)
        self.saves = wanted and (self.keep != 0 or save_last)
        self.regular = every if wanted and self.keep else 0, wanted and save_last
        self.export = recipe.get(f"{EXPORT}.every_n_train_steps", int, 0), recipe.get(f"{EXPORT}.save_last", bool, False)
        self.named, self.pending, self.last_step = recipe.get("exp_manager.resume_from_checkpoint", str), None, last_step
        self.directory = Path(recipe.get("exp_manager.checkpoint_dir", str, "None"))
        try:
            if self.saves or any(self.export):
                if "None" in self.directory.parts:
                    raise OSError(0, "set it or exp_manager.exp_dir")
                self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(f"exp_manager.checkpoint_dir: {self.directory}: {error.strerror}", local=True) from None

    def due(self, step, stopping):
        """Whether a checkpoint and whether an export is; a job that is asked to stop leaves a checkpoint at any step."""
        def now(every, last):
            return every > 0 and step % every == 0 or last and step == self.last_step
        due = self.saves and (now(*self.regular) or stopping), now(*self.export)
        return due if any(due) else None

    def after_step(self, world, model, optimizer, progress, stopping):
        """Begins what the step is to leave, and completes what earlier ones began."""
        step = progress["step"]
        save, export = self.due(step, stopping) or (False, False)
        if export:
            self.export_model(world, model, self.directory / f"model-{step:06d}.pt")
        if save:
            self.settle(world, wait=True)
            self.begin(world, model, optimizer, progress, self.directory / f"step-{step:06d}")
        self.settle(world, wait=stopping or step == self.last_step)

    def begin(self, world, model, optimizer, progress, path):
        """Where torch can, it writes in the background while the next steps run."""
        if world.rank == 0:
            shutil.rmtree(draft(path), ignore_errors=True)
            draft(path).mkdir()
        world.agree()
        writing = None
        if world.fsdp:
            writing = dcp.async_save(parts(model, optimizer), checkpoint_id=draft(path), process_group=world.background)
        elif world.rank == 0:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()["state"]}, draft(path) / "state.pt")
        self.pending = path, progress, writing

    def settle(self, world, wait):
        """Gives the checkpoint that is being written its name, once it is written."""
        if not self.pending or not wait and self.pending[2] and not self.pending[2].done():
            return
        (path, progress, writing), self.pending = self.pending, None
        if writing:
            writing.result()
        if world.rank == 0:
            files = {file.name: file.stat().st_size for file in draft(path).iterdir()}
            (draft(path) / "progress.json").write_text(json.dumps({**progress, "files": files}))
            os.sync()
            shutil.rmtree(path, ignore_errors=True)
            os.replace(draft(path), path)
            for old in newest_first(self.directory)[max(self.keep, 1) :] if self.keep >= 0 else ():
                shutil.rmtree(old)
            world.say(f"checkpoint {path}")

    def export_model(self, world, model, path):
        """The weights alone, whole, in one file, by the names that Hugging Face's Llama gives them."""
        whole = StateDictOptions(full_state_dict=True, cpu_offload=True) if world.fsdp else None
        weights = get_model_state_dict(model, options=whole) if whole else model.state_dict()
        if world.rank == 0:
            torch.save({name if "lm_head" in name else f"model.{name}": weights[name] for name in weights}, draft(path))
            os.replace(draft(path), path)
            world.say(f"full model {path}")

    def resume(self, world, model, optimizer):
        """Puts the newest usable checkpoint into model and optimizer; its progress, or None where there is none.
        A job that Slurm started again goes on from its own checkpoints before those that the recipe names."""
        own, restarted = newest_first(self.directory), os.environ.get("SLURM_RESTART_COUNT", "0") != "0"
        place = Path(self.named) if self.named and not (own and restarted) else self.directory
        candidates = world.agree([(path, flaw(path)) for path in newest_first(place)])
        for path, problem in candidates:
            try:
                if not problem:
                    return load(world, model, optimizer, path)
            except UNUSABLE as error:
                problem = " ".join(str(error).split())[:300] or type(error).__name__
            world.say(f"checkpoint {path} cannot be used: {problem}")
        if candidates or self.named:
            raise Refusal(f"exp_manager.resume_from_checkpoint: no checkpoint in {place} can be used")
        return None

def newest_first(place):
    """The checkpoints in the directory `place`, or `place` itself if it is one."""
    files = [place / "progress.json"] if (place / "progress.json").exists() else place.glob("step-*/progress.json")
    return [file.parent for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file), reverse=True)]

def flaw(path):
    """What is wrong with a checkpoint by its files' names and sizes, or None."""
    try:
        sizes = json.loads((path / "progress.json").read_text())["files"]
        torn = [name for name, size in sizes.items() if (path / name).stat().st_size != size]
        return f"not whole: {', '.join(torn)}" if torn else None
    except (OSError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {error}"

def load(world, model, optimizer, path):
    """The moments are the checkpoint's, the rates and betas stay the recipe's."""
    settings = [{key: value for key, value in group.items() if key != "params"} for group in optimizer.param_groups]
    if world.fsdp:
        state = parts(model, optimizer)
        dcp.load(state, checkpoint_id=path, process_group=world.control)
        set_state_dict(model, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])
    else:
        state = torch.load(path / "state.pt", map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state["optimizer"]})
    for group, own in zip(optimizer.param_groups, settings):
        group.update(own)
    return json.loads((path / "progress.json").read_text())

def parts(model, optimizer):
    return dict(zip(("model", "optimizer"), get_state_dict(model, optimizer)))

def draft(path):
    return path.with_name(f".{path.name}.unfinished")
