// What the program reads and where it writes.
#include "validate/rule.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace recipe::validate {
namespace {

using family::Key;

bool is_true(const Found& found) {
    return found.given() && found.value->as_bool() == true;
}

bool is_empty(const Found& found) {
    if (!found.given()) return true;
    const std::string* text = found.value->as_string();
    return text != nullptr ? text->empty() : found.value->is_list() && found.value->size() == 0;
}

bool missing_applies(const Subject& s) {
    // Without a data section the adapter falls back to synthetic data; multi-modal data has other sources.
    if (s.family.layout != family::Layout::fsdp || !s.family.has(Key::data)) return false;
    const Found data = s.find(Key::data);
    return data.given() && data.value->is_map() && !is_true(s.find(Key::synthetic)) &&
           is_empty(s.find(Key::train_data)) && !is_true(s.find(Key::multi_modal));
}

Findings missing(const Subject& s) {
    const Found train_dir = s.find(Key::train_data);
    const Found synthetic = s.find(Key::synthetic);
    return {{.at = train_dir,
             .message =
                 fmt::format("there is nothing to train on: {} is not set and {} is off", train_dir.key, synthetic.key),
             .fix = s.set(synthetic, "True")}};
}

bool results_relative_applies(const Subject& s) {
    const Found directory = s.find("run.results_dir");
    const std::string* path = directory.given() ? directory.value->as_string() : nullptr;
    return path != nullptr && !path->starts_with('/');
}

/// Whether shell and override grammar leave the text alone.
bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-' || c == '/';
    });
}

Findings results_relative(const Subject& s) {
    const Found directory = s.find("run.results_dir");
    const std::string& path = *directory.value->as_string();
    // "None/…" is what ${base_results_dir}/… becomes when that is null.
    if (path.starts_with("None/") && s.root.find("base_results_dir") != nullptr &&
        s.root.find("base_results_dir")->is_null())
        return {{.at = directory,
                 .message = fmt::format("{} is {}, because base_results_dir is not set", directory.key,
                                        shown(*directory.value)),
                 .fix = "--recipe-set=base_results_dir=$PWD/results"}};
    return {{.at = directory,
             .message = fmt::format("{} is {}, which is another directory wherever it is read; it must be absolute",
                                    directory.key, shown(*directory.value)),
             .fix = is_plain(path) ? s.set(directory, "$PWD/" + path) : std::string()}};
}

constexpr std::array<Rule, 1> data_table{{
    {{"data.missing", "A recipe has a training directory or uses synthetic data.",
      "aws/sagemaker-hyperpod-training-adapter-for-nemo, conf/config_schemas.py: \"'train_dir' is required\""},
     missing_applies,
     missing},
}};

constexpr std::array<Rule, 1> paths_table{{
    {{"paths.results_relative", "run.results_dir is an absolute path.",
      "sbatch(1) --chdir and container working directories: a relative path means another place in each"},
     results_relative_applies,
     results_relative},
}};

}  // namespace

std::span<const Rule> data_rules() {
    return data_table;
}
std::span<const Rule> paths_rules() {
    return paths_table;
}

}  // namespace recipe::validate
