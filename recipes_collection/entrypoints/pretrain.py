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

def schedule(recipe):
    """The learning rate by step: linear warm-up, half a cosine, constant_steps at min_lr."""
    peak, low, warm = (recipe[f"model.optim.{key}"] for key in ("lr", "sched.min_lr", "sched.warmup_steps"))
    end = (recipe["model.lr_decay_iters"] or recipe["trainer.max_steps"]) - recipe["model.optim.sched.constant_steps"]
    def rate(step):
        if step < warm:
            return peak * (step + 1) / warm
        return low + (peak - low) * (1 + math.cos(math.pi * ((step - warm) / (end - warm) if step < end else 1))) / 2
    return rate

def adamw(recipe, model, **how):
    """Norms do not decay."""
    groups = [{"params": [p for p in model.parameters() if (p.dim() > 1) == wide],
               "weight_decay": wide * recipe["model.optim.weight_decay"]} for wide in (True, False)]
    return torch.optim.AdamW(groups, betas=[float(beta) for beta in recipe["model.optim.betas"]], **how)

def split(recipe, world, before):
    """(sequences per micro-batch, micro-batches per step) of each data-parallel rank. A resumed run keeps its global
    batch: on fewer ranks it accumulates more, on more it accumulates less."""
    size, times = recipe["model.train_batch_size"], recipe["trainer.accumulate_grad_batches"]
    whole = before.get("global_batch", size * times * world.data_size)
    if whole % world.data_size:
        raise Refusal(f"model.train_batch_size: {world.data_size} ranks cannot share the checkpoint's global batch of {whole}")
    each = whole // world.data_size
    if each != size * times:
        size = max(part for part in range(1, size + 1) if each % part == 0)
        world.say(f"keeping the checkpoint's global batch of {whole}: {each // size} micro-batches of {size}")
    return size, each // size, whole

def mean_loss(world, model, sample, first, size, times):
    """The mean over all ranks of the loss of the sequences from `first`, of which each rank takes `times` micro-batches.
    Leaves its gradient in the parameters, unless gradients are off."""
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
    last_step, log_every, clip = (recipe[key] for key in ("trainer.max_steps", "trainer.log_every_n_steps", "model.grad_clip"))
    shape, rate, checkpoints = shape_of(recipe), schedule(recipe), Checkpoints(recipe, last_step)
    world, sample = World(recipe, shape), source(recipe, shape, "model.data.train_dir")
    validations = recipe["trainer.limit_val_batches"]
    unseen = source(recipe, shape, "model.data.val_dir") if validations else None
    report, signals = Report(recipe, world, shape, last_step), []
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))

    world.join()
    world.say(world)
    torch.manual_seed(recipe["model.seed"])
    model = Llama(shape, world.device, world.spread)
    optimizer = adamw(recipe, model, **({"fused": True} if world.fsdp else {}))
    replica = model if world.fsdp or world.size == 1 else torch.nn.parallel.DistributedDataParallel(model)
    before = checkpoints.resume(world, model, optimizer)
    step, samples, stopping = before.get("step", 0), before.get("samples", 0), False
    size, times, global_batch = split(recipe, world, before)
    while step < last_step and not stopping:
        began = time.monotonic()
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.zero_grad(set_to_none=True)
        loss = mean_loss(world, replica, sample, samples, size, times)
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        step, samples = step + 1, samples + global_batch
        loss, stopping = world.sum(loss) / world.size, world.sum(len(signals)) > 0  # waits for the device
        seconds = time.monotonic() - began
        if not report.losses or stopping or step == last_step or log_every and step % log_every == 0:
            report.trained(step, loss, seconds, global_batch)
        if validations and step % recipe["trainer.val_check_interval"] == 0:
            with torch.no_grad():
                value = mean_loss(world, replica, unseen, VALIDATION, recipe["model.val_batch_size"], validations)
            value = world.sum(value) / world.size
            report.write({"step": step, "validation_loss": value}, f"validation loss {value:.4f}")
        checkpoints.after_step({"step": step, "samples": samples, "global_batch": global_batch}, stopping)
        report.progress(step, seconds)
    report.close()
    if stopping:
        world.say(f"asked to stop: after step {step}")
    world.sum(0)
    dist.destroy_process_group()
    return not stopping or step == last_step
