"""Checkpoints: one file each, complete or absent, the newest kept."""

import os
import pickle
from pathlib import Path

import torch

from recipe_config import LocalRefusal, Refusal

PARTS = {"step", "samples", "model", "optimizer"}
RESUME = "exp_manager.resume_from_checkpoint"


class Checkpoints:
    """Which steps leave a file, and which files stay. Only rank 0 writes."""

    def __init__(self, recipe, last_step):
        key = "exp_manager.checkpoint_callback_params"
        wanted = recipe.get("exp_manager.create_checkpoint_callback", bool, True)
        self.keep = recipe.get(f"{key}.save_top_k", int, 0) if wanted else 0
        self.every = recipe.get(f"{key}.every_n_train_steps", int, 0)
        self.save_last = recipe.get(f"{key}.save_last", bool, False) and wanted
        self.last_step = last_step
        self.directory = Path(recipe.get("exp_manager.checkpoint_dir", str, "None"))
        if (self.keep or self.save_last) and "None" in self.directory.parts:
            raise Refusal(f"exp_manager.checkpoint_dir: {self.directory}: set it or exp_manager.exp_dir")

    def prepare(self):
        """Fails before the ranks meet, not at the first checkpoint, where a node cannot make the directory."""
        if self.keep or self.save_last:
            try:
                self.directory.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LocalRefusal(f"exp_manager.checkpoint_dir: {self.directory}: {error.strerror}") from None

    def due(self, step):
        return self.keep > 0 and self.every > 0 and step % self.every == 0 or self.save_last and step == self.last_step

    def save(self, step, state):
        path = self.directory / f"step-{step:06d}.pt"
        _put(path, lambda unfinished: _write(unfinished, state))
        if self.save_last:
            _put(self.directory / "last.pt", lambda unfinished: unfinished.symlink_to(path.name))
        for old in _by_age(self.directory)[: -max(self.keep, 1)]:
            old.unlink()
        return path


def resume(recipe):
    """The state to go on from, or None. A folder means its newest checkpoint."""
    name = recipe.get(RESUME, str)
    if not name:
        return None
    path = Path(name)
    if path.is_dir():
        found = _by_age(path)
        if not found:
            raise LocalRefusal(f"{RESUME}: no checkpoint in {path}")
        path = found[-1]
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise LocalRefusal(f"{RESUME}: {path}: {error.strerror}") from None
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise LocalRefusal(f"{RESUME}: {path} is not a complete checkpoint: {str(error).splitlines()[0]}") from None
    if not isinstance(state, dict) or not PARTS <= state.keys():
        raise LocalRefusal(f"{RESUME}: {path} is not a checkpoint of this trainer")
    return state


def _by_age(directory):
    return sorted(directory.glob("step-*.pt"), key=lambda path: (path.stat().st_mtime_ns, path.name))


def _write(path, state):
    with open(path, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())


def _put(path, make):
    """Lets `make` create a file under another name, then gives it the name `path` for good."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    make(unfinished)
    os.replace(unfinished, path)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
