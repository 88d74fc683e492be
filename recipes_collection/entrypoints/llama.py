"""The Llama decoder, from a recipe's model keys."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from recipe_config import Refusal


@dataclass(frozen=True)
class RopeScaling:
    """Llama 3's stretch of the low rotary frequencies."""

    factor: float
    low_freq_factor: float
    high_freq_factor: float
    original_max_position_embeddings: int

    def apply(self, frequencies):
        turns = self.original_max_position_embeddings * frequencies / (2 * math.pi)
        kept = ((turns - self.low_freq_factor) / (self.high_freq_factor - self.low_freq_factor)).clamp(0, 1)
        return frequencies * (kept + (1 - kept) / self.factor)


@dataclass(frozen=True)
class LlamaShape:
    """Named as the recipe's keys are. `max_context_width` is the sequence length."""

    max_context_width: int
    num_hidden_layers: int
    hidden_size: int
    num_attention_heads: int
    num_key_value_heads: int
    intermediate_size: int
    vocab_size: int
    layernorm_epsilon: float = 1e-5
    initializer_range: float = 0.02
    tie_word_embeddings: bool = False
    rope_theta: float = 10000.0
    activation_checkpointing: bool = False

    def __post_init__(self):
        if self.hidden_size % (2 * self.num_attention_heads):
            raise Refusal(f"model.num_attention_heads: {self.num_attention_heads} heads do not get an even share each of "
                          f"model.hidden_size {self.hidden_size}")
        if self.num_attention_heads % self.num_key_value_heads:
            raise Refusal(f"model.num_key_value_heads: {self.num_key_value_heads} does not divide "
                          f"model.num_attention_heads {self.num_attention_heads}")

    @property
    def head_size(self):
        return self.hidden_size // self.num_attention_heads


class RMSNorm(nn.Module):
    def __init__(self, shape, device):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.hidden_size, device=device))
        self.epsilon = shape.layernorm_epsilon

    def forward(self, x):
        if hasattr(F, "rms_norm"):
            return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


def rotations(shape, scaling, device):
    """cos and sin of every position's angles, each (sequence, head size)."""
    exponents = torch.arange(0, shape.head_size, 2, dtype=torch.float32, device=device) / shape.head_size
    frequencies = shape.rope_theta**-exponents
    if scaling:
        frequencies = scaling.apply(frequencies)
    positions = torch.arange(shape.max_context_width, dtype=torch.float32, device=device)
    angles = torch.outer(positions, frequencies).repeat(1, 2)
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    first, second = x.float().chunk(2, dim=-1)
    return (x * cos + torch.cat((-second, first), dim=-1) * sin).to(x.dtype)


def causal_attention(query, key, value):
    """Each (batch, heads, sequence, head size). torch before 2.0 has no fused attention."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(query, key, value, is_causal=True)
    future = torch.ones(query.shape[-2:-1] * 2, dtype=torch.bool, device=query.device).triu(1)
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    return scores.masked_fill(future, float("-inf")).softmax(-1).to(value.dtype) @ value


class Attention(nn.Module):
    def __init__(self, shape, device):
        super().__init__()
        self.shape = shape
        key_value_size = shape.num_key_value_heads * shape.head_size
        self.query = nn.Linear(shape.hidden_size, shape.hidden_size, bias=False, device=device)
        self.key = nn.Linear(shape.hidden_size, key_value_size, bias=False, device=device)
        self.value = nn.Linear(shape.hidden_size, key_value_size, bias=False, device=device)
        self.output = nn.Linear(shape.hidden_size, shape.hidden_size, bias=False, device=device)

    def forward(self, x, cos, sin):
        query, key, value = (
            projection(x).unflatten(-1, (-1, self.shape.head_size)).transpose(1, 2)
            for projection in (self.query, self.key, self.value)
        )
        group = self.shape.num_attention_heads // self.shape.num_key_value_heads
        key = rotate(key, cos, sin).repeat_interleave(group, dim=1)
        value = value.repeat_interleave(group, dim=1)
        return self.output(causal_attention(rotate(query, cos, sin), key, value).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, shape, device):
        super().__init__()
        self.gate = nn.Linear(shape.hidden_size, shape.intermediate_size, bias=False, device=device)
        self.up = nn.Linear(shape.hidden_size, shape.intermediate_size, bias=False, device=device)
        self.down = nn.Linear(shape.intermediate_size, shape.hidden_size, bias=False, device=device)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class Block(nn.Module):
    def __init__(self, shape, device):
        super().__init__()
        self.attention_norm = RMSNorm(shape, device)
        self.attention = Attention(shape, device)
        self.feed_forward_norm = RMSNorm(shape, device)
        self.feed_forward = FeedForward(shape, device)

    def forward(self, x, cos, sin):
        x = x + self.attention(self.attention_norm(x), cos, sin)
        return x + self.feed_forward(self.feed_forward_norm(x))


class Llama(nn.Module):
    def __init__(self, shape, scaling, device):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocab_size, shape.hidden_size, device=device)
        self.blocks = nn.ModuleList(Block(shape, device) for _ in range(shape.num_hidden_layers))
        self.norm = RMSNorm(shape, device)
        self.head = nn.Linear(shape.hidden_size, shape.vocab_size, bias=False, device=device)
        if shape.tie_word_embeddings:
            self.head.weight = self.embedding.weight
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=shape.initializer_range)
        self.cos, self.sin = rotations(shape, scaling, device)

    def forward(self, tokens):
        """(batch, sequence) token numbers to (batch, sequence, vocabulary) logits."""
        x = self.embedding(tokens)
        for block in self.blocks:
            if self.shape.activation_checkpointing:
                x = checkpoint(block, x, self.cos, self.sin, use_reentrant=False)
            else:
                x = block(x, self.cos, self.sin)
        return self.head(self.norm(x))
