// SPDX-License-Identifier: Apache-2.0
// Reading etc/families.yaml and a site's additions to it.
#include "family/family.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <optional>
#include <span>
#include "config/yaml/yaml.hpp"
#include "diagnostic/codes/tools.hpp"

namespace recipe::family {
namespace {

using config::Value;

constexpr std::size_t max_text_bytes = 8192;  // of one field; the shipped ones have 2 KiB

template <class Enum>
struct Word {
    std::string_view text;
    Enum value;
};

constexpr std::array<Word<Devices>, 3> devices_words{
    {{"any", Devices::any}, {"gpu", Devices::gpu}, {"neuron", Devices::neuron}}};
constexpr std::array<Word<Layout>, 5> layout_words{{{"none", Layout::none},
                                                    {"fsdp", Layout::fsdp},
                                                    {"ranks", Layout::ranks},
                                                    {"megatron", Layout::megatron},
                                                    {"neuron", Layout::neuron}}};

template <class Enum, std::size_t size>
std::optional<Enum> word_of(const std::array<Word<Enum>, size>& words, std::string_view text) {
    const auto found = std::ranges::find(words, text, &Word<Enum>::text);
    return found == words.end() ? std::nullopt : std::optional(found->value);
}

std::optional<Key> key_named(std::string_view name) {
    for (std::size_t index = 0; index < key_count; ++index)
        if (name_of(static_cast<Key>(index)) == name) return static_cast<Key>(index);
    return std::nullopt;
}

/// A loop of our own: string_view's find_first_of calls memchr for each character, and every submission comes through
/// here.
template <class IsSeparator>
std::vector<std::string_view> split(std::string_view text, IsSeparator is_separator) {
    std::vector<std::string_view> parts;
    auto at = text.begin();
    while (true) {
        at = std::find_if_not(at, text.end(), is_separator);
        if (at == text.end()) return parts;
        const auto end = std::find_if(at, text.end(), is_separator);
        parts.emplace_back(at, end);
        at = end;
    }
}

constexpr auto blanks = [](char c) { return c == ' ' || c == '\t'; };
constexpr auto line_ends = [](char c) { return c == '\r' || c == '\n'; };

bool is_path(std::string_view text) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    };
    return !text.empty() && text != "-" && text.front() != '.' && text.back() != '.' &&
           std::ranges::all_of(text, allowed);
}

Value value_of_word(std::string_view word) {
    if (word == "true" || word == "false") return Value::boolean(word == "true");
    if (const auto integer = config::Integer::from_digits(word)) return Value::integer(*integer);
    return Value::string(std::string(word));
}

/// "model.fp8 = true": the words before the sign, and the one after it. Nothing when there is more or less than that.
struct Sides {
    std::vector<std::string_view> left;
    std::optional<std::string_view> right;
};

std::optional<Sides> sides_of(std::string_view line) {
    Sides sides{.left = split(line, blanks), .right = {}};
    const auto sign = std::ranges::find(sides.left, "=");
    if (sign == sides.left.end()) return sides;
    if (sides.left.end() - sign != 2) return std::nullopt;
    sides.right = sides.left.back();
    sides.left.erase(sign, sides.left.end());
    return sides;
}

}  // namespace

class Reader {
public:
    explicit Reader(Families& families) : families_(families) {}

    void read(const Value& document, const std::string& file) {
        file_ = file;
        if (document.is_null()) return;  // a file of comments
        if (!document.is_map() || document.size() != 1 || document.find("families") == nullptr)
            return fail(document, "", "a file of families is a map with the one key families");
        const Value& families = *document.find("families");
        if (!families.is_map()) return fail(families, "families", "families is a map");
        std::vector<Families::Row> added;
        // What another family is like must be known first.
        for (const bool like : {false, true})
            for (const config::Entry& entry : families.entries())
                if ((entry.value.find("like") != nullptr) == like) read_family(entry, added);
        // Asked in the order of the file.
        std::ranges::stable_sort(added, {}, [&](const Families::Row& row) {
            return std::ranges::find(families.entries(), row.family.name,
                                     [](const config::Entry& entry) { return config::to_python_text(entry.key); }) -
                   families.entries().begin();
        });
        families_.rows_.insert(families_.rows_.begin(), std::make_move_iterator(added.begin()),
                               std::make_move_iterator(added.end()));
    }

    Diagnostics take() { return std::move(problems_); }

private:
    void fail(const Value& at, std::string key, std::string message) {
        Source source = at.position().source();
        if (source.empty()) source.name = file_;
        problems_.push_back({.code = codes::family.file,
                             .key = std::move(key),
                             .source = std::move(source),
                             .message = std::move(message)});
    }

    void read_family(const config::Entry& entry, std::vector<Families::Row>& added) {
        const std::string name = config::to_python_text(entry.key);
        const std::string key = "families." + name;
        if (!is_path(name) || name.size() > 64) return fail(entry.key, "families", "names are of letters and digits");
        if (!entry.value.is_map()) return fail(entry.value, key, key + " is a map");
        const auto known = std::ranges::find(families_.rows_, name, [](const auto& row) { return row.family.name; });
        Families::Row row = known != families_.rows_.end() ? *known : Families::Row{};
        if (const Value* like = entry.value.find("like")) {
            const Family* other = named(like->as_string(), added);
            if (other == nullptr) return fail(*like, key, "like names a family of this or an earlier file");
            row.family = *other;
        }
        row.family.name = name;
        for (const config::Entry& field : entry.value.entries())
            read_field(row, field, key + '.' + config::to_python_text(field.key));
        if (known != families_.rows_.end())
            *known = std::move(row);
        else
            added.push_back(std::move(row));
    }

    const Family* named(const std::string* name, const std::vector<Families::Row>& added) const {
        if (name == nullptr) return nullptr;
        const auto found = std::ranges::find(added, *name, [](const auto& row) { return row.family.name; });
        return found != added.end() ? &found->family : families_.find(*name);
    }

    void read_field(Families::Row& row, const config::Entry& field, const std::string& key) {
        const std::string name = config::to_python_text(field.key);
        if (name == "shard_may_be_unset") {
            const auto flag = field.value.as_bool();
            if (!flag) return fail(field.value, key, key + " is true or false");
            row.family.shard_may_be_unset = *flag;
            return;
        }
        const std::string* text = field.value.as_string();
        if (text == nullptr || text->size() > max_text_bytes) return fail(field.value, key, key + " is a text");
        if (name == "title")
            row.family.title = *text;
        else if (name == "root" && is_path(*text))
            row.family.root = *text;
        else if (name == "devices" && word_of(devices_words, *text))
            row.family.devices = *word_of(devices_words, *text);
        else if (name == "layout" && word_of(layout_words, *text))
            row.family.layout = *word_of(layout_words, *text);
        else if (name == "when")
            read_conditions(row, *text, field.value, key);
        else if (name == "memory")
            read_memory(row.family, *text, field.value, key);
        else if (name == "keys")
            read_keys(row.family, *text, field.value, key);
        else if (name == "code")
            read_code(row.family, *text, field.value, key);
        else if (name != "like")
            fail(field.value, key,
                 "the fields are title, when, root, devices (gpu, neuron, any), layout (fsdp, ranks, megatron, neuron, "
                 "none), like, shard_may_be_unset, keys, code and memory");
    }

    void read_conditions(Families::Row& row, std::string_view text, const Value& at, const std::string& key) {
        row.when.clear();
        for (const std::string_view line : split(text, line_ends)) {
            const auto sides = sides_of(line);
            const bool map = sides && sides->left.size() == 2 && sides->left[1] == "{}" && !sides->right;
            if (!sides || sides->left.empty() || (sides->left.size() != 1 && !map) || !is_path(sides->left[0])) {
                fail(at, key,
                     fmt::format("`{}` is none of `path`, `path {{}}`, `path = text` and `path = text*`", line));
                continue;
            }
            Families::Condition condition{.path = std::string(sides->left[0]), .text = {}, .map = map};
            std::string_view wanted = sides->right.value_or("");
            condition.prefix = wanted.ends_with('*');
            if (condition.prefix) wanted.remove_suffix(1);
            condition.text = wanted;
            row.when.push_back(std::move(condition));
        }
    }

    void read_keys(Family& family, std::string_view text, const Value& at, const std::string& field) {
        for (const std::string_view line : split(text, line_ends)) {
            const auto sides = sides_of(line);
            const auto key = sides && !sides->left.empty() ? key_named(sides->left[0]) : std::nullopt;
            if (!key) {
                fail(at, field, fmt::format("`{}` does not begin with the name of a key", line));
                continue;
            }
            const auto paths = std::span(sides->left).subspan(1);
            const bool removed = paths.size() == 1 && paths[0] == "-" && !sides->right;
            if (!removed && (paths.empty() || !std::ranges::all_of(paths, is_path))) {
                fail(at, field, fmt::format("`{}` is not `name path… [= value]`, or `name -`", line));
                continue;
            }
            Place place;
            if (!removed) place.paths.assign(paths.begin(), paths.end());
            if (sides->right) place.otherwise = value_of_word(*sides->right);
            family.places[static_cast<std::size_t>(*key)] = std::move(place);
        }
    }

    /// What the words mean is the memory model's to say.
    void read_memory(Family& family, std::string_view text, const Value& at, const std::string& field) {
        for (const std::string_view line : split(text, line_ends)) {
            const std::vector<std::string_view> words = split(line, blanks);
            const auto when = words.size() == 4 && words[2] == "if" ? key_named(words[3]) : std::nullopt;
            if (words.size() == 2 || when)
                family.memory.push_back({.name = std::string(words[0]), .value = std::string(words[1]), .when = when});
            else
                fail(at, field, fmt::format("`{}` is neither `name value` nor `name value if key`", line));
        }
    }

    /// All lines of an earlier file, or of a family that this one is like, are replaced.
    void read_code(Family& family, std::string_view text, const Value& at, const std::string& field) {
        family.code = {};
        for (const std::string_view line : split(text, line_ends)) {
            const std::vector<std::string_view> words = split(line, blanks);
            const bool has_place = words.size() == 4 && words[2] == "if";
            if (words.size() == 1 && words[0] == "none") continue;
            if ((words.size() == 2 || words.size() == 3) && words[0] == "repository") {
                family.code.repository = words[1];
                family.code.branch = words.size() == 3 ? words[2] : std::string_view();
            } else if ((words.size() == 2 || has_place) && words[0] == "entry") {
                const std::string_view place = has_place ? words[3] : std::string_view();
                const std::size_t slash = std::min(place.find('/'), place.size());
                family.code.entries.push_back({.program = std::string(words[1]),
                                               .folder = std::string(place.substr(0, slash)),
                                               .word = std::string(place.substr(std::min(slash + 1, place.size())))});
            } else {
                fail(at, field,
                     fmt::format(
                         "`{}` is none of `repository address [branch]`, `entry program [if folder[/word]]` and `none`",
                         line));
            }
        }
    }

    Families& families_;
    std::string file_;
    Diagnostics problems_;
};

Expected<Families> Families::load(const std::vector<std::filesystem::path>& files) {
    Families families;
    Diagnostics problems;
    Reader reader(families);
    for (const std::filesystem::path& file : files) {
        if (Expected<Value> document = config::load_yaml(file))
            reader.read(*document, file.string());
        else
            append(problems, std::move(document.error()));
    }
    append(problems, reader.take());
    if (has_errors(problems)) return std::unexpected(std::move(problems));
    return families;
}

}  // namespace recipe::family
