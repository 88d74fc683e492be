// SPDX-License-Identifier: Apache-2.0
// Asks pyxis for the recipe's container.
#include "spank/node/container.hpp"

#include "spank/host/say.hpp"
#include "spank/node/step_facts.hpp"
#include "spank/plugin/pyxis_options.hpp"
#include "trace/trace.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace recipe::spank {
namespace {

/// Never freed: slurmstepd ends with exit() while its other threads run.
PyxisRequest* handed = nullptr;

/// Variables that pyxis 0.21 and later take for options which nobody gave. `no`: the option that a variable means which
/// says no; null: it holds a text.
struct Exported {
    const char* variable;
    const char* yes;
    const char* no = nullptr;
};
constexpr std::array exported{
    Exported{"PYXIS_CONTAINER_IMAGE", "container_image"},
    Exported{"PYXIS_CONTAINER_MOUNTS", "container_mounts"},
    Exported{"PYXIS_CONTAINER_WORKDIR", "container_workdir"},
    Exported{"PYXIS_CONTAINER_MOUNT_HOME", "container_mount_home", "no_container_mount_home"},
    Exported{"PYXIS_CONTAINER_REMAP_ROOT", "container_remap_root", "no_container_remap_root"},
    Exported{"PYXIS_CONTAINER_WRITABLE", "container_writable", "container_readonly"},
    Exported{"PYXIS_CONTAINER_READONLY", "container_readonly", "container_writable"},
};

std::optional<bool> read_choice(const std::string& text) {
    for (const char* yes : {"1", "true", "yes", "y"})
        if (text == yes) return true;
    for (const char* no : {"0", "false", "no", "n"})
        if (text == no) return false;
    return std::nullopt;
}

using Given = std::map<std::string, std::string, std::less<>>;

bool has_either(const Given& given, const Exported& of) {
    return given.contains(of.yes) || (of.no != nullptr && given.contains(of.no));
}

/// By option's name without pyxis' prefix.
Given given_options(spank_t spank) {
    Given given;
    constexpr std::size_t prefix = sizeof RECIPE_PYXIS_OPTION - 1;
    for (const PyxisVariable& variable : pyxis_variables) {
        std::optional<std::string> value = job_variable(spank, variable.option);
        if (!value) value = job_variable(spank, variable.own);
        if (value) given.emplace(variable.option + prefix, std::move(*value));
    }
    return given;
}

/// What the user exported counts like an option, also for a pyxis that does not read the variables.
Given exported_options(spank_t spank, const Given& given) {
    Given more;
    for (const Exported& one : exported) {
        const std::optional<std::string> value = job_variable(spank, one.variable);
        if (!value || value->empty() || has_either(given, one) || has_either(more, one)) continue;
        if (one.no == nullptr)
            more.emplace(one.yes, *value);
        else if (const auto choice = read_choice(*value))
            more.emplace(*choice ? one.yes : one.no, "");
    }
    return more;
}

// Where enroot's packages look for hooks.
constexpr const char* enroot_hook = "/etc/enroot/hooks.d/50-recipe-mounts.sh";

/// Those that a node may lack, where the hook is installed: enroot goes on without them, and pyxis from 0.21 on, which
/// checks the sources of its option, does not.
std::vector<plan::Mount> take_optional(plan::Container& container) {
    std::vector<plan::Mount> optional;
    if (access(enroot_hook, X_OK) != 0) return optional;
    const auto kept =
        std::ranges::stable_partition(container.mounts, [](const plan::Mount& mount) { return !mount.optional; });
    optional.assign(kept.begin(), kept.end());
    container.mounts.erase(kept.begin(), kept.end());
    return optional;
}

void give(spank_t spank, std::string_view option, const std::string& value) {
    const std::string name = RECIPE_PYXIS_OPTION + std::string(option);
    trace::debug([&] { return "pyxis gets " + std::string(option) + '=' + value; });
    const spank_err_t rc = spank_setenv(spank, name.c_str(), value.c_str(), 0);
    if (rc != ESPANK_SUCCESS && rc != ESPANK_ENV_EXISTS)
        say_error(fmt::format("{} cannot be set: {}", name, spank_strerror(rc)));
}

}  // namespace

const PyxisRequest* pyxis_request() {
    return handed;
}

void request_container(spank_t spank) {
    spank_unsetenv(spank, node::hook_variable);  // of an outer step
    const std::string json = job_variable(spank, plan::job_variable, plan::max_bytes).value_or("");
    Expected<plan::LaunchPlan> plan = plan::from_json_without_config(json);
    if (!plan || !plan->container) return;

    Given given = given_options(spank);
    const Given more = exported_options(spank, given);
    for (const auto& [option, value] : more) give(spank, option, value);
    given.insert(more.begin(), more.end());
    const node::Lookup own = [&](const std::string& option) -> std::optional<std::string> {
        const auto found = given.find(option);
        return found == given.end() ? std::nullopt : std::optional(found->second);
    };

    const std::vector<plan::Mount> optional = take_optional(*plan->container);
    node::PyxisShare share = node::pyxis_share(*plan->container, own);
    share.by_hook.insert(share.by_hook.end(), optional.begin(), optional.end());
    for (const node::PyxisOption& option : share.options) give(spank, option.name, option.value);
    trace::debug([&] { return std::to_string(share.by_hook.size()) + " mounts are left to enroot's hook"; });
    if (!share.by_hook.empty()) spank_setenv(spank, node::hook_variable, node::hook_mounts(share.by_hook).c_str(), 1);
    handed = new PyxisRequest{.container = std::move(*plan->container),
                              .by_hook = share.by_hook,
                              .mounts_without_hook = node::mounts_problem(share.by_hook, own),
                              .image_hint = {},
                              .own_image = own("container_image").has_value()};
    handed->image_hint = node::image_hint(handed->container, own);
}

void clear_pyxis_variables(spank_t spank) {
    for (const PyxisVariable& variable : pyxis_variables) {
        spank_unsetenv(spank, variable.option);
        spank_unsetenv(spank, variable.own);
    }
}

bool pyxis_is_loaded() {
    std::vector<std::string> objects;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* names) {
            static_cast<std::vector<std::string>*>(names)->emplace_back(info->dlpi_name);
            return 0;
        },
        &objects);
    for (const std::string& path : objects) {
        void* object = path.empty() ? nullptr : dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
        if (object == nullptr) continue;
        const void* name = dlsym(object, "plugin_name");
        const bool found = name != nullptr && std::strcmp(static_cast<const char*>(name), "pyxis") == 0;
        dlclose(object);
        if (found) return true;
    }
    return false;
}

}  // namespace recipe::spank
