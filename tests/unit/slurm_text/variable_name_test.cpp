// SPDX-License-Identifier: Apache-2.0
#include "slurm_text/variable_name.hpp"

#include "catch.hpp"

#include <string>

using recipe::slurm_text::is_variable_name;

TEST_CASE("a variable's name has letters, digits and underscores, no digit first, and at most 255 bytes") {
    for (const char* name : {"A", "_", "a1", "NCCL_DEBUG", "_9"}) CHECK(is_variable_name(name));
    for (const char* name : {"", "1A", "A-B", "A=B", "A B", "\xc3\xa9", "A\n"}) CHECK_FALSE(is_variable_name(name));
    CHECK(is_variable_name(std::string(255, 'A')));
    CHECK_FALSE(is_variable_name(std::string(256, 'A')));
}
