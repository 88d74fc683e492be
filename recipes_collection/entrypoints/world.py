"""The processes that train together, and this process's device."""

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from recipe_config import LocalRefusal, Refusal


@dataclass(frozen=True)
class World:
    rank: int
    size: int
    devices_per_node: int
    device: torch.device
    backend: str
    # One buffer for every reduction. Were a tensor's last owner gloo's thread, freeing it would wait for Python's lock,
    # which the main thread holds while it waits for that thread to end: torch 1.13 then hangs at exit.
    reduced: torch.Tensor

    @classmethod
    def join(cls, recipe):
        """Meets the other ranks. Without a launcher the world is this process."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        devices = int(os.environ.get("LOCAL_WORLD_SIZE", min(size, recipe.need("trainer.devices", int))))
        accelerator = recipe.need("trainer.accelerator", str)
        backend = recipe.get("distributed_backend", str, "nccl" if accelerator == "gpu" else "gloo")
        if backend not in {"cpu": ("gloo",), "gpu": ("nccl", "gloo")}[accelerator]:
            raise Refusal(f"distributed_backend: {backend} does not work with trainer.accelerator {accelerator}")
        device = _own_gpu() if accelerator == "gpu" else torch.device("cpu")
        if device.type == "cpu" and "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(1)
        if size > 1:
            dist.init_process_group(backend)
        return cls(int(os.environ.get("RANK", "0")), size, devices, device, backend if size > 1 else "none",
                   torch.zeros((), device=device))

    def leave(self):
        """Returns when every rank has come here."""
        if self.size > 1:
            dist.barrier(device_ids=[self.device.index] if self.backend == "nccl" else None)
            dist.destroy_process_group()

    def replicate(self, model):
        """The model with gradients averaged over all ranks."""
        if self.size == 1:
            return model
        return DistributedDataParallel(model, device_ids=[self.device.index] if self.device.type == "cuda" else None)

    def mean(self, value):
        """The mean over all ranks of a scalar tensor."""
        self.reduced.copy_(value)
        if self.size > 1:
            dist.all_reduce(self.reduced)
        return self.reduced / self.size

    def say(self, line):
        if self.rank == 0:
            print(line, flush=True)

    def __str__(self):
        layout = f"nodes {-(-self.size // self.devices_per_node)} × devices {self.devices_per_node}"
        return f"world size {self.size} ({layout}), torch {torch.__version__}, backend {self.backend}"


def _own_gpu():
    index, found = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if index >= found:
        raise LocalRefusal(f"trainer.accelerator: gpu: local rank {index} has none, torch {torch.__version__} sees {found} here")
    torch.cuda.set_device(index)
    return torch.device("cuda", index)
