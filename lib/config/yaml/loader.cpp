// SPDX-License-Identifier: Apache-2.0
// Reads YAML texts and files: yaml-cpp finds what they hold, and the guard keeps it to what PyYAML would find.
#include "config/value/place.hpp"
#include "config/yaml/characters.hpp"
#include "config/yaml/tree_builder.hpp"
#include "config/yaml/yaml.hpp"
#include "diagnostic/codes/compose.hpp"
#include "diagnostic/codes/model.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <istream>
#include <streambuf>
#include <system_error>

namespace recipe::config {
namespace {

constexpr std::size_t largest_file = 4 * 1024 * 1024;

/// A text that a stream reads where it lies.
class TextBuffer : public std::streambuf {
public:
    explicit TextBuffer(const std::string& text) {
        char* begin = const_cast<char*>(text.data());  // nothing writes: what is put back is what was there
        setg(begin, begin, begin + text.size());
    }
};

/// What yaml-cpp says in its authors' terms, in those of somebody who writes YAML.
std::string message_of(std::string_view theirs) {
    struct Row {
        const char* theirs;
        const char* ours;
    };
    static const Row rows[] = {
        {YAML::ErrorMsg::UNKNOWN_TOKEN, "no text can begin with this character; put quotes around it"},
        {YAML::ErrorMsg::END_OF_MAP, "this belongs to nothing before it, or a `:` is missing; look at the indentation"},
        {YAML::ErrorMsg::END_OF_SEQ, "an item of the list begins with `-`; look at the indentation"},
        {YAML::ErrorMsg::END_OF_MAP_FLOW, "`,` or `}` is missing here"},
        {YAML::ErrorMsg::END_OF_SEQ_FLOW, "`,` or `]` is missing here"},
        {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote is never closed"},
        {YAML::ErrorMsg::DOC_IN_SCALAR, "a document begins or ends within quotes"},
        {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab cannot stand here; use spaces, or quotes around the text"},
        {YAML::ErrorMsg::FLOW_END, "this bracket closes nothing"},
        {YAML::ErrorMsg::BLOCK_ENTRY, "a list cannot begin here; put it on a line of its own"},
        {YAML::ErrorMsg::MAP_KEY, "a key cannot begin here; put it on a line of its own"},
        {YAML::ErrorMsg::MAP_VALUE, "a second `:` on one line; put quotes around the text"},
        {YAML::ErrorMsg::INVALID_HEX, "not enough hexadecimal digits after this escape"},
        {YAML::ErrorMsg::INVALID_UNICODE, "this escape stands for no character"},
        {YAML::ErrorMsg::INVALID_ESCAPE, "this escape is not known in YAML; write \\\\ for a backslash"},
        {YAML::ErrorMsg::UNKNOWN_ANCHOR, "there is no anchor of this name before this"},
        {YAML::ErrorMsg::BAD_FILE, "lists and maps nest too deeply"},
    };
    const auto* row = std::ranges::find_if(rows, [&](const Row& each) { return theirs.starts_with(each.theirs); });
    return row == std::end(rows) ? quotable(theirs) : row->ours;
}

/// One document, from its text's beginning to its end.
Value read_document(const std::string& text, TreeBuilder& builder) {
    TextBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
}

Diagnostic file_problem(DiagnosticCode code, const std::filesystem::path& file, std::string message) {
    return {.code = code, .source = {.name = file.string()}, .message = std::move(message)};
}

Expected<Value> parse_owned(std::string text, std::string name) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark says nothing in UTF-8
    const auto origin = std::make_shared<const SourceText>(SourceText{std::move(name), std::move(text)});
    if (origin->text.size() > largest_file) {
        return refuse({.code = codes::compose.too_large,
                       .source = {.name = origin->name},
                       .message = fmt::format("{} bytes; at most {} are read", origin->text.size(), largest_file)});
    }
    if (auto problem = check_characters(origin)) return refuse(std::move(*problem));

    TreeBuilder builder(origin);
    const auto refuse_at = [](const Position& position, std::string message) {
        return refuse({.code = codes::compose.yaml, .source = position.source(), .message = std::move(message)});
    };
    try {
        Value document = read_document(origin->text, builder);
        // An empty document stands in its file, too.
        if (!document.position().origin) document.set_position({origin, 1, 1});
        return document;
    } catch (const YamlRefusal& refusal) {
        return refuse(refusal.diagnostic);
    } catch (const GuardFinding& finding) {
        return refuse_at(position_at(origin, finding.byte), finding.message);
    } catch (const YAML::Exception& problem) {
        return refuse_at(builder.position(problem.mark), message_of(problem.msg));
    } catch (const std::runtime_error& problem) {  // what yaml-cpp calls its internal errors
        return refuse_at({origin, 1, 1}, quotable(problem.what()));
    }
}

}  // namespace

Expected<Value> parse_yaml(std::string_view text, std::string name) {
    return parse_owned(std::string(text), std::move(name));
}

Expected<Value> Documents::load(const std::filesystem::path& file) {
    if (const auto known = read_.find(file); known != read_.end()) return known->second;
    Expected<Value> document = load_yaml(file);
    if (document) read_.emplace(file, *document);
    return document;
}

Expected<Value> load_yaml(const std::filesystem::path& file) {
    if (!storage::answers(file.string()))
        return refuse(file_problem(codes::paths.no_answer, file, "its file server does not answer"));
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
    return parse_owned(std::move(text), file.string());
}

}  // namespace recipe::config
