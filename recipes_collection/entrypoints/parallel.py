"""The processes that train together, this process's device, and how the model is laid out over them."""

import contextlib
import os

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

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
        self.rank, self.size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
        devices, self.gpu = recipe.need("trainer.devices", int), recipe.need("trainer.accelerator", str) == "gpu"
        self.devices_per_node = int(os.environ.get("LOCAL_WORLD_SIZE", min(self.size, devices)))
        self.backend = recipe.get("distributed_backend", str, "nccl" if self.gpu else "gloo")
        if self.backend not in (("nccl", "gloo") if self.gpu else ("gloo",)):
            raise Refusal(f"distributed_backend: {self.backend} does not work with this trainer.accelerator")
        self.bf16 = str(recipe.get("model.precision") or recipe.get("trainer.precision")).startswith("bf16")
        # Debian 13's torch has FSDP2 for GPUs alone: its CPU streams lack what FSDP2 calls.
        self.fsdp = bool(fully_shard) and (self.gpu or hasattr(torch.cpu.Stream, "record_event"))
        self.tensor = recipe.get(TENSOR, int, 1)
        uneven = [f"model.{name} {getattr(shape, name)}" for name in SPLIT if getattr(shape, name) % self.tensor]
        if uneven or self.size % self.tensor:
            raise Refusal(f"{TENSOR}: {self.tensor} does not divide {', '.join(uneven) or f'the world of {self.size}'}")
        if self.tensor > 1 and (shape.moe or not self.fsdp):
            why = "not together with model.moe" if shape.moe else f"torch {torch.__version__} has no FSDP2 to go with it"
            raise Refusal(f"{TENSOR}: {self.tensor}: {why}; set it to 1")
        self.data_rank, self.data_size = self.rank // self.tensor, self.size // self.tensor
        wished, node = recipe.get(SHARD, int), max(self.devices_per_node // self.tensor, 1)
        degrees = {"no_shard": 1, "full_shard": wished or self.data_size, "hybrid_shard": wished or node}
        self.wished = degrees[recipe.get("model.sharding_strategy", str, "no_shard")]
        self.shard = self.wished if self.fsdp else 1
        if self.data_size % self.shard:
            raise Refusal(f"{SHARD}: {self.shard} does not divide the {self.data_size} data-parallel ranks")
        index, self.device = int(os.environ.get("LOCAL_RANK", "0")), torch.device("cpu")
        if self.gpu:
            if index >= torch.cuda.device_count():
                raise Refusal(f"trainer.accelerator: gpu: local rank {index} has none, torch {torch.__version__} sees "
                              f"{torch.cuda.device_count()} here", local=True)
            self.device = torch.device("cuda", index)
            torch.cuda.set_device(self.device)
        elif "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(1)

    def join(self):
        """Meets the other ranks. Without a launcher the world is this process."""
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
        root = hasattr(part, "tie")
        if self.tensor > 1:
            parallelize_module(part, self.tensor_mesh, vocabulary_plan() if root else block_plan())
            part.tie() if root else None
        if self.fsdp:
            policy = MixedPrecisionPolicy(torch.bfloat16, torch.float32) if self.bf16 else MixedPrecisionPolicy()
            fully_shard(part, mesh=self.data_mesh, mp_policy=policy)
        return part

    def replicated(self, model):
        """The model that averages its gradients over all ranks, which FSDP2's does already."""
        return model if self.fsdp or self.size == 1 else DistributedDataParallel(model)

    def computing(self):
        """Around a loss and its gradient. With tensor parallelism no rank has the logits of the whole vocabulary."""
        if self.tensor > 1:
            return loss_parallel()
        cast = self.bf16 and not self.fsdp
        return torch.autocast(self.device.type, dtype=torch.bfloat16) if cast else contextlib.nullcontext()

    def sum(self, value):
        """The sum over all ranks of a number, or of a scalar tensor."""
        self.reduced.fill_(float(value))
        dist.all_reduce(self.reduced, group=self.control)
        return self.reduced.item()

    def agree(self, value=None):
        """Rank 0's `value`, on every rank."""
        values = [value]
        dist.broadcast_object_list(values, group=self.control)
        return values[0]

    def say(self, line, **how):
        if self.rank == 0:
            print(line, flush=True, **how)

    def __str__(self):
        nodes, whole = -(-self.size // self.devices_per_node), f", not {SHARD} {self.wished}" if self.wished > 1 else ""
        return f"world size {self.size} (nodes {nodes} × devices {self.devices_per_node}), torch {torch.__version__}, " \
               f"backend {self.backend}\n" + (
            f"FSDP2: replicas {self.data_size // self.shard} × shards {self.shard} × tensor parallel {self.tensor}" if self.fsdp
            else f"no FSDP2 in this torch: DDP, the whole model on every device{whole}, each checkpoint one file")

def block_plan():
    """Heads and hidden units are split; between them the sequence is."""
    def gather(*others):
        return PrepareModuleInput(input_layouts=(Shard(1), *others), desired_input_layouts=(Replicate(), *others))
    columns, rows = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj"), \
        ("self_attn.o_proj", "mlp.down_proj")
    return {"input_layernorm": SequenceParallel(), "self_attn": gather(None, None),
            "post_attention_layernorm": SequenceParallel(), "mlp": gather(),
            **{name: ColwiseParallel() for name in columns}, **{name: RowwiseParallel(output_layouts=Shard(1)) for name in rows}}

def vocabulary_plan():
    return {"embed_tokens": RowwiseParallel(input_layouts=Replicate(), output_layouts=Shard(1)), "norm": SequenceParallel(),
            "lm_head": ColwiseParallel(input_layouts=Shard(1), output_layouts=Shard(-1), use_local_output=False)}
