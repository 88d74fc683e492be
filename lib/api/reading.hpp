// SPDX-License-Identifier: Apache-2.0
// Values of a request by their types, and what is wrong with them.
#pragma once

#include "config/config.hpp"
#include "diagnostic/diagnostic.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace recipe::api {

/// Collects what is wrong while the keys of a request are read. What has the wrong type reads as empty.
class Reading {
public:
    void refuse(std::string key, std::string message, std::string fix = {});

    /// Without NUL characters, which a path would end at.
    [[nodiscard]] std::string text(const config::Value& value, const std::string& key);
    /// The same, and not empty.
    [[nodiscard]] std::string filled_text(const config::Value& value, const std::string& key);
    /// A list of these.
    [[nodiscard]] std::vector<std::string> texts(const config::Value& value, const std::string& key, std::size_t most);
    [[nodiscard]] bool flag(const config::Value& value, const std::string& key);
    /// The entries of an object; none when it is no object.
    [[nodiscard]] const config::Value::Map& entries(const config::Value& value, const std::string& key,
                                                    std::size_t most);

    [[nodiscard]] Diagnostics take_problems() { return std::move(problems_); }

private:
    /// False, and refused, where there are more.
    bool is_short_enough(const config::Value& value, const std::string& key, std::size_t most);
    void wrong_type(const config::Value& value, const std::string& key, std::string_view wanted);

    Diagnostics problems_;
};

}  // namespace recipe::api
