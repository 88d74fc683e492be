// SPDX-License-Identifier: Apache-2.0
#include "slurm_text/variable_name.hpp"
#include "catch.hpp"

#include <string>

using recipe::slurm_text::is_variable_name;

TEST_CASE("a variable's name is what a shell can export and Slurm carries") {
    for (const char* name : {"A", "Z", "a", "z", "_", "_9", "A0", "NCCL_DEBUG", "x_Y_1"}) {
        INFO(name);
        CHECK(is_variable_name(name));
    }
    // Beside letters and digits in ASCII are: / : @ [ ` {
    for (const char* name :
         {"", "0", "9A", "A/", "A:", "A@", "A[", "A`", "A{", "A-B", "A B", "A=B", "\xc3\x84", "A\n"}) {
        INFO(name);
        CHECK_FALSE(is_variable_name(name));
    }
    CHECK(is_variable_name(std::string(255, 'A')));
    CHECK_FALSE(is_variable_name(std::string(256, 'A')));
}
