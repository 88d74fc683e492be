# SPDX-License-Identifier: Apache-2.0
"""A workaround for the tests: Debian 13 and later build torch without libuv, but their torchrun's store asks for it
("use_libuv was requested …") even with USE_LIBUV=0. With this folder on PYTHONPATH a TCPStore is made without it.
"""

import importlib.util
import sys


class WithoutLibuv:
    """Changes torch.distributed when a program imports it, and costs those that do not nothing."""

    def find_spec(self, name, path=None, target=None):
        if name != "torch.distributed":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def execute_and_change(module):
            execute(module)
            if module.is_available():
                change(module.TCPStore)

        spec.loader.exec_module = execute_and_change
        return spec


def change(store):
    original = store.__init__

    def without_libuv(self, *arguments, **named):
        named["use_libuv"] = False
        original(self, *arguments, **named)

    store.__init__ = without_libuv


sys.meta_path.insert(0, WithoutLibuv())
