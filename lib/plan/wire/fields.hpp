// SPDX-License-Identifier: Apache-2.0
// The fields of the plan's JSON objects: how they are put and how they are read back from a hostile text.
#pragma once

#include "config/value/value.hpp"
#include "plan/plan.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::plan {

inline constexpr std::size_t max_path_bytes = 4096;  // PATH_MAX

inline config::Value text(std::string value) {
    return config::Value::string(std::move(value));
}
inline config::Value number(std::int64_t value) {
    return config::Value::integer(value);
}

inline void put(config::Value& map, std::string key, config::Value value) {
    map.set(text(std::move(key)), std::move(value));
}

template <class T, class Make>
config::Value optional_value(const std::optional<T>& value, Make make) {
    return value ? make(*value) : config::Value::null();
}

inline config::Value strings_value(const std::vector<std::string>& strings) {
    config::Value list = config::Value::list();
    for (const std::string& string : strings) list.push_back(text(string));
    return list;
}

/// Reads one JSON object and remembers the first thing that is wrong with it.
class Reader {
public:
    Reader(const config::Value& map, std::string where, std::string& problem)
        : map_(map), where_(std::move(where)), problem_(problem) {
        if (!map_.is_map()) fail("is no object");
    }

    /// Every key must have been asked for: a field that we do not know is not ours. Nothing is thrown: what is written
    /// without memory is short enough to need none.
    ~Reader() {
        for (const config::Entry& entry : map_.entries()) {
            const std::string* key = entry.key.as_string();
            if (key != nullptr && std::ranges::count(asked_, *key) > 0) continue;
            try {
                fail("has an unknown field");
            } catch (const std::bad_alloc&) {
                problem_ = "unknown field";
            }
        }
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    std::int64_t integer(std::string_view key, std::int64_t low, std::int64_t high) {
        const config::Value* value = get(key);
        const auto read = value != nullptr ? value->as_int() : std::nullopt;
        if (read && *read >= low && *read <= high) return *read;
        fail(fmt::format("{} is no int from {} to {}", key, low, high));
        return low;
    }

    bool boolean(std::string_view key) {
        const config::Value* value = get(key);
        const auto read = value != nullptr ? value->as_bool() : std::nullopt;
        if (!read) fail(fmt::format("{} is no bool", key));
        return read.value_or(false);
    }

    std::string string(std::string_view key, std::size_t longest) {
        const config::Value* value = get(key);
        const std::string* read = value != nullptr ? value->as_string() : nullptr;
        if (read != nullptr && read->size() <= longest && read->find('\0') == std::string::npos) return *read;
        fail(fmt::format("{} is no text of at most {} bytes", key, longest));
        return {};
    }

    bool has(std::string_view key) { return get(key) != nullptr; }

    bool is_null(std::string_view key) {
        const config::Value* value = get(key);
        return value != nullptr && value->is_null();
    }

    const config::Value& any(std::string_view key) {
        static const config::Value nothing;
        const config::Value* value = get(key);
        if (value == nullptr) fail(fmt::format("{} is missing", key));
        return value != nullptr ? *value : nothing;
    }

    std::vector<std::string> strings(std::string_view key, std::size_t most = SIZE_MAX) {
        std::vector<std::string> texts;
        const config::Value& list = any(key);
        if (!list.is_list()) fail(fmt::format("{} is no list", key));
        if (list.items().size() > most) fail(fmt::format("{} holds more than {} texts", key, most));
        for (const config::Value& item : list.items()) {
            const std::string* read = item.as_string();
            if (read == nullptr || read->find('\0') != std::string::npos)
                fail(fmt::format("{} holds more than texts", key));
            else
                texts.push_back(*read);
        }
        return texts;
    }

    void fail(std::string_view what) {
        if (problem_.empty()) problem_ = fmt::format("{} {}", where_, what);
    }

private:
    const config::Value* get(std::string_view key) {
        asked_.push_back(key);
        return map_.find(key);
    }

    const config::Value& map_;
    std::string where_;
    std::string& problem_;
    std::vector<std::string_view> asked_;
};

[[nodiscard]] config::Value container_value(const Container& container);

/// `problem` says what is wrong, unless it says something already. Paths that pyxis or enroot would split are refused.
[[nodiscard]] Container read_container(const config::Value& value, std::string& problem);

/// An empty map where nothing is known to be needed.
[[nodiscard]] config::Value needs_value(const Summary& plan);
void read_needs(const config::Value& value, Summary& plan, std::string& problem);

[[nodiscard]] config::Value configuration_file_value(const ConfigurationFile& file);
[[nodiscard]] ConfigurationFile read_configuration_file(const config::Value& value, std::string& problem);

/// Code plan.too_large, for a plan without or with a file for its configuration: what has most of the bytes, and where
/// to put it. `fields`: of the plan's JSON, all but the configuration.
[[nodiscard]] Diagnostic plan_too_large(const LaunchPlan& plan, const config::Value& fields, std::size_t bytes);
[[nodiscard]] Diagnostic configuration_too_large(const LaunchPlan& plan, std::size_t bytes);

[[nodiscard]] config::Value code_value(const Code& code);
/// Likewise. What git would take for something else is refused.
[[nodiscard]] Code read_code(const config::Value& value, std::string& problem);

}  // namespace recipe::plan
