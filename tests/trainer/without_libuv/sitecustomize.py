"""A workaround for the tests: Debian 13 and later build torch without libuv, but their torchrun's store asks for it
("use_libuv was requested …") even with USE_LIBUV=0. With this folder on PYTHONPATH a TCPStore is made without it.
"""

try:
    import torch.distributed as dist
except ImportError:
    pass
else:
    original = dist.TCPStore.__init__

    def without_libuv(self, *arguments, **named):
        named["use_libuv"] = False
        original(self, *arguments, **named)

    if dist.is_available():
        dist.TCPStore.__init__ = without_libuv
