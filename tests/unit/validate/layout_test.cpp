// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "recipe_under_test.hpp"

#include <cstdint>
#include <limits>
#include <string>

using namespace recipe;
using namespace recipe::validate;

TEST_CASE("degrees that do not divide the world are refused with the numbers") {
    const RecipeUnderTest recipe = llama().with("trainer.num_nodes=4 model.tensor_model_parallel_degree=3");
    const Diagnostic diagnostic = recipe.only("layout.world_not_divisible");
    CHECK(diagnostic.severity == Severity::error);
    CHECK(
        diagnostic.message.starts_with("4 nodes × 8 devices = 32 ranks cannot be divided by "
                                       "tensor_model_parallel_degree 3 × shard_degree 8 = 24"));
    CHECK(diagnostic.key == "model.tensor_model_parallel_degree");
    CHECK(diagnostic.fix == "--recipe-set=model.tensor_model_parallel_degree=4");
    recipe.require_fix_of("layout.world_not_divisible");
}

TEST_CASE("the fix of the layout is the nearest that works") {
    struct Case {
        const char* override;
        const char* fix;
    };
    const Case cases[] = {
        {"model.shard_degree=5", "--recipe-set=model.shard_degree=4"},
        {"model.shard_degree=6", "--recipe-set=model.shard_degree=8"},  // as near as 4, and takes less memory
        {"model.shard_degree=16", "--recipe-set=model.shard_degree=8"},
        {"model.tensor_model_parallel_degree=4", "--recipe-set=model.shard_degree=2"},
        {"trainer.num_nodes=3 model.shard_degree=16", "--recipe-set=model.shard_degree=12"},
        {"model.shard_degree=6 model.context_parallel_degree=8", "--recipe-set=model.shard_degree=8"},
        {"model.shard_degree=5 model.tensor_model_parallel_degree=3",
         "--recipe-set=model.tensor_model_parallel_degree=4 --recipe-set=model.shard_degree=2"},
        {"trainer.devices=3 model.expert_model_parallel_degree=2", "--recipe-set=trainer.num_nodes=16"},
    };
    for (const Case& c : cases) {
        INFO(c.override);
        const RecipeUnderTest recipe = llama().with(c.override);
        CHECK(recipe.only("layout.world_not_divisible").fix == c.fix);
        recipe.require_fix_of("layout.world_not_divisible");
    }
}

TEST_CASE("when more nodes would do, the message says how many") {
    CHECK(llama().with("model.tensor_model_parallel_degree=4").only("layout.world_not_divisible").message ==
          "1 node × 8 devices = 8 ranks cannot be divided by tensor_model_parallel_degree 4 × shard_degree 8 = 32; 4 "
          "nodes "
          "could be");
    CHECK(llama().with("model.tensor_model_parallel_degree=4 trainer.num_nodes=4").codes().empty());
}

TEST_CASE("the shard degree counts where it is said") {
    CHECK(llama().with("trainer.devices=3").says("layout.world_not_divisible"));
    CHECK(llama().with("trainer.devices=3 model.shard_degree=null").codes().empty());
    CHECK(llama().with("trainer.devices=3 model.sharding_strategy=no_shard").codes().empty());
    // SageMaker's adapter reads the degree whatever the strategy says.
    CHECK(
        hyperpod_llama().with("trainer.devices=3 model.sharding_strategy=no_shard").says("layout.world_not_divisible"));
    CHECK(hyperpod_llama().with("trainer.devices=3 model.shard_degree=null").codes().empty());
}

TEST_CASE("degrees are checked in the families that have them") {
    CHECK(hyperpod_llama().with("model.shard_degree=5").says("layout.world_not_divisible"));
    CHECK(hyperpod_llama().with("model.shard_degree=5 run.model_type=nemo").codes().empty());
    CHECK(hyperpod_llama().with("model.shard_degree=5 run.model_type=nemo").check().layout.shard == 1);
    // Without a type, by the names of its keys.
    CHECK(hyperpod_llama().with("model.shard_degree=5 run.model_type=null").says("layout.world_not_divisible"));
}

TEST_CASE("TP × CP × shard may exceed the world") {
    // The tempting rule TP × CP × shard ≤ world wrongly refuses public recipes.
    CHECK(hyperpod_llama()
              .with("trainer.num_nodes=2 model.shard_degree=16 model.context_parallel_degree=16")
              .codes()
              .empty());
}

TEST_CASE("degrees are ints within reason") {
    const RecipeUnderTest text = llama().with("model.shard_degree='8'");
    CHECK(text.only("layout.type").key == "model.shard_degree");
    text.require_fix_of("layout.type");
    CHECK(text.codes() == "layout.type");
    CHECK(llama().with("model.tensor_model_parallel_degree=1.5").only("layout.type").fix.empty());
    for (const char* bad : {"0", "-1", "1000001", "99999999999999999999"}) {
        const RecipeUnderTest recipe = llama().with(std::string("model.expert_model_parallel_degree=") + bad);
        CHECK(recipe.codes() == "layout.range");
        CHECK(recipe.only("layout.range").key == "model.expert_model_parallel_degree");
    }
}

TEST_CASE("the largest degrees do not overflow") {
    const RecipeUnderTest recipe = llama().with(
        "trainer.num_nodes=100000 trainer.devices=1024 model.tensor_model_parallel_degree=1000000 "
        "model.shard_degree=1000000 model.expert_model_parallel_degree=1000000 model.num_attention_heads=null "
        "model.num_key_value_heads=null");
    CHECK(recipe.only("layout.world_not_divisible").message.contains("102400000 ranks"));
    CHECK(recipe.only("layout.world_not_divisible").message.contains("= 1000000000000000000"));
}

TEST_CASE("context parallelism needs as large a shard degree") {
    const RecipeUnderTest wider = llama().with("model.shard_degree=2 model.context_parallel_degree=4");
    const Diagnostic diagnostic = wider.only("layout.context");
    CHECK(diagnostic.severity == Severity::error);
    CHECK(diagnostic.key == "model.context_parallel_degree");
    CHECK(diagnostic.message ==
          "context_parallel_degree 4 is more than shard_degree 2, whose ranks share the sequence");
    CHECK(diagnostic.fix == "--recipe-set=model.shard_degree=4");
    wider.require_fix_of("layout.context");
    const RecipeUnderTest no_room = llama().with("model.context_parallel_degree=16");
    CHECK(no_room.only("layout.context").fix == "--recipe-set=model.context_parallel_degree=8");
    no_room.require_fix_of("layout.context");
    CHECK(llama().with("model.context_parallel_degree=8").codes().empty());
    // SageMaker's adapter takes an unset shard degree for 1, our trainer for what it thinks best.
    const RecipeUnderTest unset = hyperpod_llama().with("model.shard_degree=null model.context_parallel_degree=2");
    CHECK(unset.codes() == "layout.context");
    unset.require_fix_of("layout.context");
    CHECK(llama().with("model.shard_degree=null model.context_parallel_degree=2").codes().empty());
}

TEST_CASE("tensor parallelism splits attention heads and key-value heads evenly") {
    const RecipeUnderTest recipe = llama().with("trainer.num_nodes=16 model.tensor_model_parallel_degree=16");
    const Diagnostic diagnostic = recipe.only("layout.heads");
    CHECK(diagnostic.severity == Severity::error);
    CHECK(diagnostic.key == "model.tensor_model_parallel_degree");
    CHECK(diagnostic.message == "model.tensor_model_parallel_degree 16 does not divide 8 key-value heads");
    CHECK(diagnostic.fix == "--recipe-set=model.tensor_model_parallel_degree=8");
    recipe.require_fix_of("layout.heads");
    CHECK(llama().with("trainer.num_nodes=16 model.tensor_model_parallel_degree=8").codes().empty());
    // Across nodes of 8 devices is a warning, and no more.
    CHECK(llama()
              .with("trainer.num_nodes=16 model.tensor_model_parallel_degree=16 model.num_key_value_heads=null")
              .codes() == "layout.across_nodes");
    // NVLink joins the nodes of an UltraServer, which takes IMEX.
    const Diagnostic joined = llama()
                                  .with(
                                      "instance_type=u-p6e-gb200x72 trainer.devices=4 trainer.num_nodes=4 "
                                      "model.tensor_model_parallel_degree=8 model.shard_degree=2")
                                  .only("layout.across_nodes");
    CHECK(joined.severity == Severity::hint);
    CHECK(joined.message ==
          "model.tensor_model_parallel_degree 8 reaches across nodes of 4 devices, which NVLink joins in domains of "
          "72; this takes IMEX on the nodes, and nodes of one domain");
    const RecipeUnderTest both = llama().with("model.tensor_model_parallel_degree=3 trainer.num_nodes=4");
    both.require_fix_of("layout.heads");
    both.require_fix_of("layout.world_not_divisible");
}

TEST_CASE("every small layout is judged as a plain count of ranks judges it, and every fix works") {
    for (const int nodes : {1, 2, 3, 4})
        for (const int devices : {1, 4, 6, 8})
            for (const int tensor : {1, 2, 3, 8})
                for (const int shard : {1, 2, 5, 8})
                    for (const int context : {1, 4}) {
                        const std::string overrides = "trainer.num_nodes=" + std::to_string(nodes) +
                                                      " trainer.devices=" + std::to_string(devices) +
                                                      " model.tensor_model_parallel_degree=" + std::to_string(tensor) +
                                                      " model.shard_degree=" + std::to_string(shard) +
                                                      " model.context_parallel_degree=" + std::to_string(context);
                        INFO(overrides);
                        const RecipeUnderTest recipe = hyperpod_llama().with(overrides);
                        int left = nodes * devices;  // hand out copies of the model until too few ranks are left
                        while (left >= tensor * shard) left -= tensor * shard;
                        CHECK(recipe.says("layout.world_not_divisible") == (left != 0));
                        CHECK(recipe.says("layout.context") == (context > shard));
                        CHECK(recipe.says("layout.heads") == (tensor == 3));
                        for (const char* code : {"layout.world_not_divisible", "layout.context", "layout.heads"})
                            if (recipe.says(code)) recipe.require_fix_of(code);
                    }
}

TEST_CASE("a plan's layout is checked by its numbers alone") {
    CHECK(check_layout({.nodes = 4, .devices_per_node = 8, .tensor = 4, .shard = 8}).empty());
    CHECK(check_layout({}).empty());
    // Which may leave its shard degree to the program.
    CHECK(check_layout({.nodes = 1, .devices_per_node = 8, .shard = 1, .context = 2}).empty());
    const Diagnostics bad = check_layout({.nodes = 4, .devices_per_node = 8, .tensor = 3, .shard = 8, .context = 9});
    REQUIRE(bad.size() == 2);
    CHECK(bad[0].code == "layout.world_not_divisible");
    CHECK(bad[0].message ==
          "4 nodes × 8 devices = 32 ranks cannot be divided by tensor_model_parallel_degree 3 × shard_degree 8 = 24");
    CHECK(bad[1].code == "layout.context");
    CHECK(has_errors(bad));
}

TEST_CASE("hostile numbers in a plan are refused one by one") {
    for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
                                      std::numeric_limits<std::int64_t>::max()}) {
        const Diagnostics all = check_layout({number, number, number, number, number, number});
        REQUIRE(all.size() == 6);
        CHECK(all[0].code == "devices.range");
        CHECK(all[5].code == "layout.range");
    }
    CHECK(check_layout({max_nodes, max_devices_per_node, max_degree, max_degree, max_degree, max_degree}).size() == 1);
}

TEST_CASE("a number that a text or a float has is a fix only where it can be one") {
    const auto fix = [](const char* value) {
        return llama().with(std::string("model.shard_degree=") + value).only("layout.type").fix;
    };
    CHECK(fix("'4'") == "--recipe-set=model.shard_degree=4");
    CHECK(fix("'1'") == "--recipe-set=model.shard_degree=1");
    for (const char* value : {"'0'", "'-4'", "'1000001'", "0.0", "0.5", "'x'", "'4.0'", "true", "[4]"}) {
        INFO(value);
        CHECK(fix(value).empty());
    }
    CHECK(llama().with("model.shard_degree=4.0").only("layout.type").fix == "--recipe-set=model.shard_degree=4");
}

TEST_CASE("a sequence that only the context-parallel ranks cut leaves the tensor degree out of it") {
    const RecipeUnderTest recipe = hyperpod_llama().with(
        "model.context_parallel_degree=2 model.tensor_model_parallel_degree=8 model.shard_degree=2 trainer.num_nodes=2 "
        "++recipes.use_smp_model=True ++recipes.model.max_context_width=8190");
    CHECK(recipe.only("layout.sequence").fix == "--recipe-set=model.max_context_width=8192");
}

TEST_CASE("an error of the layout leaves a memory model nothing to reckon with") {
    // Fits on no device.
    const std::string large =
        "instance_type=g5.48xlarge ++recipes.model.max_context_width=65536 ++recipes.model.num_hidden_layers=16 "
        "++recipes.model.hidden_size=2048 ++recipes.model.intermediate_size=8192 ++recipes.model.vocab_size=128256 ";
    REQUIRE(llama().with(large).says("memory.does_not_fit"));
    CHECK_FALSE(llama().with(large + "model.shard_degree=5").says("memory.does_not_fit"));
    CHECK_FALSE(llama().with(large + "model.shard_degree=-1").says("memory.does_not_fit"));
    CHECK_FALSE(llama().with(large + "trainer.devices=0").says("memory.does_not_fit"));
    // Also where the numbers could be reckoned with: they are about to change.
    const RecipeUnderTest heads = llama().with(large + "model.tensor_model_parallel_degree=3 trainer.num_nodes=3");
    CHECK(heads.codes() == "layout.heads layout.sequence layout.across_nodes");
    const RecipeUnderTest context = llama().with(large + "model.context_parallel_degree=16");
    CHECK(context.codes() == "layout.context");
    // More devices than a node has need the same memory each.
    const RecipeUnderTest more = llama().with(large + "trainer.devices=16");
    REQUIRE(more.says("devices.exceeds"));
    CHECK(more.says("memory.does_not_fit"));
    // A degree that is a text is a warning, and is reckoned with.
    const RecipeUnderTest text = llama().with(large + "model.shard_degree='8'");
    REQUIRE(text.says("layout.type"));
    CHECK(text.says("memory.does_not_fit"));
    // Errors of other kinds, and warnings, say nothing of the layout.
    CHECK(llama().with(large + "model.fp8=True").says("memory.does_not_fit"));
    CHECK(llama().with(large + "run.results_dir=here").says("memory.does_not_fit"));
}

TEST_CASE("a plan's numbers are taken up to their limits, each by itself") {
    const auto codes = [](const Layout& layout) {
        std::string text;
        for (const Diagnostic& d : check_layout(layout)) text += std::string(std::string_view(d.code)) + ' ';
        return text;
    };
    CHECK(codes({.nodes = max_nodes}) == "");
    CHECK(codes({.nodes = max_nodes + 1}) == "devices.range ");
    CHECK(codes({.devices_per_node = max_devices_per_node}) == "");
    CHECK(codes({.devices_per_node = max_devices_per_node + 1}) == "devices.range ");
    CHECK(codes({.devices_per_node = 0}) == "devices.range ");
    for (std::int64_t Layout::* degree : {&Layout::tensor, &Layout::shard, &Layout::expert, &Layout::context}) {
        Layout layout;
        layout.*degree = max_degree + 1;
        CHECK(codes(layout) == "layout.range ");
        layout.*degree = 0;
        CHECK(codes(layout) == "layout.range ");
    }
}
