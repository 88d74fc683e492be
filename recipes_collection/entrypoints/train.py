#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pre-trains a Llama with plain PyTorch, as a resolved recipe says.

    torchrun … train.py [RECIPE.yaml]       without it the recipe is at $RECIPE_CONFIG

Exit codes: 0 trained, 2 the recipe or this node cannot be used, 75 stopped as asked, to be started again.
"""

import os
import sys
import time

from recipe_config import Refusal, load

try:
    recipe = load(" ".join(sys.argv[1:]) or os.environ.get("RECIPE_CONFIG") or "that RECIPE_CONFIG should name")
    from pretrain import pretrain  # and torch, which takes seconds; most refusals do not
    sys.exit(0 if pretrain(recipe) else os.EX_TEMPFAIL)
except Refusal as refusal:
    rank = int(os.environ.get("RANK", "0"))
    if rank == 0 or refusal.local:
        print(f"train.py: {f'rank {rank}: ' if rank else ''}{refusal}", file=sys.stderr, flush=True)
    time.sleep(1 if rank else 0)  # torchrun ends the whole group at the first exit: let rank 0 speak first
    sys.exit(2)
