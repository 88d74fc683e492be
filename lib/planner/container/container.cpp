// SPDX-License-Identifier: Apache-2.0
// Which paths a recipe must find in its container, and what it says to pyxis.
#include "planner/container/container.hpp"

#include "diagnostic/codes/launch.hpp"
#include "planner/container/writes.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::planner {
namespace {

using config::Value;
using family::Key;

/// Where Hugging Face's libraries and torch keep what they download.
constexpr std::array cache_variables{"HF_HOME", "HF_HUB_CACHE", "HF_DATASETS_CACHE", "TRANSFORMERS_CACHE",
                                     "TORCH_HOME"};
constexpr std::string_view default_cache = "/.cache/huggingface";
/// HyperPod's log agent reads it.
constexpr const char* cluster_logs = "/var/log/aws/clusters";

bool is_absolute(const std::string* text) {
    return text != nullptr && text->starts_with('/') && text->find('\0') == std::string::npos;
}

class MountRequests {
public:
    explicit MountRequests(const PathContext& here) : here_(here) {}

    /// A path at its own place.
    void add(const std::string& path, bool read_only, std::string reason, std::string key = {}, Source where = {},
             bool is_made = false) {
        requests_.push_back({.mount = {path, path, read_only, std::move(reason), false},
                             .key = std::move(key),
                             .where = std::move(where),
                             .is_made = is_made});
    }
    void add_if_here(const std::string& path, bool read_only, std::string reason) {
        if (path.starts_with('/') && here_.host.status_of(path).exists)
            requests_.push_back({.mount = {path, path, read_only, std::move(reason), true}, .key = {}, .where = {}});
    }
    void add(MountRequest request) { requests_.push_back(std::move(request)); }
    std::vector<MountRequest> take() { return std::move(requests_); }

private:
    const PathContext& here_;
    std::vector<MountRequest> requests_;
};

/// The absolute paths among one text, or a list of them; of a list of data files, their directories.
void add_data(MountRequests& requests, const Value& root, const family::Family& family, Key key, const char* reason) {
    if (!family.has(key)) return;
    const Value* value = family.value(root, key);
    if (value == nullptr) return;
    const std::string name = config::typed_key(root, family.path(root, key));
    if (is_absolute(value->as_string()))
        requests.add(*value->as_string(), true, reason, name, value->position().source(), true);
    for (const Value& item : value->items())
        if (is_absolute(item.as_string()))
            requests.add(*item.as_string(), true, reason, name, item.position().source(), true);
}

void add_caches(MountRequests& requests, const Job& job, const PathContext& here) {
    bool has_home = false;
    for (const char* name : cache_variables) {
        const auto planned = std::ranges::find(job.environment, name, &plan::Variable::name);
        const auto exported = here.environment.find(name);
        if (planned != job.environment.end())
            requests.add_if_here(planned->value, false, name);
        else if (exported != here.environment.end())
            requests.add_if_here(exported->second, false, name);
        else
            continue;
        has_home = has_home || std::string_view(name) == "HF_HOME";
    }
    const auto home = here.environment.find("HOME");
    if (!has_home && home != here.environment.end())
        requests.add_if_here(home->second + std::string(default_cache), false, "Hugging Face's cache");
}

/// A clone lies in the results directory; a program that `git`, the family or custom training names may be the image's
/// own.
void add_code(MountRequests& requests, const Value& root, const Job& job) {
    constexpr const char* repository = "git.repo_url_or_path";
    const Value* place = root.at(repository);
    if (job.program.code)
        requests.add(job.results_dir, false, repository, repository, {}, true);
    else if (place != nullptr && is_absolute(place->as_string()))
        requests.add(*place->as_string(), false, repository, repository, place->position().source());
    const plan::Entry& entry = job.program.entry;
    const std::string& program = entry.program;
    if (program.empty() || (!entry.directory.empty() && program.starts_with(entry.directory + '/'))) return;
    const std::string directory = program.substr(0, std::max<std::size_t>(program.rfind('/'), 1));
    if (entry.config_arguments || root.find("training_cfg") != nullptr)
        requests.add_if_here(directory, false, "entry script");
    else
        requests.add(directory, false, "entry script", "launch.entry_script", {}, true);
}

void add_wanted(MountRequests& requests, const Value& root, Diagnostics& problems) {
    const Value* list = root.at("cluster.container_mounts");
    if (list == nullptr || list->is_null()) return;
    std::size_t index = 0;
    for (const Value& item : list->items()) {
        std::string key = fmt::format("cluster.container_mounts[{}]", index++);
        if (item.is_null()) continue;
        Expected<plan::Mount> mount = read_mount(config::to_python_text(item));
        if (!mount) {
            for (Diagnostic& problem : mount.error()) {
                problem.key = key;
                problem.source = item.position().source();
            }
            append(problems, std::move(mount.error()));
            continue;
        }
        mount->reason = key;
        requests.add(
            MountRequest{.mount = std::move(*mount), .key = std::move(key), .where = item.position().source()});
    }
}

/// `--name=value` of srun, for pyxis.
struct ContainerSwitch {
    std::string_view name;
    void (*take)(plan::Container&, std::string_view value);
};

constexpr std::array container_switches{
    ContainerSwitch{"--container-mount-home", [](plan::Container& c, std::string_view) { c.mount_home = true; }},
    ContainerSwitch{"--no-container-mount-home", [](plan::Container& c, std::string_view) { c.mount_home = false; }},
    ContainerSwitch{"--container-remap-root", [](plan::Container& c, std::string_view) { c.remap_root = true; }},
    ContainerSwitch{"--no-container-remap-root", [](plan::Container& c, std::string_view) { c.remap_root = false; }},
    ContainerSwitch{"--container-writable", [](plan::Container& c, std::string_view) { c.writable = true; }},
    ContainerSwitch{"--container-readonly", [](plan::Container& c, std::string_view) { c.writable = false; }},
    ContainerSwitch{"--container-workdir",
                    [](plan::Container& c, std::string_view value) { c.workdir = std::string(value); }},
};

}  // namespace

std::vector<MountRequest> mount_requests_of(const Value& root, const family::Family& family, const Job& job,
                                            const PathContext& here, Diagnostics& found) {
    MountRequests requests(here);
    std::vector<Write> writes = writes_of(root, family, job.results_dir);
    for (Write& write : logs_of(root, family)) writes.push_back(std::move(write));
    for (const Write& write : writes) {
        // The job's own directory has its number in its name, and lies in one that has not.
        const std::size_t number = write.path.find("/%j");
        requests.add(write.path.substr(0, number), false, write.key, write.key, write.where, true);
    }
    add_data(requests, root, family, Key::train_data, "training data");
    add_data(requests, root, family, Key::validation_data, "validation data");
    if (const Value* model = family.has(Key::model_name) ? family.value(root, Key::model_name) : nullptr;
        model != nullptr && is_absolute(model->as_string()))
        requests.add_if_here(*model->as_string(), true, "model");
    add_code(requests, root, job);
    add_caches(requests, job, here);
    add_wanted(requests, root, found);
    requests.add_if_here(cluster_logs, false, "HyperPod's logs");
    return requests.take();
}

SrunArguments srun_arguments_of(const Value& root, Diagnostics& found) {
    SrunArguments arguments;
    const Value* list = root.at("cluster.srun_args");
    if (list == nullptr || list->is_null()) return arguments;
    const auto fail = [&](const Value& at, std::string message) {
        found.push_back({.code = codes::container.srun_argument,
                         .key = "cluster.srun_args",
                         .source = at.position().source(),
                         .message = std::move(message),
                         .fix = {}});
    };
    if (!list->is_list()) {
        fail(*list, "cluster.srun_args is a list of srun's options");
        return arguments;
    }
    for (const Value& item : list->items()) {
        if (item.is_null()) continue;
        const std::string argument = config::to_python_text(item);
        const std::string_view name = std::string_view(argument).substr(0, argument.find('='));
        const std::string_view value = std::string_view(argument).substr(std::min(name.size() + 1, argument.size()));
        const auto* option = std::ranges::find(container_switches, name, &ContainerSwitch::name);
        if (name == "--container-image" || name == "--container-mounts")
            fail(item, fmt::format("{} stands in {}", name,
                                   name == "--container-image" ? "container" : "cluster.container_mounts"));
        else if (option == container_switches.end())
            arguments.others.push_back(argument);
        else if (name == "--container-workdir" && !value.starts_with('/'))
            fail(item, "--container-workdir=PATH takes an absolute path");
        else
            option->take(arguments.switches, value);
    }
    return arguments;
}

ContainerSetup container_of(const SubmitRequest& request, const Composition& composition, const Job& job,
                            Diagnostics& found) {
    const Value& root = composition.root();
    const PathContext here{
        .environment = request.environment,
        .host = request.host,
        .working_directory = request.job_directory.empty() ? request.working_directory : request.job_directory};
    Expected<std::optional<std::string>> image = image_of(root, here, found);
    if (!image) {
        append(found, std::move(image.error()));
        return {};
    }
    SrunArguments arguments = srun_arguments_of(root, found);
    ContainerSetup setup{.container = {}, .srun_arguments = std::move(arguments.others)};
    if (!*image) return setup;
    setup.container = std::move(arguments.switches);
    setup.container->image = std::move(**image);
    setup.container->mounts =
        mounts_of(mount_requests_of(root, composition.family(), job, here, found), request.host, found);
    return setup;
}

}  // namespace recipe::planner
