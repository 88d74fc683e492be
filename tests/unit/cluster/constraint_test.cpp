// SPDX-License-Identifier: Apache-2.0
#include "../catch.hpp"
#include "cluster/cluster.hpp"

#include <string>

using recipe::cluster::Constraint;

namespace {

bool holds(const char* constraint, const std::vector<std::string>& features) {
    return Constraint::parse(constraint).satisfied_by(features);
}

}  // namespace

TEST_CASE("a constraint is and, or and parentheses") {
    const std::vector<std::string> features{"efa", "g5", "rack1"};
    for (const char* yes : {"", "g5", "g5&efa", "g5,efa", "p5|g5", "efa&(p5|g5)", "[rack1|rack2]", "(p5|g5)&rack1"})
        CHECK(holds(yes, features));
    for (const char* no : {"p5", "g5&p5", "p5|p4", "efa&(p5|p4)", "[rack2|rack3]"}) CHECK_FALSE(holds(no, features));
}

TEST_CASE("what is not certain holds for every node") {
    for (const char* unknown : {"[rack1*2&rack2*4]", "p5*2", "a&&b", "(a", "a)", "a|"}) CHECK(holds(unknown, {}));
}

TEST_CASE("a constraint that multiplies without end is not evaluated") {
    std::string many = "(a|b)";
    for (int i = 0; i < 30; ++i) many += "&(a|b)";
    CHECK(holds(many.c_str(), {}));
    CHECK(holds(std::string(1000, '(').c_str(), {}));
}

TEST_CASE("the last constraint that is evaluated has 64 alternatives, 16 parentheses or 1024 bytes") {
    const auto alternatives = [](int count) {
        std::string text = "a1";
        for (int i = 2; i <= count; ++i) text += "|a" + std::to_string(i);
        return text;
    };
    CHECK_FALSE(holds(alternatives(64).c_str(), {}));
    CHECK(holds(alternatives(65).c_str(), {}));
    std::string product = "(a|b)";
    for (int i = 1; i < 6; ++i) product += "&(a|b)";
    CHECK_FALSE(holds(product.c_str(), {}));
    CHECK(holds((product + "&(a|b)").c_str(), {}));
    const auto nested = [](std::size_t depth) { return std::string(depth, '(') + 'a' + std::string(depth, ')'); };
    CHECK_FALSE(holds(nested(16).c_str(), {}));
    CHECK(holds(nested(17).c_str(), {}));
    CHECK_FALSE(holds(std::string(1024, 'a').c_str(), {}));
    CHECK(holds(std::string(1025, 'a').c_str(), {}));
}

TEST_CASE("a count makes a feature one that no node has to have, and the others stay") {
    CHECK(holds("a*2&b", {"b"}));
    CHECK_FALSE(holds("a*2&b", {"a"}));
    CHECK(holds("(a|b)*1&c", {"c"}));
    CHECK_FALSE(holds("[a*1&b*1]&c", {"a"}));
    CHECK_FALSE(holds("a*0123456789&b", {}));
    for (const char* unknown : {"a*2x", "a*2:", "[a)", "(a]", "&a", "a&", "()", "a*b"}) {
        INFO(unknown);
        CHECK(holds(unknown, {}));
    }
}
