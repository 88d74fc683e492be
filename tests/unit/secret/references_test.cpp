// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "config/config.hpp"
#include "secret/secret.hpp"

using namespace recipe;
using config::Value;

TEST_CASE("a reference is a number between its marks, with a label or without") {
    const std::vector<std::string> texts{"one", "two", "three"};
    struct Case {
        const char* text;
        const char* result;
        bool is_reference;
    };
    const Case cases[] = {
        {"***secret-1***", "one", true},
        {"***secret-3***", "three", true},
        {"***secret-03***", "three", true},
        {"***secret-4***", "***secret-4***", true},
        {"***secret-0***", "***secret-0***", true},
        {"a***secret-2***b", "atwob", true},
        {"***secret-1******secret-2***", "onetwo", true},
        {"***secret-1***secret-2***", "onesecret-2***", true},
        {"****secret-1****", "*one*", true},
        {"***secret-01234567-2***", "two", true},
        {"***secret-abcdef09-2***", "two", true},
        {"***secret-ABCDEF09-2***", "***secret-ABCDEF09-2***", false},
        {"***secret-abcdefg9-2***", "***secret-abcdefg9-2***", false},
        {"***secret-`bcdef09-2***", "***secret-`bcdef09-2***", false},
        {"***secret-abcdef:9-2***", "***secret-abcdef:9-2***", false},
        {"***secret-abcdef/9-2***", "***secret-abcdef/9-2***", false},
        {"***secret-0123456-2***", "***secret-0123456-2***", false},
        {"***secret-012345678-2***", "***secret-012345678-2***", false},
        {"***secret-01234567-***", "***secret-01234567-***", false},
        {"***secret-01234567***", "***secret-01234567***", true},
        {"***secret-01234567-", "***secret-01234567-", false},
        {"***secret-01234567", "***secret-01234567", false},
        {"***secret--1***", "***secret--1***", false},
        {"***secret-+1***", "***secret-+1***", false},
        {"***secret- 1***", "***secret- 1***", false},
        {"***secret-1 ***", "***secret-1 ***", false},
        {"***secret-1**", "***secret-1**", false},
        {"**secret-1***", "**secret-1***", false},
        {"***secret-1*** ***secret-x*** ***secret-2***", "one ***secret-x*** two", true},
        {"***secret-18446744073709551616***", "***secret-18446744073709551616***", false},
        {"***secret-***secret-3***", "***secret-three", true},
    };
    for (const auto& [text, result, is_reference] : cases) {
        INFO(text);
        CHECK(secret::restored(text, texts) == result);
        CHECK(secret::has_references(text) == is_reference);
        CHECK(secret::restored(text, {}) == text);
    }
}

TEST_CASE("texts change in lists and maps alike, and everything keeps its place and its kind") {
    const Value before = *config::parse_yaml(
        "a: [x-longsecret, [longsecret], {token: longsecret, n: 5}]\n"
        "token: [short, 7, {name: short}]\nempty: {token: ''}\n"
        "kinds: [~, true, 1, 1.5, [], {}]\n7: longsecret\n",
        "test.yaml");
    const Value after = secret::redacted(before, {"longsecret", "short"});
    CHECK(config::to_json(after) ==
          R"({"a":["x-***",["***"],{"token":"***","n":5}],"token":["***",7,{"name":"short"}],)"
          R"("empty":{"token":""},"kinds":[null,true,1,1.5,[],{}],"7":"***"})");
    for (const char* path : {"a", "a.0", "a.1", "a.1.0", "a.2", "a.2.token", "token.0", "kinds.3", "kinds"}) {
        INFO(path);
        CHECK(after.at(path)->position().line == before.at(path)->position().line);
        CHECK(after.at(path)->position().column == before.at(path)->position().column);
        CHECK(after.at(path)->position().line > 0);
    }
    secret::References references({"longsecret"});
    const Value referring = references.in(before);
    CHECK(config::to_json(referring) ==
          R"({"a":["x-***secret-1***",["***secret-1***"],{"token":"***secret-1***","n":5}],)"
          R"("token":["***secret-2***",7,{"name":"short"}],"empty":{"token":""},)"
          R"("kinds":[null,true,1,1.5,[],{}],"7":"***secret-1***"})");
    CHECK(secret::restored(referring, references.texts()) == before);
}

TEST_CASE("a secret of eight bytes is looked for in other texts, and a shorter one is not") {
    CHECK(secret::redacted("x1234567y x12345678y", {"1234567", "12345678"}) == "x1234567y x***y");
    CHECK(secret::redacted("12345678 123456789", {"12345678", "123456789"}) == "*** ***");
    CHECK(secret::redacted("abcdabcdabcd", {"abcdabcd"}) == "***abcd");
    CHECK(secret::redacted("aaaaaaaabbbbbbbb", {"bbbbbbbb", "aaaaaaaa"}) == "******");
    CHECK(secret::redacted("", {"12345678"}).empty());
    CHECK(secret::redacted("12345678", {}) == "12345678");
}

TEST_CASE("a file of secrets is a list of texts, of bounded size") {
    CHECK(secret::file_text({"a", "b\n"}) == R"(["a","b\n"])");
    CHECK(secret::file_text({}) == "[]");
    const std::string most(secret::max_bytes - 4, 'x');
    CHECK(secret::file_text({most})->size() == secret::max_bytes);
    CHECK(secret::parse_secret_file(*secret::file_text({most})) == std::vector<std::string>{most});
    CHECK(secret::file_text({most + "x"}).error().front().code == "secret.file");
    for (const char* none : {"", "{}", "[1]", "[[]]", "[\"a\"", "null", "[\"a\", null]", "x"}) {
        INFO(none);
        const auto refused = secret::parse_secret_file(none);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().message == "the file of the recipe's secrets is none of ours");
    }
}

TEST_CASE("a name of 256 bytes may be a secret's") {
    CHECK(secret::is_secret_name(std::string(250, 'x') + "_token"));
    CHECK_FALSE(secret::is_secret_name(std::string(251, 'x') + "_token"));
}
