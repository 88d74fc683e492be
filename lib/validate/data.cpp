// SPDX-License-Identifier: Apache-2.0
// What the program reads and where it writes.
#include "validate/rule.hpp"

#include "diagnostic/codes/model.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

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

// --- where the data is ---------------------------------------------------------------------------------------------

/// The texts of a value that is one or a list of them.
std::vector<const std::string*> texts_of(const Found& found) {
    std::vector<const std::string*> texts;
    if (!found.given()) return texts;
    if (const std::string* text = found.value->as_string()) texts.push_back(text);
    for (const config::Value& item : found.value->items())
        if (const std::string* text = item.as_string()) texts.push_back(text);
    return texts;
}

bool none_given_applies(const Subject& s) {
    // The adapter's rule is data.missing; NeMo has mock data, and Amazon's programs take theirs from elsewhere.
    return (s.family.layout == family::Layout::neuron || s.family.layout == family::Layout::ranks) &&
           s.family.has(Key::train_data) && s.find(Key::train_data).value != nullptr &&
           is_empty(s.find(Key::train_data));
}

Findings none_given(const Subject& s) {
    const Found data = s.find(Key::train_data);
    return {{.at = data, .message = fmt::format("there is nothing to train on: {} is not set", data.key), .fix = {}}};
}

bool synthetic_images_applies(const Subject& s) {
    return s.family.layout == family::Layout::fsdp && s.is_on(Key::multi_modal) && s.is_on(Key::synthetic);
}

Findings synthetic_images(const Subject& s) {
    const Found synthetic = s.find(Key::synthetic);
    return {{.at = synthetic,
             .message = fmt::format("{} is on, which the adapter does not do with {}", synthetic.key,
                                    s.find(Key::multi_modal).key),
             .fix = s.set(synthetic, "False")}};
}

bool files_applies(const Subject& s) {
    return s.host != nullptr && (s.family.has(Key::train_data) || s.family.has(Key::validation_data));
}

/// What is known of a path on this host. The job may run elsewhere, or in a container with other folders.
enum class Readability : std::uint8_t { readable, denied, absent };

Readability readability_of(const storage::Host& host, const std::string& path) {
    const int error = host.access(path).read_error;
    if (error == 0) return Readability::readable;
    return error == EACCES ? Readability::denied : Readability::absent;
}

/// Our trainer opens files; another program may read and write what it has a library for.
bool is_url_for_us(const Subject& s, std::string_view path) {
    return s.runs_our_trainer() && path.contains("://");
}

Finding url(const Found& found) {
    return {.at = found,
            .message = fmt::format("{} is {}, and the entry script works on files and directories only; mount the "
                                   "storage, or copy it",
                                   found.key, truncate(*found.value)),
            .fix = {}};
}

/// Whether shell and override grammar leave the text alone.
bool is_plain(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-' || c == '/';
    });
}

/// Of another program it may be the name of a dataset.
bool is_relative_for_us(const Subject& s, std::string_view path) {
    return s.runs_our_trainer() && !path.empty() && !path.starts_with('/');
}

Finding relative_data(const Subject& s, const Found& found, const std::string& path) {
    const bool whole = found.value->is_string() && is_plain(path);
    return {
        .at = found,
        .message = fmt::format("{} is {}, which counts from where a task runs, in a container from a directory of its "
                               "image; say the whole path",
                               found.key, truncate(config::Value::string(path))),
        .fix = whole ? s.set(found, "$PWD/" + path) : std::string()};
}

constexpr std::size_t max_paths = 16;  // that are checked

Findings files(const Subject& s) {
    Findings findings;
    std::size_t looked_at = 0;
    for (const Key key : {Key::train_data, Key::validation_data}) {
        if (!s.family.has(key) || (key == Key::train_data && s.is_on(Key::synthetic))) continue;
        const Found found = s.find(key);
        for (const std::string* path : texts_of(found)) {
            if (is_url_for_us(s, *path)) {
                findings.push_back(url(found));
                findings.back().severity = Severity::error;
            } else if (is_relative_for_us(s, *path)) {
                findings.push_back(relative_data(s, found, *path));
            }
            if (!path->starts_with('/') || looked_at == max_paths) continue;
            ++looked_at;
            const Readability readability = readability_of(*s.host, *path);
            if (readability == Readability::readable) continue;
            findings.push_back(
                {.at = found,
                 .message =
                     fmt::format("{} is {}, which {} on this host", found.key, truncate(config::Value::string(*path)),
                                 readability == Readability::denied ? "you may not read" : "is not there"),
                 .fix = {}});
        }
    }
    return findings;
}

// --- where the job writes ------------------------------------------------------------------------------------------

bool results_relative_applies(const Subject& s) {
    const Found directory = s.find("run.results_dir");
    const std::string* path = directory.given() ? directory.value->as_string() : nullptr;
    return path != nullptr && !path->starts_with('/');
}

Findings results_relative(const Subject& s) {
    const Found directory = s.find("run.results_dir");
    const std::string& path = *directory.value->as_string();
    // "None/…" is what ${base_results_dir}/… becomes when that is null.
    if (path.starts_with("None/") && s.root.find("base_results_dir") != nullptr &&
        s.root.find("base_results_dir")->is_null())
        return {{.at = directory,
                 .message = fmt::format("{} is {}, because base_results_dir is not set", directory.key,
                                        truncate(*directory.value)),
                 .fix = "--recipe-set=base_results_dir=$PWD/results"}};
    return {{.at = directory,
             .message = fmt::format("{} is {}, which is another directory wherever it is read; it must be absolute",
                                    directory.key, truncate(*directory.value)),
             .fix = is_plain(path) ? s.set(directory, "$PWD/" + path) : std::string()}};
}

/// The nearest folder above a path that is there; the root says that nothing of it is visible here.
std::filesystem::path visible_part(const storage::Host& host, std::filesystem::path path) {
    while (path.has_relative_path() && !host.access(path.string()).exists()) path = path.parent_path();
    return path;
}

bool results_denied_applies(const Subject& s) {
    if (s.host == nullptr) return false;
    const Found directory = s.find("run.results_dir");
    const std::string* path = directory.given() ? directory.value->as_string() : nullptr;
    return path != nullptr && path->starts_with('/') && path->size() < 4096;
}

Findings results_denied(const Subject& s) {
    const Found directory = s.find("run.results_dir");
    const std::filesystem::path visible = visible_part(*s.host, *directory.value->as_string());
    const int error = visible.has_relative_path() ? s.host->access(visible.string()).write_error : 0;
    if (error == 0) return {};
    const bool denied = error == EACCES;
    Finding finding{.at = directory,
                    .message = fmt::format("{} is {}, and you may not write to {}", directory.key,
                                           truncate(*directory.value), visible.string()),
                    .fix = {}};
    // A read-only file system here may be writable on the nodes.
    if (!denied) finding.severity = Severity::warning;
    return {std::move(finding)};
}

constexpr std::string_view resumed_from = "exp_manager.resume_from_checkpoint";

/// Keys that name folders and files of the job's own, below the family's root.
std::vector<std::string> own_paths(const Subject& s) {
    std::vector<std::string> keys = s.family.place(Key::writes).paths;
    keys.emplace_back(resumed_from);
    return keys;
}

/// "/fsx/results/None" is what ${base_results_dir}/${.name} becomes when the run has no name.
Findings none_in_results(const Subject& s) {
    const Found name = s.find("run.name");
    const Found results = s.find("run.results_dir");
    const std::string* path = results.given() ? results.value->as_string() : nullptr;
    if (name.value == nullptr || name.given() || path == nullptr || !path->ends_with("/None")) return {};
    return {{.at = name,
             .message = fmt::format("{} is {}, because {} is null; give the run a name", results.key,
                                    truncate(*results.value), name.key),
             .fix = {},
             .severity = Severity::warning}};
}

/// "None/checkpoints/" is what ${...exp_dir}/checkpoints/ becomes when that is null.
Findings none_in_path(const Subject& s) {
    Findings findings = none_in_results(s);
    for (const std::string& key : own_paths(s)) {
        const Found found = s.find(key);
        const std::string* path = found.given() ? found.value->as_string() : nullptr;
        if (path == nullptr || !path->starts_with("None/")) continue;
        const Found exp_dir = s.find("exp_manager.exp_dir");
        const bool from_exp_dir = key.starts_with("exp_manager.") && exp_dir.value != nullptr && !exp_dir.given();
        findings.push_back({.at = found,
                            .message = from_exp_dir ? fmt::format("{} is {}, because {} is not set", found.key,
                                                                  truncate(*found.value), exp_dir.key)
                                                    : fmt::format("{} is {}: a key that it refers to is not set",
                                                                  found.key, truncate(*found.value)),
                            .fix = {},
                            .severity = from_exp_dir ? std::optional(Severity::hint) : std::nullopt});
    }
    return findings;
}

Findings relative(const Subject& s) {
    Findings findings;
    for (const std::string& key : own_paths(s)) {
        const Found found = s.find(key);
        const std::string* path = found.given() ? found.value->as_string() : nullptr;
        if (path != nullptr && is_url_for_us(s, *path)) findings.push_back(url(found));
        if (key.ends_with("_name") && path != nullptr && path->find('/') == std::string::npos) continue;
        if (path == nullptr || path->empty() || path->starts_with('/') || path->starts_with("None") ||
            path->find("://") != std::string::npos)
            continue;
        findings.push_back({.at = found,
                            .message = fmt::format("{} is {}, which is another place wherever it is read", found.key,
                                                   truncate(*found.value)),
                            .fix = is_plain(*path) ? s.set(found, "$PWD/" + *path) : std::string(),
                            .severity = key == resumed_from ? std::optional(Severity::warning) : std::nullopt});
    }
    return findings;
}

bool always(const Subject&) {
    return true;
}

constexpr std::array<Rule, 4> data_table{{
    {codes::data.missing, missing_applies, missing},
    {codes::data.not_set, none_given_applies, none_given},
    {codes::data.synthetic_images, synthetic_images_applies, synthetic_images},
    {codes::data.not_visible, files_applies, files},
}};

constexpr std::array<Rule, 4> paths_table{{
    {codes::paths.results_relative, results_relative_applies, results_relative},
    {codes::paths.results_denied, results_denied_applies, results_denied},
    {codes::paths.none, always, none_in_path},
    {codes::paths.relative, always, relative},
}};

}  // namespace

std::span<const Rule> data_rules() {
    return data_table;
}
std::span<const Rule> paths_rules() {
    return paths_table;
}

}  // namespace recipe::validate
