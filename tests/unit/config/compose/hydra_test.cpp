// SPDX-License-Identifier: Apache-2.0
// Hydra's own part of a configuration: which keys and groups it has, and what interpolations see of it.
#include "../collection_fixture.hpp"
#include "catch.hpp"
#include "config/hydra/hydra_schema.hpp"

using namespace recipe;
using namespace recipe::config;

TEST_CASE("Hydra's keys are those of its schema, and all that leads to them") {
    for (const char* key :
         {"mode", "run", "run.dir", "sweep.subdir", "job", "job.config", "job.config.override_dirname",
          "job.config.override_dirname.exclude_keys", "job.env_set", "job.env_set.PATH", "job_logging",
          "job_logging.root.level", "runtime", "runtime.choices.db", "launcher.any.thing", "verbose"}) {
        INFO(key);
        CHECK(is_hydra_key(key));
    }
    for (const char* key : {"", "mod", "modes", "mode.x", "run.di", "run.dir.x", "run.dirs", "job.env_setx", "ru",
                            "job_loggin", "job_loggings", "nope", "runtime.choice"}) {
        INFO(key);
        CHECK_FALSE(is_hydra_key(key));
    }
    for (const char* key : {"job.env_set", "job.env_set.PATH", "launcher", "launcher.any.thing", "runtime.choices"})
        CHECK(is_open_hydra_key(key));
    for (const char* key : {"job", "run.dir", "runtime", "launchers", "mode"}) CHECK_FALSE(is_open_hydra_key(key));
    const auto keys = hydra_keys();
    CHECK(std::ranges::is_sorted(keys));
    CHECK(std::ranges::adjacent_find(keys) == keys.end());
    for (const char* key : {"run", "run.dir", "job_logging", "job.env_set", "runtime.choices"})
        CHECK(std::ranges::find(keys, key) != keys.end());
}

TEST_CASE("Hydra's groups have the options that come with it") {
    using Names = std::vector<std::string>;
    CHECK(hydra_options("hydra/job_logging") == Names{"default", "disabled", "none", "stdout"});
    CHECK(hydra_options("hydra/launcher") == Names{"basic"});
    CHECK(hydra_options("hydra").empty());
    CHECK(hydra_options("db").empty());
    CHECK(is_hydra_group("hydra"));
    CHECK(is_hydra_group("hydra/callbacks"));
    CHECK_FALSE(is_hydra_group("hydra/nope"));
    CHECK_FALSE(is_hydra_group("db"));
    for (const auto& [group, option] : hydra_choices()) {
        INFO(group);
        CHECK(is_hydra_group(group));
        const auto options = hydra_options(group);
        CHECK((option.empty() || std::ranges::find(options, option) != options.end()));
    }
}

TEST_CASE("a section of Hydra's with a key that it has not is refused at that key") {
    const auto problem = [](std::string_view yaml) {
        const Value section = *parse_yaml(yaml, "test.yaml");
        const auto found = check_hydra_section(section);
        return found ? found->message : "";
    };
    CHECK(problem("{run: {dir: .}, job: {env_set: {A: {b: 1}}}, job_logging: {x: {y: 1}}, searchpath: []}").empty());
    CHECK(problem("[1]").empty());
    CHECK(problem("~").empty());
    CHECK(problem("{run: {dir: .}, runn: {dir: .}}") ==
          "`hydra.runn`: Hydra has no such key; did you mean `hydra.run`?");
    CHECK(problem("{job: {config: {override_dirname: {kv_sepp: 1}}}}") ==
          "`hydra.job.config.override_dirname.kv_sepp`: Hydra has no such key; did you mean "
          "`hydra.job.config.override_dirname.kv_sep`?");
    CHECK(problem("{qqqqqqqqqqqq: 1}") == "`hydra.qqqqqqqqqqqq`: Hydra has no such key");
    const Value section = *parse_yaml("run:\n  dir: .\n  dri: .\n", "test.yaml");
    const auto found = check_hydra_section(section);
    REQUIRE(found);
    CHECK(found->code == "compose.unknown_key");
    CHECK(found->key == "hydra.run.dri");
    CHECK(to_string(found->source) == "test.yaml:3:3");
}

TEST_CASE("interpolations see what Hydra would have filled in") {
    const auto tree = [](std::string_view yaml) {
        return to_json(hydra_tree(*parse_yaml(yaml, "test.yaml"), *parse_yaml("{db: x}", "test.yaml"), "/work"));
    };
    CHECK(tree("~") ==
          R"({"hydra":{"output_subdir":".hydra","verbose":false,"runtime":{"choices":{"db":"x"},"cwd":"/work"},)"
          R"("job":{"config_name":"config"}}})");
    CHECK(tree("{verbose: true, runtime: {cwd: /other}, job: {config_name: mine}, output_subdir: ~}") ==
          R"({"hydra":{"verbose":true,"runtime":{"cwd":"/other","choices":{"db":"x"}},)"
          R"("job":{"config_name":"mine"},"output_subdir":null}})");
    CHECK(is_null_in_hydra("mode"));
    CHECK(is_null_in_hydra("job.env_set.X"));
    CHECK_FALSE(is_null_in_hydra("job.name"));
    CHECK_FALSE(is_null_in_hydra("job.env_set"));
    CHECK(is_whole_in_hydra_tree("runtime.choices"));
    CHECK(is_whole_in_hydra_tree("runtime.choices.db"));
    CHECK_FALSE(is_whole_in_hydra_tree("runtime"));
    CHECK_FALSE(is_whole_in_hydra_tree("runtime.choicesx"));
    CHECK_FALSE(is_whole_in_hydra_tree("run"));
}

TEST_CASE("a choice of Hydra's own is known to the configuration, and has no effect") {
    const CollectionFixture collection;
    collection.write("config.yaml",
                     "a: ${hydra:runtime.choices.hydra/job_logging}\nb: ${hydra:runtime.cwd}\n"
                     "c: ${hydra:verbose}\nd: ${hydra:job.config_name}\ne: ${hydra:output_subdir}\n"
                     "f: ${hydra:runtime.choices.hydra/callbacks}\n");
    const auto json = [&](const std::vector<std::string>& overrides) {
        const auto resolved = compose(collection.request("", overrides));
        return resolved ? to_json(resolved->root) : resolved.error().front().message;
    };
    const std::string rest =
        R"(,"b":")" + collection.directory().string() + R"(","c":false,"d":"config","e":".hydra","f":null})";
    CHECK(json({}) == R"({"a":"default")" + rest);
    CHECK(json({"hydra/job_logging=none"}) == R"({"a":"none")" + rest);
    CHECK(json({"hydra/job_logging=nope"}) ==
          "`hydra/job_logging` has no option `nope`; options are `default`, `disabled`, `none`, `stdout`");
    CHECK(json({"hydra/launcher=[basic]"}).starts_with(R"({"a":"default")"));
    collection.write("hydra/job_logging/mine.yaml", "root: 1\n");
    CHECK(json({"hydra/job_logging=mine"}) == R"({"a":"mine")" + rest);
}
