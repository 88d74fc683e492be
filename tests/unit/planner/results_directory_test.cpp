// SPDX-License-Identifier: Apache-2.0
#include "planner/planner.hpp"

#include "catch.hpp"
#include "submitting.hpp"

using namespace recipe;

TEST_CASE("a results directory that is made changes nothing of a submission") {
    planner::Submission submission;
    submission.plan.results_dir = "/fsx/run";
    submission.options = {{"output", "/fsx/run/log-%j.out"}};
    std::string made;
    CHECK(planner::create_results_directory(submission, [&](const std::string& directory) {
              made = directory;
              return std::error_code();
          }).empty());
    CHECK(made == "/fsx/run");
    CHECK(submission.options.front().value == "/fsx/run/log-%j.out");
}

TEST_CASE("where the results directory cannot be made our logs go where the user is, and the user's stay") {
    planner::Submission submission;
    submission.plan.results_dir = "/fsx/run";
    submission.options = {{"output", "/fsx/run/log-%j.out"},
                          {"error", "/fsx/run/log-%j.err"},
                          {"comment", "/fsx/run/log-book"},
                          {"error", "/home/me/mine.err"}};
    const Diagnostics found = planner::create_results_directory(
        submission, [](const std::string&) { return std::make_error_code(std::errc::permission_denied); });
    REQUIRE(found.size() == 1);
    CHECK(found.front().code == "paths.results_not_created");
    CHECK(found.front().key == "run.results_dir");
    CHECK(found.front().message.find("/fsx/run") != std::string::npos);
    CHECK(submission.options[0].value == "log-%j.out");
    CHECK(submission.options[1].value == "log-%j.err");
    CHECK(submission.options[2].value == "/fsx/run/log-book");
    CHECK(submission.options[3].value == "/home/me/mine.err");
}
