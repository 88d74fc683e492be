// SPDX-License-Identifier: Apache-2.0
// Slurm's forms of text.
#include "catch.hpp"
#include "slurm_text/gres.hpp"
#include "slurm_text/lists.hpp"
#include "slurm_text/shown_text.hpp"
#include "slurm_text/time_limit.hpp"

namespace recipe::slurm_text {
namespace {

using Items = std::vector<std::string_view>;
using Limit = std::optional<std::int64_t>;

}  // namespace

TEST_CASE("a list is split at its commas, and empty items are dropped unless they are asked for") {
    CHECK(split("a,b") == Items{"a", "b"});
    CHECK(split("a") == Items{"a"});
    CHECK(split("").empty());
    CHECK(split(",a,,b,") == Items{"a", "b"});
    CHECK(split(",a,,b,", EmptyItems::kept) == Items{"", "a", "", "b", ""});
    CHECK(split("", EmptyItems::kept) == Items{""});
    CHECK(split("a b,\tc") == Items{"a b", "\tc"});
}

TEST_CASE("a number is the whole text") {
    CHECK(parse_number<std::uint32_t>("4294967295") == 4294967295U);
    CHECK_FALSE(parse_number<std::uint32_t>("4294967296"));
    for (const char* none : {"", "4x", " 4", "+4", "-4", "0x4"}) {
        INFO(none);
        CHECK_FALSE(parse_number<std::uint32_t>(none));
    }
    CHECK(parse_number<std::int64_t>("-4") == -4);
}

TEST_CASE("a count has at most nine digits") {
    CHECK(parse_count("0") == 0);
    CHECK(parse_count("999999999") == 999'999'999);
    CHECK_FALSE(parse_count("1000000000"));
    CHECK_FALSE(parse_count("-1"));
    CHECK_FALSE(parse_count(""));
}

TEST_CASE("generic resources are counted in all of Slurm's spellings") {
    CHECK(gres_count("8", "") == 8);
    CHECK(gres_count("a10g:8", "") == 8);
    CHECK(gres_count("gpu:a10g:8(S:0-1)", "gpu") == 8);
    CHECK(gres_count("gres/gpu=1", "gpu") == 1);
    CHECK(gres_count("gres:gpu:2,shard:4,gpu:a100:3", "gpu") == 5);
    CHECK(gres_count("gpu", "gpu") == 1);
    CHECK_FALSE(gres_count("shard:8", "gpu"));
    CHECK_FALSE(gres_count("gpus:8", "gpu"));
    CHECK_FALSE(gres_count("", "gpu"));
}

TEST_CASE("gpu is a GRES type when it is one of the list's names") {
    CHECK(has_gpu_type("shard,gpu"));
    CHECK_FALSE(has_gpu_type("shard,gpux"));
    CHECK_FALSE(has_gpu_type(""));
}

TEST_CASE("time limits read as Slurm reads them") {
    CHECK(parse_time_limit("90") == std::optional<Limit>(90));
    CHECK(parse_time_limit("1:30") == std::optional<Limit>(2));
    CHECK(parse_time_limit("1:30:00") == std::optional<Limit>(90));
    CHECK(parse_time_limit("2-12") == std::optional<Limit>(3600));
    CHECK(parse_time_limit("6-00:00:00") == std::optional<Limit>(8640));
    CHECK(parse_time_limit("unlimited") == std::optional<Limit>(Limit()));
    CHECK(parse_time_limit("soon") == std::nullopt);
    CHECK(parse_time_limit("1:2:3:4") == std::nullopt);
    CHECK(parse_time_limit("") == std::nullopt);
}

TEST_CASE("a time limit is written as Slurm writes it") {
    CHECK(format_time_limit(90) == "01:30:00");
    CHECK(format_time_limit(8640) == "6-00:00:00");
}

TEST_CASE("control characters are found, replaced and escaped") {
    constexpr std::string_view hostile = "a\x1b[31m\nb\x7f\tc";
    CHECK(has_control(hostile));
    CHECK_FALSE(has_control("plain text, é"));
    CHECK(has_control(std::string_view("\0", 1)));
    CHECK(replace_control(hostile, '?') == "a?[31m?b??c");
    CHECK(escape_control(hostile) == "a\\x1b[31m\\x0ab\\x7f\\x09c");
    CHECK(escape_control("é") == "é");
    CHECK(has_blank_or_control("a b"));
    CHECK(has_blank_or_control("a\tb"));
    CHECK_FALSE(has_blank_or_control("a_b"));
}

TEST_CASE("a text is cut between two characters, and an escape stays whole") {
    CHECK(printable("a\nb", 10) == "a\\x0ab");
    CHECK(printable("abcde", 5) == "abcde");
    CHECK(printable("abcdef", 5) == "abcde...");
    CHECK(printable("abcdé", 5) == "abcdé");
    CHECK(printable("abcdéf", 5) == "abcdé...");
    CHECK(printable(std::string(1000, '\x80'), 5) == "\\x80\\x80...");
    CHECK(printable("\u202e", 5) == "\\u202e");
    CHECK(printable("", 0).empty());
    CHECK(printable("a", 0) == "...");
}

TEST_CASE("one is singular") {
    CHECK(counted(1, "node") == "1 node");
    CHECK(counted(0, "node") == "0 nodes");
    CHECK(counted(2, "GPU") == "2 GPUs");
}

}  // namespace recipe::slurm_text
