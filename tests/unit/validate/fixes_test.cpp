// SPDX-License-Identifier: Apache-2.0
// Fixes of layouts: each removes its error, and brings no other.
#include "catch.hpp"
#include "recipes_of_families.hpp"

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

}  // namespace recipe::validate
