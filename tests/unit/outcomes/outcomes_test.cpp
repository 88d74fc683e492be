// SPDX-License-Identifier: Apache-2.0
// Whole outcomes of requests, each file a topic. RECIPE_WRITE_OUTCOMES=1 writes the files anew; their diff is the
// change of behaviour.
#include "cases_as_text.hpp"
#include "catch.hpp"

using recipe::outcomes::check_file;
using recipe::outcomes::outcome_of;

TEST_CASE("outcomes: each recipe as it is and on some instance types") {
    check_file("recipes.txt", outcome_of);
}

TEST_CASE("outcomes: numbers of nodes and devices") {
    check_file("devices.txt", outcome_of);
}

TEST_CASE("outcomes: parallel degrees against world and model") {
    check_file("layout.txt", outcome_of);
}

TEST_CASE("outcomes: layouts with pipelines, batches and experts") {
    check_file("pipelines.txt", outcome_of);
}

TEST_CASE("outcomes: batch sizes and sequences") {
    check_file("batch.txt", outcome_of);
}

TEST_CASE("outcomes: the model's shape, switches and adapters") {
    check_file("model.txt", outcome_of);
}

TEST_CASE("outcomes: number formats") {
    check_file("precision.txt", outcome_of);
}

TEST_CASE("outcomes: predictions of memory and what would fit") {
    check_file("memory.txt", outcome_of);
}

TEST_CASE("outcomes: keys of the entry script, and which code runs") {
    check_file("program.txt", outcome_of);
}

TEST_CASE("outcomes: data and the places that are written to") {
    check_file("data.txt", outcome_of);
}

TEST_CASE("outcomes: variables of the environment") {
    check_file("environment.txt", outcome_of);
}

TEST_CASE("outcomes: overrides that cannot be, or should not") {
    check_file("compose.txt", outcome_of);
}

TEST_CASE("outcomes: Slurm options and the keys that say the same") {
    check_file("options.txt", outcome_of);
}

TEST_CASE("outcomes: images and mounts") {
    check_file("container.txt", outcome_of);
}

TEST_CASE("outcomes: secrets and where they may be") {
    check_file("secrets.txt", outcome_of);
}

TEST_CASE("outcomes: what a site decides") {
    check_file("site.txt", outcome_of);
}

TEST_CASE("outcomes: custom training and families whose programs are not public") {
    check_file("custom.txt", outcome_of);
}
