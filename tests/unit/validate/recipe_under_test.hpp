// SPDX-License-Identifier: Apache-2.0
// A composed configuration written inline, and what validation says about it.
#pragma once

#include "config/config.hpp"
#include "validate/validate.hpp"

#include <string>
#include <string_view>

namespace recipe::validate {

/// The hardware that we ship.
const hardware::Catalogue& shipped_hardware();
/// The families that we ship.
const family::Families& shipped_families();

class RecipeUnderTest {
public:
    /// A configuration in YAML, from its root.
    explicit RecipeUnderTest(std::string_view yaml);

    /// Changes it by overrides, blank-separated: "model.fp8=True ++recipes.run.nodes=2".
    /// The front "--recipe-set=" may be there.
    RecipeUnderTest& with(std::string_view overrides);

    /// Where it names an entry script, that is our trainer. `limits`: what the entry script takes; nullptr: it does not
    /// say.
    [[nodiscard]] Result check(const config::Value* limits = nullptr) const;
    /// The one diagnostic with this code; fails the test when there is none or more than one.
    [[nodiscard]] Diagnostic only(std::string_view code) const;
    [[nodiscard]] bool says(std::string_view code) const;
    /// Codes of all errors and warnings, joined by blanks.
    [[nodiscard]] std::string codes() const;
    /// Fails the test unless the diagnostic has a fix that, applied, removes it and brings no new error.
    void require_fix_of(std::string_view code) const;

private:
    config::Resolved resolved_;
};

/// Llama 3.2 1B as our collection has it, for our trainer: one node of 8 devices, shard degree 8, nothing wrong.
RecipeUnderTest llama();
/// The same as a HyperPod collection has it, for SageMaker's adapter.
RecipeUnderTest hyperpod_llama();

}  // namespace recipe::validate
