// SPDX-License-Identifier: Apache-2.0
// What a configuration file may hold besides its keys: a header, and a defaults list.
#include "../collection_fixture.hpp"
#include "catch.hpp"

#include <fmt/format.h>

using namespace recipe;
using namespace recipe::config;

namespace {

class Files {
public:
    Files() { write("config.yaml", "defaults: [db/x]\n"); }
    void write(const std::string& name, const std::string& text) const { collection_.write(name, text); }
    [[nodiscard]] Expected<Resolved> composed() const { return compose_unresolved(collection_.request("")); }
    [[nodiscard]] std::string json() const {
        const auto resolved = composed();
        return resolved ? to_json(resolved->root) : resolved.error().front().message;
    }
    /// With db/x.yaml as given.
    [[nodiscard]] std::string with(const std::string& text) const {
        write("db/x.yaml", text);
        return json();
    }
    /// With a defaults list of the root.
    [[nodiscard]] std::string with_defaults(const std::string& list) const {
        write("config.yaml", "defaults: " + list + "\n");
        return json();
    }

private:
    CollectionFixture collection_;
};

}  // namespace

TEST_CASE("a header says which package a file belongs to") {
    const Files files;
    CHECK(files.with("a: 1\n") == R"({"db":{"a":1}})");
    CHECK(files.with("# @package p.q\na: 1\n") == R"({"p":{"q":{"a":1}}})");
    CHECK(files.with("#@package p\na: 1\n") == R"({"p":{"a":1}})");
    CHECK(files.with("  ##   @package   p  \r\na: 1\n") == R"({"p":{"a":1}})");
    CHECK(files.with("# @package _global_\na: 1\n") == R"({"a":1})");
    CHECK(files.with("# @package _global_.p\na: 1\n") == R"({"p":{"a":1}})");
    CHECK(files.with("\n \n# @package p\na: 1\n") == R"({"p":{"a":1}})");
    CHECK(files.with("# @other p\n# @package q\na: 1\n") == R"({"q":{"a":1}})");
    CHECK(files.with("# @package p\n# @package q\na: 1\n") == R"({"q":{"a":1}})");
    CHECK(files.with("# @package p") == R"({"p":{}})");
}

TEST_CASE("a header ends with the first line that is none") {
    const Files files;
    CHECK(files.with("# a comment\n# @package p\na: 1\n") == R"({"db":{"a":1}})");
    CHECK(files.with("#\n# @package p\na: 1\n") == R"({"db":{"a":1}})");
    CHECK(files.with("a: 1\n# @package p\n") == R"({"db":{"a":1}})");
    CHECK(files.with(std::string(400, '\n') + "# @package p\na: 1\n") == R"({"p":{"a":1}})");
    CHECK(files.with(std::string(512, '\n') + "# @package p\na: 1\n") == R"({"db":{"a":1}})");
    CHECK(files.with(std::string(501, '\n') + "# @package p\na: 1\n") == "expected `# @package NAME`");
}

TEST_CASE("a header without a name, or with two, is refused with its line") {
    const Files files;
    for (const auto& [text, line] : std::vector<std::pair<std::string, int>>{{"# @package\na: 1\n", 1},
                                                                             {"# @package p q\na: 1\n", 1},
                                                                             {"# @package p\n# @package  \na: 1\n", 2},
                                                                             {"\n\n# @other\na: 1\n", 3}}) {
        INFO(text);
        files.write("db/x.yaml", text);
        const auto refused = files.composed();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "compose.yaml");
        CHECK(refused.error().front().message == "expected `# @package NAME`");
        CHECK(refused.error().front().source.line == line);
        CHECK(refused.error().front().source.name.ends_with("db/x.yaml"));
    }
}

TEST_CASE("a file is a map, and may be empty") {
    const Files files;
    CHECK(files.with("") == R"({"db":{}})");
    CHECK(files.with("# nothing\n") == R"({"db":{}})");
    CHECK(files.with("defaults: []\n") == R"({"db":{}})");
    CHECK(files.with("text\n") == "a configuration is a map, not a string");
    CHECK(files.with("5\n") == "a configuration is a map, not an int");
}

TEST_CASE("interpolations that do not parse are told all at once, with their places") {
    const Files files;
    files.write("db/x.yaml", "a: ${\nb: [1, 'x${}']\nc: ${ok}\n");
    const auto refused = files.composed();
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().size() == 2);
    CHECK(refused.error()[0].code == "compose.interpolation");
    CHECK(refused.error()[0].source.line == 1);
    CHECK(refused.error()[0].message.starts_with("`${`: this is no valid interpolation, at character 3: "));
    CHECK(refused.error()[1].source.line == 2);
    CHECK(refused.error()[1].source.column == 8);
    CHECK(refused.error()[1].message.starts_with("`x${}`: this is no valid interpolation, at character 4: "));
}

TEST_CASE("an entry of a defaults list is a name, or a group and what is chosen of it") {
    const Files files;
    files.write("db/x.yaml", "a: 1\n");
    const std::string entry = "an entry of a defaults list is a name or one `group: option`, not ";
    const std::string option = "an option is a string or a list of strings, not ";
    CHECK(files.with_defaults("[db/x]") == R"({"db":{"a":1}})");
    CHECK(files.with_defaults("[{db: x}]") == R"({"db":{"a":1}})");
    CHECK(files.with_defaults("[{db: x.yaml}]") == R"({"db":{"a":1}})");
    CHECK(files.with_defaults("[{db: [x]}]") == R"({"db":{"a":1}})");
    CHECK(files.with_defaults("[{db: []}]") == "{}");
    CHECK(files.with_defaults("[{db: null}]") == "{}");
    CHECK(files.with_defaults("[{optional db: none}]") == "{}");
    CHECK(files.with_defaults("[{db: y}, {optional db@p: x}, {override db: x}]") == R"({"db":{"a":1},"p":{"a":1}})");
    CHECK(files.with_defaults("[{db@p: x}, db/x@q]") == R"({"p":{"a":1},"q":{"a":1}})");
    CHECK(files.with_defaults("[{'db@old:p': x}]") == R"({"old":{"a":1}})");
    CHECK(files.with_defaults("[5]") == entry + "an int");
    CHECK(files.with_defaults("[null]") == entry + "null");
    CHECK(files.with_defaults("[[db/x]]") == entry + "a list");
    CHECK(files.with_defaults("[{}]") == entry + "a map with 0 keys");
    CHECK(files.with_defaults("[{db: x, y: z}]") == entry + "a map with 2 keys");
    CHECK(files.with_defaults("[{5: x}]") == "the group of a defaults list entry is a string");
    CHECK(files.with_defaults("[{'': x}]") == "this defaults list entry names no group");
    CHECK(files.with_defaults("[{'optional ': x}]") == "this defaults list entry names no group");
    CHECK(files.with_defaults("[{db: 5}]") == option + "an int");
    CHECK(files.with_defaults("[{db: {x: y}}]") == option + "a map");
    CHECK(files.with_defaults("[{db: [x, 5]}]") == "the options of a group are strings");
    CHECK(files.with_defaults("['_self_@p']") == "_self_ takes no package");
    CHECK(files.with_defaults("{db: x}") == "`defaults` is a list, not a map");
    CHECK(files.with_defaults("text") == "`defaults` is a list, not a string");
}

TEST_CASE("all entries of a defaults list that are none are told, each with its place") {
    const Files files;
    files.write("config.yaml", "a: 1\ndefaults:\n  - 5\n  - db: {x: y}\n  - db: [x, 6]\n");
    const auto refused = files.composed();
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().size() == 3);
    std::vector<std::string> places;
    for (const Diagnostic& problem : refused.error()) {
        CHECK(problem.code == "compose.yaml");
        places.push_back(fmt::format("{}:{}", problem.source.line, problem.source.column));
    }
    CHECK(places == std::vector<std::string>{"3:5", "4:9", "5:13"});
    files.write("config.yaml", "a: 1\ndefaults: text\n");
    CHECK(files.composed().error().front().source.line == 2);
    CHECK(files.composed().error().front().source.column == 1);
}

TEST_CASE("the options of a group are the names of its files") {
    const Files files;
    for (const char* name : {"db/c.yaml", "db/a.yaml", "db/b.txt", "db/sub/d.yaml"}) files.write(name, "a: 1\n");
    files.write("db/x.yaml", "a: 1\n");
    CHECK(files.with_defaults("[{db: zzzz}]") == "`db` has no option `zzzz`; options are `a`, `c`, `x`");
    CHECK(files.with_defaults("[{db: '\?\?\?'}]") == "`db` has to be chosen; options are `a`, `c`, `x`");
}
