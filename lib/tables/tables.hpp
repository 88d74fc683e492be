// SPDX-License-Identifier: Apache-2.0
// Data files that people can read: etc/hardware.yaml, etc/families.yaml, and a site's own of the same form. Their
// records are read here field by field and strictly, by the same rules when the project is built and when a site adds
// to them. What the build has read it writes as C++ constants (generate_hardware, generate_families), so that no
// program reads the installed files when it runs.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::tables {

// --- reading -------------------------------------------------------------------------------------------------------

/// Collects what is wrong with one data file.
class Problems {
public:
    /// `code`: of every problem. `file`: the place of values that have none.
    Problems(DiagnosticCode code, std::string_view file) : code_(code), file_(file) {}

    void add(const config::Value& at, std::string key, std::string message);
    [[nodiscard]] std::size_t count() const noexcept { return found_.size(); }
    [[nodiscard]] Diagnostics take() { return std::move(found_); }

private:
    DiagnosticCode code_;
    std::string file_;
    Diagnostics found_;
};

/// A field that records of one kind may have. `Context` is what the readers of their values need; its member `problems`
/// takes what is wrong.
template <class Record, class Context>
struct Field {
    std::string_view name;
    std::string_view expected;  // for the message: "<name> of <record> is to be <expected>"
    bool required;              // of a record that no earlier file has
    /// False: the value is not what is expected. What a reader puts into `problems` itself, it answers with true.
    bool (*read)(Record&, const config::Value&, Context&);
};

[[nodiscard]] std::string unknown_field(std::string_view name, const std::vector<std::string_view>& known);

/// Sets the fields of `record` that the map `value` gives. False, with a problem at least, when anything is wrong.
/// `key`: what messages call the record.
template <class Record, class Context, std::size_t count>
bool read_record(Record& record, const std::string& key, const config::Value& value, bool is_new,
                 const std::array<Field<Record, Context>, count>& fields, Context& context) {
    const std::size_t before = context.problems.count();
    if (!value.is_map()) {
        context.problems.add(value, key, key + " is to be a map, not " + std::string(describe(value.kind())));
        return false;
    }
    for (const config::Entry& given : value.entries()) {
        const std::string name = config::to_python_text(given.key);
        const auto field = std::ranges::find(fields, name, &Field<Record, Context>::name);
        if (field == fields.end()) {
            std::vector<std::string_view> known;
            for (const auto& each : fields) known.push_back(each.name);
            context.problems.add(given.key, key + '.' + name, unknown_field(name, known));
        } else if (!field->read(record, given.value, context)) {
            context.problems.add(given.value, key, name + " of " + key + " is to be " + std::string(field->expected));
        }
    }
    for (const auto& field : fields)
        if (is_new && field.required && value.find(field.name) == nullptr)
            context.problems.add(value, key, key + " has no " + std::string(field.name));
    return context.problems.count() == before;
}

/// Owns what the views of a site's entries refer to. Copies share it.
class Keeper {
public:
    template <class T>
    const T& keep(T value) {
        auto kept = std::make_shared<const T>(std::move(value));
        const T& result = *kept;
        kept_.push_back(std::move(kept));
        return result;
    }

private:
    std::vector<std::shared_ptr<const void>> kept_;
};

// --- writing constants ---------------------------------------------------------------------------------------------

/// A text as a C++ string literal.
[[nodiscard]] std::string literal(std::string_view text);

/// "hf" and "verl_sft" as they are, "g5.48xlarge" as "g5_48xlarge": a part of a C++ name.
[[nodiscard]] std::string identifier(std::string_view name);

/// What a generator's main() does: reads the file that the first argument names, has `constants` make C++ of it, and
/// writes that into the file of the second. What is wrong is printed as a compiler would: "file:line:column: error:
/// ...".
[[nodiscard]] int generate(std::span<char*> arguments,
                           Expected<std::string> (*constants)(const config::Value& document, const std::string& file));

}  // namespace recipe::tables
