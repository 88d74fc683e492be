// SPDX-License-Identifier: Apache-2.0
// The C API without C: requests and answers as JSON texts, see include/recipe/recipe.h and docs/api.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recipe::api {

/// RECIPE_API of recipe.h.
inline constexpr int api_version = 1;

/// Those of recipe.h, by the same numbers.
enum class Status : std::uint8_t { ok = 0, refused = 1, bad_request = 2, failed = 3 };

struct Answer {
    Status status = Status::ok;
    std::string json;  // one line of valid UTF-8
};

enum class Function : std::uint8_t { compose, check, plan, fit, list, version };

inline constexpr std::size_t max_request_bytes = std::size_t{4} << 20;  // as a recipe file may have
inline constexpr int max_request_depth = 8;
/// Of overrides, collections and Slurm options.
inline constexpr std::size_t max_list_items = 1000;

/// Codes of its own: api.request.
[[nodiscard]] Answer answer(Function function, std::string_view request);

/// The answer where the library itself has failed. Code api.failed.
[[nodiscard]] Answer failure(std::string_view what);

}  // namespace recipe::api
