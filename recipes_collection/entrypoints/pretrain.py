"""The training loop."""

import math
import signal
import time

import torch
import torch.distributed as dist
import torch.nn.functional as F

from checkpoint import Checkpoints
from data import batch, source
from llama import Llama, shape_of
from parallel import World
from recipe_config import Refusal
from report import Report

VALIDATION = 2**31  # the number of the first validation sequence: training on synthetic data never gets there

def schedule(recipe, last_step):
    """The learning rate by step: linear warm-up, half a cosine, constant_steps at min_lr."""
    peak, decay = recipe.need("model.optim.lr", float), recipe.get("model.lr_decay_iters", int, last_step)
    low, warm, constant = (recipe.get(f"model.optim.sched.{name}", kind, kind(0)) for name, kind in (
        ("min_lr", float), ("warmup_steps", int), ("constant_steps", int)))
    def rate(step):
        if step < warm:
            return peak * (step + 1) / warm
        progress = (step - warm) / (decay - constant - warm) if step < decay - constant else 1
        return low + (peak - low) * (1 + math.cos(math.pi * progress)) / 2
    return rate

def optimizer_of(recipe):
    """A function that makes the model's AdamW; norms do not decay."""
    decay = recipe.get("model.optim.weight_decay", float, 0.0)
    betas = [float(beta) for beta in recipe.get("model.optim.betas", list, [0.9, 0.95])]
    def make(model, **how):
        groups = [{"params": [p for p in model.parameters() if (p.dim() > 1) == wide], "weight_decay": decay * wide}
                  for wide in (True, False)]
        return torch.optim.AdamW(groups, betas=betas, **how)
    return make

def split(size, times, world, before):
    """(sequences per micro-batch, micro-batches per step) of each data-parallel rank. A resumed run keeps its global
    batch: on fewer ranks it accumulates more, on more it accumulates less."""
    if not before or before["global_batch"] == size * times * world.data_size:
        return size, times
    each, rest = divmod(before["global_batch"], world.data_size)
    if rest:
        raise Refusal(f"model.train_batch_size: {world.data_size} data-parallel ranks cannot share the global batch of "
                      f"{before['global_batch']} sequences that the checkpoint was trained with")
    size = max(part for part in range(1, size + 1) if each % part == 0)
    world.say(f"keeping the checkpoint's global batch of {before['global_batch']}: {each // size} micro-batches of {size}")
    return size, each // size

def loss_of(world, model, inputs, targets):
    loss = F.cross_entropy(model(inputs).flatten(0, 1).float(), targets.flatten())
    return loss.to_local() if world.tensor > 1 else loss

@torch.no_grad()
def validate(world, model, sample, size, batches):
    firsts = range(VALIDATION + world.data_rank * size, VALIDATION + batches * world.data_size * size, world.data_size * size)
    with world.computing():
        losses = [float(loss_of(world, model, *batch(sample, first, size, world.device))) for first in firsts]
    return world.sum(sum(losses) / batches) / world.size

def pretrain(recipe):
    """Trains to trainer.max_steps; false if it was asked to stop before. Refuses before the first step or not at all."""
    last_step, log_every = recipe.need("trainer.max_steps", int), recipe.get("trainer.log_every_n_steps", int, 1)
    size, times = recipe.need("model.train_batch_size", int), recipe.get("trainer.accumulate_grad_batches", int, 1)
    clip, reduced = recipe.get("model.grad_clip", float, 0.0), recipe.get("model.log_reduced_training_loss", bool, True)
    shape, rate, checkpoints = shape_of(recipe), schedule(recipe, last_step), Checkpoints(recipe, last_step)
    world, sample = World(recipe, shape), source(recipe, shape, "model.data.train_dir")
    if validations := recipe.get("trainer.limit_val_batches", int, 0):
        unseen, unseen_size = source(recipe, shape, "model.data.val_dir"), recipe.need("model.val_batch_size", int)
        validate_every = recipe.need("trainer.val_check_interval", int)
    report, signals = Report(recipe, world, shape, last_step), []
    make_optimizer, tuning = optimizer_of(recipe), recipe.refuse_unread()
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))

    world.join()
    world.say(str(world) + (f"\nwithout effect in this trainer: {', '.join(tuning)}" if tuning else ""))
    torch.manual_seed(recipe.get("model.seed", int, 0))
    model = Llama(shape, world.device, world.spread)
    optimizer, replica = make_optimizer(model, **({"fused": True} if world.fsdp else {})), world.replicated(model)
    before = checkpoints.resume(world, model, optimizer)
    step, samples = (before["step"], before["samples"]) if before else (0, 0)
    if before:
        world.say(f"resumed after step {step}")
    size, times = split(size, times, world, before)
    global_batch, stopping, logged_step, logged_at = size * times * world.data_size, False, step, time.monotonic()
    while step < last_step and not stopping:
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.zero_grad(set_to_none=True)
        loss = torch.zeros((), device=world.device)
        for first in range(samples + world.data_rank * size, samples + global_batch, world.data_size * size):
            inputs, targets = batch(sample, first, size, world.device)
            with world.computing():
                part = loss_of(world, replica, inputs, targets) / times
                part.backward()
            loss += part.detach()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        step, samples, stopping = step + 1, samples + global_batch, world.sum(len(signals)) > 0

        if not report.losses or stopping or step == last_step or log_every and step % log_every == 0:
            value = world.sum(loss) / world.size if reduced else loss.item()
            seconds = (time.monotonic() - logged_at) / (step - logged_step)
            report.trained(step, value, seconds, global_batch)
            logged_step, logged_at = step, time.monotonic()
        validating = validations and step % validate_every == 0
        if world.gpu and (validating or checkpoints.due(step, stopping)):
            torch.cuda.synchronize()  # what the device still computes is not the pause's
        pause = time.monotonic()
        if validating:
            value = validate(world, replica, unseen, unseen_size, validations)
            report.write({"step": step, "validation_loss": value}, f"validation loss {value:.4f}")
        done = {"step": step, "samples": samples, "global_batch": global_batch}
        checkpoints.after_step(world, model, optimizer, done, stopping)
        report.progress(step, seconds)
        logged_at += time.monotonic() - pause
    report.close()
    if stopping:
        world.say(f"asked to stop: after step {step}")
    world.sum(0)
    dist.destroy_process_group()
    return not stopping or step == last_step
