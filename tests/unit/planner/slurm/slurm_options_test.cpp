// SPDX-License-Identifier: Apache-2.0
// How many tasks of a node Slurm's options mean.
#include "planner/slurm/slurm_options.hpp"
#include "catch.hpp"

using namespace recipe::planner;

namespace {

std::int64_t tasks(std::vector<SlurmOption> options, std::int64_t nodes, std::int64_t otherwise) {
    SubmitRequest request;
    request.options = std::move(options);
    return tasks_on_a_node(request, nodes, otherwise);
}

}  // namespace

TEST_CASE("tasks of a node are those of the options, and what is usual where none says a number") {
    CHECK(tasks({}, 2, 8) == 8);
    CHECK(tasks({}, 2, 0) == 1);
    CHECK(tasks({{.name = "ntasks-per-node", .value = "3"}}, 2, 8) == 3);
    CHECK(tasks({{.name = "ntasks-per-node", .value = "many"}}, 2, 8) == 8);
    CHECK(tasks({{.name = "ntasks", .value = "6"}}, 2, 8) == 3);
    CHECK(tasks({{.name = "ntasks", .value = "many"}}, 2, 8) == 8);
    CHECK(tasks({{.name = "ntasks", .value = "1"}}, 2, 8) == 1);
    CHECK(tasks({{.name = "ntasks", .value = "6"}, {.name = "ntasks-per-node", .value = "2"}}, 2, 8) == 2);
}
