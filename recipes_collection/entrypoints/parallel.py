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
except ImportError:
    fully_shard = None

TENSOR, SHARD = "model.tensor_model_parallel_degree", "model.shard_degree"
SPLIT = ("max_context_width", "num_attention_heads", "num_key_value_heads", "intermediate_size", "vocab_size")

class World:
    """Ranks lie as (replicas, shards, tensor-parallel parts); those that differ in the last alone are neighbours."""
    def __init__(self, recipe, shape):
        self.rank, self.size, index = (int(os.environ.get(*name)) for name in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0)))
        self.node = int(os.environ.get("LOCAL_WORLD_SIZE", min(self.size, recipe["trainer.devices"])))
        self.gpu = recipe["trainer.accelerator"] == "gpu"
        self.backend = recipe["distributed_backend"] or ("nccl" if self.gpu else "gloo")
        self.bf16 = str(recipe["model.precision"] or recipe["trainer.precision"]).startswith("bf16")
        # Debian 13's torch has FSDP2 for GPUs alone: its CPU streams lack what FSDP2 calls.
        self.fsdp = bool(fully_shard) and (self.gpu or hasattr(torch.cpu.Stream, "record_event"))
        self.tensor, wished = recipe[TENSOR], recipe[SHARD]
        self.data_rank, self.data_size = self.rank // self.tensor, max(self.size // self.tensor, 1)
        degrees = {"no_shard": 1, "full_shard": wished or self.data_size, "hybrid_shard": wished or -(-self.node // self.tensor)}
        self.wished = degrees[recipe["model.sharding_strategy"]]
        self.shard = self.wished if self.fsdp else 1
        uneven = [f"model.{name} {getattr(shape, name)}" for name in SPLIT if getattr(shape, name) % self.tensor]
        for text, wrong in {
            f"distributed_backend: {self.backend} needs trainer.accelerator gpu": self.backend == "nccl" and not self.gpu,
            f"{TENSOR}: {self.tensor} does not divide {', '.join(uneven)}": uneven,
            f"{TENSOR}: {self.tensor} does not divide the world of {self.size}": self.size % self.tensor,
            f"{TENSOR}: {self.tensor}: not together with model.moe": self.tensor > 1 and shape.moe,
            f"{TENSOR}: {self.tensor}: no FSDP2 in this torch to go with it; set it to 1": self.tensor > 1 and not self.fsdp,
            f"{SHARD}: {self.shard} does not divide the {self.data_size} data-parallel ranks": self.data_size % self.shard,
        }.items():
            if wrong:
                raise Refusal(text)
        self.device = torch.device("cuda", index) if self.gpu else torch.device("cpu")
        if self.gpu and index >= torch.cuda.device_count():
            raise Refusal(f"trainer.accelerator: gpu: torch {torch.__version__} sees none for local rank {index}", local=True)

    def join(self):
        """Meets the other ranks. Without a launcher the world is this process."""
        if self.gpu:
            torch.cuda.set_device(self.device)
        elif "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(1)
        alone = {"store": dist.HashStore(), "rank": 0, "world_size": 1} if self.size == 1 else {}
        dist.init_process_group("cpu:gloo,cuda:nccl" if self.backend == "nccl" else self.backend, **alone)
        # Groups of their own: what goes on beside the training must not mix with its collectives.
        self.control, self.background = dist.new_group(backend="gloo"), dist.new_group(backend="gloo")
        # One buffer for every reduction. Were a tensor's last owner gloo's thread, freeing it would wait for Python's
        # lock, which the main thread holds while it waits for that thread to end: torch 1.13 then hangs at exit.
        self.reduced = torch.zeros(())
        if self.fsdp:
            mesh = init_device_mesh(self.device.type, (self.data_size // self.shard, self.shard, self.tensor),
                                    mesh_dim_names=("replicate", "shard", "tensor"))
            self.tensor_mesh = mesh["tensor"]
            self.data_mesh = mesh["shard"] if self.shard == self.data_size else mesh["replicate", "shard"]

    def spread(self, part):
        """Lays out a block, or the model once its blocks are: tensor parallel first, then what remains is sharded."""
        if self.tensor > 1:
            parallelize_module(part, self.tensor_mesh, vocabulary_plan() if hasattr(part, "tie") else block_plan())
            part.tie() if hasattr(part, "tie") else None
        if self.fsdp:
            dtypes = (torch.bfloat16, torch.float32) if self.bf16 else ()
            fully_shard(part, mesh=self.data_mesh, mp_policy=MixedPrecisionPolicy(*dtypes))
        return part

    def computing(self):
        """Around a loss and its gradient. With tensor parallelism no rank has the logits of the whole vocabulary."""
        cast = self.bf16 and not self.fsdp
        return loss_parallel() if self.tensor > 1 else torch.autocast(self.device.type, torch.bfloat16, enabled=cast)

    def sum(self, value):
        """The sum over all ranks of a number, or of a scalar tensor."""
        self.reduced.fill_(float(value))
        dist.all_reduce(self.reduced, group=self.control)
        return self.reduced.item()

    def agree(self, value):
        """Rank 0's `value`, on every rank."""
        values = [value]
        dist.broadcast_object_list(values, group=self.control)
        return values[0]

    def say(self, line, **how):
        if self.rank == 0:
            print(line, flush=True, **how)

    def __str__(self):
        wished = f", not {SHARD} {self.wished}" if self.wished > 1 else ""
        layout = f"FSDP2: replicas {self.data_size // self.shard} × shards {self.shard} × tensor parallel {self.tensor}" \
            if self.fsdp else f"no FSDP2 in this torch: DDP, the whole model on every device{wished}, each checkpoint one file"
        return f"world size {self.size} (nodes {-(-self.size // self.node)} × devices {self.node}), " \
               f"torch {torch.__version__}, backend {self.backend}\n{layout}"

def block_plan():
    """Heads and hidden units are split; between them the sequence is."""
    def gather(*others):
        return PrepareModuleInput(input_layouts=(Shard(1), *others), desired_input_layouts=(Replicate(), *others))
    columns, rows = ColwiseParallel(), RowwiseParallel(output_layouts=Shard(1))
    return {"input_layernorm": SequenceParallel(), "self_attn": gather(None, None), "self_attn.q_proj": columns,
            "self_attn.k_proj": columns, "self_attn.v_proj": columns, "self_attn.o_proj": rows,
            "post_attention_layernorm": SequenceParallel(), "mlp": gather(), "mlp.gate_proj": columns,
            "mlp.up_proj": columns, "mlp.down_proj": rows}

def vocabulary_plan():
    return {"embed_tokens": RowwiseParallel(input_layouts=Replicate(), output_layouts=Shard(1)), "norm": SequenceParallel(),
            "lm_head": ColwiseParallel(input_layouts=Shard(1), output_layouts=Shard(-1), use_local_output=False)}
