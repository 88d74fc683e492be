// SPDX-License-Identifier: Apache-2.0
// The digest of a configuration.
#include "plan/plan.hpp"

#include "plan/wire/codec.hpp"

#include <sha256.h>
#include <sys/types.h>
#include <array>

namespace recipe::plan {

std::string config_json(const config::Value& config) {
    return config::to_json(encode(config));
}

std::string digest_of_json(std::string_view config) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, reinterpret_cast<const std::uint8_t*>(config.data()), config.size());
    std::array<char, SHA256_DIGEST_STRING_LENGTH> hex{};
    SHA256_End(&context, hex.data());
    return std::string(hex.data());
}

std::string digest_of(const config::Value& config) {
    return digest_of_json(config_json(config));
}

}  // namespace recipe::plan
