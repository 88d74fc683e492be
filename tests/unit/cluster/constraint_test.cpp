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
