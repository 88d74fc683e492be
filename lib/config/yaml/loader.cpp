// SPDX-License-Identifier: Apache-2.0
// Reads YAML into Values: the parser finds the events, OmegaConf's rules say what the scalars mean.
#include "config/python/utf8.hpp"
#include "config/value/place.hpp"
#include "config/value/value_data.hpp"
#include "config/yaml/characters.hpp"
#include "config/yaml/parser.hpp"
#include "config/yaml/scalar.hpp"
#include "config/yaml/yaml.hpp"
#include "diagnostic/codes/compose.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <system_error>
#include <unordered_map>

namespace recipe::config {
namespace {

constexpr std::size_t largest_file = 4 * 1024 * 1024;
constexpr std::size_t max_nesting = 100;
constexpr std::size_t max_nodes = 500'000;  // after aliases are expanded

/// Leaves the parser from inside an event; caught in parse_yaml.
struct Refusal {
    Diagnostic diagnostic;
};

std::size_t count_nodes(const Value& value) {
    std::size_t count = 1;
    for (const Value& item : value.items()) count += count_nodes(item);
    for (const Entry& entry : value.entries()) count += 1 + count_nodes(entry.value);
    return count;
}

class TreeBuilder : public YamlEvents {
public:
    explicit TreeBuilder(const std::shared_ptr<const SourceText>& origin) : origin_(origin) {}

    Value take() { return std::move(root_); }

    void absent(const YamlMark& mark) override {
        Value value;
        // A value that is absent stands nowhere; its key is the better place than the text that comes next.
        const bool has_key = !open_.empty() && open_.back().key;
        value.set_position(has_key ? open_.back().key->position() : position(mark));
        add(std::move(value), 0, mark);
    }

    void scalar(const YamlMark& mark, const std::string& tag, YamlAnchor anchor, std::string text,
                bool plain) override {
        const YamlTag kind = !tag.empty() ? explicit_tag(tag, mark) : plain ? resolve_plain(text) : YamlTag::string;
        if (kind == YamlTag::merge && expects_key()) {
            open_.back().merge_key = true;
            open_.back().key = placed(Value::string(text), mark);
            return;
        }
        // "=" is an ordinary key, but means nothing as a value; so does "<<".
        const bool plain_key = kind == YamlTag::value && expects_key();
        auto value = construct_scalar(plain_key ? YamlTag::string : kind, text);
        if (!value) fail(codes::compose.yaml, mark, unreadable(kind, text));
        add(placed(std::move(*value), mark), anchor, mark);
    }

    void alias(const YamlMark& mark, YamlAnchor anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) fail(codes::compose.yaml, mark, "an alias of the very node that it stands in");
        nodes_ += found->second.nodes;
        check_size(mark);
        add(found->second.value, 0, mark);
    }

    void list_start(const YamlMark& mark, const std::string& tag, YamlAnchor anchor) override {
        if (!tag.empty() && tag != "tag:yaml.org,2002:seq") fail_tag(tag, mark);
        open(Value::list(), anchor, mark);
    }
    void list_end() override { close(); }

    void map_start(const YamlMark& mark, const std::string& tag, YamlAnchor anchor) override {
        if (!tag.empty() && tag != "tag:yaml.org,2002:map") fail_tag(tag, mark);
        open(Value::map(), anchor, mark);
    }
    void map_end() override {
        merge_into(open_.back());
        close();
    }

    [[nodiscard]] Position position(const YamlMark& mark) const {
        return {origin_, mark.line + 1, static_cast<int>(mark.byte - mark.line_start) + 1};
    }

private:
    struct Open {
        Value container;
        YamlAnchor anchor = 0;
        std::optional<Value> key;     // of a map: read, its value still to come
        bool merge_key = false;       // the key is "<<"
        std::vector<Value> merged{};  // the maps that "<<" brought in; later ones win
    };
    struct Anchored {
        Value value;
        std::size_t nodes = 0;
    };

    [[noreturn]] void fail(DiagnosticCode code, const YamlMark& mark, std::string message) const {
        throw Refusal{{.code = code, .source = position(mark).source(), .message = std::move(message)}};
    }
    [[noreturn]] void fail_tag(const std::string& tag, const YamlMark& mark) const {
        fail(codes::compose.yaml, mark, fmt::format("the tag {} means nothing in a recipe", quotable(tag)));
    }

    [[nodiscard]] bool expects_key() const {
        return !open_.empty() && open_.back().container.is_map() && !open_.back().key;
    }

    YamlTag explicit_tag(const std::string& tag, const YamlMark& mark) const {
        if (tag == "tag:yaml.org,2002:str") return YamlTag::string;
        if (tag == "tag:yaml.org,2002:int") return YamlTag::integer;
        if (tag == "tag:yaml.org,2002:float") return YamlTag::floating;
        if (tag == "tag:yaml.org,2002:bool") return YamlTag::boolean;
        if (tag == "tag:yaml.org,2002:null") return YamlTag::null;
        fail_tag(tag, mark);
    }

    static std::string unreadable(YamlTag kind, const std::string& text) {
        const std::string shown = quotable(text);
        switch (kind) {
            case YamlTag::merge:
                return "`<<` merges maps only where a key stands; quote it to mean the text";
            case YamlTag::value:
                return "`=` alone has a meaning of its own in YAML; quote it to mean the text";
            case YamlTag::integer:
                return fmt::format("`{}` looks like an int but is none, or has too many digits", shown);
            case YamlTag::floating:
                return fmt::format("`{}` looks like a float but is none", shown);
            default:
                return fmt::format("`{}` is not what its tag says", shown);
        }
    }

    Value placed(Value value, const YamlMark& mark) const {
        value.set_position(position(mark));
        return value;
    }

    void check_size(const YamlMark& mark) const {
        if (nodes_ > max_nodes)
            fail(codes::compose.too_large, mark, fmt::format("more than {} values, aliases counted", max_nodes));
    }

    void open(Value container, YamlAnchor anchor, const YamlMark& mark) {
        if (expects_key()) fail(codes::compose.yaml, mark, "a list or a map cannot be a key");
        if (open_.size() >= max_nesting)
            fail(codes::compose.too_large, mark, fmt::format("lists and maps nest deeper than {}", max_nesting));
        open_.push_back({placed(std::move(container), mark), anchor});
    }

    void close() {
        Open done = std::move(open_.back());
        open_.pop_back();
        const Position& place = done.container.position();
        YamlMark mark;
        mark.line = place.line - 1;
        mark.byte = static_cast<std::size_t>(place.column - 1);
        add(std::move(done.container), done.anchor, mark);
    }

    void add(Value value, YamlAnchor anchor, const YamlMark& mark) {
        ++nodes_;
        check_size(mark);
        if (anchor != 0) {
            const std::size_t nodes = count_nodes(value);
            nodes_ += nodes;
            check_size(mark);
            anchors_[anchor] = {value, nodes};
        }
        if (open_.empty()) {
            root_ = std::move(value);
            return;
        }
        Open& parent = open_.back();
        if (parent.container.is_list()) {
            parent.container.push_back(std::move(value));
        } else if (!parent.key) {
            add_key(parent, std::move(value), mark);
        } else if (parent.merge_key) {
            add_merged(parent, std::move(value), mark);
        } else {
            parent.container.set(std::move(*parent.key), std::move(value));
            parent.key.reset();
        }
    }

    void add_key(Open& parent, Value key, const YamlMark& mark) {
        if (key.is_map() || key.is_list()) fail(codes::compose.yaml, mark, "a list or a map cannot be a key");
        if (key.is_null()) fail(codes::compose.yaml, mark, "null cannot be a key; quote it to mean the text");
        // Only texts are refused: of numbers and bools that are the same to Python (1, 1.0, true) the last value
        // counts, and of "=".
        const bool refused = key.is_string() && *key.as_string() != "=";
        const std::size_t same = refused ? ValueAccess::find(parent.container, key) : ValueAccess::npos;
        if (same != ValueAccess::npos) {
            const Value& first = parent.container.entries()[same].key;
            Diagnostic twice{
                .code = codes::compose.duplicate_key, .key = to_python_text(key), .source = position(mark).source()};
            twice.message = fmt::format("`{}` is given twice: first on line {}, again on line {}", quotable(twice.key),
                                        first.position().line, mark.line + 1);
            throw Refusal{std::move(twice)};
        }
        parent.key = std::move(key);
    }

    void add_merged(Open& parent, Value value, const YamlMark& mark) {
        parent.key.reset();
        parent.merge_key = false;
        if (value.is_map()) {
            parent.merged.push_back(std::move(value));
            return;
        }
        if (!value.is_list()) fail(codes::compose.yaml, mark, "`<<` expects a map or a list of maps");
        // In a list the earlier map wins, while of two "<<" the later does.
        Value::List& maps = value.items_mutable();
        for (auto item = maps.rbegin(); item != maps.rend(); ++item) {
            if (!item->is_map()) fail(codes::compose.yaml, mark, "`<<` expects a map or a list of maps");
            parent.merged.push_back(std::move(*item));
        }
    }

    /// Merged keys come first, as in PyYAML, and own keys win.
    static void merge_into(Open& map) {
        if (map.merged.empty()) return;
        Value result = Value::map();
        for (Value& source : map.merged)
            for (Entry& entry : ValueAccess::entries(source)) result.set(entry.key, std::move(entry.value));
        for (Entry& entry : ValueAccess::entries(map.container)) result.set(entry.key, std::move(entry.value));
        result.set_position(map.container.position());
        map.container = std::move(result);
    }

    std::shared_ptr<const SourceText> origin_;
    std::vector<Open> open_;
    std::unordered_map<YamlAnchor, Anchored> anchors_;
    Value root_;
    std::size_t nodes_ = 0;
};

Diagnostic file_problem(DiagnosticCode code, const std::filesystem::path& file, std::string message) {
    return {.code = code, .source = {.name = file.string()}, .message = std::move(message)};
}

}  // namespace

Expected<Value> parse_yaml(std::string_view text, std::string name) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark says nothing in UTF-8
    auto origin = std::make_shared<const SourceText>(SourceText{std::move(name), std::string(text)});
    if (text.size() > largest_file) {
        return refuse({.code = codes::compose.too_large,
                       .source = {.name = origin->name},
                       .message = fmt::format("{} bytes; at most {} are read", text.size(), largest_file)});
    }
    if (auto problem = check_characters(origin)) return refuse(std::move(*problem));

    TreeBuilder builder(origin);
    try {
        YamlParser(origin->text, builder).parse();
    } catch (const Refusal& refusal) {
        return refuse(refusal.diagnostic);
    } catch (const YamlSyntaxError& problem) {
        return refuse({.code = codes::compose.yaml,
                       .source = builder.position(problem.mark).source(),
                       .message = problem.message});
    }
    Value document = builder.take();
    if (!document.position().origin)
        document.set_position({origin, 1, 1});  // an empty document stands in its file, too
    return document;
}

Expected<Value> Documents::load(const std::filesystem::path& file) {
    if (const auto known = read_.find(file); known != read_.end()) return known->second;
    Expected<Value> document = load_yaml(file);
    if (document) read_.emplace(file, *document);
    return document;
}

Expected<Value> load_yaml(const std::filesystem::path& file) {
    // Opened first and examined afterwards, so that what is examined is what is read; O_NONBLOCK for pipes without a
    // writer.
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        return refuse(file_problem(codes::compose.yaml, file,
                                   fmt::format("cannot be read: {}", std::generic_category().message(errno))));
    struct Closer {
        int descriptor;
        ~Closer() { ::close(descriptor); }
    } closer{descriptor};

    struct stat status{};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return refuse(file_problem(codes::compose.yaml, file, "cannot be read: not a regular file"));
    std::string text;
    text.resize(std::min(static_cast<std::size_t>(status.st_size), largest_file) + 1);
    std::size_t length = 0;
    while (length < text.size()) {
        const ssize_t count = ::read(descriptor, text.data() + length, text.size() - length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0)
            return refuse(file_problem(codes::compose.yaml, file,
                                       fmt::format("cannot be read: {}", std::generic_category().message(errno))));
        if (count == 0) break;
        length += static_cast<std::size_t>(count);
    }
    if (length > largest_file)
        return refuse(file_problem(codes::compose.too_large, file, fmt::format("more than {} bytes", largest_file)));
    text.resize(length);
    return parse_yaml(text, file.string());
}

}  // namespace recipe::config
