# SPDX-License-Identifier: Apache-2.0
import os

import torch
import torch.distributed as dist
import yaml
from torch import nn

with open(os.environ["RECIPE_CONFIG"]) as file:  # mlp.yaml, resolved
    recipe = yaml.safe_load(file)
gpu = recipe["trainer"]["accelerator"] == "gpu"
dist.init_process_group("nccl" if gpu else "gloo")
rank, world = dist.get_rank(), dist.get_world_size()
device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if gpu else torch.device("cpu")
torch.manual_seed(rank)
width = recipe["model"]["width"]
layers = nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Linear(width, 1))
model = nn.parallel.DistributedDataParallel(layers.to(device))
optimizer = torch.optim.Adam(model.parameters(), lr=recipe["model"]["lr"])
for step in range(1, recipe["trainer"]["max_steps"] + 1):
    x = torch.randn(64, 8, device=device)
    loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if rank == 0 and step % 10 == 0:
        print(f"world {world}, step {step}, loss {loss.item():.3f}", flush=True)
if rank == 0:
    torch.save(layers.state_dict(), os.path.join(os.environ["RECIPE_RESULTS_DIR"], "mlp.pt"))
dist.destroy_process_group()
