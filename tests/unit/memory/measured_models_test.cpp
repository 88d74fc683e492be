// SPDX-License-Identifier: Apache-2.0
// Peaks of models of many architectures, measured on an NVIDIA H200 on 2026-11-30 with torch 2.11 and
// transformers 5.17: FSDP2 on a mesh of one (LoRA: no wrapper), scaled dot-product attention, random weights, shapes
// small enough for one device. Each line has the model's config.json, from which its shape is read.
#include "catch.hpp"
#include "memory/shapes.hpp"
#include "source_file.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

namespace recipe::memory {
namespace {

// Shares of the peak. The 4-bit weights were measured with a layer that keeps as many bytes as bitsandbytes' and makes
// its weight in each pass, since that was not at hand.
constexpr double limit = 0.0025;
constexpr double limit_of_four_bits = 0.006;

struct Run {
    config::Value line;
    Workload workload;
    double error = 0;

    [[nodiscard]] std::string id() const { return *line.find("id")->as_string(); }
};

Run run_of(const std::string& text) {
    Run run{.line = config::from_json(text, 1 << 16).value(), .workload = read_measurement(text).value().workload};
    INFO(text);
    const Expected<models::Model> model = models::read_config(config::to_json(*run.line.find("model")), "config.json");
    REQUIRE(model);
    run.workload.shape = shape_of(*model);
    const auto prediction = predict(run.workload);
    REQUIRE(prediction);
    run.error = prediction->peak_bytes / *run.line.find("peak_allocated_bytes")->as_number() - 1;
    return run;
}

std::vector<Run> runs() {
    std::ifstream file(source_file("tests/unit/memory/measured_models.jsonl"));
    std::vector<Run> all;
    for (std::string line; std::getline(file, line);) all.push_back(run_of(line));
    return all;
}

TEST_CASE("measured models are predicted by their config.json") {
    const std::vector<Run> all = runs();
    REQUIRE(all.size() == 59);
    for (const Run& run : all) {
        INFO(run.id() << ": off by " << 100 * run.error << " %");
        CHECK(std::abs(run.error) <= (run.id().ends_with("nf4") ? limit_of_four_bits : limit));
    }
}

}  // namespace
}  // namespace recipe::memory
