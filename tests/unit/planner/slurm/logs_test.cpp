// SPDX-License-Identifier: Apache-2.0
// Logs that Slurm could not open.
#include "../../config/collection_fixture.hpp"
#include "../submitting.hpp"
#include "catch.hpp"

using namespace recipe;
using test::Submitting;
using test::tiny;

namespace {

Diagnostics prepared(const config::CollectionFixture& here, const std::string& log, const char* option = "output",
                     bool slurm_makes_directories = false) {
    planner::SubmitRequest request = Submitting(tiny).option(option, log).request();
    request.job_directory = here.directory();
    return planner::prepare_logs(request, planner::make_writable_directory, slurm_makes_directories);
}

std::error_code refuse_to_make(const std::string&) {
    return std::make_error_code(std::errc::permission_denied);
}

}  // namespace

TEST_CASE("the directory of a log is made") {
    const config::CollectionFixture here;
    CHECK(prepared(here, "logs/deeper/out-%j.txt").empty());
    CHECK(std::filesystem::is_directory(here.directory() / "logs/deeper"));
    CHECK(prepared(here, (here.directory() / "errors/x").string(), "error").empty());
    CHECK(std::filesystem::is_directory(here.directory() / "errors"));
    CHECK(prepared(here, "beside.txt").empty());
    CHECK(prepared(here, "/dev/null").empty());
    CHECK(prepared(here, "none").empty());
}

TEST_CASE("a log in a directory that is named after the job is refused, with a name that works") {
    const config::CollectionFixture here;
    const Diagnostics found = prepared(here, "logs/%j/out.txt");
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "submit.log");
    CHECK(found[0].severity == Severity::error);
    CHECK(found[0].source.name == "--output=logs/%j/out.txt");
    CHECK(found[0].fix == "--output=" + (here.directory() / "logs/%j-out.txt").string());
    CHECK(prepared(here, "logs/%j/out.txt", "output", true).empty());  // Slurm 25.05 and later make it
}

TEST_CASE("a log that is a directory, or in a directory that nobody may make, is refused by name") {
    const config::CollectionFixture here;
    std::filesystem::create_directory(here.directory() / "logs");
    const Diagnostics directory = prepared(here, "logs");
    REQUIRE(directory.size() == 1);
    CHECK(directory[0].code == "submit.log");
    CHECK(directory[0].fix == "--output=" + (here.directory() / "logs/%j.out").string());
    planner::SubmitRequest request = Submitting(tiny).option("error", "/not/mine/x").request();
    const Diagnostics foreign = planner::prepare_logs(request, refuse_to_make, false);
    REQUIRE(foreign.size() == 1);
    CHECK(foreign[0].source.name == "--error=/not/mine/x");
    CHECK(foreign[0].message.find("/not/mine (") != std::string::npos);
    here.write("file", "");
    CHECK(prepared(here, "file/x").size() == 1);
}

TEST_CASE("a file that is to be read and is not there is refused by name") {
    const config::CollectionFixture here;
    const Diagnostics found = prepared(here, "words.txt", "input");
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == "submit.log");
    CHECK(found[0].message.find("words.txt cannot be read (") != std::string::npos);
    here.write("words.txt", "");
    CHECK(prepared(here, "words.txt", "input").empty());
    CHECK(prepared(here, "words-%j.txt", "input").empty());  // nobody knows yet
}
