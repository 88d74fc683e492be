"""Synthetic sequences with something to learn, the same for every world that has read as many samples."""

import torch

SYMBOLS = 64
SURPRISE = 0.1


class SyntheticData:
    """A ring of at most 64 tokens, scattered over the vocabulary by the seed: after each token comes the next of the
    ring, but one time in ten any of them. A model first learns which tokens occur, then their order.
    """

    def __init__(self, vocabulary, sequence, seed):
        self.sequence = sequence
        self.seed = seed
        self.ring = torch.randperm(vocabulary, generator=torch.Generator().manual_seed(seed))[:SYMBOLS]

    def sample(self, number):
        """Sequence `number`, one token longer than the model reads, so that each position has a successor."""
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + number + 1) % 2**32)
        time = torch.arange(self.sequence + 1)
        surprise = torch.rand(self.sequence + 1, generator=generator) < SURPRISE
        anywhere = torch.randint(len(self.ring), (self.sequence + 1,), generator=generator)
        since = torch.where(surprise, time, torch.zeros_like(time)).cummax(0).values
        return self.ring[(anywhere[since] + time - since) % len(self.ring)]

    def batch(self, first, size):
        """Sequences first … first + size - 1 as (inputs, targets)."""
        tokens = torch.stack([self.sample(number) for number in range(first, first + size)])
        return tokens[:, :-1], tokens[:, 1:]
