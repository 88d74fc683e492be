// SPDX-License-Identifier: Apache-2.0
// Merges one configuration into another, as OmegaConf.merge does.
#include "config/compose/merge.hpp"
#include "config/interpolation/special_value.hpp"

#include <fmt/format.h>

namespace recipe::config {
namespace {

std::string below(const std::string& path, const Value& key) {
    const std::string name = to_python_text(key);
    return path.empty() ? name : path + '.' + name;
}

}  // namespace

void collect_leaves(const Value& value, const std::string& path, std::vector<std::string>& leaves) {
    if (!value.is_map() || value.size() == 0) {
        leaves.push_back(path);
        return;
    }
    for (const Entry& entry : value.entries()) collect_leaves(entry.value, below(path, entry.key), leaves);
}

void Merger::touch(const Value& value, const std::string& path) {
    if (options_.touched) collect_leaves(value, path, *options_.touched);
}

void Merger::merge(Value& target, Value source, const std::string& path) {
    if (target.kind() != source.kind()) {
        problems_.push_back(
            {path, fmt::format("{} cannot be merged into {}", describe(source.kind()), describe(target.kind())), false,
             source.position()});
        return;
    }
    if (target.is_list()) {  // lists do not merge: the new one replaces the old
        touch(source, path);
        target = std::move(source);
        return;
    }
    for (Entry& entry : ValueAccess::entries(source)) {
        std::string place = below(path, entry.key);
        merge_entry(target, std::move(entry.key), std::move(entry.value), place);
    }
}

void Merger::merge_entry(Value& target, Value key, Value source, const std::string& path) {
    const std::size_t place = ValueAccess::find(target, key);
    if (place == ValueAccess::npos) {
        if (!options_.allow_new_keys) {
            problems_.push_back({path, "no such key", true, source.position()});
            return;
        }
        touch(source, path);
        target.set(std::move(key), std::move(source));
        return;
    }
    Value& old = ValueAccess::entries(target)[place].value;
    if ((is_container(source) || is_missing(source)) && is_interpolation(old)) {
        // What is merged onto an interpolation that names a map or list joins a copy of that.
        if (auto named = Resolver(root_, resolve_options_).select_container(path)) old = std::move(*named);
    }
    if (is_container(source) && is_container(old)) {
        merge(old, std::move(source), path);
    } else if (!is_missing(source)) {
        touch(source, path);
        old = std::move(source);
    }
}

}  // namespace recipe::config
