// SPDX-License-Identifier: Apache-2.0
// Generated cases, and what the real OmegaConf and the real Hydra made of them when they were kept (tests/property).
#include "config/config.hpp"

#include "../../property/answers.hpp"
#include "../source_file.hpp"
#include "catch.hpp"
#include "collection_fixture.hpp"

#include <fstream>
#include <memory>

namespace recipe::config {
namespace {

/// The files of a case, and where they are.
class Files {
public:
    explicit Files(const Value& files) {
        for (const Entry& file : files.entries()) fixture_.write(*file.key.as_string(), *file.value.as_string());
    }
    [[nodiscard]] std::string place() const { return fixture_.directory().string(); }
    /// As it was kept.
    [[nodiscard]] std::string without_place(std::string text) const {
        for (std::size_t at = text.find(place()); at != std::string::npos; at = text.find(place(), at))
            text.replace(at, place().size(), "@");
        return text;
    }

private:
    CollectionFixture fixture_;
};

struct Tally {
    std::size_t cases = 0;
    std::size_t accepted = 0;
};

Tally check_kept(std::string_view name) {
    Tally tally;
    std::ifstream lines(source_file(name));
    for (std::string line; std::getline(lines, line); ++tally.cases) {
        const Expected<Value> kept = from_json(line, std::size_t{1} << 20, 200);
        REQUIRE(kept);
        REQUIRE(kept->find("case") != nullptr);
        REQUIRE(kept->find("answer") != nullptr);
        Value question = *kept->find("case");
        INFO(to_json(question));
        const Value* given = question.find("files");
        const Files files(given != nullptr ? *given : Value::map());
        question.set(Value::string("collection"), Value::string(files.place()));
        const Value found = property::answer(question);
        CHECK(files.without_place(to_json(found)) == to_json(*kept->find("answer")));
        if (found.find("ok")->as_bool() == true) ++tally.accepted;
    }
    return tally;
}

}  // namespace

TEST_CASE(
    "what OmegaConf made of generated configurations is what they are here, as are the words for what it refused") {
    const Tally tally = check_kept("tests/property/kept_cases.jsonl");
    CHECK(tally.cases > 1000);
    CHECK(tally.accepted > 300);
}

TEST_CASE("what Hydra made of generated overrides is what they are here, as are the words for what it refused") {
    const Tally tally = check_kept("tests/property/kept_overrides.jsonl");
    CHECK(tally.cases > 500);
    CHECK(tally.accepted > 100);
}

TEST_CASE(
    "what Hydra composed of generated collections is composed here, and what it refused is refused in these words") {
    const Tally tally = check_kept("tests/property/kept_compositions.jsonl");
    CHECK(tally.cases > 150);
    CHECK(tally.accepted > 30);
}

}  // namespace recipe::config
