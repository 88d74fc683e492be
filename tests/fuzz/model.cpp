// SPDX-License-Identifier: Apache-2.0
// No config.json and no name of a model overflows a number or runs away, and what is read has a plausible shape.
#include "models/models.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace recipe;
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto model = models::read_config(text, "config.json")) {
        const models::Parameters count = models::parameters(*model);
        const bool plausible = models::attention_layers(*model) >= 0 && models::expert_layers(*model) >= 0 &&
                               model->sliding_layers <= model->layers && count.active <= count.total();
        if (!plausible) std::abort();
    }
    const auto named = models::parameters_in_name(text);
    if (named && (*named < 0 || *named > models::max_parameters)) std::abort();
    (void)models::Catalogue().find(text);
    return 0;
}
