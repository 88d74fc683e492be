# SPDX-License-Identifier: Apache-2.0
"""Who asks the file system by a path. A path of a user's or a site's may lie on a file server that is gone, and then the call
hangs in the kernel, where nothing ends it. So all of these calls stand in files that are listed here, each file with its calls and
with the reason why they cannot hang; the rest asks lib/storage, which asks a child before."""

import re

IN_CHILD = "runs in a child that run_with_timeout gives up"
ASKED = "asks storage::answers() or storage::is_file() first"
CALLERS = "its callers ask storage::answers(), or run in a child that run_with_timeout gives up"
BUILD = "runs when the project is built"

TOUCHES = {
    "cli/fit.cpp": ({"ifstream", "ofstream"}, ASKED),
    "cli/installed_slurm.cpp": ({"ifstream", "glob"}, ASKED),
    "cli/new_recipe.cpp": ({"open", "unlink", "weakly_canonical"}, ASKED),
    "cli/plugin_file.cpp": ({"file_size", "ifstream"}, ASKED),
    "job_submit/policy_file.cpp": ({"open", "rename", "unlink", "mkostemp"}, "in StateSaveLocation, without which slurmctld does not run"),
    "job_submit/site_reader.cpp": ({"lstat"}, ASKED),
    "lib/config/compose/collection.cpp": ({"weakly_canonical"}, ASKED),
    "lib/config/yaml/loader.cpp": ({"open"}, ASKED),
    "lib/planner/program/generate.cpp": ({"ifstream"}, BUILD),
    "lib/planner/refusal/true_fixes.cpp": ({"access"}, "storage::Host's, by that name"),
    "lib/planner/results_directory.cpp": ({"access", "create_directories"}, ASKED),
    "lib/planner/slurm/logs.cpp": ({"access", "exists", "is_directory"}, ASKED),
    "lib/planner/who_runs.cpp": ({"fopen"}, "of a file that storage::Host has found"),
    "lib/site/data_directory.cpp": ({"canonical", "exists"}, "beside our own object, from which the process was just loaded"),
    "lib/site/files.cpp": ({"lstat"}, ASKED),
    "lib/site/process_environment.cpp": ({"equivalent"}, ASKED),
    "lib/tables/generate.cpp": ({"ifstream", "ofstream"}, BUILD),
    "spank/client/client.cpp": ({"rmdir"}, "of what this process has just made"),
    "spank/client/command_line.cpp": ({"ifstream"}, ASKED + "; and /proc/self/cmdline"),
    "spank/client/script_text.cpp": ({"access", "open"}, ASKED),
    "spank/host/configuration_file.cpp": ({"unlink"}, IN_CHILD),
    "spank/host/own_directory.cpp": ({"fstatat", "linkat", "mkdir", "openat", "renameat", "stat", "unlinkat"}, CALLERS),
    "spank/host/own_files.cpp": ({"fstatat", "open", "opendir", "unlink", "unlinkat"}, CALLERS),
    "spank/host/run_with_timeout.cpp": ({"open"}, "/dev/null"),
    "spank/host/secret_files.cpp": ({"open", "unlink", "utimensat"}, CALLERS),
    "spank/host/tokens.cpp": ({"open", "openat", "stat", "unlinkat"}, IN_CHILD),
    "spank/node/container.cpp": ({"access", "dlopen"}, "enroot's hook, below /etc; of objects that are loaded"),
    "spank/node/devices.cpp": ({"faccessat", "open", "opendir"}, "/sys and /dev"),
    "spank/node/node_checks.cpp": ({"faccessat", "open", "stat"}, IN_CHILD),
    "spank/node/records.cpp": ({"stat"}, IN_CHILD),
    "spank/plugin/mentions.cpp": ({"open"}, "what Slurm's command itself reads next, or runs: srun and salloc then hang with an allocation, and here without one"),
    "spank/plugin/plugin.cpp": ({"dlopen"}, "beside our own object, from which the process was just loaded"),
}
EXEMPT = "lib/storage/"  # which is asked

FILESYSTEM = ("canonical|copy|copy_file|copy_symlink|create_directories|create_directory|create_hard_link|create_symlink|directory_entry|"
              "directory_iterator|equivalent|exists|file_size|hard_link_count|is_block_file|is_directory|is_empty|is_fifo|is_other|"
              "is_regular_file|is_socket|is_symlink|last_write_time|permissions|proximate|read_symlink|recursive_directory_iterator|relative|"
              "remove|remove_all|rename|resize_file|space|status|symlink_status|weakly_canonical")
POSIX = ("access|canonicalize_file_name|chdir|chmod|chown|creat|dlopen|eaccess|euidaccess|faccessat|fchmodat|fchownat|fopen|freopen|"
         "fstatat|ftw|getxattr|glob|inotify_add_watch|lchown|lgetxattr|link|linkat|listxattr|lstat|lutimes|mkdir|mkdirat|mkdtemp|mkfifo|"
         "mknod|mkostemp|mkostemps|mkstemp|mkstemps|nftw|openat2|opendir|pathconf|readlink|readlinkat|realpath|renameat|renameat2|rmdir|"
         "scandir|stat|statfs|statvfs|statx|symlink|symlinkat|unlink|unlinkat|utime|utimensat|utimes")
CALL = re.compile(
    rf"(?:std::filesystem|\bfs)::({FILESYSTEM})\b"
    r"|std::(?:basic_)?([io]?fstream)\b"
    rf"|(?<![\w.>:])(?:::|std::)?({POSIX})\s*\("
    r"|(?<![\w.>:])(?:::|std::)?(rename|remove|truncate)\s*\([^,()]*\.c_str\(\)"
    r"|(?<![\w.>])(?:::)?(open|openat)\s*\((?:[^;]*?\bO_|[^;()]*\.c_str\(\))")
COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)

# The calls are known by the names std::filesystem and fs.
RENAMED = re.compile(r"\bnamespace\s+(?!fs\b)\w+\s*=\s*(?:::)?std::filesystem\b"
                     r"|\busing\s+(?:namespace\s+)?(?:::)?std::filesystem\b(?!::path\b)")

# An exception that passes std::call_once ends sbatch, slurmctld and slurmstepd: a plugin has an unwinder of its own, and glibc's
# pthread_once runs another's cleanup.
FORBIDDEN = {re.compile(r"\bstd::call_once\b|\bpthread_once\b"): "no exception may pass it in a plugin; use a static local"}


def calls_in(text):
    text = COMMENT.sub(lambda found: '""' if found[0][0] == '"' else "", text)
    return {next(name for name in found.groups() if name) for found in CALL.finditer(text)}


def problems(texts):
    """`texts`: of the product's sources, by their paths."""
    for path, text in texts.items():
        for pattern, reason in FORBIDDEN.items():
            if pattern.search(COMMENT.sub("", text)):
                yield f"{path} has {pattern.pattern}: {reason}"
        if RENAMED.search(COMMENT.sub("", text)):
            yield f"{path} gives std::filesystem another name than fs, under which scripts/lib/touches.py does not see its calls"
        if path.startswith(EXEMPT):
            continue
        calls, (allowed, _) = calls_in(text), TOUCHES.get(path, (set(), ""))
        for call in sorted(calls - allowed):
            yield f"{path} calls {call}() with a path, which hangs where a file server is gone: ask lib/storage, or say in scripts/lib/touches.py why it cannot"
        for call in sorted(allowed - calls):
            yield f"scripts/lib/touches.py lets {path} call {call}(), and it does not"
    for path in sorted(set(TOUCHES) - set(texts)):
        yield f"scripts/lib/touches.py names {path}, which is not there"
