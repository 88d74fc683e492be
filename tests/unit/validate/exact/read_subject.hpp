// SPDX-License-Identifier: Apache-2.0
// A configuration as the rules have read it.
#pragma once

#include "config/yaml/yaml.hpp"
#include "validate/recipe_under_test.hpp"
#include "validate/subject.hpp"

#include <string>

namespace recipe::validate {

/// A subject with the configuration that it refers to.
class ReadSubject {
public:
    explicit ReadSubject(const std::string& yaml, const storage::Host* host = nullptr)
        : root_(config::parse_yaml(yaml, "recipe").value()),
          subject_(root_, {.hardware = shipped_hardware(), .families = shipped_families(), .host = host}) {}
    ReadSubject(const ReadSubject&) = delete;
    ReadSubject& operator=(const ReadSubject&) = delete;

    const Subject* operator->() const { return &subject_; }
    const Subject& operator*() const { return subject_; }

private:
    config::Value root_;
    Subject subject_;
};

}  // namespace recipe::validate
