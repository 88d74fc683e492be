// SPDX-License-Identifier: Apache-2.0
// Generated configurations, and what the real OmegaConf made of them when they were kept (tests/property).
#include "config/config.hpp"

#include "../../property/answers.hpp"
#include "../source_file.hpp"
#include "catch.hpp"

#include <fstream>

namespace recipe::config {

TEST_CASE(
    "what OmegaConf made of generated configurations is what they are here, as are the words for what it refused") {
    std::ifstream file(source_file("tests/property/kept_cases.jsonl"));
    std::size_t count = 0;
    std::size_t accepted = 0;
    for (std::string line; std::getline(file, line); ++count) {
        const Expected<Value> kept = from_json(line, std::size_t{1} << 20, 200);
        REQUIRE(kept);
        const Value* given = kept->find("case");
        const Value* wanted = kept->find("answer");
        REQUIRE(given != nullptr);
        REQUIRE(wanted != nullptr);
        INFO(to_json(*given));
        const Value found = property::answer(*given);
        CHECK(to_json(found) == to_json(*wanted));
        if (found.find("ok")->as_bool() == true) ++accepted;
    }
    CHECK(count > 1000);
    CHECK(accepted > count / 4);
}

}  // namespace recipe::config
