# SPDX-License-Identifier: Apache-2.0
"""The Llama decoder, from a recipe's model keys. Its weights have the names that Hugging Face's have."""

import functools
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

GROUPED_ATTENTION = tuple(map(int, torch.__version__.split(".")[:2])) >= (2, 5)

def flops_per_token(shape):
    """What forward and backward need: 6 per weight that a token meets, and the causal half of the attention."""
    experts, router = (shape.num_experts_per_tok, shape.num_local_experts) if shape.moe else (1, 0)
    key_value = shape.hidden_size // shape.num_attention_heads * shape.num_key_value_heads
    layer = 2 * (shape.hidden_size + key_value) + shape.max_context_width + 3 * experts * shape.intermediate_size + router
    return 6 * shape.hidden_size * (shape.num_hidden_layers * layer + shape.vocab_size)

def rotations(shape, device):
    """cos and sin of every position's angles, each (sequence, head size)."""
    size, scaling = shape.hidden_size // shape.num_attention_heads, shape.rope_scaling
    frequencies = shape.rope_theta ** -(torch.arange(0, size, 2, device=device).float() / size)
    if scaling.factor != 1:  # Llama 3 slows what turns less than `low` times in the old context
        turns = scaling.original_max_position_embeddings * frequencies / (2 * math.pi)
        low, high = scaling.low_freq_factor, scaling.high_freq_factor
        kept = ((turns - low) / (high - low)).clamp(0, 1)
        frequencies = frequencies * (kept + (1 - kept) / scaling.factor)
    angles = torch.outer(torch.arange(shape.max_context_width, device=device).float(), frequencies).repeat(1, 2)
    return angles.cos(), angles.sin()

def rotate(x, cos, sin):
    first, second = x.chunk(2, dim=-1)
    return x * cos.to(x.dtype) + torch.cat((-second, first), dim=-1) * sin.to(x.dtype)

def causal_attention(query, key, value):
    """Each (batch, heads, sequence, head size); keys and values may have fewer heads."""
    if GROUPED_ATTENTION:
        return F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=key.shape[1] < query.shape[1])
    key, value = (x.repeat_interleave(query.shape[1] // x.shape[1], dim=1) for x in (key, value))
    future = torch.ones(query.shape[-2:-1] * 2, dtype=torch.bool, device=query.device).triu(1)
    scores = (query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])).masked_fill(future, float("-inf"))
    return scores.softmax(-1).to(value.dtype) @ value

class RMSNorm(nn.Module):
    def __init__(self, shape, device):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(shape.hidden_size, device=device)), shape.layernorm_epsilon

    def forward(self, x):
        if hasattr(F, "rms_norm"):
            return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight

class Attention(nn.Module):
    def __init__(self, shape, linear):
        super().__init__()
        hidden, self.head_size = shape.hidden_size, shape.hidden_size // shape.num_attention_heads
        self.q_proj, self.o_proj = linear(hidden, hidden), linear(hidden, hidden)
        self.k_proj, self.v_proj = (linear(hidden, shape.num_key_value_heads * self.head_size) for _ in "kv")

    def forward(self, x, cos, sin):
        query, key, value = (projection(x).unflatten(-1, (-1, self.head_size)).transpose(1, 2)
                             for projection in (self.q_proj, self.k_proj, self.v_proj))
        mixed = causal_attention(rotate(query, cos, sin), rotate(key, cos, sin), value)
        return self.o_proj(mixed.transpose(1, 2).flatten(2))

class FeedForward(nn.Module):
    def __init__(self, shape, linear):
        super().__init__()
        self.gate_proj, self.up_proj = (linear(shape.hidden_size, shape.intermediate_size) for _ in range(2))
        self.down_proj = linear(shape.intermediate_size, shape.hidden_size)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))

class Experts(nn.Module):
    """Mixtral's layer: each token goes through the feed-forwards that its router likes best."""
    def __init__(self, shape, linear):
        super().__init__()
        self.chosen, self.gate = shape.num_experts_per_tok, linear(shape.hidden_size, shape.num_local_experts)
        self.experts = nn.ModuleList(FeedForward(shape, linear) for _ in range(shape.num_local_experts))

    def forward(self, x):
        tokens = x.flatten(0, 1)
        shares, picks = self.gate(tokens).float().softmax(-1).topk(self.chosen, dim=-1)
        shares, mixed = (shares / shares.sum(-1, keepdim=True)).to(x.dtype), torch.zeros_like(tokens)
        for number, expert in enumerate(self.experts):
            # It runs even without tokens: other ranks would wait for a gradient that is missing here.
            token, place = (picks == number).nonzero(as_tuple=True)
            mixed.index_add_(0, token, (expert(tokens[token]) * shares[token, place, None]).to(mixed.dtype))
        return mixed.view_as(x)

class Block(nn.Module):
    def __init__(self, shape, linear, device):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(shape, device), RMSNorm(shape, device)
        self.self_attn, self.mlp = Attention(shape, linear), (Experts if shape.moe else FeedForward)(shape, linear)
        if shape.activation_checkpointing:
            self.forward = functools.partial(checkpoint, self.forward, use_reentrant=False, preserve_rng_state=False)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos=cos, sin=sin)
        return x + self.mlp(self.post_attention_layernorm(x))

class Llama(nn.Module):
    """`spread` lays a block out over the devices, at last the whole: none ever holds more than one that is not yet."""
    def __init__(self, shape, device, spread=lambda part: part):
        super().__init__()
        def drawn(layer):
            nn.init.normal_(layer.weight, std=shape.initializer_range)
            return layer
        def linear(inputs, outputs):
            return drawn(nn.Linear(inputs, outputs, bias=False, device=device))
        self.tied, (self.cos, self.sin) = shape.tie_word_embeddings, rotations(shape, device)
        self.embed_tokens = drawn(nn.Embedding(shape.vocab_size, shape.hidden_size, device=device))
        self.layers = nn.ModuleList(spread(Block(shape, linear, device)) for _ in range(shape.num_hidden_layers))
        self.norm, self.lm_head = RMSNorm(shape, device), linear(shape.hidden_size, shape.vocab_size)
        self.tie()
        spread(self)

    def tie(self):
        if self.tied:
            self.lm_head.weight = self.embed_tokens.weight

    def forward(self, tokens):
        """(batch, sequence) token numbers to (batch, sequence, vocabulary) logits."""
        x = self.embed_tokens(tokens)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin)
        return self.lm_head(self.norm(x))
