// SPDX-License-Identifier: Apache-2.0
// Makes a Value of yaml-cpp's events. Internal to this room.
#pragma once

#include "config/value/value_data.hpp"
#include "config/yaml/guard.hpp"
#include "config/yaml/scalar.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <unordered_map>
#include <unordered_set>

namespace recipe::config {

/// Leaves the parser from inside an event; caught in parse_yaml.
struct YamlRefusal {
    Diagnostic diagnostic;
};

/// One document, with OmegaConf's rules for what scalars mean, merge keys and keys given twice. Bounds the depth and
/// the number of values, aliases counted. Events throw YamlRefusal and GuardFinding.
class TreeBuilder : public YAML::EventHandler {
public:
    explicit TreeBuilder(const std::shared_ptr<const SourceText>& origin) : origin_(origin), guard_(origin->text) {}

    /// When all is read.
    Value take();
    [[nodiscard]] Position position(const YAML::Mark& mark) const;

    void OnDocumentStart(const YAML::Mark& mark) override;
    void OnDocumentEnd() override {}
    void OnAnchor(const YAML::Mark& mark, const std::string& name) override;
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override;
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) override;
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override;
    void OnMapEnd() override;

private:
    struct Open {
        Value container;
        YAML::Mark mark;
        YAML::anchor_t anchor = 0;
        bool in_flow = false;
        int column = 0;
        std::optional<Value> key{};  // of a map: read, its value still to come
        YAML::Mark key_mark{};
        bool merge_key = false;       // the key is "<<"
        std::vector<Value> merged{};  // the maps that "<<" brought in; later ones win
    };
    struct Anchored {
        Value value;
        std::size_t nodes = 0;
    };

    [[noreturn]] void fail(DiagnosticCode code, const YAML::Mark& mark, std::string message) const;
    [[noreturn]] void fail_tag(const std::string& tag, const YAML::Mark& mark) const;
    [[nodiscard]] bool expects_key() const {
        return !open_.empty() && open_.back().container.is_map() && !open_.back().key;
    }
    [[nodiscard]] bool expects_value() const { return !open_.empty() && open_.back().key.has_value(); }
    [[nodiscard]] std::size_t byte_of(const YAML::Mark& mark) const;
    [[nodiscard]] Guard::Scalar place_of(const YAML::Mark& mark) const;
    [[nodiscard]] YamlTag explicit_tag(const std::string& tag, const YAML::Mark& mark) const;
    [[nodiscard]] Value placed(Value value, const YAML::Mark& mark) const;
    void check_size(const YAML::Mark& mark) const;

    void open(Open opened, bool has_properties);
    void check_indentation(const YAML::Mark& mark, bool present) const;
    void close();
    void add(Value value, YAML::anchor_t anchor, const YAML::Mark& mark);
    void set_key(Open& parent, Value key, const YAML::Mark& mark);
    void add_key(Open& parent, Value key, const YAML::Mark& mark);
    void add_merged(Open& parent, Value value, const YAML::Mark& mark);

    std::shared_ptr<const SourceText> origin_;
    Guard guard_;
    std::vector<Open> open_;
    std::unordered_map<YAML::anchor_t, Anchored> anchors_;
    std::unordered_set<std::string> anchor_names_;
    Value root_;
    std::size_t nodes_ = 0;
    bool has_document_ = false;
};

}  // namespace recipe::config
