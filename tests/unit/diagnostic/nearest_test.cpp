// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "diagnostic/diagnostic.hpp"

using namespace recipe;

TEST_CASE("a name is near when at most a third of it has to change, and always with one change") {
    struct Case {
        const char* word;
        const char* candidate;
        bool near;
    };
    const Case cases[] = {
        {"", "", true},
        {"", "a", true},
        {"", "ab", false},
        {"a", "", true},
        {"a", "b", true},
        {"ab", "ba", true},
        {"ab", "a", true},
        {"ab", "c", false},
        {"ab", "cd", false},
        {"abc", "abd", true},
        {"abc", "xyc", false},
        {"abcde", "abcxy", false},
        {"abcdef", "abcdxy", true},
        {"abcdef", "abcxyz", false},
        {"abcdef", "abcd", true},
        {"abcdef", "abc", false},
        {"abcd", "abcdef", true},
        {"abc", "abcdef", false},
        {"abcdef", "badcef", true},   // two swaps
        {"abcdef", "badcfe", false},  // three
        {"abcdefgh", "abcdxyz", false},
        {"abcdefghi", "abcdefxyz", true},
        {"abcdefghi", "abcdexyzw", false},
        {"abcdefghi", "bcdefghia", true},  // one to the other end
        {"abcdefghi", "ghidefabc", false},
        {"abcdefghi", "badcfeghi", true},
        {"abcdefghi", "badcfehgi", false},
        {"abcdefghi", "xabcdefghi", true},
        {"abcdefghi", "abcdefghixyz", true},
        {"num_node", "num_nodes", true},
        {"nodes_num", "num_nodes", false},
        {"Devices", "devices", true},
        {"ca", "abc", false},  // a swap is not changed again
    };
    for (const auto& [word, candidate, near] : cases) {
        INFO(word << " and " << candidate);
        CHECK(nearest(word, {candidate}) == (near ? std::vector<std::string>{candidate} : std::vector<std::string>{}));
        CHECK(nearest(candidate, {word}) == (near ? std::vector<std::string>{word} : std::vector<std::string>{}));
    }
}

TEST_CASE("of names that are as near the first comes first, and none beyond the limit") {
    const std::vector<std::string> names{"abcdxy", "abcdex", "abcdey", "abcdef", "zzzzzz"};
    CHECK(nearest("abcdef", names, 10) == std::vector<std::string>{"abcdef", "abcdex", "abcdey", "abcdxy"});
    CHECK(nearest("abcdef", names, 2) == std::vector<std::string>{"abcdef", "abcdex"});
    CHECK(nearest("abcdef", names, 1) == std::vector<std::string>{"abcdef"});
    CHECK(nearest("abcdef", names, 0).empty());
    CHECK(nearest("abcdef", {}, 3).empty());
}

TEST_CASE("words of 256 bytes are compared, and longer ones are near to nothing") {
    const std::string longest(256, 'x');
    CHECK(nearest(longest, {longest}).size() == 1);
    CHECK(nearest(longest, {std::string(255, 'x') + "y"}).size() == 1);
    CHECK(nearest(longest, {longest + "x"}).empty());
    CHECK(nearest(longest + "x", {longest}).empty());
}
