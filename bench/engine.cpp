// SPDX-License-Identifier: Apache-2.0
// Times the recipe engine on a warm machine, end to end: read, compose, override, interpolate. All of it is this
// process's own work (the files are in the page cache), so its processor time is what is measured: other programs then
// disturb less.
//
//   bench_engine SOURCE_DIR              one line of JSON per figure: {"name","value","unit","target"}
//   bench_engine SOURCE_DIR --rounds N   the same of fewer or more runs than 400
//   bench_engine SOURCE_DIR --repeat N   composes N times and prints nothing: for callgrind, which measures the
//   difference of two N
#include "config/config.hpp"
#include "family/family.hpp"
#include "plan/plan.hpp"
#include "planner/launch_plan.hpp"
#include "planner/who_runs.hpp"
#include "validate/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string_view>

namespace {

using namespace recipe;
namespace fs = std::filesystem;

constexpr int usual_rounds = 400;
constexpr int rounds_of_large = 40;
constexpr int keys_of_large = 10'000;
constexpr int references_of_large = 5'000;

/// What bench/run and docs/cost.md call the seed recipe with seven overrides.
config::ComposeRequest seed_request(const fs::path& collection) {
    config::ComposeRequest request{.collections = {collection}, .recipe = "training/llama/llama3_2_1b_pretrain"};
    request.environment = {{"PWD", "/home/someone"}};
    request.working_directory = "/home/someone";
    for (const char* text :
         {"instance_type=g5.48xlarge", "trainer.num_nodes=4", "model.tensor_model_parallel_degree=4", "model.fp8=False",
          "model.data.use_synthetic_data=true", "trainer.max_steps=100", "+model.optim.eps=1e-8"})
        request.overrides.push_back({text, fmt::format("override {}", request.overrides.size() + 1)});
    return request;
}

[[noreturn]] void give_up(std::string_view why) {
    fmt::print(stderr, "bench_engine: {}\n", why);
    std::exit(1);
}

[[noreturn]] void give_up(const Diagnostics& problems) {
    give_up(problems.front().message);
}

double processor_milliseconds() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

double milliseconds(const std::function<void()>& work) {
    const double start = processor_milliseconds();
    work();
    return processor_milliseconds() - start;
}

/// The median, and what the quickest tenth does not exceed: on a busy machine the second says more of the program.
struct Times {
    double median;
    double quick;
};

Times time_of(const std::function<void()>& work, int count) {
    for (int i = 0; i < count / 10 + 1; ++i) work();
    std::vector<double> times;
    for (int i = 0; i < count; ++i) times.push_back(milliseconds(work));
    std::ranges::sort(times);
    return {times[times.size() / 2], times[times.size() / 10]};
}

void compose_once(const config::ComposeRequest& request) {
    const auto resolved = config::compose(request);
    if (!resolved) give_up(resolved.error());
}

void read_once(const std::vector<fs::path>& files) {
    for (const fs::path& file : files) {
        const auto document = config::load_yaml(file);
        if (!document) give_up(document.error());
    }
}

/// Half plain values in maps of a hundred, half references to them.
std::string large_recipe(int keys, int references) {
    std::string text;
    for (int i = 0; i < keys - references; ++i) {
        if (i % 100 == 0) text += fmt::format("plain_{}:\n", i / 100);
        text += fmt::format("  key_{}: {}\n", i, i);
    }
    for (int i = 0; i < references; ++i) {
        const int target = i % (keys - references);
        if (i % 100 == 0) text += fmt::format("linked_{}:\n", i / 100);
        text += fmt::format("  link_{}: ${{recipes.plain_{}.key_{}}}\n", i, target / 100, target);
    }
    return text;
}

void print(std::string_view name, const Times& times, double target) {
    fmt::print("{{\"name\":\"{}\",\"value\":{:.4f},\"quick\":{:.4f},\"unit\":\"ms\",\"target\":{}}}\n", name,
               times.median, times.quick, target);
}

struct Folder {
    fs::path path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "recipe-bench.XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) give_up("failed");
        path = name;
    }
    ~Folder() {
        std::error_code error;
        fs::remove_all(path, error);
    }
};

void write(const fs::path& file, std::string_view text) {
    std::FILE* stream = std::fopen(file.c_str(), "w");
    if (stream == nullptr || std::fwrite(text.data(), 1, text.size(), stream) != text.size() ||
        std::fclose(stream) != 0)
        give_up("failed");
}

fs::path write_large(const Folder& folder, int keys) {
    write(folder.path / "config.yaml", "defaults:\n  - _self_\n");
    const fs::path file = folder.path / "recipes" / fmt::format("keys_{}.yaml", keys);
    fs::create_directories(file.parent_path());
    write(file, large_recipe(keys, keys * references_of_large / keys_of_large));
    return file;
}

Times time_of_large(const Folder& folder, int keys) {
    write_large(folder, keys);
    const config::ComposeRequest request{.collections = {folder.path}, .recipe = fmt::format("keys_{}", keys)};
    return time_of([&] { compose_once(request); }, rounds_of_large);
}

/// What a resolved recipe is checked against, and what becomes of it.
struct Judgement {
    /// Every rule, the memory model among them, and the plan as it travels. False: refused.
    [[nodiscard]] static bool judge(const planner::SubmitRequest& request, const planner::Composition& composition) {
        const planner::Checked checked{
            .result = validate::check(composition.resolved,
                                      {.hardware = composition.catalogue, .families = composition.families})};
        if (has_errors(checked.result.diagnostics)) return false;
        Diagnostics notes;
        auto job = planner::make_job(request, composition, checked, notes);
        if (!job) return false;
        return !has_errors(planner::finish(request, composition, checked, {.job = std::move(*job)}).diagnostics);
    }

    hardware::Catalogue hardware;
    family::Families families;
};

/// `accepted`: what the overrides lead to, so that what is timed is what its name says.
Times time_of_judgement(const Judgement& judgement, config::ComposeRequest request,
                        const std::vector<std::string>& overrides, bool accepted, int rounds) {
    for (const std::string& text : overrides) request.overrides.push_back({text, "override"});
    auto resolved = config::compose(request);
    if (!resolved) give_up(resolved.error());
    const planner::SubmitRequest submission{.needs_entry = true};
    auto families = planner::families_run_by(planner::who_runs(*resolved, true), resolved->root, judgement.families);
    if (!families) give_up(families.error());
    const planner::Composition composition{
        .resolved = std::move(*resolved), .catalogue = judgement.hardware, .families = std::move(*families)};
    const auto judge = [&] { return Judgement::judge(submission, composition); };
    if (judge() != accepted) give_up("the recipe was not judged as expected");
    return time_of([&] { static_cast<void>(judge()); }, rounds);
}

void measure(const fs::path& source, int rounds) {
    const fs::path collection = source / "recipes_collection";
    const config::ComposeRequest request = seed_request(collection);
    print("engine-seed", time_of([&] { compose_once(request); }, rounds), 1.2);
    const std::vector<fs::path> files = {collection / "config.yaml", collection / "cluster/slurm.yaml",
                                         collection / "recipes/training/llama/llama3_2_1b_pretrain.yaml"};
    print("engine-seed-yaml", time_of([&] { read_once(files); }, rounds), 1.0);
    const Judgement judgement;
    print("judge-seed", time_of_judgement(judgement, request, {}, true, rounds), 0.3);
    // Refused for its memory, with the search for what would fit.
    print("judge-refused",
          time_of_judgement(judgement, request, {"model.tensor_model_parallel_degree=1"}, false, rounds), 0.3);
    print("data-files", time_of([] { const Judgement made; }, rounds), 1.0);
    const Folder folder;
    print("engine-1000-keys", time_of_large(folder, keys_of_large / 10), 10);
    print("engine-10000-keys", time_of_large(folder, keys_of_large), 100);
    const fs::path large = write_large(folder, keys_of_large);
    print("engine-10000-keys-yaml", time_of([&] { read_once({large}); }, rounds_of_large), 100);
}

}  // namespace

int main(int argc, char** argv) {
    const bool few = argc == 4 && std::string_view(argv[2]) == "--rounds" && std::atoi(argv[3]) > 0;
    if (argc == 2 || few) {
        measure(argv[1], few ? std::atoi(argv[3]) : usual_rounds);
        return 0;
    }
    if (argc == 4 && std::string_view(argv[2]) == "--repeat") {
        const config::ComposeRequest request = seed_request(fs::path(argv[1]) / "recipes_collection");
        for (int i = std::atoi(argv[3]); i > 0; --i) compose_once(request);
        return 0;
    }
    fmt::print(stderr, "usage: bench_engine SOURCE_DIR [--rounds N | --repeat N]\n");
    return 2;
}
