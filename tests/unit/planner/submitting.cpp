// SPDX-License-Identifier: Apache-2.0
// What tests submit, and how they look at what comes of it.
#include "submitting.hpp"

#include "catch.hpp"
#include "container/hosts.hpp"

#include <algorithm>
#include <memory>

namespace recipe::test {

Submitting::Submitting(std::string recipe, planner::Tool tool)
    : request_{.tool = tool,
               .recipe = std::move(recipe),
               .host = MadeUpHost{{{"/dev/shm", {.type = "tmpfs"}}, {"/etc", {.type = "ext4"}}}}.host(),
               .environment = {{"PWD", "/home/user"}},
               .working_directory = "/home/user"} {}

planner::SubmitRequest Submitting::request() const {
    planner::SubmitRequest request = request_;
    request.settings = std::make_shared<const site::Settings>(settings_);
    return request;
}

planner::Submission Submitting::accepted() const {
    planner::Outcome result = outcome();
    for (const Diagnostic& diagnostic : result.diagnostics)
        UNSCOPED_INFO(diagnostic.code.name() << ": " << diagnostic.message);
    REQUIRE(result.submission);
    return std::move(*result.submission);
}

Diagnostic Submitting::refused() const {
    const planner::Outcome result = outcome();
    REQUIRE_FALSE(result.submission);
    const auto error = std::ranges::find(result.diagnostics, Severity::error, &Diagnostic::severity);
    REQUIRE(error != result.diagnostics.end());
    return *error;
}

std::string option_of(const planner::Submission& submission, std::string_view name) {
    const auto found = std::ranges::find(submission.options, name, &planner::OptionToSet::name);
    return found != submission.options.end() ? found->value : "(not set)";
}

std::size_t count_of(const planner::Outcome& outcome, std::string_view code) {
    return static_cast<std::size_t>(std::ranges::count(outcome.diagnostics, code, &Diagnostic::code));
}

const Diagnostic* find(const Diagnostics& diagnostics, std::string_view code) {
    const auto found = std::ranges::find(diagnostics, code, &Diagnostic::code);
    return found != diagnostics.end() ? &*found : nullptr;
}

}  // namespace recipe::test
