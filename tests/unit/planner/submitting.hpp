// SPDX-License-Identifier: Apache-2.0
// A submission of a shipped recipe, written the way a user would say it.
#pragma once

#include "planner/planner.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recipe::test {

/// By the user "user", whose home the working directory is, on a host with a tmpfs and a disk.
class Submitting {
public:
    explicit Submitting(std::string recipe, planner::Tool tool = planner::Tool::sbatch);

    Submitting& set(std::string text, planner::Level level = planner::Level::command_line) {
        request_.sets.push_back({std::move(text), level});
        return *this;
    }
    Submitting& option(std::string name, std::string value, planner::Level level = planner::Level::command_line) {
        request_.options.push_back({name, value, level, "--" + name + '=' + value});
        return *this;
    }
    Submitting& on_cluster_with_gpus() {
        request_.cluster_has_gpus = true;
        return *this;
    }
    Submitting& on_cluster_that_requeues() {
        request_.cluster_requeues = true;
        return *this;
    }
    Submitting& on_cluster_without_pyxis() {
        request_.has_pyxis = false;
        return *this;
    }
    Submitting& in_allocation_of(std::int64_t nodes) {
        request_.allocated_nodes = nodes;
        return *this;
    }
    Submitting& force() {
        request_.force = true;
        return *this;
    }
    Submitting& at_a_site_with(Severities severities) {
        settings_.severities = std::move(severities);
        return *this;
    }
    Submitting& at(site::Settings settings) {
        settings_ = std::move(settings);
        return *this;
    }
    Submitting& named_by(std::string variable, std::string shadowed = {}) {
        request_.default_of = std::move(variable);
        request_.shadowed_recipe = std::move(shadowed);
        return *this;
    }
    Submitting& sent_to(std::string clusters) {
        request_.other_clusters = std::move(clusters);
        return *this;
    }
    Submitting& noting(Diagnostic note) {
        request_.notes.push_back(std::move(note));
        return *this;
    }
    Submitting& without_script() {
        request_.needs_entry = true;
        return *this;
    }

    [[nodiscard]] planner::SubmitRequest request() const;
    [[nodiscard]] planner::Outcome outcome() const { return planner::prepare(request()); }
    [[nodiscard]] planner::Submission accepted() const;
    /// The one error.
    [[nodiscard]] Diagnostic refused() const;

private:
    planner::SubmitRequest request_;
    site::Settings settings_;
};

/// "(not set)" where the submission does not set it.
[[nodiscard]] std::string option_of(const planner::Submission& submission, std::string_view name);
[[nodiscard]] std::size_t count_of(const planner::Outcome& outcome, std::string_view code);
/// The first with this code; nullptr: there is none.
[[nodiscard]] const Diagnostic* find(const Diagnostics& diagnostics, std::string_view code);

inline constexpr const char* tiny = "llama_tiny_cpu_pretrain";
inline constexpr const char* llama = "llama3_2_1b_pretrain";

}  // namespace recipe::test
