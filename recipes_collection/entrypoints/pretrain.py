# SPDX-License-Identifier: Apache-2.0
"""The training loop."""

import math
import signal
import time

import torch
import torch.distributed as dist
import torch.nn.functional as F

from checkpoint import Checkpoints
from data import batch, source
from llama import Llama
from parallel import World
from recipe_config import Refusal
from report import Report

VALIDATION = 2**31  # the number of the first validation sequence: training on synthetic data never gets there

def learning_rate(recipe, step):
    """Linear warm-up, half a cosine, constant_steps at min_lr."""
    peak, sched = recipe.model.optim.lr, recipe.model.optim.sched
    low, warm = sched.min_lr, sched.warmup_steps
    end = (recipe.model.lr_decay_iters or recipe.trainer.max_steps) - sched.constant_steps
    if step < warm:
        return peak * (step + 1) / warm
    return low + (peak - low) * (1 + math.cos(math.pi * ((step - warm) / (end - warm) if step < end else 1))) / 2

def adamw(recipe, model, **how):
    """At a rate of 0 until the first step. Norms do not decay."""
    optim = recipe.model.optim
    groups = [{"params": [p for p in model.parameters() if (p.dim() > 1) == wide], "weight_decay": wide * optim.weight_decay}
              for wide in (True, False)]
    return torch.optim.AdamW(groups, lr=0.0, betas=[float(beta) for beta in optim.betas], **how)

def split(recipe, world, before):
    """(sequences per micro-batch, micro-batches per step) of each data-parallel rank, and the global batch. A resumed run
    keeps that: on fewer ranks it accumulates more, on more it accumulates less."""
    size, times = recipe.model.train_batch_size, recipe.trainer.accumulate_grad_batches
    whole = before.get("global_batch", size * times * world.data_size)
    each, rest = divmod(whole, world.data_size)
    if rest:
        raise Refusal(f"model.train_batch_size: {world.data_size} ranks cannot share the checkpoint's global batch of {whole}")
    if each != size * times:
        size = max(part for part in range(1, size + 1) if each % part == 0)
        world.say(f"keeping the checkpoint's global batch of {whole}: {each // size} micro-batches of {size}")
    return size, each // size, whole

def mean_loss(world, model, sample, first, size, times):
    """The mean loss of this rank's part of the sequences from `first` on: `times` micro-batches of `size`.
    Leaves the gradient of all ranks' mean in the parameters, unless gradients are off."""
    total = torch.zeros((), device=world.device)
    for number in range(times):
        inputs, targets = batch(sample, first + (number * world.data_size + world.data_rank) * size, size, world.device)
        with world.computing():
            loss = F.cross_entropy(model(inputs).flatten(0, 1).float(), targets.flatten())
            loss = (loss.to_local() if world.tensor > 1 else loss) / times
            if loss.requires_grad:
                loss.backward()
        total += loss.detach()
    return total

def pretrain(recipe):
    """Trains to trainer.max_steps; false if it was asked to stop before. Refuses before the first step or not at all."""
    trainer, last_step = recipe.trainer, recipe.trainer.max_steps
    world, sample = World(recipe), source(recipe, "train_dir")
    checkpoints = Checkpoints(recipe, sample.said)
    unseen = source(recipe, "val_dir") if trainer.limit_val_batches else None
    report, signals = Report(recipe, world), []
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))

    world.join()
    torch.manual_seed(recipe.model.seed)
    model = Llama(recipe.model, world.device, world.spread)
    optimizer = adamw(recipe, model, **({"fused": True} if world.fsdp else {}))
    replica = model if world.fsdp or world.size == 1 else torch.nn.parallel.DistributedDataParallel(model)
    before = checkpoints.resume(world, model, optimizer)
    size, times, global_batch = split(recipe, world, before)
    first = step = before.get("step", 0)
    stopping, began, measured = False, time.monotonic(), step
    while step < last_step and not stopping:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step)
        optimizer.zero_grad(set_to_none=True)
        loss = mean_loss(world, replica, sample, step * global_batch, size, times)
        if recipe.model.grad_clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.model.grad_clip)
        optimizer.step()
        step, stopping = step + 1, world.sum(len(signals)) > 0
        validating = unseen and step % trainer.val_check_interval == 0
        logging = step in (first + 1, last_step) or trainer.log_every_n_steps and step % trainer.log_every_n_steps == 0
        if logging or stopping or validating or any(checkpoints.due(step)):
            loss = world.sum(loss) / world.size  # waits for the device, which other steps leave at work
            report.trained(step, loss, (time.monotonic() - began) / (step - measured), global_batch)
            if validating:
                with torch.no_grad():
                    value = mean_loss(world, replica, unseen, VALIDATION, recipe.model.val_batch_size, trainer.limit_val_batches)
                value = world.sum(value) / world.size
                report.write({"step": step, "validation_loss": value}, f"validation loss {value:.4f}")
            checkpoints.begin({"step": step, "global_batch": global_batch}, stopping)
            began, measured = time.monotonic(), step
        checkpoints.complete(wait=stopping or step == last_step)
        report.progress(step)
    report.close()
    if stopping:
        world.say(f"asked to stop: after step {step}")
    world.sum(0)
    dist.destroy_process_group()
    return not stopping or step == last_step
