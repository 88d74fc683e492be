// SPDX-License-Identifier: Apache-2.0
// Words that people paste.
#include "slurm_text/shell_words.hpp"
#include "catch.hpp"

namespace recipe::slurm_text {

TEST_CASE("a word is quoted only where a shell would read it otherwise") {
    for (const char* plain : {"a", "trainer.num_nodes=4", "+a/b@c=x,y:z%j", "ä=1"}) CHECK(shell_word(plain) == plain);
    CHECK(shell_word("") == "''");
    CHECK(shell_word("a b") == "'a b'");
    CHECK(shell_word("a='b'") == R"('a='\''b'\''')");
    for (const char* special :
         {"~a", "a=[1]", "a={b: 1}", "a=$B", "a=`b`", "a=\"b\"", "a;b", "a&b", "a|b", "a*", "a\\b", "a>b", "#a", "!a"})
        CHECK(shell_word(special) == shell_quoted(special));
}

TEST_CASE("a line is parted as a shell parts it, where that needs no shell") {
    using Words = std::vector<std::string>;
    CHECK(shell_words("a  b ") == Words{"a", "b"});
    CHECK(shell_words("") == Words{});
    CHECK(shell_words(R"(a='b c' "d e"f g\ h '')") == Words{"a=b c", "d ef", "g h", ""});
    CHECK(shell_words("'$HOME'") == Words{"$HOME"});
    for (const char* open : {"a=$HOME", "\"$HOME\"", "`ls`", "'a", "\"a"}) CHECK_FALSE(shell_words(open));
    for (const char* word : {"", "a", "~a", "a b", "it's", "a=\"${b}\"", "\\"})
        CHECK(shell_words(shell_word(word)) == Words{word});
}

}  // namespace recipe::slurm_text
