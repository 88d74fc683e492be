// SPDX-License-Identifier: Apache-2.0
// What has one cause is one error, at its cause.
#include "planner/refusal/causes.hpp"
#include "catch.hpp"
#include "config/config.hpp"
#include "diagnostic/codes/launch.hpp"
#include "diagnostic/codes/layout.hpp"
#include "diagnostic/codes/model.hpp"
#include "planner/planner.hpp"
#include "submitting.hpp"

#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace recipe::planner {
namespace {

Diagnostics errors_of(test::Submitting submitting) {
    Diagnostics errors = prepare(submitting.without_script().request()).diagnostics;
    std::erase_if(errors, [](const Diagnostic& d) { return d.severity != Severity::error; });
    return errors;
}

Diagnostics errors_with(std::initializer_list<const char*> sets) {
    test::Submitting submitting("llama3_2_1b_pretrain");
    for (const char* set : sets) submitting.set(set);
    return errors_of(submitting);
}

/// A recipe file of no collection.
class File {
public:
    explicit File(const std::string& text)
        : path_(std::filesystem::temp_directory_path() / ("causes_" + std::to_string(getpid()) + ".yaml")) {
        std::ofstream(path_) << text;
    }
    ~File() { std::filesystem::remove(path_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] Diagnostics errors() const { return errors_of(test::Submitting(path_.string())); }

private:
    std::filesystem::path path_;
};

const std::string sections =
    "run: {name: x, model_type: hf}\ntrainer: {num_nodes: 1, devices: 8, accelerator: gpu, max_steps: 2}\n";
const std::string model =
    "  train_batch_size: 2\n  max_context_width: 512\n  num_hidden_layers: 4\n  hidden_size: 128\n"
    "  intermediate_size: 256\n  num_attention_heads: 8\n  num_key_value_heads: 8\n  vocab_size: 256\n"
    "  optim: {lr: 0.1}\n  data: {use_synthetic_data: true}\n";

}  // namespace

TEST_CASE("a degree that does not divide several numbers is one error, with one fix") {
    const Diagnostics errors = errors_with({"model.tensor_model_parallel_degree=3"});
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().key == "model.tensor_model_parallel_degree");
    CHECK(errors.front().fix.starts_with("--recipe-set=model.tensor_model_parallel_degree="));
    CHECK(errors.front().message.find("3 does not divide 32 attention heads and 8 key-value heads [layout.heads]") !=
          std::string::npos);
    CHECK(errors.front().message.find("8192 tokens cannot be cut into 3 pieces") != std::string::npos);
}

TEST_CASE("only the number of heads that is not divided is blamed") {
    const Diagnostics errors = errors_with({"model.tensor_model_parallel_degree=16", "trainer.num_nodes=16"});
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().message.find("does not divide 8 key-value heads") != std::string::npos);
    CHECK(errors.front().message.find("attention heads") == std::string::npos);
}

TEST_CASE("errors with causes of their own stay errors of their own") {
    const Diagnostics errors = errors_with({"model.tensor_model_parallel_degree=3", "model.train_batch_size=0"});
    CHECK(errors.size() == 2);
    // Less precision needs less memory, but does not want for that.
    const Diagnostics memory = errors_with({"instance_type=p3dn.24xlarge", "trainer.precision=bf16"});
    REQUIRE(memory.size() == 2);
    CHECK(memory[1].code == "memory.does_not_fit");
}

TEST_CASE("a value that is interpolated from a refused one is refused with it") {
    const Diagnostics errors = errors_with({"instance_type=p3dn.24xlarge", "trainer.precision=bf16-true",
                                            "model.train_batch_size=1", "model.max_context_width=2048"});
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().key == "trainer.precision");
    CHECK(errors.front().message.find("model.precision is bf16-true") != std::string::npos);
}

TEST_CASE("a misspelt section is one error that names it") {
    const Diagnostics errors = File(sections + "modle:\n" + model).errors();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().code == "model.misspelt");
    CHECK(errors.front().key == "modle");
    CHECK(errors.front().source.line == 3);
    CHECK(errors.front().message.find("did you mean `model`?") != std::string::npos);
    CHECK(errors.front().fix == "model:");
    CHECK(File(sections + "model:\n" + model).errors().empty());
}

TEST_CASE("a recipe that names no program, and does not fit the collection's own, is one error that says so") {
    const Diagnostics errors =
        File("run: {name: x}\ntrainer: {num_nodes: 1, devices: 2}\nmlp: {hidden: 64}\n").errors();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().code == "launch.program_of_collection");
    CHECK(errors.front().message.find("names no program") != std::string::npos);
    CHECK(errors.front().message.find("is not set, and the entry script needs it") != std::string::npos);
    CHECK(errors.front().fix == "--recipe-set=launch.entry_script=/path/to/train.py");
}

TEST_CASE("a relative directory is one error where it is written") {
    for (const auto& [set, key] :
         {std::pair{"base_results_dir=runs", "base_results_dir"}, std::pair{"run.results_dir=runs", "run.results_dir"},
          std::pair{"exp_manager.exp_dir=runs", "exp_manager.exp_dir"}}) {
        INFO(set);
        const Diagnostics errors = errors_with({set});
        REQUIRE(errors.size() == 1);
        CHECK(errors.front().key == key);
        CHECK(errors.front().source.name == "--recipe-set 1");
        CHECK(errors.front().fix == std::string("--recipe-set=") + key + "=$PWD/runs");
        CHECK(errors.front().message.find("exp_manager.checkpoint_dir") != std::string::npos);
    }
}

TEST_CASE("the origin of a path is the key that its beginning is written at") {
    const config::Value root = *config::parse_yaml(
        "base: /x\n"
        "a: {dir: '${base}/y', up: '${.dir}/z', out: '${..base}/w'}\n"
        "b: {c: {d: '${...a.up}'}}\n"
        "e: /e/${base}\nf: ${nowhere}/x\ng: ${oc.env:HOME}/x\nh: ${h}\n",
        "x");
    const auto origin_of_path = [&](const char* key) { return origin_of(root, key, false); };
    CHECK(origin_of_path("base") == "base");
    CHECK(origin_of_path("a.dir") == "base");
    CHECK(origin_of_path("a.up") == "base");
    CHECK(origin_of_path("a.out") == "base");
    CHECK(origin_of_path("b.c.d") == "base");
    CHECK(origin_of_path("e") == "e");
    CHECK(origin_of_path("f") == "f");
    CHECK(origin_of_path("g") == "g");
    CHECK(origin_of_path("h") == "h");
    CHECK(origin_of(root, "b.c.d", true) == "a.up");
}

TEST_CASE("what follows from another diagnostic is dropped, and its severity remains") {
    const auto made = [](DiagnosticCode code, const char* key, Severity severity) {
        return Diagnostic{.code = code, .severity = severity, .key = key, .message = key};
    };
    Diagnostic section = made(codes::model.misspelt, "lauch", Severity::hint);
    section.explains = {{Explained::What::section, "lauch"}, {Explained::What::section, "launch"}};
    Diagnostic program = made(codes::launch.program_of_collection, "launch.entry_script", Severity::hint);
    program.explains = {{Explained::What::group, "layout"}};
    Diagnostics all{made(codes::layout.heads, "model.x", Severity::error), section,
                    made(codes::launch.kind, "launcher.x", Severity::warning), program};
    leave_to_causes(all);
    REQUIRE(all.size() == 2);
    CHECK(all[0].key == "lauch");
    CHECK(all[0].severity == Severity::error);
    CHECK(all[1].key == "launcher.x");
    // A cause of nothing that was said stays as it was.
    Diagnostics alone{section};
    leave_to_causes(alone);
    CHECK(alone == Diagnostics{section});
}

}  // namespace recipe::planner
