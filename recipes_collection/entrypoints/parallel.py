# SPDX-License-Identifier: Apache-2.0
"""The processes that train together, this process's device, and how the model is laid out over them."""

import os

import torch
import torch.distributed as dist

from recipe_config import Refusal

try:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
    from torch.distributed.tensor import Replicate, Shard
    from torch.distributed.tensor.parallel import (
        ColwiseParallel, PrepareModuleInput, RowwiseParallel, SequenceParallel, loss_parallel, parallelize_module)
    # Debian 13's torch has FSDP2 for GPUs alone: its CPU streams lack what FSDP2 calls.
    HAS_FSDP2 = {"gpu": True, "cpu": hasattr(torch.cpu.Stream, "record_event")}
except ImportError:
    HAS_FSDP2 = {"gpu": False, "cpu": False}

class World:
    """Ranks lie as (replicas, shards, tensor-parallel parts); those that differ in the last alone are neighbours."""
    def __init__(self, recipe):
        self.rank, self.size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.node = int(os.environ.get("LOCAL_WORLD_SIZE", min(self.size, recipe.trainer.devices)))
        index, model = int(os.environ.get("LOCAL_RANK", 0)), recipe.model
        self.gpu, self.fsdp = recipe.trainer.accelerator == "gpu", HAS_FSDP2[recipe.trainer.accelerator]
        self.device = torch.device("cuda", index) if self.gpu else torch.device("cpu")
        self.backend = recipe.distributed_backend or ("nccl" if self.gpu else "gloo")
        self.bf16 = str(model.precision or recipe.trainer.precision).startswith("bf16")
        self.tensor = model.tensor_model_parallel_degree
        self.data_rank, self.data_size = self.rank // self.tensor, max(self.size // self.tensor, 1)
        self.shard = {"no_shard": 1, "full_shard": model.shard_degree or self.data_size,
                      "hybrid_shard": model.shard_degree or -(-self.node // self.tensor)}[model.sharding_strategy]
        tensor = f"model.tensor_model_parallel_degree: {self.tensor}"
        for text, wrong in {
            f"distributed_backend: {self.backend} needs trainer.accelerator gpu": self.backend == "nccl" and not self.gpu,
            f"model.num_experts_per_tok: {model.num_experts_per_tok} of {model.num_local_experts} experts":
                model.moe and model.num_experts_per_tok > model.num_local_experts,
            f"{tensor} does not divide the world of {self.size}": self.size % self.tensor,
            f"{tensor}: not together with model.moe": self.tensor > 1 and model.moe,
            f"{tensor}: no FSDP2 in this torch to go with it; set it to 1": self.tensor > 1 and not self.fsdp,
            f"model.shard_degree: {self.shard} does not divide the {self.data_size} data-parallel ranks":
                self.fsdp and self.data_size % self.shard,
        }.items():
            if wrong:
                raise Refusal(text)
        if self.gpu and index >= torch.cuda.device_count():
            raise Refusal(f"trainer.accelerator: gpu: torch {torch.__version__} sees none for local rank {index}", local=True)

    def join(self):
        """Meets the other ranks, and says how they stand. Without a launcher the world is this process."""
        if self.gpu:
            torch.cuda.set_device(self.device)
        alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1} if self.size == 1 else {}
        dist.init_process_group("cpu:gloo,cuda:nccl" if self.backend == "nccl" else self.backend, **alone)
        self.background = dist.new_group(backend="gloo")  # for what goes on beside the training
        # One buffer for every reduction. Were a tensor's last owner gloo's thread, freeing it would wait for Python's
        # lock, which the main thread holds while it waits for that thread to end: torch 1.13 then hangs at exit.
        self.reduced = torch.zeros(())
        self.say(f"world size {self.size} (nodes {-(-self.size // self.node)} × devices {self.node}), "
                 f"torch {torch.__version__}, backend {self.backend}")
        if not self.fsdp:
            wished = f", not model.shard_degree {self.shard}" if self.shard > 1 else ""
            return self.say(f"no FSDP2 in this torch: DDP, the whole model on every device{wished}, each checkpoint one file")
        degrees = {"replicas": self.data_size // self.shard, "shards": self.shard, "tensor parallel": self.tensor}
        self.say("FSDP2: " + " × ".join(f"{name} {degree}" for name, degree in degrees.items()))
        mesh = init_device_mesh(self.device.type, tuple(degrees.values()), mesh_dim_names=tuple(degrees))
        self.tensor_mesh = mesh["tensor parallel"]
        self.data_mesh = mesh["shards"] if self.shard == self.data_size else mesh["replicas", "shards"]

    def spread(self, part):
        """Lays out a block, or the model once its blocks are: tensor parallel first, then what remains is sharded."""
        whole = hasattr(part, "tie")
        if self.tensor > 1:
            parallelize_module(part, self.tensor_mesh, vocabulary_plan() if whole else block_plan())
            if whole:
                part.tie()  # its matrices are new
        if self.fsdp:
            dtypes = (torch.bfloat16, torch.float32) if self.bf16 else ()
            fully_shard(part, mesh=self.data_mesh, mp_policy=MixedPrecisionPolicy(*dtypes))
        return part

    def computing(self):
        """Around a loss and its gradient. With tensor parallelism no rank has the logits of the whole vocabulary."""
        cast = self.bf16 and not self.fsdp
        return loss_parallel() if self.tensor > 1 else torch.autocast(self.device.type, torch.bfloat16, enabled=cast)

    def sum(self, value):
        """The sum over all ranks of a number, or of a scalar tensor, which waits for the device."""
        self.reduced.fill_(float(value))
        dist.all_reduce(self.reduced)
        return self.reduced.item()

    def say(self, line, **how):
        if self.rank == 0:
            print(line, flush=True, **how)

def block_plan():
    """Heads and hidden units are split; between them the sequence is."""
    gathered = PrepareModuleInput(input_layouts=Shard(1), desired_input_layouts=Replicate())
    columns, rows = ColwiseParallel(), RowwiseParallel(output_layouts=Shard(1))
    return {"*_layernorm": SequenceParallel(), "self_attn": gathered, "self_attn.[qkv]_proj": columns, "self_attn.o_proj": rows,
            "mlp": gathered, "mlp.gate_proj": columns, "mlp.up_proj": columns, "mlp.down_proj": rows}

def vocabulary_plan():
    return {"embed_tokens": RowwiseParallel(input_layouts=Replicate(), output_layouts=Shard(1)), "norm": SequenceParallel(),
            "lm_head": ColwiseParallel(input_layouts=Shard(1), output_layouts=Shard(-1), use_local_output=False)}
