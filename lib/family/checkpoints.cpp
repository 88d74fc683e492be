// SPDX-License-Identifier: Apache-2.0
// Whether a recipe's program writes checkpoints.
#include "family/family.hpp"

namespace recipe::family {

bool writes_checkpoints(const config::Value& configuration) {
    const config::Value* wanted = configuration.at("recipes.exp_manager.create_checkpoint_callback");
    const config::Value* kept = configuration.at("recipes.exp_manager.checkpoint_callback_params.save_top_k");
    return (wanted == nullptr || wanted->as_bool() != false) && (kept == nullptr || kept->as_int() != 0);
}

}  // namespace recipe::family
