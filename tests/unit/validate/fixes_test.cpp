// SPDX-License-Identifier: Apache-2.0
// Fixes of layouts: each removes its error, and brings no other.
#include "catch.hpp"
#include "recipes_of_families.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

namespace recipe::validate {

TEST_CASE("a NeMo layout is judged as handing out copies of the model judges it, and every fix works") {
    for (const int nodes : {1, 2, 3})
        for (const int devices : {1, 4, 8})
            for (const int tensor : {1, 2, 3, 8})
                for (const int pipeline : {1, 2, 4})
                    for (const int context : {1, 2, 3}) {
                        const std::string overrides =
                            "trainer.num_nodes=" + std::to_string(nodes) +
                            " trainer.devices=" + std::to_string(devices) +
                            " model.tensor_model_parallel_size=" + std::to_string(tensor) +
                            " model.pipeline_model_parallel_size=" + std::to_string(pipeline) +
                            " model.context_parallel_size=" + std::to_string(context) +
                            " model.encoder_seq_length=4608 model.global_batch_size=1152 model.num_attention_heads=48"
                            " model.num_query_groups=24 instance_type=null";
                        const RecipeUnderTest recipe = nemo().with(overrides);
                        INFO(overrides << " finds " << recipe.codes());
                        int left = nodes * devices;
                        while (left >= tensor * pipeline * context) left -= tensor * pipeline * context;
                        CHECK(recipe.says("layout.model_parallel") == (left != 0));
                        if (left != 0) recipe.require_fix_of("layout.model_parallel");
                    }
}

TEST_CASE("every small layout with experts is judged as a plain count judges it, and every fix works") {
    for (const int nodes : {1, 2, 3})
        for (const int devices : {2, 8})
            for (const int tensor : {1, 2, 4})
                for (const int shard : {1, 3, 4})
                    for (const int expert : {1, 2, 3})
                        for (const int context : {1, 2, 8}) {
                            const std::string overrides =
                                "trainer.num_nodes=" + std::to_string(nodes) +
                                " trainer.devices=" + std::to_string(devices) +
                                " model.tensor_model_parallel_degree=" + std::to_string(tensor) +
                                " model.shard_degree=" + std::to_string(shard) +
                                " model.expert_model_parallel_degree=" + std::to_string(expert) +
                                " model.context_parallel_degree=" + std::to_string(context) + " instance_type=null";
                            const RecipeUnderTest recipe = adapter().with(overrides);
                            INFO(overrides << " finds " << recipe.codes());
                            int left = nodes * devices;
                            while (left >= tensor * shard * expert) left -= tensor * shard * expert;
                            CHECK(recipe.says("layout.world_not_divisible") == (left != 0));
                            CHECK(recipe.says("layout.context") == (context > shard));
                            for (const char* code : {"layout.world_not_divisible", "layout.context"})
                                if (recipe.says(code)) recipe.require_fix_of(code);
                        }
}

TEST_CASE("a fix is shown only if it removes the error and brings no other") {
    const RecipeUnderTest recipes[] = {
        llama().with("instance_type=g5.12xlarge model.shard_degree=16 model.context_parallel_degree=32 model.fp8=True"),
        adapter().with("instance_type=g5.12xlarge model.tensor_model_parallel_degree=16 use_smp_model=False"),
        nemo().with("instance_type=g5.12xlarge model.num_layers=31 model.global_batch_size=7 model.fp8=true"),
        nemo().with("model.tensor_model_parallel_size=7 model.num_layers=17 model.encoder_seq_length=4097"),
        neuron().with("trainer.devices=64 distributed_strategy.kv_replicator=3 data.global_batch_size=31")};
    for (const RecipeUnderTest& recipe : recipes) {
        INFO(recipe.codes());
        std::set<std::string> codes;
        for (const Diagnostic& diagnostic : recipe.check().diagnostics)
            if (diagnostic.severity == Severity::error && !diagnostic.fix.empty()) codes.emplace(diagnostic.code);
        CHECK_FALSE(codes.empty());
        for (const std::string& code : codes) recipe.require_fix_of(code);
    }
}

namespace {

/// Takes the fix of the first error that has one, until there is none; what is left then.
std::string after_all_fixes(RecipeUnderTest recipe) {
    for (int rounds = 0; rounds < 20; ++rounds) {
        const Diagnostics found = recipe.check().diagnostics;
        const auto error =
            std::ranges::find_if(found, [](const Diagnostic& d) { return d.severity == Severity::error; });
        if (error == found.end()) return {};
        const auto fixable = std::ranges::find_if(
            found, [](const Diagnostic& d) { return d.severity == Severity::error && !d.fix.empty(); });
        if (fixable == found.end()) return fmt::format("{}: {}", error->code.name(), error->message);
        recipe.with(fixable->fix);
    }
    return "fixes without end";
}

}  // namespace

TEST_CASE("following the fixes ends in a layout that no rule breaks, however many are broken at once") {
    std::mt19937 random(20261130);
    const auto one_of = [&](std::initializer_list<int> values) {
        return std::to_string(
            *(values.begin() + std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random)));
    };
    std::size_t broken = 0;
    for (int i = 0; i < 300; ++i) {
        const std::string overrides =
            "trainer.num_nodes=" + one_of({1, 2, 3, 4, 6, 16}) + " trainer.devices=" + one_of({4, 8, 16}) +
            " model.tensor_model_parallel_size=" + one_of({1, 2, 3, 4, 5, 8, 16}) +
            " model.pipeline_model_parallel_size=" + one_of({1, 2, 3, 4, 7, 8}) +
            " model.virtual_pipeline_model_parallel_size=" + one_of({1, 2, 3, 5}) +
            " model.context_parallel_size=" + one_of({1, 2, 3, 4}) +
            " model.expert_model_parallel_size=" + one_of({1, 2, 3, 4, 8}) +
            " model.num_moe_experts=" + one_of({6, 8, 12}) + " model.num_layers=" + one_of({24, 31, 32, 33, 80}) +
            " model.num_attention_heads=" + one_of({12, 30, 32, 40}) +
            " model.num_query_groups=" + one_of({2, 4, 6, 8, 10}) +
            " model.encoder_seq_length=" + one_of({2048, 4100, 6000, 8192}) +
            " model.micro_batch_size=" + one_of({1, 2, 3}) + " model.global_batch_size=" + one_of({7, 64, 100, 1024});
        INFO(i << ": " << overrides << " finds " << nemo().with(overrides).codes());
        broken += nemo().with(overrides).codes().contains(' ');
        CHECK(after_all_fixes(nemo().with(overrides)) == "");
    }
    CHECK(broken > 100);
    for (int i = 0; i < 100; ++i) {
        const std::string overrides =
            "trainer.num_nodes=" + one_of({1, 2, 3, 4}) + " trainer.devices=" + one_of({32, 64}) +
            " distributed_strategy.tensor_model_parallel_size=" + one_of({3, 8, 16, 32}) +
            " distributed_strategy.pipeline_model_parallel_size=" + one_of({1, 2, 3, 4}) +
            " distributed_strategy.kv_replicator=" + one_of({1, 2, 3, 4}) +
            " model.num_key_value_heads=" + one_of({4, 6, 8}) + " model.encoder_seq_length=" + one_of({4100, 8192}) +
            " data.global_batch_size=" + one_of({7, 1000, 1024});
        INFO(i << ": " << overrides << " finds " << neuron().with(overrides).codes());
        CHECK(after_all_fixes(neuron().with(overrides)) == "");
    }
}

}  // namespace recipe::validate
