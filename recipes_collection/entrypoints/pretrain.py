"""The training loop."""

import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

import checkpoint
from data import SyntheticData
from llama import Llama, LlamaShape, RopeScaling
from recipe_config import LocalRefusal
from supported import without_effect
from world import World


@dataclass(frozen=True)
class Cosine:
    """Linear warm-up, half a cosine, constant_steps at min_lr."""

    min_lr: float = 0.0
    warmup_steps: int = 0
    constant_steps: int = 0

    def rate(self, step, peak, decay_steps):
        """The learning rate after `step` steps."""
        if step < self.warmup_steps:
            return peak * (step + 1) / self.warmup_steps
        end = decay_steps - self.constant_steps
        if step >= end:
            return self.min_lr
        progress = (step - self.warmup_steps) / (end - self.warmup_steps)
        return self.min_lr + (peak - self.min_lr) * (1 + math.cos(math.pi * progress)) / 2


def make_model(recipe, device):
    torch.manual_seed(recipe.get("model.seed", int, 0))
    scaling = recipe.fill(RopeScaling, "model.rope_scaling") if recipe.get("model.rope_scaling", dict) else None
    return Llama(recipe.fill(LlamaShape, "model"), scaling, device)


def make_optimizer(recipe, model):
    """AdamW; norms do not decay."""
    decay = recipe.get("model.optim.weight_decay", float, 0.0)
    groups = [{"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": decay},
              {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, betas=[float(beta) for beta in recipe.get("model.optim.betas", list, [0.9, 0.95])])


def restore(recipe, model, optimizer):
    """Steps and samples behind us; model and optimizer go back to that point."""
    state = checkpoint.resume(recipe)
    if state is None:
        return 0, 0
    try:
        model.load_state_dict(state["model"])
        # The moments are the checkpoint's, the rates and betas the recipe's.
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state["optimizer"]})
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise LocalRefusal(f"{checkpoint.RESUME}: the checkpoint does not fit this recipe's model: {reason}") from None
    return state["step"], state["samples"]


def announce(recipe, world, step):
    world.say(str(world))
    strategy, degree = recipe.get("model.sharding_strategy", str, "no_shard"), recipe.get("model.shard_degree", int, 1)
    if strategy != "no_shard" and degree != 1:
        world.say(f"model.sharding_strategy {strategy}, model.shard_degree {degree}: not sharded, DDP keeps the whole model "
                  "on every device: the same losses for more memory")
    ignored = without_effect(recipe)
    if ignored:
        world.say(f"without effect in this trainer: {', '.join(ignored)}")
    if step:
        world.say(f"resumed after step {step}")


def open_metrics(recipe, world):
    directory = os.environ.get("RECIPE_RESULTS_DIR") or recipe.get("exp_manager.exp_dir", str)
    if world.rank > 0 or not directory:
        return open(os.devnull, "w")
    try:
        Path(directory).mkdir(parents=True, exist_ok=True)
        return open(Path(directory) / "metrics.jsonl", "a", buffering=1)
    except OSError as error:
        raise LocalRefusal(f"cannot write metrics.jsonl in {directory}: {error.strerror}") from None


def pretrain(recipe):
    """Trains to trainer.max_steps. Raises Refusal before the first step or not at all."""
    max_steps = recipe.need("trainer.max_steps", int)
    log_every = recipe.get("trainer.log_every_n_steps", int, 1)
    batch_size = recipe.need("model.train_batch_size", int)
    grad_clip = recipe.get("model.grad_clip", float, 0.0)
    reduce_loss = recipe.get("model.log_reduced_training_loss", bool, True)
    bf16 = str(recipe.get("model.precision") or recipe.get("trainer.precision")).startswith("bf16")
    peak, decay_steps = recipe.need("model.optim.lr", float), recipe.get("model.lr_decay_iters", int, max_steps)
    schedule = recipe.fill(Cosine, "model.optim.sched")
    checkpoints = checkpoint.Checkpoints(recipe, max_steps)
    checkpoints.prepare()

    world = World.join(recipe)
    model = make_model(recipe, world.device)
    optimizer = make_optimizer(recipe, model)
    step, samples = restore(recipe, model, optimizer)
    announce(recipe, world, step)
    sequence = model.shape.max_context_width
    data = SyntheticData(model.shape.vocab_size, sequence, recipe.get("model.seed", int, 0))

    losses = []
    with open_metrics(recipe, world) as metrics:
        replica = world.replicate(model)
        logged_step, logged_at = step, time.monotonic()
        while step < max_steps:
            for group in optimizer.param_groups:
                group["lr"] = schedule.rate(step, peak, decay_steps)
            inputs, targets = (tokens.to(world.device) for tokens in data.batch(samples + world.rank * batch_size, batch_size))
            with torch.autocast(world.device.type, dtype=torch.bfloat16, enabled=bf16):
                loss = F.cross_entropy(replica(inputs).flatten(0, 1), targets.flatten())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if grad_clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), grad_clip)
            optimizer.step()
            step, samples = step + 1, samples + batch_size * world.size

            if not losses or step == max_steps or log_every and step % log_every == 0:
                losses.append((world.mean(loss.detach()) if reduce_loss else loss).item())
                now = time.monotonic()
                speed = (step - logged_step) * batch_size * world.size * sequence / (now - logged_at)
                logged_step, logged_at = step, now
                world.say(f"step {step} loss {losses[-1]:.4f} tokens/s {speed:.0f}")
                metrics.write(json.dumps({"step": step, "loss": losses[-1], "tokens_per_second": round(speed, 1)}) + "\n")
            if world.rank == 0 and checkpoints.due(step):
                moments = optimizer.state_dict()["state"]
                state = {"step": step, "samples": samples, "model": model.state_dict(), "optimizer": moments}
                world.say(f"checkpoint {checkpoints.save(step, state)}")
        world.leave()
    if losses:
        world.say(f"loss first {losses[0]:.4f} last {losses[-1]:.4f}")
    else:
        world.say(f"nothing to do: trainer.max_steps is {max_steps}")
