#!/usr/bin/env python3
"""Pre-trains a Llama with plain PyTorch, as a resolved recipe says.

    torchrun … train.py                                     the recipe is at $RECIPE_CONFIG
    torchrun … train.py --config-path DIR --config-name FILE

RANK, LOCAL_RANK, WORLD_SIZE and the master's address come from the launcher; without them it trains in one process.
metrics.jsonl goes to $RECIPE_RESULTS_DIR. Exit codes: 0 trained, 2 the recipe or this node cannot be used.
"""

import argparse
import os
import sys
import time

from recipe_config import LocalRefusal, Refusal, load, locate
from supported import refuse_unsupported


def main():
    parser = argparse.ArgumentParser(description="Pre-train a Llama as a resolved recipe says.", allow_abbrev=False)
    parser.add_argument("--config-path", metavar="DIR")
    parser.add_argument("--config-name", metavar="FILE")
    arguments = parser.parse_args()
    try:
        recipe = load(locate(arguments.config_path, arguments.config_name))
        refuse_unsupported(recipe)
        # Imports torch, which takes seconds; a refusal should not.
        from pretrain import pretrain

        pretrain(recipe)
    except Refusal as refusal:
        return say(refusal)
    return 0


def say(refusal):
    """Prints the refusal where it belongs and returns the exit code."""
    rank = int(os.environ.get("RANK", "0"))
    if rank == 0:
        print(f"train.py: {refusal}", file=sys.stderr, flush=True)
        return 2
    if isinstance(refusal, LocalRefusal):
        print(f"train.py: rank {rank}: {refusal}", file=sys.stderr, flush=True)
    # torchrun ends the whole group at the first exit: let rank 0 speak first.
    time.sleep(1)
    return 2


if __name__ == "__main__":
    sys.exit(main())
