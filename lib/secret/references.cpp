// SPDX-License-Identifier: Apache-2.0
// Secrets out of texts, and back into them.
#include "secret/secret.hpp"

#include "diagnostic/codes/launch.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <functional>

namespace recipe::secret {
namespace {

using config::Value;

constexpr std::string_view opening = "***secret-";
constexpr std::string_view closing = "***";
constexpr std::size_t label_digits = 8;
constexpr std::size_t name_digits = 32;
constexpr std::size_t max_path_bytes = 4096;  // PATH_MAX
constexpr int max_file_depth = 2;

bool is_hexadecimal(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Those long enough to be looked for, longest first, so that one that holds another is found.
std::vector<std::string> to_be_looked_for(std::vector<std::string> values) {
    std::erase_if(values, [](const std::string& value) { return value.size() < shortest_copy; });
    std::ranges::stable_sort(values, std::ranges::greater{}, &std::string::size);
    return values;
}

/// The text with each of the values replaced, from left to right; what was put in is not searched again.
std::string replaced(std::string_view text, const std::vector<std::string>& values,
                     const std::function<std::string(const std::string&)>& replacement) {
    std::string result;
    while (!text.empty()) {
        std::size_t first = std::string_view::npos;
        const std::string* found = nullptr;
        for (const std::string& value : values) {
            const std::size_t at = text.find(value);
            if (at >= first) continue;
            first = at;
            found = &value;
        }
        if (found == nullptr) break;
        result += text.substr(0, first);
        result += replacement(*found);
        text.remove_prefix(first + found->size());
    }
    return result += text;
}

/// A configuration with its texts changed. `change` is called with the name of the key that a text stands under, alone
/// or in lists.
Value changed(const Value& value, const std::string& name,
              const std::function<std::string(const std::string& text, const std::string& name)>& change) {
    Value result;
    if (const std::string* text = value.as_string()) {
        result = Value::string(change(*text, name));
    } else if (value.is_list()) {
        result = Value::list();
        for (const Value& item : value.items()) result.push_back(changed(item, name, change));
    } else if (value.is_map()) {
        result = Value::map();
        for (const config::Entry& entry : value.entries())
            result.set(entry.key, changed(entry.value, config::to_python_text(entry.key), change));
    } else {
        return value;
    }
    result.set_position(value.position());
    return result;
}

/// A text with the passwords of its URLs replaced, but what stands there already for a secret.
std::string with_passwords(std::string_view text, const std::function<std::string(const std::string&)>& replacement) {
    std::string result;
    while (true) {
        const std::string_view password = url_password(text);
        if (password.empty()) return result += text;
        const auto at = static_cast<std::size_t>(password.data() - text.data());
        result += text.substr(0, at);
        result += replacement(std::string(password));
        text.remove_prefix(at + password.size());
    }
}

/// The reference at the beginning of a text: how long it is, and its number. Length 0: there is none.
struct Reference {
    std::size_t size = 0;
    std::size_t number = 0;
};
Reference reference_at(std::string_view text) {
    std::string_view rest = text.substr(opening.size());
    if (rest.size() > label_digits && rest[label_digits] == '-' && is_hexadecimal(rest.substr(0, label_digits)))
        rest.remove_prefix(label_digits + 1);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc{}) return {};
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (!rest.starts_with(closing)) return {};
    return {.size = text.size() - rest.size() + closing.size(), .number = number};
}

std::unexpected<Diagnostics> no_file_of_secrets(std::string what) {
    return refuse({.code = codes::secret.file, .message = "the file of the recipe's secrets " + std::move(what)});
}

}  // namespace

std::string redacted(std::string_view text, const std::vector<std::string>& values) {
    return replaced(text, to_be_looked_for(values), [](const std::string&) { return std::string(hidden); });
}

Value redacted(const Value& root, const std::vector<std::string>& values) {
    const std::vector<std::string> wanted = to_be_looked_for(values);
    const auto hide = [](const std::string&) { return std::string(hidden); };
    return changed(root, {}, [&](const std::string& text, const std::string& name) {
        if (std::ranges::count(values, text) > 0 && is_secret(name, text)) return std::string(hidden);
        return with_passwords(replaced(text, wanted, hide), hide);
    });
}

void redact(Diagnostics& diagnostics, const std::vector<std::string>& values) {
    if (values.empty()) return;
    for (Diagnostic& diagnostic : diagnostics) {
        for (std::string* text :
             {&diagnostic.message, &diagnostic.fix, &diagnostic.source.excerpt, &diagnostic.source.name})
            *text = redacted(*text, values);
        diagnostic.source.excerpt = redacted_command_line(diagnostic.source.excerpt);
    }
}

References::References(std::vector<std::string> values, std::string label)
    : values_(to_be_looked_for(std::move(values))), label_(std::move(label)) {}

std::string References::to(const std::string& text) {
    auto known = std::ranges::find(texts_, text);
    if (known == texts_.end()) known = texts_.insert(known, text);
    return fmt::format("{}{}{}{}{}", opening, label_, label_.empty() ? "" : "-", known - texts_.begin() + 1, closing);
}

std::string References::in(std::string_view text) {
    const auto refer = [this](const std::string& value) { return to(value); };
    // A password may hold a value, which is a reference by now: no text that is kept refers to another.
    const auto refer_whole = [this](const std::string& password) { return to(restored(password, texts_)); };
    return with_passwords(replaced(text, values_, refer), refer_whole);
}

Value References::in(const Value& value) {
    return changed(value, {}, [this](const std::string& text, const std::string& name) {
        return is_secret(name, text) ? to(text) : in(text);
    });
}

bool has_references(std::string_view text) noexcept {
    for (std::size_t at = text.find(opening); at != std::string_view::npos; at = text.find(opening, at + 1))
        if (reference_at(text.substr(at)).size > 0) return true;
    return false;
}

std::string restored(std::string_view text, const std::vector<std::string>& texts) {
    std::string result;
    while (true) {
        const std::size_t at = text.find(opening);
        if (at == std::string_view::npos) return result += text;
        result += text.substr(0, at);
        text.remove_prefix(at);
        const Reference reference = reference_at(text);
        const bool known = reference.size > 0 && reference.number >= 1 && reference.number <= texts.size();
        const std::size_t taken = known ? reference.size : opening.size();
        result += known ? std::string_view(texts[reference.number - 1]) : text.substr(0, taken);
        text.remove_prefix(taken);
    }
}

Value restored(const Value& value, const std::vector<std::string>& texts) {
    return changed(value, {}, [&](const std::string& text, const std::string&) { return restored(text, texts); });
}

Expected<std::string> file_text(const std::vector<std::string>& texts) {
    Value list = Value::list();
    for (const std::string& text : texts) list.push_back(Value::string(text));
    std::string json = config::to_json(list);
    if (json.size() > max_bytes)
        return no_file_of_secrets(fmt::format("would have {} bytes; {} is the most", json.size(), max_bytes));
    return json;
}

Expected<std::vector<std::string>> parse_secret_file(std::string_view file) {
    const Expected<Value> list = config::from_json(file, max_bytes, max_file_depth);
    if (!list || !list->is_list()) return no_file_of_secrets("is none of ours");
    std::vector<std::string> texts;
    for (const Value& item : list->items()) {
        if (!item.is_string()) return no_file_of_secrets("is none of ours");
        texts.push_back(*item.as_string());
    }
    return texts;
}

std::string directory_of_files(const config::Environment& environment, const std::string& home) {
    const auto absolute = [&](const char* name) -> const std::string* {
        const auto found = environment.find(name);
        return found != environment.end() && found->second.starts_with('/') ? &found->second : nullptr;
    };
    if (const std::string* state = absolute("XDG_STATE_HOME")) return *state + std::string(directory_end);
    const std::string* own = absolute("HOME");
    return (own != nullptr ? *own : home) + "/.local/state" + std::string(directory_end);
}

std::string secret_path(const std::string& directory, std::string_view name) {
    return directory + '/' + std::string(name);
}

bool is_file_of_ours(std::string_view path) noexcept {
    if (path.size() > max_path_bytes || !path.starts_with('/') || path.find('\0') != std::string_view::npos)
        return false;
    if (path.ends_with(git_ending)) path.remove_suffix(git_ending.size());
    const std::size_t slash = path.rfind('/');
    const std::string_view name = path.substr(slash + 1);
    return name.size() == name_digits && is_hexadecimal(name) && path.substr(0, slash).ends_with(directory_end);
}

}  // namespace recipe::secret
