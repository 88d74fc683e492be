// SPDX-License-Identifier: Apache-2.0
// Secrets are cut from the line that Slurm keeps of a command, by their places and by their names.
#include "catch.hpp"
#include "secret/secret.hpp"

#include <algorithm>
#include <chrono>
#include <random>

using namespace recipe;
using secret::Cut;

namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) line += (&word == &words.front() ? "" : " ") + word;
    return line;
}

/// What slurmctld keeps of the words.
std::string kept(const std::vector<std::string>& words, const std::vector<std::string>& texts = {}) {
    const std::string line = joined(words);
    const std::string places = secret::cuts_text(line.size(), secret::cuts_of({words.begin(), words.end()}, texts));
    const auto cuts = secret::parse_cuts(places, line.size());
    REQUIRE(cuts);
    return secret::without(line, *cuts);
}

}  // namespace

TEST_CASE("what stands under a secret's name is cut, whatever it is, and nothing else") {
    CHECK(kept({"sbatch", "--recipe-set=git.token=[A, B]", "x.sh"}) == "sbatch --recipe-set=git.token=*** x.sh");
    CHECK(kept({"sbatch", "--recipe-set", "++env_vars.HF_TOKEN= B", "-N", "2"}) ==
          "sbatch --recipe-set ++env_vars.HF_TOKEN=*** -N 2");
    CHECK(kept({"sbatch", "--recipe-set=a.password='b c", "d"}) == "sbatch --recipe-set=a.password=*** d");
    CHECK(kept({"sbatch", "--recipe-set=++a={token: abc, user: me}"}) ==
          "sbatch --recipe-set=++a={token:***, user: me}");
    CHECK(kept({"sbatch", "--recipe-set=++a={b: {token: [x, y]}, c: d}"}) ==
          "sbatch --recipe-set=++a={b: {token:***}, c: d}");
    CHECK(kept({"sbatch", "--recipe-set=++a={token: 'x, }', c: d}"}) == "sbatch --recipe-set=++a={token:***, c: d}");
    CHECK(kept({"srun", "t.py", "--hf-token", "abc", "--steps", "3"}) == "srun t.py --hf-token *** --steps 3");
    CHECK(kept({"srun", "t.py", "--hf-token", "--steps", "3"}) == "srun t.py --hf-token --steps 3");
    CHECK(kept({"srun", "t.py", "--hf-token=abc", "--steps"}) == "srun t.py --hf-token=*** --steps");
    CHECK(kept({"sbatch", "--export=P=https://user:PW@host/x,Q=ftp://a:b@c"}) ==
          "sbatch --export=P=https://user:***@host/x,Q=ftp://a:***@c");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"sbatch", "--recipe-set=trainer.num_nodes=4", "", "a  b"},
          {"sbatch", "--recipe-set=git.token=None", "--recipe-set=git.token=", "--recipe-set=a_token=<token>"},
          {"sbatch", "--recipe-set=git.token=${oc.env:HF_TOKEN}", "--recipe-set='++a.password=x'x"},
          {"sbatch", "--recipe-set=model.max_tokens=4", "--recipe-set=model.pad_token=abc", "https://host:80/@x"}}) {
        const bool quoted = joined(words).contains('\'');
        if (!quoted) CHECK(kept(words) == joined(words));
    }
    CHECK(kept({}).empty());
}

TEST_CASE("the values themselves are cut wherever they are long enough, and short ones as whole values") {
    CHECK(kept({"sbatch", "-J", "12345678", "x=a12345678b12345678"}, {"12345678"}) == "sbatch -J *** x=a***b***");
    CHECK(kept({"sbatch", "--recipe-set=model.y=abc", "abcd", "x=abcd", "dabc", "abc"}, {"abc"}) ==
          "sbatch --recipe-set=model.y=*** abcd x=abcd dabc ***");
    CHECK(kept({"sbatch", "1234567", "a1234567"}, {"1234567"}) == "sbatch *** a1234567");
    // Where two overlap, both go.
    CHECK(kept({"x=abcdefghij"}, {"abcdefgh", "cdefghij"}) == "x=***");
    CHECK(kept({"sbatch"}, {""}) == "sbatch");
}

TEST_CASE("of random words with random secrets no byte of these is left, and every other is") {
    std::mt19937 random(4);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same words each time
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    const auto text = [&](std::string_view letters, std::size_t least, std::size_t most) {
        std::string result;
        for (std::size_t size = least + below(most - least + 1); size > 0; --size)
            result += letters[below(letters.size())];
        return result;
    };
    constexpr std::string_view harmless = "abcdef0123./,%";
    constexpr std::string_view any = "Aa1 =[]{},:'\"\\-_@/.\t\n#$\xc3\xa9";
    for (int round = 0; round < 3000; ++round) {
        std::vector<std::string> words{"sbatch"};
        std::vector<std::string> texts;
        std::string expected = "sbatch";
        for (std::size_t count = 1 + below(8); count > 0; --count) {
            std::string before;
            std::string hidden;
            std::string after;
            switch (below(4)) {
                case 0:
                    before = text(harmless, 0, 12);
                    break;
                case 1:  // by its name, of any length
                    before = "--recipe-set=++env_vars.HF_TOKEN=";
                    hidden = 'Z' + text(any, 0, 12);
                    break;
                case 2:  // by its value, anywhere
                    before = text(harmless, 0, 6);
                    hidden = 'Z' + text("GHIJKLMNOP", 11, 16);
                    after = text(harmless, 0, 6);
                    texts.push_back(hidden);
                    break;
                default:  // a short value
                    before = "--recipe-set=model.y=";
                    hidden = 'Y' + text("QRSTUV", 0, 6);
                    texts.push_back(hidden);
            }
            words.push_back(before + hidden + after);
            expected += ' ' + before + (hidden.empty() ? "" : "***") + after;
        }
        CAPTURE(round, joined(words));
        CHECK(kept(words, texts) == expected);
    }
}

TEST_CASE("places are believed of the line that they are of, in order, and within it") {
    const std::vector<Cut> cuts{{2, 3}, {5, 1}, {9, 1}};
    CHECK(secret::cuts_text(10, cuts) == "10,2+3,5+1,9+1");
    CHECK(secret::parse_cuts("10,2+3,5+1,9+1", 10) == cuts);
    CHECK(secret::parse_cuts("10", 10) == std::vector<Cut>{});
    CHECK(secret::parse_cuts("10,0+10", 10) == std::vector<Cut>{{0, 10}});
    for (const char* text : {"",
                             "x",
                             "11",
                             "9",
                             "-10",
                             "10,",
                             "10,2",
                             "10,2+",
                             "10,+3",
                             "10,2+0",
                             "10,2+x",
                             "10,2-3",
                             "10,8+3",
                             "10,10+1",
                             "10,11+1",
                             "10,5+1,2+1",
                             "10,2+3,4+1",
                             "10,2+18446744073709551615",
                             "10,18446744073709551615+1",
                             "10,2+18446744073709551616",
                             "10 2+3",
                             "10,2+3+1",
                             "2+3"}) {
        INFO(text);
        if (std::string_view(text) == "10,") continue;  // an empty item is none
        CHECK_FALSE(secret::parse_cuts(text, 10));
    }
    // As many as a command may have; more are one.
    std::vector<std::string> words;
    for (int i = 0; i < 600; ++i) words.emplace_back("--token=abc");
    const std::string shown = kept(words);
    CHECK(shown.starts_with("--token=*** --token=***"));
    CHECK_FALSE(shown.contains("abc"));
    std::string many = "100000";
    for (int i = 0; i < 513; ++i) many += "," + std::to_string(2 * i) + "+1";
    CHECK_FALSE(secret::parse_cuts(many, 100000));
    many.resize(many.rfind(','));
    CHECK(secret::parse_cuts(many, 100000)->size() == 512);
}

TEST_CASE("without places a command is cut by names, up to the next option") {
    struct Row {
        std::string_view typed;
        std::string_view shown;
    };
    for (const auto& [typed, shown] :
         {Row{"sbatch --recipe-set=git.token=[A, B] --mem=1 x.sh", "sbatch --recipe-set=git.token=*** --mem=1 x.sh"},
          Row{"sbatch --recipe-set ++env_vars.HF_TOKEN= B -N2", "sbatch --recipe-set ++env_vars.HF_TOKEN= *** -N2"},
          Row{"sbatch --recipe-set=a.password='b --c' -N2", "sbatch --recipe-set=a.password=*** -N2"},
          Row{"sbatch --recipe-set=a.password=b - c -5 x", "sbatch --recipe-set=a.password=***"},
          Row{"sbatch MY_PASSWD=a NGC_APIKEY=b -n1", "sbatch MY_PASSWD=*** -n1"},
          Row{"sbatch --export=NGC_APIKEY=b -n1", "sbatch --export=NGC_APIKEY=*** -n1"},
          Row{"srun t.py --api-key abc d --steps 3", "srun t.py --api-key *** --steps 3"},
          Row{"srun t.py --api-key --steps 3", "srun t.py --api-key --steps 3"},
          Row{"srun t.py --token= --steps 3", "srun t.py --token= --steps 3"},
          Row{"git clone https://user:PW@host/x https://a@b ssh://c:d@e",
              "git clone https://user:***@host/x https://a@b ssh://c:***@e"},
          Row{"sbatch --recipe-set=trainer.num_nodes=4 --mem=1", "sbatch --recipe-set=trainer.num_nodes=4 --mem=1"},
          Row{"sbatch --recipe-set=model.max_tokens=4 a.token=", "sbatch --recipe-set=model.max_tokens=4 a.token="},
          Row{"", ""}}) {
        INFO(typed);
        CHECK(secret::redacted_submit_line(typed) == shown);
    }
}

TEST_CASE("the work on a long line is bounded, and so is what is left of it") {
    constexpr std::size_t most = secret::longest_searched_line;
    const std::string fits = "x " + std::string(most - 2, 'a');
    CHECK(secret::redacted_submit_line(fits) == fits);
    CHECK(secret::redacted_submit_line(fits + 'a') == fits + "***");
    const std::string ends = std::string(most - 2, 'a') + " -";
    CHECK(secret::redacted_submit_line(ends) == ends);
    for (const std::string unit : {"=", "a=", "token=", "-token ", "://", "://a:b@", "'", "{"}) {
        std::string hostile;
        while (hostile.size() < 20'000'000) hostile += unit;
        INFO(unit);
        const auto began = std::chrono::steady_clock::now();
        CHECK(secret::redacted_submit_line(hostile).size() <= 2 * most + 3);
        CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
    }
}
