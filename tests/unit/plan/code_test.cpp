// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "sample_plan.hpp"

#include <string>

using namespace recipe;
using test::sample_plan;

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("git is given addresses of five forms and nothing else") {
    for (const char* url : {"https://github.com/aws/code.git", "http://127.0.0.1:8000/code", "https://host/a%20b?x=1",
                            "ssh://git@host/code", "ssh://host:2222/code.git", "file:///srv/code.git",
                            "git@host:team/code.git", "me@host.example.org:code"}) {
        INFO(url);
        CHECK(plan::url_problem(url).empty());
    }
    for (const char* url : {"",
                            "-oProxyCommand=x",
                            "--upload-pack=/bin/sh",
                            "ext::sh -c whoami",
                            "ext::sh",
                            "git@host::x",
                            "git@host://x",
                            "ssh://me?x@-oProxyCommand=y/code",
                            "ssh://me#x@-oProxyCommand=y/code",
                            "a::b",
                            "fd::17",
                            "codecommit::us-east-1://code",
                            "ftp://host/code",
                            "git://host/code",
                            "HTTPS://host/code",
                            "code",
                            "./code",
                            "../code",
                            "host:code",
                            "https://",
                            "https:///code",
                            "http:/host/code",
                            "ssh://-oProxyCommand=x/code",
                            "ssh://git@-oProxyCommand=x/code",
                            "ssh://-l@host/code",
                            "-l@host:code",
                            "git@-oProxyCommand=x:code",
                            "git@host:",
                            "file://host/code",
                            "file://code",
                            "https://host/a b",
                            "https://host/a\nb",
                            "a@b:--upload-pack=x",
                            "a@b:/-x",
                            "a@-b:x",
                            "ssh://host/-oProxyCommand=x",
                            "ssh://me@host//-oProxyCommand=x",
                            "ssh://host:22/-x",
                            "file:///-x",
                            "https://-host/code",
                            "https://host/\x1b[2J",
                            "https://host/\x7f"}) {
        INFO(url);
        CHECK_FALSE(plan::url_problem(url).empty());
    }
    CHECK_FALSE(plan::url_problem(std::string("https://host/\0x", 15)).empty());
    CHECK_FALSE(plan::url_problem("https://host/" + std::string(2048, 'x')).empty());
}

TEST_CASE("an address that git or ssh could take for an option is refused for that reason") {
    for (const char* url : {"a@b:--upload-pack=x", "a@-b:x", "ssh://-oProxyCommand=x/code", "ssh://-l@host/code",
                            "ssh://host/-oProxyCommand=x", "file:///-x"}) {
        INFO(url);
        CHECK(plan::url_problem(url) ==
              "its user, host or path begins with -, which git or ssh could take for an option");
    }
    // Within a path, or where no program has it for a word of its own, a - is one like any other.
    for (const char* url :
         {"https://host/-/snippets/1.git", "ssh://host/a/-b", "git@host:a/-b", "git@host:a-b/c", "file:///a/-b"})
        CHECK(plan::url_problem(url).empty());
}

TEST_CASE("an address holds neither a token nor a password") {
    for (const char* url : {"https://user:secret@host/code", "https://secret@host/code", "http://secret@host:80/code",
                            "https://user:se@cret@host/code", "ssh://user:secret@host/code"}) {
        INFO(url);
        CHECK_FALSE(plan::url_problem(url).empty());
        CHECK(plan::url_problem(url).find("secret") == std::string::npos);
    }
    CHECK(plan::url_problem("https://host/@scope/code").empty());
}

TEST_CASE("branches and tags are what git calls so, and no options") {
    for (const char* name : {"main", "v1.0", "feature/x-y_z", "release-2.0.0rc0", "a@b", "übung"}) {
        INFO(name);
        CHECK(plan::is_reference(name));
    }
    for (const char* name : {"",     "-b",     "--upload-pack=x",
                             "a..b", "a b",    "a\tb",
                             "a~1",  "a^",     "a:b",
                             "a?",   "a*",     "a[b",
                             "a\\b", "/a",     "a/",
                             "a//b", ".a",     "a/.b",
                             "a.",   "a.lock", "a.lock/b",
                             "@",    "a@{1}",  "a\x1b[2J",
                             "a\nb"}) {
        INFO(name);
        CHECK_FALSE(plan::is_reference(name));
    }
    CHECK_FALSE(plan::is_reference(std::string(256, 'a')));
}

TEST_CASE("a commit is 7 to 40 hexadecimal digits, or 64") {
    for (const std::size_t digits : {7U, 12U, 40U, 64U}) CHECK(plan::is_commit(std::string(digits, 'a')));
    for (const std::size_t digits : {0U, 6U, 41U, 63U, 65U}) CHECK_FALSE(plan::is_commit(std::string(digits, 'a')));
    CHECK_FALSE(plan::is_commit("abcdefg"));
    CHECK_FALSE(plan::is_commit("ABCDEF01"));
    CHECK_FALSE(plan::is_commit("-bcdef01"));
    CHECK_FALSE(plan::is_commit("HEAD~12"));
}

TEST_CASE("code survives a plan's JSON") {
    plan::LaunchPlan plan = sample_plan();
    plan.code = plan::Code{.url = "https://host/code.git",
                           .branch = "main",
                           .commit = std::string(40, 'a'),
                           .token_file = "/home/me/.token"};
    plan.entry = {.program = "/fsx/results/%j/code/train.py",
                  .arguments = {"x"},
                  .module = {},
                  .directory = "/fsx/results/%j/code",
                  .config_arguments = true};
    auto back = plan::from_json(plan::to_json(plan).value());
    REQUIRE(back);
    CHECK(*back == plan);
    plan.code = plan::Code{.url = "git@host:code", .branch = {}, .commit = {}, .token_file = {}};
    plan.entry = {.program = {}, .arguments = {}, .module = "team.train", .directory = {}};
    back = plan::from_json(plan::to_json(plan).value());
    REQUIRE(back);
    CHECK(*back == plan);
}

TEST_CASE("forged code is refused") {
    plan::LaunchPlan plan = sample_plan();
    plan.code = plan::Code{
        .url = "https://host/code.git", .branch = "main", .commit = "abcdef0", .token_file = "/home/me/.token"};
    plan.entry.directory = "/fsx/results/%j/code";
    const std::string json = plan::to_json(plan).value();
    REQUIRE(plan::from_json(json));
    for (const auto& [what, by] : std::initializer_list<std::pair<const char*, const char*>>{
             {"https://host/code.git", "ext::sh -c x"},
             {"https://host/code.git", "--upload-pack=x"},
             {"https://host/code.git", "https://me:x@host/code.git"},
             {"\"main\"", "\"--upload-pack=x\""},
             {"\"main\"", "\"a\\nb\""},
             {"\"main\"", "null"},
             {"\"abcdef0\"", "\"-abcdef0\""},
             {"\"abcdef0\"", "\"HEAD\""},
             {"/home/me/.token", ".token"},
             {"\"token_file\"", "\"token\":\"x\",\"token_file\""},
             {"\"code\":{", "\"code\":\"https://host/code.git\",\"x\":{"},
             {"\"directory\":\"/fsx", "\"directory\":\"fsx"},
             {"\"directory\"", "\"module\":\"m\",\"directory\""},
         }) {
        INFO(by);
        const auto forged = plan::from_json(replaced(json, what, by));
        REQUIRE_FALSE(forged);
        CHECK(forged.error().front().code == "plan.malformed");
    }
}
