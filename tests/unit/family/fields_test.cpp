// SPDX-License-Identifier: Apache-2.0
// Each field of a family alone: what it sets, and what it may not be.
#include "family/family.hpp"

#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"

#include <fmt/format.h>

namespace recipe::family {
namespace {

/// A family that says this of itself.
Definition read(const std::string& fields) {
    const HardwareFile file("families: {mine: {" + fields + "}}");
    INFO(fields);
    const auto loaded = Families::load({file.path});
    if (!loaded) FAIL(loaded.error().front().message);
    for (const Definition* definition : loaded->all())
        if (definition->family.name == "mine") return *definition;
    FAIL("no such family");
    return {};
}

std::string refused(const std::string& fields) {
    const HardwareFile file("families: {mine: {" + fields + "}}");
    INFO(fields);
    const auto loaded = Families::load({file.path});
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().size() == 1);
    return loaded.error().front().message;
}

}  // namespace

TEST_CASE("a family that says nothing of itself has a name, a root and Python's program on Slurm") {
    const Definition definition = read("");
    const Family& f = definition.family;
    CHECK(f.name == "mine");
    CHECK(f.program.empty());
    CHECK(f.root == "recipes");
    CHECK(f.devices == Devices::any);
    CHECK(f.layout == Layout::none);
    CHECK(f.runs_on == std::vector<Platform>{Platform::slurm});
    CHECK(f.runs_as == RunsAs::python);
    CHECK_FALSE(f.shard_may_be_unset);
    CHECK(f.memory.empty());
    CHECK(f.code.entries.empty());
    CHECK(f.code.repository.empty());
    CHECK(f.program_known);
    CHECK(definition.when.empty());
    for (const Place& place : f.places) {
        CHECK(place.paths.empty());
        CHECK(place.otherwise.is_null());
    }
}

TEST_CASE("each word of a family's fields is known") {
    for (const auto& [word, devices] :
         {std::pair("any", Devices::any), std::pair("gpu", Devices::gpu), std::pair("neuron", Devices::neuron)}) {
        CHECK(read(fmt::format("devices: {}", word)).family.devices == devices);
        CHECK(to_string(devices) == word);
    }
    for (const auto& [word, layout] :
         {std::pair("none", Layout::none), std::pair("fsdp", Layout::fsdp), std::pair("ranks", Layout::ranks),
          std::pair("megatron", Layout::megatron), std::pair("neuron", Layout::neuron)}) {
        CHECK(read(fmt::format("layout: {}", word)).family.layout == layout);
        CHECK(to_string(layout) == word);
    }
    for (const auto& [word, runs_as] : {std::pair("python", RunsAs::python), std::pair("module", RunsAs::module),
                                        std::pair("shell", RunsAs::shell)}) {
        CHECK(read(fmt::format("runs_as: {}", word)).family.runs_as == runs_as);
        CHECK(to_string(runs_as) == word);
    }
    for (const auto& [word, platform] :
         {std::pair("slurm", Platform::slurm), std::pair("slurm_script", Platform::slurm_script),
          std::pair("k8s", Platform::k8s), std::pair("sm_jobs", Platform::sm_jobs)}) {
        const Family family = read(fmt::format("runs_on: [{}]", word)).family;
        CHECK(family.runs_on == std::vector<Platform>{platform});
        for (const Platform other : all_platforms) CHECK(family.can_run_on(other) == (other == platform));
        CHECK(to_string(platform) == word);
    }
    CHECK(read("runs_on: [k8s, slurm]").family.runs_on == std::vector<Platform>{Platform::k8s, Platform::slurm});
    CHECK(read("shard_may_be_unset: true").family.shard_may_be_unset);
    CHECK_FALSE(read("shard_may_be_unset: false").family.shard_may_be_unset);
    CHECK(read("root: training_cfg").family.root == "training_cfg");
    CHECK(read("title: my own").family.title == "my own");
    CHECK(read(fmt::format("title: {}", std::string(512, 'x'))).family.title.size() == 512);
}

TEST_CASE("a family's conditions are read with their test and its text") {
    const Definition d = read(
        "when: [{path: a}, {path: [b, c.d], is_map: true}, {path: e, absent: true}, {path: f, equals: x}, {path: g, "
        "starts_with: y}]");
    REQUIRE(d.when.size() == 5);
    using Test = Condition::Test;
    CHECK(d.when[0].test == Test::given);
    CHECK(d.when[0].paths == std::vector<std::string>{"a"});
    CHECK(d.when[0].text.empty());
    CHECK(d.when[1].test == Test::is_map);
    CHECK(d.when[1].paths == std::vector<std::string>{"b", "c.d"});
    CHECK(d.when[2].test == Test::absent);
    CHECK(d.when[3].test == Test::equals);
    CHECK(d.when[3].text == "x");
    CHECK(d.when[4].test == Test::starts_with);
    CHECK(d.when[4].text == "y");
    for (const auto& [test, expected] :
         {std::pair("equals: ''", "equals of families.mine.when is to be a text, and the only test"),
          std::pair("equals: 3", "equals of families.mine.when is to be a text, and the only test"),
          std::pair("starts_with: []", "starts_with of families.mine.when is to be a text, and the only test"),
          std::pair("is_map: false", "is_map of families.mine.when is to be true, and the only test"),
          std::pair("absent: 1", "absent of families.mine.when is to be true, and the only test"),
          std::pair("absent: true, equals: x", "equals of families.mine.when is to be a text, and the only test"),
          std::pair("equals: x, absent: true", "absent of families.mine.when is to be true, and the only test"),
          std::pair("is_map: true, absent: true", "absent of families.mine.when is to be true, and the only test")})
        CHECK(refused(fmt::format("when: [{{path: a, {}}}]", test)) == expected);
    CHECK(refused("when: {path: a}") == "when of families.mine is to be a list of conditions");
    for (const char* path : {"[]", "3", "''", "[a, 3]", ".a", "a.", "a..b", "'a b'"})
        CHECK(refused(fmt::format("when: [{{path: {}}}]", path)) ==
              "path of families.mine.when is to be a path of keys, or a list of some");
}

TEST_CASE("a path of keys has letters, digits, dots between them, dashes and underscores") {
    for (const char* path : {"a", "azAZ09_-", "a.b-c.D_9", "9"}) {
        INFO(path);
        CHECK(read(fmt::format("root: '{}'", path)).family.root == path);
    }
    for (const char* path : {"a/b", "a@b", "a[b", "a`b", "a{b", "a:b", "a b", ".", "..", "é"}) {
        INFO(path);
        CHECK(refused(fmt::format("root: '{}'", path)) == "root of families.mine is to be a path of keys");
    }
}

TEST_CASE("a family's keys have one place or several, and what the program takes without them") {
    const auto place = [](const std::string& text) {
        return read("keys: {tensor: " + text + "}").family.place(Key::tensor);
    };
    CHECK(place("a.b").paths == std::vector<std::string>{"a.b"});
    CHECK(place("a.b").otherwise.is_null());
    CHECK(place("[a, b.c]").paths == std::vector<std::string>{"a", "b.c"});
    CHECK(place("{path: a, default: 3}").otherwise.as_int() == 3);
    CHECK(place("{path: a, default: -1}").otherwise.as_int() == -1);
    CHECK(place("{path: a, default: false}").otherwise.as_bool() == false);
    CHECK(*place("{path: [a, b], default: word}").otherwise.as_string() == "word");
    CHECK(place("{path: [a, b], default: word}").paths.size() == 2);
    CHECK(place("{path: a, default: 3}").otherwise.position().source().empty());
    CHECK(place("null").paths.empty());
    for (const char* wrong : {"1.5", "''", "[1]", "{a: 1}", "null"})
        CHECK(refused(fmt::format("keys: {{tensor: {{path: a, default: {}}}}}", wrong)) ==
              "default of families.mine.keys.tensor is to be true, false, an int or a text");
    CHECK(refused("keys: {tensor: 3}") ==
          "families.mine.keys.tensor is to be a path of keys, or a list of some, a map of path and default, or null");
    // A key that a family takes from another may be taken away again.
    const HardwareFile file("families: {mine: {like: hf, keys: {tensor: null}}}");
    const auto loaded = Families::load({file.path});
    REQUIRE(loaded);
    CHECK_FALSE(loaded->find("mine")->has(Key::tensor));
    CHECK(loaded->find("mine")->has(Key::shard));
    const Family every = [] {
        std::string keys;
        for (std::size_t i = 0; i < key_count; ++i)
            keys += fmt::format("{}{}: k.n{}", i == 0 ? "" : ", ", name_of(static_cast<Key>(i)), i);
        return read("keys: {" + keys + "}").family;
    }();
    for (std::size_t i = 0; i < key_count; ++i)
        CHECK(every.place(static_cast<Key>(i)).paths == std::vector<std::string>{fmt::format("k.n{}", i)});
}

TEST_CASE("a family's assumptions of memory are spelt as they are, and conditional ones come last") {
    const auto lines = [](const std::string& text) {
        std::vector<std::string> all;
        for (const MemoryLine& line : read("memory: {" + text + "}").family.memory)
            all.push_back(line.name + "=" + line.value + (line.when ? " if " + std::string(name_of(*line.when)) : ""));
        return all;
    };
    using Lines = std::vector<std::string>;
    CHECK(lines("loss: fp32") == Lines{"loss=fp32"});
    CHECK(lines("sequence_parallel: true, keeps_logits: false") ==
          Lines{"sequence_parallel=true", "keeps_logits=false"});
    CHECK(lines("below: 0.25, loss_chunks: 8") == Lines{"below=0.25", "loss_chunks=8"});
    CHECK(lines("loss: {if: {tensor: loss_parallel, smp: chunked}, value: fp32}") ==
          Lines{"loss=fp32", "loss=loss_parallel if tensor", "loss=chunked if smp"});
    CHECK(lines("loss: {if: {tensor: loss_parallel}}") == Lines{"loss=loss_parallel if tensor"});
    for (const char* wrong : {"''", "null", "[]"}) {
        CHECK(refused(fmt::format("memory: {{loss: {}}}", wrong)) ==
              "families.mine.memory.loss is to be a text, a number, true or false, or a map of value and if");
        CHECK(refused(fmt::format("memory: {{loss: {{value: {}, if: {{}}}}}}", wrong)) ==
              "value of families.mine.memory.loss is to be a text, a number, true or false");
        CHECK(refused(fmt::format("memory: {{loss: {{if: {{tensor: {}}}}}}}", wrong)) ==
              "if of families.mine.memory.loss is to be a map of keys, and what the assumption is where each is true");
    }
    CHECK(refused("memory: {loss: {if: tensor}}") ==
          "if of families.mine.memory.loss is to be a map of keys, and what the assumption is where each is true");
    CHECK(refused("memory: fp32") == "memory of families.mine is to be a map of assumptions");
}

TEST_CASE("a family's code: repository, programs and what a shell program is told") {
    const DefaultCode code = read(
                                 "code: {repository: 'https://host/x.git', branch: main, configuration: conf, entries: "
                                 "[{program: a.py, folder: llama, word: lora}, {program: b.py}], variables: [{name: "
                                 "CONF_FILE}, {name: COMPILE, path: run.compile, default: '0'}]}")
                                 .family.code;
    CHECK(code.repository == "https://host/x.git");
    CHECK(code.branch == "main");
    CHECK(code.configuration == "conf");
    REQUIRE(code.entries.size() == 2);
    CHECK(code.entries[0].program == "a.py");
    CHECK(code.entries[0].folder == "llama");
    CHECK(code.entries[0].word == "lora");
    CHECK(code.entries[1].program == "b.py");
    CHECK(code.entries[1].folder.empty());
    CHECK(code.entries[1].word.empty());
    REQUIRE(code.variables.size() == 2);
    CHECK(code.variables[0].name == "CONF_FILE");
    CHECK(code.variables[0].path.empty());
    CHECK(code.variables[1].name == "COMPILE");
    CHECK(code.variables[1].path == "run.compile");
    CHECK(code.variables[1].otherwise == "0");
    const auto program = [&](std::string_view recipe) {
        const std::string* found = code.program_for(recipe);
        return found != nullptr ? *found : std::string();
    };
    CHECK(program("training/llama/x_lora") == "a.py");
    CHECK(program("training/llama/x") == "b.py");
    CHECK(program("training/mixtral/x_lora") == "b.py");
    CHECK(read("code: null").family.code.entries.empty());
    for (const auto& [text, expected] :
         {std::pair("repository: 3, entries: []", "repository of families.mine.code is to be a text"),
          std::pair("branch: '', entries: []", "branch of families.mine.code is to be a text"),
          std::pair("configuration: [], entries: []", "configuration of families.mine.code is to be a text"),
          std::pair("variables: x, entries: []", "variables of families.mine.code is to be a list of variables"),
          std::pair("entries: x", "entries of families.mine.code is to be a list of programs"),
          std::pair("entries: [{program: 3}]", "program of families.mine.code.entries is to be a text"),
          std::pair("entries: [{program: a, folder: ''}]", "folder of families.mine.code.entries is to be a text"),
          std::pair("entries: [{program: a, word: 3}]", "word of families.mine.code.entries is to be a text"),
          std::pair("entries: [], variables: [{name: 3}]", "name of families.mine.code.variables is to be a text"),
          std::pair("entries: [], variables: [{name: A, path: a..b}]",
                    "path of families.mine.code.variables is to be a path of keys"),
          std::pair("entries: [], variables: [{name: A, default: 0}]",
                    "default of families.mine.code.variables is to be a text"),
          std::pair("entries: [], variables: [{path: a}]", "families.mine.code.variables has no name")})
        CHECK(refused(fmt::format("code: {{{}}}", text)) == expected);
}

TEST_CASE("a family's other fields are of their kind") {
    for (const auto& [text, expected] :
         {std::pair("title: ''", "title of families.mine is to be a text"),
          std::pair("title: 3", "title of families.mine is to be a text"),
          std::pair("devices: GPU", "devices of families.mine is to be any, gpu or neuron"),
          std::pair("devices: 3", "devices of families.mine is to be any, gpu or neuron"),
          std::pair("layout: square", "layout of families.mine is to be none, fsdp, ranks, megatron or neuron"),
          std::pair("runs_as: bash", "runs_as of families.mine is to be python, module or shell"),
          std::pair("runs_on: slurm",
                    "runs_on of families.mine is to be a list of slurm, slurm_script, k8s and sm_jobs"),
          std::pair("runs_on: []", "runs_on of families.mine is to be a list of slurm, slurm_script, k8s and sm_jobs"),
          std::pair("runs_on: [pbs]",
                    "runs_on of families.mine is to be a list of slurm, slurm_script, k8s and sm_jobs"),
          std::pair("shard_may_be_unset: 'yes'", "shard_may_be_unset of families.mine is to be true or false")})
        CHECK(refused(text) == expected);
    CHECK(refused(fmt::format("title: {}", std::string(513, 'x'))) == "title of families.mine is to be a text");
}

}  // namespace recipe::family
