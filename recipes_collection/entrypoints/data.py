# SPDX-License-Identifier: Apache-2.0
"""What the model reads: sequence after sequence, in an order that depends on the seed alone, not on the world."""

import functools
from pathlib import Path

import torch

from recipe_config import Refusal, blaming

SYMBOLS, SURPRISE = 64, 0.1
TEXT = (".txt", ".md", ".rst")

def source(recipe, key):
    """A function from a sequence's number to its tokens, one more than the model reads, so that each has a successor.
    They come from the files below the directory at model.data.`key`, or from nowhere with use_synthetic_data. It says
    what it reads in its `said`, which does not depend on where that lies."""
    model = recipe.model
    if model.data.use_synthetic_data:
        return synthetic(model.vocab_size, model.max_context_width, model.seed)
    with blaming(f"model.data.{key}"):
        return from_files(Path(str(getattr(model.data, key))), model.vocab_size, model.max_context_width, model.seed)

def batch(sample, first, size, device):
    """Sequences first … first + size - 1 as (inputs, targets)."""
    tokens = torch.stack([sample(number) for number in range(first, first + size)]).to(device, non_blocking=True)
    return tokens[:, :-1], tokens[:, 1:]

def seeded(seed, number):
    return torch.Generator().manual_seed((seed * 1_000_003 + number) % 2**32)

def synthetic(vocabulary, sequence, seed):
    """A ring of at most 64 tokens, scattered over the vocabulary by the seed: after each token comes the next of the
    ring, but one time in ten any of them. A model first learns which tokens occur, then their order."""
    ring = torch.randperm(vocabulary, generator=torch.Generator().manual_seed(seed))[:SYMBOLS]
    def sample(number):
        generator = seeded(seed, number + 1)
        steps = torch.randint(len(ring), (sequence + 1,), generator=generator)
        steps[torch.rand(sequence + 1, generator=generator) > SURPRISE] = 1
        return ring[(number + steps.cumsum(0)) % len(ring)]
    sample.said = "synthetic"
    return sample

def from_files(directory, vocabulary, sequence, seed):
    """Tokens of .npy and .bin files (uint16, or uint32 for more than 65536 tokens), and the bytes of all text with a 0
    between two files: cut into sequences that each epoch shuffles anew."""
    import numpy
    width, files = "<u2" if vocabulary <= 2**16 else "<u4", sorted(directory.rglob("*"))
    streams = [numpy.load(path, mmap_mode="r").reshape(-1) for path in files if path.suffix == ".npy"]
    streams += [numpy.memmap(path, dtype=width, mode="r") for path in files if path.suffix == ".bin"]
    streams.append(numpy.frombuffer(b"\0".join(path.read_bytes() for path in files if path.suffix in TEXT) or b"\0", "u1"))
    starts = numpy.cumsum([0] + [max(len(stream) - 1, 0) // sequence for stream in streams])
    if not starts[-1]:
        raise ValueError(f"no {sequence + 1} tokens in any .npy, .bin, {' or '.join(TEXT)} file of {directory}")
    @functools.lru_cache(maxsize=1)
    def order(epoch):
        return torch.randperm(int(starts[-1]), generator=seeded(seed, epoch)).numpy()
    def sample(number):
        epoch, place = divmod(number, int(starts[-1]))
        window = order(epoch)[place]
        stream = numpy.searchsorted(starts, window, "right") - 1
        first = (window - starts[stream]) * sequence
        tokens = torch.from_numpy(streams[stream][first : first + sequence + 1].astype("int64"))
        if tokens.min() < 0 or tokens.max() >= vocabulary:
            raise Refusal(f"model.vocab_size: {vocabulary}, but the data has token {int(tokens.max())}", local=True)
        return tokens
    read = sum(path.suffix in (".npy", ".bin", *TEXT) for path in files)
    sample.said = f"{sum(map(len, streams))} tokens in {read} files"
    return sample
