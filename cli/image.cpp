// SPDX-License-Identifier: Apache-2.0
// srecipe image: a registry's image becomes one file that all nodes read, instead of a download by each of them.
#include "context.hpp"

#include "diagnostic/codes/launch.hpp"
#include "planner/planner.hpp"
#include "slurm_text/shell_words.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace recipe::cli {
namespace {

/// Beside the results, which are on storage that the nodes share; else here.
std::string directory_for_images(const config::Value& root, const std::filesystem::path& working_directory) {
    const config::Value* base = root.find("base_results_dir");
    const std::string* path = base != nullptr ? base->as_string() : nullptr;
    return path != nullptr && path->starts_with('/') ? *path : working_directory.string();
}

/// Replaces this process.
int run(const std::string& file, const std::string& uri) {
    const std::array<const char*, 6> words{"enroot", "import", "-o", file.c_str(), uri.c_str(), nullptr};
    std::fflush(stdout);
    execvp(words[0], const_cast<char* const*>(words.data()));
    return fail({{.code = codes::container.enroot,
                  .key = "container",
                  .source = {},
                  .message = fmt::format("enroot cannot be started: {}", std::strerror(errno)),
                  .fix = "run the command on a host that has enroot"}});
}

}  // namespace

int image(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    const Expected<config::Resolved> resolved =
        config::compose(query::compose_request(subject_of(arguments), *context));
    if (!resolved) return fail(resolved.error());
    const storage::Host host = storage::this_host();
    Diagnostics notes;
    const auto found = planner::image_of(resolved->root,
                                         {.environment = context->where.environment,
                                          .host = host,
                                          .working_directory = context->where.working_directory},
                                         notes);
    if (!found) return fail(found.error());
    print_diagnostics(notes);
    const std::optional<std::string> uri = *found ? planner::import_uri(**found) : std::nullopt;
    if (!uri)
        return fail({{.code = codes::container.nothing_to_import,
                      .key = "container",
                      .source = {},
                      .message = *found ? fmt::format("{} is a file already", **found)
                                        : std::string("the recipe has no container"),
                      .fix = *found ? std::string() : std::string("container=HOST#IMAGE:TAG")}});
    const std::string file = storage::normal(directory_for_images(resolved->root, context->where.working_directory) +
                                             '/' + planner::file_name_for(**found));
    say("enroot import -o {} {}\n", slurm_text::shell_quoted(file), slurm_text::shell_quoted(*uri));
    return arguments.run ? run(file, *uri) : exit_good;
}

}  // namespace recipe::cli
