// SPDX-License-Identifier: Apache-2.0
// srecipe new: writes a small recipe of the user's own, to be edited.
#include "context.hpp"

#include "config/config.hpp"
#include "diagnostic/codes/tools.hpp"
#include "storage/storage.hpp"
#include "storage/write_all.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace recipe::cli {
namespace {

namespace fs = std::filesystem;
using config::Value;

Diagnostic problem(std::string message, std::string fix = {}) {
    return {.code = codes::cli.new_recipe, .message = std::move(message), .fix = std::move(fix)};
}

/// A text as YAML reads it back, within brackets too. JSON's strings are YAML's.
std::string quoted(const std::string& text) {
    const auto read = config::parse_yaml("[" + text + "]", "a text");
    const bool plain = read && read->size() == 1 && read->items().front() == Value::string(text);
    return plain ? text : config::to_json(Value::string(text));
}

/// What the new recipe is made of.
struct NewRecipe {
    fs::path file;            // as it was typed
    fs::path folder;          // that it lies in, absolute
    std::string name;         // of the run
    std::string base;         // what it builds on; empty: nothing
    std::string program;      // as the recipe says it; empty: the base's
    bool has_results = true;  // the collection says where results go
};

constexpr std::string_view optional_sections =
    R"(
# What a job may need besides; `srecipe show FILE --origin` tells where each value comes from.
# container: /shared/images/train.sqsh
# instance_type: p5.48xlarge
# cluster: {partition: gpu, account: mine}
# env_vars: {NCCL_DEBUG: INFO}
)";

std::string launch_of(const NewRecipe& recipe) {
    if (recipe.program.empty())
        return "\n# launch: {entry_script: train.py}  # a program of your own, beside this file\n";
    return fmt::format(
        "\nlaunch:\n"
        "  entry_script: {}  # looked for beside this file; the file that RECIPE_CONFIG names has what\n"
        "    # this one says, resolved\n"
        "  args: []  # of the program\n",
        quoted(recipe.program));
}

std::string text_of(const NewRecipe& recipe) {
    std::string text =
        fmt::format("# Submit it with: sbatch --recipe={0}\n# What is wrong with it says: srecipe check {0}\n\n",
                    recipe.file.string());
    if (!recipe.base.empty())
        text += fmt::format("defaults: [{}]  # what is not said below, that recipe says\n\n", quoted(recipe.base));
    text += fmt::format("run:\n  name: {}\n  {}time_limit: \"01:00:00\"  # keep the quotes\n\n", quoted(recipe.name),
                        recipe.base.empty() ? "" : "# ");
    text += recipe.base.empty() ? "trainer:\n  num_nodes: 1\n  devices: 1  # processes per node: one per GPU\n"
                                  "  accelerator: cpu  # or gpu\n\n"
                                  "# Whatever the program reads besides, under names of its own.\nmodel:\n  width: 64\n"
                                : "# trainer: {num_nodes: 1}\n";
    text += launch_of(recipe) + std::string(optional_sections);
    // HyperPod's collection leaves it null, and nothing can run so.
    return text + (recipe.has_results
                       ? "# base_results_dir: /shared/results  # on storage that every node mounts; else ./results\n"
                       : "base_results_dir: ${oc.env:PWD}/results  # on storage that every node mounts\n");
}

/// Nothing that is there is written over, whoever makes it meanwhile.
Expected<void> write_new(const fs::path& file, const std::string& text) {
    const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST)
        return refuse(problem(fmt::format("{} is there already, and is left as it is", file.string())));
    if (descriptor < 0)
        return refuse(problem(fmt::format("{} cannot be made: {}", file.string(), std::strerror(errno))));
    const bool written = storage::write_all(descriptor, text);
    const int error = errno;
    const bool closed = ::close(descriptor) == 0;
    if (written && closed) return {};
    ::unlink(file.c_str());
    return refuse(problem(fmt::format("{} cannot be written: {}", file.string(), std::strerror(error))));
}

Expected<NewRecipe> place_of(const Arguments& arguments, const query::Context& context) {
    NewRecipe recipe{.file = arguments.recipe};
    if (recipe.file.extension() != ".yaml" || recipe.file.stem().empty())
        return refuse(problem(fmt::format("a recipe's file ends in .yaml; `{}` does not", arguments.recipe),
                              fmt::format("srecipe new {}.yaml", arguments.recipe)));
    const fs::path file = (context.where.working_directory / recipe.file).lexically_normal();
    std::error_code error;
    if (!storage::answers(file.string())) return refuse(problem("its file server does not answer"));
    recipe.folder = fs::weakly_canonical(file.parent_path(), error);
    recipe.name = file.stem().string();
    for (const fs::path& collection : context.collections) {
        const std::string inside =
            recipe.folder.lexically_relative(fs::weakly_canonical(collection / "recipes", error)).string();
        if (!inside.empty() && !inside.starts_with(".."))
            return refuse(
                problem(fmt::format("{} would lie in the collection {}, whose recipes name no program of their "
                                    "own; write it elsewhere",
                                    recipe.file.string(), collection.string())));
    }
    return recipe;
}

/// The program as the recipe names it: from its own folder when it lies there or below, else by its whole path.
std::string program_of(const fs::path& typed, const NewRecipe& recipe, const query::Context& context) {
    const fs::path beside = recipe.folder / typed;
    const fs::path here = context.where.working_directory / typed;
    const fs::path found = storage::exists(here.string()) || !storage::exists(beside.string()) ? here : beside;
    if (!storage::answers(found.string())) return found.string();  // said once, at the end
    std::error_code error;
    const fs::path real = fs::weakly_canonical(found, error);
    const fs::path inside = real.lexically_relative(recipe.folder);
    return inside.empty() || inside.string().starts_with("..") ? real.string() : inside.string();
}

/// How a recipe file names what it builds on: by the name that a collection has it under, or by the way to a file.
Expected<std::string> base_of(const std::string& from, const NewRecipe& recipe, const query::Context& context) {
    auto resolved = config::compose_unresolved(query::compose_request({.recipe = from, .overrides = {}}, context));
    if (!resolved) return std::unexpected(std::move(resolved.error()));
    if (resolved->root.find("recipes") == nullptr)
        return refuse(problem(fmt::format("{} is custom training, on which no recipe can build; copy it", from)));
    if (!resolved->outside) return resolved->recipe;
    std::error_code error;
    fs::path way = fs::weakly_canonical(resolved->recipe_file, error).lexically_relative(recipe.folder);
    way.replace_extension();
    return way.string();
}

bool says_where_results_go(const query::Context& context) {
    const auto root = config::compose_unresolved(query::compose_request({.recipe = {}, .overrides = {}}, context));
    const Value* base = root ? root->root.find("base_results_dir") : nullptr;
    return base != nullptr && !base->is_null();
}

Expected<NewRecipe> make(const Arguments& arguments, const query::Context& context) {
    Expected<NewRecipe> recipe = place_of(arguments, context);
    if (!recipe) return recipe;
    recipe->has_results = says_where_results_go(context);
    fs::path program = arguments.program;
    const bool beside = storage::is_file((recipe->folder / "train.py").string());
    if (program.empty() && arguments.from.empty() && beside) program = recipe->folder / "train.py";
    if (!program.empty()) recipe->program = program_of(program, *recipe, context);
    if (!program.empty() && arguments.from.empty()) return recipe;
    // Without a program the collection's own recipe is built on, and its program runs.
    Expected<std::string> base = base_of(arguments.from, *recipe, context);
    if (!base) return std::unexpected(std::move(base.error()));
    recipe->base = std::move(*base);
    return recipe;
}

}  // namespace

int new_recipe(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    const Expected<NewRecipe> recipe = make(arguments, *context);
    if (!recipe) return fail(recipe.error());
    if (const Expected<void> done = write_new(recipe->file, text_of(*recipe)); !done) return fail(done.error());
    say("{0} is written. Edit it, then: sbatch --recipe={0}\n", recipe->file.string());
    std::fflush(stdout);
    check(arguments);  // says at once what is wrong; the file is there in any case
    return exit_good;
}

}  // namespace recipe::cli
