// SPDX-License-Identifier: Apache-2.0
// Which directories and files a recipe writes.
#include "planner/container/writes.hpp"

#include <algorithm>

namespace recipe::planner {

using config::Value;
using family::Key;

namespace {

bool is_absolute(const std::string* text) {
    return text != nullptr && text->starts_with('/') && text->find('\0') == std::string::npos;
}

void add_places(std::vector<Write>& writes, const Value& root, const family::Family& family, Key key) {
    for (const std::string& place : family.place(key).paths) {
        const std::string path = family.root + '.' + place;
        const Value* value = root.at(path);
        const std::string* text = value != nullptr ? value->as_string() : nullptr;
        if (is_absolute(text))
            writes.push_back({.key = config::typed_key(root, path),
                              .path = storage::normal(*text),
                              .where = value->position().source()});
    }
}

}  // namespace

std::vector<Write> writes_of(const Value& root, const family::Family& family, const std::string& results_dir) {
    std::vector<Write> writes{{.key = "run.results_dir", .path = storage::normal(results_dir), .where = {}}};
    add_places(writes, root, family, Key::writes);
    return writes;
}

std::vector<Write> logs_of(const Value& root, const family::Family& family) {
    std::vector<Write> writes;
    add_places(writes, root, family, Key::logs);
    return writes;
}

std::vector<std::string> outside_results(const std::vector<Write>& writes) {
    std::vector<std::string> directories;
    for (const Write& write : writes) {
        const auto covers = [&](const std::string& other) { return storage::is_within(write.path, other); };
        if (covers(writes.front().path) || std::ranges::any_of(directories, covers)) continue;
        std::erase_if(directories, [&](const std::string& other) { return storage::is_within(other, write.path); });
        directories.push_back(write.path);
    }
    return directories;
}

}  // namespace recipe::planner
