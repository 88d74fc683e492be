// SPDX-License-Identifier: Apache-2.0
// Checks what the submitting host can see of a job's training code.
#include "planner/program/code.hpp"

#include "diagnostic/codes/launch.hpp"
#include "diagnostic/codes/submit.hpp"
#include "planner/program/entry_script.hpp"
#include "planner/program/launcher_habits.hpp"
#include "planner/program/platform.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <cstring>
#include <filesystem>

namespace recipe::planner {
namespace {

/// Whose file names none may expect that a program of their own is found, and not see whose keys are asked for.
void note_program_of_collection(const config::Resolved& resolved, const plan::Entry& entry, Diagnostics& diagnostics) {
    const config::Value* script = resolved.root.at("launch.entry_script");
    if (!resolved.stands_alone || script == nullptr || !is_of_collection(resolved, *script)) return;
    if (entry.program != entry_script_file(resolved, config::to_python_text(*script), script)) return;
    diagnostics.push_back(
        {.code = codes::launch.program_of_collection,
         .key = "launch.entry_script",
         .message = fmt::format("{} names no program, so the collection's own runs, {}, which takes its "
                                "own keys; name yours in it: `launch: {{entry_script: train.py}}`",
                                resolved.recipe, entry.program),
         .fix = "--recipe-set=launch.entry_script=/path/to/train.py",
         .explains = {{Explained::What::group, "program"}}});
}

void check_entry(const SubmitRequest& request, const config::Resolved& resolved, const Program& program,
                 bool has_container, Diagnostics& diagnostics) {
    if (!request.needs_entry) return;
    const plan::Entry& entry = program.entry;
    if (entry.empty()) {
        diagnostics.push_back(
            {.code = codes::submit.nothing_to_run,
             .key = program.entry_key,
             .message = fmt::format("neither a batch script was given nor does the recipe {} name an entry "
                                    "script, so there is nothing to run",
                                    resolved.recipe),
             .fix = fmt::format("--recipe-set=++{}=/path/to/train.py", program.entry_key)});
        return;
    }
    note_program_of_collection(resolved, entry, diagnostics);
    const std::filesystem::path path = entry.program;
    const bool is_cloned = program.code && entry.program.starts_with(entry.directory + '/');
    if (path.empty() || is_cloned || request.host.access(path.string()).exists()) return;
    // An image has programs of its own.
    const bool surely = !has_container && request.host.access(path.parent_path().string()).exists();
    diagnostics.push_back(
        {.code = codes::launch.entry_missing,
         .severity = surely ? Severity::error : Severity::warning,
         .key = program.entry_key,
         .message = has_container
                        ? fmt::format("the entry script {} is not there, so the image must have it", path.string())
                        : fmt::format("the entry script {} is not there", path.string())});
}

/// Only a batch job has one place that works before all steps.
void check_tool(const SubmitRequest& request, const Program& program, Diagnostics& diagnostics) {
    if (!program.code || (request.tool != Tool::salloc && request.tool != Tool::srun)) return;
    diagnostics.push_back(
        {.code = codes::launch.code_batch,
         .key = "git.repo_url_or_path",
         .message = fmt::format("{} is cloned by a batch job's first node; {} starts none, so nothing is cloned",
                                program.code->url, request.tool == Tool::salloc ? "salloc" : "srun"),
         .fix = "clone it yourself, and: --recipe-set=git.repo_url_or_path=/PATH"});
}

void check_token(const SubmitRequest& request, const Program& program, Diagnostics& diagnostics) {
    if (!program.code || !program.code->token_file) return;
    const std::string& path = *program.code->token_file;
    const auto report = [&](Severity severity, std::string message, std::string fix) {
        diagnostics.push_back({.code = codes::launch.code_token,
                               .severity = severity,
                               .key = "git.token_file",
                               .message = std::move(message),
                               .fix = std::move(fix)});
    };
    const storage::Access found = request.host.access(path);
    if (!found.exists())
        return report(Severity::warning,
                      fmt::format("the token's file {} is not visible from here ({}); the job's first node reads it",
                                  path, std::strerror(found.error)),
                      {});
    if (!found.is_file) return report(Severity::error, fmt::format("the token's file {} is no file", path), {});
    if (found.read_error != 0)
        return report(Severity::error,
                      fmt::format("you may not read the token's file {} ({})", path, std::strerror(found.read_error)),
                      {});
    if ((found.mode & (S_IRWXG | S_IRWXO)) != 0)
        report(Severity::warning, fmt::format("others may read the token's file {} (mode {:04o})", path, found.mode),
               fmt::format("chmod 600 {}", path));
}

}  // namespace

void check_code(const SubmitRequest& request, const config::Resolved& resolved, const family::Family& family,
                const Program& program, bool has_container, Diagnostics& diagnostics) {
    if (Diagnostics elsewhere = check_platform(request, resolved, family); !elsewhere.empty())
        return append(diagnostics, std::move(elsewhere));
    append(diagnostics, launcher_habits(request, resolved.root, family, has_container));
    check_entry(request, resolved, program, has_container, diagnostics);
    check_tool(request, program, diagnostics);
    check_token(request, program, diagnostics);
}

}  // namespace recipe::planner
