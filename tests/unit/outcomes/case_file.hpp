// SPDX-License-Identifier: Apache-2.0
// Text files of requests, each with the outcome that somebody has reviewed.
//
//     # what it shows
//     recipe: hf
//     set: model.shard_degree=3 ++model.nonsense=1
//       error: ...                                    (indented: the expected outcome)
//
// Blocks are apart by an empty line. What stands in the file before the first block stays there.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::outcomes {

struct Case {
    std::string title;
    std::vector<std::pair<std::string, std::string>> request;  // word and what follows its colon, in order
    std::vector<std::string> expected;                         // lines without their indentation
};

struct CaseFile {
    std::string introduction;
    std::vector<Case> cases;
};

[[nodiscard]] CaseFile parse(std::string_view text);
[[nodiscard]] std::string to_text(const CaseFile& file);

/// Holds each case of the file tests/unit/outcomes/NAME against what `produce` makes of it. With RECIPE_WRITE_OUTCOMES
/// set, the file is written anew, and the test fails.
void check_file(const std::string& name, const std::function<std::vector<std::string>(const Case&)>& produce);

}  // namespace recipe::outcomes
