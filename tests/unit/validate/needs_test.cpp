// SPDX-License-Identifier: Apache-2.0
// What a recipe needs of whatever device it will get.
#include "catch.hpp"
#include "recipe_under_test.hpp"
#include "recipes_of_families.hpp"

using namespace recipe;
using namespace recipe::validate;

TEST_CASE("what a rank needs of its device is known without an instance type") {
    const auto needs = [](const char* overrides) { return sized().with(overrides).check().needs; };
    const DeviceNeeds plain = needs("instance_type=null trainer.devices=8");
    CHECK(plain.bf16);
    CHECK_FALSE(plain.fp8);
    CHECK_FALSE(plain.fp4);
    REQUIRE(plain.memory);
    CHECK(plain.memory->low <= plain.memory->peak);
    CHECK(plain.memory->peak <= plain.memory->high);
    CHECK(plain.memory->outside > 0);
    CHECK(needs("instance_type=p5.48xlarge trainer.devices=8") == plain);
    CHECK(needs("instance_type=null ++recipes.model.fp8=True").fp8);
    CHECK(needs("instance_type=null trainer.precision=nvfp4").fp4);
    CHECK_FALSE(needs("instance_type=null trainer.precision=32").bf16);
    CHECK_FALSE(needs("instance_type=null trainer.accelerator=cpu").any());
    // Of a layout that cannot be, nobody knows the memory.
    CHECK_FALSE(needs("instance_type=null trainer.devices=0").memory);
}
