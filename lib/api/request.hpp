// SPDX-License-Identifier: Apache-2.0
// The JSON text of a request, read and checked.
#pragma once

#include "api/api.hpp"
#include "diagnostic/diagnostic.hpp"
#include "query/query.hpp"

namespace recipe::api {

struct Request {
    query::Where where;
    query::Subject subject;
    query::Submission submission;
    std::optional<query::Sweep> sweep;
};

/// All that is wrong with it together, code api.request. What the request does not say of the environment and the
/// working directory is read from the process.
[[nodiscard]] Expected<Request> read_request(Function function, std::string_view text);

}  // namespace recipe::api
