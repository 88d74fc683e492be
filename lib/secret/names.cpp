// SPDX-License-Identifier: Apache-2.0
// Which keys hold secrets, and which texts under them are none.
#include "secret/secret.hpp"

#include <algorithm>
#include <array>

namespace recipe::secret {
namespace {

using config::Value;

constexpr std::array<std::string_view, 14> names{
    "token",      "secret",      "password", "passwd",     "passphrase",  "api_key", "apikey",
    "secret_key", "private_key", "auth_key", "credential", "credentials", "bearer",  "authorization"};
constexpr std::array<std::string_view, 16> endings{"_token",      "_secret",       "_password", "_passwd",
                                                   "_pwd",        "_passphrase",   "_api_key",  "_apikey",
                                                   "_secret_key", "_access_token", "_auth_key", "_private_key",
                                                   "_credential", "_credentials",  "_bearer",   "_secret_access_key"};
/// What such a name has is often the path of a file, which is no secret itself.
constexpr std::array<std::string_view, 3> names_of_files{"private_key", "credential", "credentials"};

/// Words of a language model's vocabulary (special_tokens_map.json of Hugging Face's tokenizers, and NeMo's).
constexpr std::array<std::string_view, 12> vocabulary{"bos_token",   "eos_token",   "pad_token",  "unk_token",
                                                      "sep_token",   "cls_token",   "mask_token", "image_token",
                                                      "audio_token", "video_token", "stop_token", "special_token"};
constexpr std::string_view tokenizer = "tokenizer";

/// What people and generators write where a secret is to be put in.
constexpr std::array<std::string_view, 14> placeholders{"",
                                                        "?"
                                                        "??",
                                                        "none",
                                                        "null",
                                                        "~",
                                                        "nil",
                                                        "changeme",
                                                        "todo",
                                                        "change_me",
                                                        "replaceme",
                                                        "replace_me",
                                                        "dummy",
                                                        "placeholder",
                                                        "undefined"};
constexpr std::size_t longest_placeholder = 64;
constexpr std::size_t longest_name = 256;  // longer ones are nobody's, and a hostile text may have them

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c;
}

/// In small letters and with underscores, on the stack: each key of a recipe is asked for.
class Lowered {
public:
    explicit Lowered(std::string_view text) : size_(std::min(text.size(), longest_name)) {
        std::ranges::transform(text.substr(0, size_), text_.begin(), lower);
    }
    [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

private:
    std::array<char, longest_name> text_;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    std::size_t size_;
};

/// "<token>", "${HF_TOKEN}", "your_token_here", "xxxx", "***"
bool is_made_up(std::string_view text) {
    if (text.size() > longest_placeholder) return false;
    if (text.starts_with('<') && text.ends_with('>')) return true;
    if (text.starts_with("your_"))
        return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    return text.size() >= 3 && std::string_view("x*.").contains(text.front()) &&
           text.find_first_not_of(text.front()) == std::string_view::npos;
}

void add(const Value& value, const std::string& name, const std::string& key, std::vector<Secret>& found) {
    if (const std::string* text = value.as_string()) {
        if (is_secret(name, *text)) found.push_back({.key = key, .value = *text});
        return;
    }
    for (std::size_t i = 0; i < value.items().size(); ++i)
        add(value.items()[i], name, key + '.' + std::to_string(i), found);
}

void collect(const Value& value, const std::string& path, bool known, std::vector<Secret>& found) {
    if (const std::string* text = value.as_string(); text != nullptr && !known) {
        if (const std::string_view password = url_password(*text); !password.empty())
            found.push_back({.key = path, .value = std::string(password), .in_url = true});
        return;
    }
    for (std::size_t i = 0; i < value.items().size(); ++i)
        collect(value.items()[i], path + '.' + std::to_string(i), known, found);
    for (const config::Entry& entry : value.entries()) {
        const std::string name = config::to_python_text(entry.key);
        if (path.empty() && name == "training") continue;
        const std::string key = path.empty() ? name : path + '.' + name;
        const bool secret = is_secret_name(name);
        if (secret) add(entry.value, name, key, found);
        collect(entry.value, key, secret && !entry.value.is_map(), found);
    }
}

}  // namespace

bool is_secret_name(std::string_view name) noexcept {
    if (name.size() > longest_name) return false;
    const Lowered lowered(name);
    const std::string_view key = lowered.text();
    const bool may_be = std::ranges::any_of(endings, [&](std::string_view ending) { return key.ends_with(ending); }) ||
                        std::ranges::count(names, key) > 0;
    return may_be && !key.starts_with(tokenizer) && std::ranges::count(vocabulary, key) == 0;
}

bool is_placeholder(std::string_view text) noexcept {
    const Lowered lowered(text);
    if (std::ranges::count(placeholders, lowered.text()) > 0) return true;
    return is_made_up(lowered.text());
}

bool is_secret(std::string_view name, std::string_view text) noexcept {
    if (!is_secret_name(name) || is_placeholder(text)) return false;
    const Lowered lowered(name);
    const bool may_be_path =
        std::ranges::any_of(names_of_files, [&](std::string_view ending) { return lowered.text().ends_with(ending); });
    return !may_be_path || !(text.starts_with('/') || text.starts_with("~/") || text.starts_with("./"));
}

std::string_view url_password(std::string_view text) noexcept {
    constexpr std::string_view after_scheme = "://";
    for (std::size_t at = text.find(after_scheme); at != std::string_view::npos; at = text.find(after_scheme, at)) {
        at += after_scheme.size();
        const std::string_view authority = text.substr(at, text.find_first_of("/?# \t\r\n\"'", at) - at);
        const std::size_t sign = authority.rfind('@');
        const std::size_t colon = authority.find(':');
        if (sign == std::string_view::npos || colon == std::string_view::npos || colon > sign) continue;
        const std::string_view password = authority.substr(colon + 1, sign - colon - 1);
        if (!is_placeholder(password) && !password.starts_with("***")) return password;
    }
    return {};
}

std::vector<Secret> secrets_of(const Value& root) {
    std::vector<Secret> found;
    collect(root, {}, false, found);
    return found;
}

std::vector<std::string> values_of(const std::vector<Secret>& secrets) {
    std::vector<std::string> values;
    for (const Secret& secret : secrets)
        if (std::ranges::count(values, secret.value) == 0) values.push_back(secret.value);
    return values;
}

}  // namespace recipe::secret
