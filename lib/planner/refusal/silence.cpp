// SPDX-License-Identifier: Apache-2.0
// Says what does not answer, and in whose place.
#include "planner/refusal/silence.hpp"

#include "config/config.hpp"
#include "diagnostic/codes/model.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <string_view>

namespace recipe::planner {
namespace {

/// The longest of those that a path lies below.
class Nearest {
public:
    Nearest(const std::string& path, std::filesystem::path from)
        : path_(storage::normal((from / path).string())), from_(std::move(from)) {}

    void offer(const std::filesystem::path& place, std::string name) {
        const std::string known = storage::normal((from_ / place).string());
        if (known.size() <= longest_ || !storage::is_within(path_, known)) return;
        longest_ = known.size();
        name_ = std::move(name);
    }
    [[nodiscard]] std::string name() && { return std::move(name_); }

private:
    std::string path_;
    std::filesystem::path from_;
    std::string name_;
    std::size_t longest_ = 1;  // "/" is nobody's
};

void offer_keys(const config::Value& value, const std::string& key, Nearest& nearest) {
    if (const std::string* text = value.as_string()) {
        if (text->find('/') != std::string::npos && text->find('\0') == std::string::npos) nearest.offer(*text, key);
        return;
    }
    if (value.is_list())
        for (const config::Value& item : value.items()) offer_keys(item, key, nearest);
    if (!value.is_map()) return;
    for (const config::Entry& entry : value.entries()) {
        const std::string name = config::to_python_text(entry.key);
        offer_keys(entry.value, key.empty() || key == "recipes" ? name : fmt::format("{}.{}", key, name), nearest);
    }
}

void offer_search_path(std::string_view list, Nearest& nearest) {
    while (!list.empty()) {
        const std::string_view place = list.substr(0, list.find(':'));
        list.remove_prefix(std::min(place.size() + 1, list.size()));
        if (!place.empty()) nearest.offer(place, "SLURM_RECIPE_PATH");
    }
}

}  // namespace

Diagnostics silence(std::string key) {
    const storage::Watch* watch = storage::current_watch();
    if (watch == nullptr || watch->silent().empty()) return {};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(watch->limit());
    return {{.code = codes::paths.no_answer,
             .key = std::move(key),
             .message = fmt::format("{} does not answer within {} s", watch->silent(), seconds.count()),
             .fix = "wait for its file server, or name a place on another"}};
}

Diagnostics silence_in(const SubmitRequest& request, const config::Value* root) {
    Diagnostics found = silence();
    if (found.empty()) return found;
    const site::Settings& settings = *request.settings;
    Nearest nearest(storage::current_watch()->silent(), request.working_directory);
    nearest.offer(".", "the working directory");
    nearest.offer(request.recipe, "--recipe");
    for (const auto& place : request.collections) nearest.offer(place, "--collection");
    for (const auto& place : settings.collections) nearest.offer(place, "the site's collections");
    for (const auto& place : settings.hardware_files) nearest.offer(place, "the site's hardware");
    for (const auto& place : settings.model_files) nearest.offer(place, "the site's models");
    for (const auto& place : settings.family_files) nearest.offer(place, "the site's families");
    if (const auto path = request.environment.find("SLURM_RECIPE_PATH"); path != request.environment.end())
        offer_search_path(path->second, nearest);
    if (root != nullptr) offer_keys(*root, "", nearest);
    found.front().key = std::move(nearest).name();
    return found;
}

}  // namespace recipe::planner
