// SPDX-License-Identifier: Apache-2.0
// Which keys hold secrets.
#include "secret/secret.hpp"

#include <algorithm>
#include <array>

namespace recipe::secret {
namespace {

using config::Value;

constexpr std::array<std::string_view, 4> names{"token", "secret", "password", "api_key"};
constexpr std::array<std::string_view, 6> endings{"_token",   "_secret",     "_password",
                                                  "_api_key", "_secret_key", "_secret_access_key"};

/// Words of a language model's vocabulary (special_tokens_map.json of Hugging Face's tokenizers, and NeMo's).
constexpr std::array<std::string_view, 12> vocabulary{"bos_token",   "eos_token",   "pad_token",  "unk_token",
                                                      "sep_token",   "cls_token",   "mask_token", "image_token",
                                                      "audio_token", "video_token", "stop_token", "special_token"};
constexpr std::string_view tokenizer = "tokenizer";
constexpr std::string_view unset = "???";  // a mandatory value that nobody gave

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

void add(const Value& value, const std::string& key, std::vector<Secret>& found) {
    if (const std::string* text = value.as_string()) {
        if (!text->empty() && *text != unset) found.push_back({key, *text});
        return;
    }
    for (std::size_t i = 0; i < value.items().size(); ++i) add(value.items()[i], key + '.' + std::to_string(i), found);
}

void collect(const Value& value, const std::string& path, std::vector<Secret>& found) {
    for (std::size_t i = 0; i < value.items().size(); ++i)
        collect(value.items()[i], path + '.' + std::to_string(i), found);
    for (const config::Entry& entry : value.entries()) {
        const std::string name = config::to_python_text(entry.key);
        if (path.empty() && name == "training") continue;
        const std::string key = path.empty() ? name : path + '.' + name;
        if (is_secret_name(name)) add(entry.value, key, found);
        collect(entry.value, key, found);
    }
}

}  // namespace

bool is_secret_name(std::string_view name) {
    // Longer ones are nobody's, and this must not allocate much for a hostile text.
    if (name.size() > 256) return false;
    const std::string key = lower(name);
    if (key.starts_with(tokenizer) || std::ranges::count(vocabulary, key) > 0) return false;
    return std::ranges::count(names, key) > 0 ||
           std::ranges::any_of(endings, [&](std::string_view ending) { return key.ends_with(ending); });
}

std::vector<Secret> secrets_of(const Value& root) {
    std::vector<Secret> found;
    collect(root, {}, found);
    return found;
}

std::vector<std::string> values_of(const std::vector<Secret>& secrets) {
    std::vector<std::string> values;
    for (const Secret& secret : secrets)
        if (std::ranges::count(values, secret.value) == 0) values.push_back(secret.value);
    return values;
}

}  // namespace recipe::secret
