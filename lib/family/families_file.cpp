// SPDX-License-Identifier: Apache-2.0
// Reads files of families: the shipped one for the generator, and those of a site.
#include "family/families_file.hpp"

#include "diagnostic/codes/tools.hpp"
#include "family/definition_fields.hpp"

#include <algorithm>
#include <iterator>

namespace recipe::family {
namespace {

using config::Value;

constexpr std::size_t max_name = 64;

const std::string& own_name(const Definition& definition) {
    return definition.family.name;
}

class Merger {
public:
    Merger(std::vector<Definition>& definitions, const std::string& file)
        : definitions_(definitions), problems_(codes::family.file, file) {}

    void merge(const Value& document) {
        if (document.is_null()) return;  // a file of comments
        if (!document.is_map() || document.size() != 1 || document.find("families") == nullptr)
            return problems_.add(document, "", "a file of families is a map with the one key families");
        const Value& families = *document.find("families");
        if (!families.is_map()) return problems_.add(families, "families", "families is to be a map");
        // What another family is like must be known first.
        for (const bool like : {false, true})
            for (const config::Entry& entry : families.entries())
                if ((entry.value.find("like") != nullptr) == like) read_family(entry);
        // Asked in the order of the file.
        const auto place = [&](const Definition& definition) {
            return std::ranges::find(families.entries(), definition.family.name,
                                     [](const config::Entry& entry) { return config::to_python_text(entry.key); }) -
                   families.entries().begin();
        };
        std::ranges::stable_sort(added_, {}, place);
        definitions_.insert(definitions_.begin(), std::make_move_iterator(added_.begin()),
                            std::make_move_iterator(added_.end()));
    }

    Diagnostics take() { return problems_.take(); }

private:
    void read_family(const config::Entry& entry) {
        const std::string name = config::to_python_text(entry.key);
        if (!is_path(name) || name.size() > max_name)
            return problems_.add(entry.key, "families", "names are of letters, digits, dots, dashes and underscores");
        FieldContext context{problems_, "families." + name};
        if (!entry.value.is_map()) return problems_.add(entry.value, context.key, context.key + " is to be a map");
        const auto known = std::ranges::find(definitions_, name, own_name);
        Definition definition = known != definitions_.end() ? *known : Definition{};
        if (const Value* like = entry.value.find("like")) {
            const Family* other = like->is_string() ? find(*like->as_string()) : nullptr;
            if (other == nullptr)
                return problems_.add(*like, context.key, "like is to be a family of this or an earlier file");
            definition.family = *other;
        }
        definition.family.name = name;
        read_definition(definition, entry.value, context);
        if (known != definitions_.end())
            *known = std::move(definition);
        else
            added_.push_back(std::move(definition));
    }

    const Family* find(const std::string& name) const {
        for (const std::vector<Definition>* definitions : {&std::as_const(added_), &std::as_const(definitions_)}) {
            const auto found = std::ranges::find(*definitions, name, own_name);
            if (found != definitions->end()) return &found->family;
        }
        return nullptr;
    }

    std::vector<Definition>& definitions_;
    std::vector<Definition> added_;
    tables::Problems problems_;
};

}  // namespace

Diagnostics merge_file(const Value& document, const std::string& file, std::vector<Definition>& definitions) {
    Merger merger(definitions, file);
    merger.merge(document);
    return merger.take();
}

Diagnostics merge_program(const Value& description, const std::string& file, Family& family) {
    tables::Problems problems(codes::family.file, file);
    FieldContext context{problems, "program"};
    read_program(family, description, context);
    return problems.take();
}

}  // namespace recipe::family
