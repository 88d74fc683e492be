// SPDX-License-Identifier: Apache-2.0
// What each key of the site file may hold, and what is said of anything else.
#include "../config/collection_fixture.hpp"
#include "../hardware/catalogue_file_on_disk.hpp"
#include "catch.hpp"
#include "site/site.hpp"

namespace recipe::site {
namespace {

Settings settings_of(std::string_view yaml) {
    const HardwareFile file(yaml);
    auto settings = load(file.path);
    REQUIRE(settings);
    return std::move(*settings);
}

}  // namespace

TEST_CASE("a site file that says nothing leaves everything as it is") {
    for (const char* text :
         {"", "~", "{}", "collections: ~", "hardware: ~", "models: ~", "families: ~", "severities: ~", "env_vars: ~",
          "interfaces: ~", "paths: ~", "paths: {shared: ~}", "policy: ~", "nodes: ~", "inventory: ~", "partitions: ~",
          "policy: {max_nodes: ~, default_partition: ~, require_recipe: ~, instance_types: ~}", "inventory: {}"}) {
        INFO(text);
        const Settings settings = settings_of(text);
        CHECK(settings.collections.empty());
        CHECK(settings.hardware_files.empty());
        CHECK(settings.family_files.empty());
        CHECK(settings.ports == PortRange{25000, 29399});
        CHECK(settings.severities.empty());
        CHECK(settings.environment.empty());
        CHECK_FALSE(settings.interfaces_by_route);
        CHECK(settings.check_seconds == 10);
        CHECK(settings.paths == Paths{});
        CHECK_FALSE(settings.paths.strict);
        CHECK(settings.policy.require_recipe.empty());
        CHECK(settings.policy.instance_types.empty());
        CHECK(settings.policy.max_nodes.empty());
        CHECK(settings.policy.default_partition.empty());
        CHECK(settings.node_types.empty());
        CHECK(settings.partition_types.empty());
        CHECK_FALSE(instance_type_of(settings, {}));
        CHECK_FALSE(instance_type_of(settings, {"train"}));
        CHECK(settings.inventory_refresh == std::chrono::seconds(60));
    }
}

TEST_CASE("a site file says what slurmctld holds jobs to") {
    const Settings settings = settings_of(R"(
collections: [/fsx/recipes, /opt/recipes]
hardware: [/etc/slurm/hardware.yaml]
families: [/etc/slurm/families.yaml]
policy:
  require_recipe: [train, big]
  instance_types: [ml.P5.48xlarge, g5.48xlarge]
  max_nodes: {'training/llama/*': 16, '*': 1}
  default_partition: {ml.P5.48xlarge: p5, g5.48xlarge: train}
nodes: {'p5-[1-8]': ml.p5.48xlarge, x: G5.48xlarge}
inventory: {refresh_seconds: 5}
paths: {shared: [/fsx/, /a/./b/../c], strict: false}
)");
    using Names = std::vector<std::string>;
    CHECK(settings.collections == std::vector<std::filesystem::path>{"/fsx/recipes", "/opt/recipes"});
    CHECK(settings.hardware_files == std::vector<std::filesystem::path>{"/etc/slurm/hardware.yaml"});
    CHECK(settings.family_files == std::vector<std::filesystem::path>{"/etc/slurm/families.yaml"});
    CHECK(settings.policy.require_recipe == Names{"train", "big"});
    CHECK(settings.policy.instance_types == Names{"p5.48xlarge", "g5.48xlarge"});
    CHECK(settings.policy.max_nodes ==
          std::vector<std::pair<std::string, std::int64_t>>{{"training/llama/*", 16}, {"*", 1}});
    CHECK(settings.policy.default_partition ==
          std::map<std::string, std::string, std::less<>>{{"p5.48xlarge", "p5"}, {"g5.48xlarge", "train"}});
    CHECK(settings.node_types ==
          std::vector<std::pair<std::string, std::string>>{{"p5-[1-8]", "p5.48xlarge"}, {"x", "g5.48xlarge"}});
    CHECK(settings.inventory_refresh == std::chrono::seconds(5));
    CHECK(settings.paths.shared == Names{"/fsx/", "/a/c"});
    CHECK_FALSE(settings.paths.strict);
    CHECK(settings_of("inventory: {refresh_seconds: 3600}").inventory_refresh == std::chrono::seconds(3600));
    CHECK(settings_of("node_check_seconds: 60").check_seconds == 60);
    CHECK(settings_of("paths: {strict: true}").paths.strict);
    CHECK(settings_of("severities: {devices.partial: hint}").severities.at("devices.partial") == Severity::hint);
    CHECK(settings_of("env_vars: {A: 1.5, B: '', C: -2}").environment ==
          std::vector<std::pair<std::string, std::string>>{{"A", "1.5"}, {"B", ""}, {"C", "-2"}});
}

TEST_CASE("a wrong site file is refused with its key, its place and what belongs there") {
    struct Case {
        const char* text;
        const char* key;
        const char* message;
    };
    const Case cases[] = {
        {"color: red", "color",
         "the site file knows collections, hardware, models, families, rendezvous, severities, env_vars, interfaces, "
         "node_check_seconds, paths, policy, nodes, partitions, inventory and user_site, not color"},
        {"collections: /a", "collections", "collections is a list of paths"},
        {"hardware: [a]", "hardware", "hardware holds absolute paths"},
        {"families: [1]", "families", "families holds absolute paths"},
        {"rendezvous: 1", "rendezvous",
         "rendezvous takes first_port and last_port, ints from 1024 to 65535 in ascending order"},
        {"severities: 1", "severities", "severities is a map of codes"},
        {"severities: {zzz.zzz: off}", "severities.zzz.zzz", "there is no code zzz.zzz"},
        {"severities: {precision.fp8: true}", "severities.precision.fp8",
         "severities.precision.fp8 is error, warning, hint or off"},
        {"env_vars: 1", "env_vars", "env_vars is a map of variables"},
        {"env_vars: {1A: x}", "env_vars.1A", "1A is no name of a variable"},
        {"env_vars: {SLURM_JOB_ID: 1}", "env_vars.SLURM_JOB_ID",
         "SLURM_JOB_ID cannot be set: Slurm tells a job and its steps what they are by it"},
        {"env_vars: {A: true}", "env_vars.A", "env_vars.A is a text or a number"},
        {"interfaces: true", "interfaces", "interfaces is route, or left out"},
        {"node_check_seconds: 1.5", "node_check_seconds", "node_check_seconds is an int from 0 (no checks) to 60"},
        {"paths: 1", "paths", "paths is a map of shared and strict"},
        {"paths: {strict: 1}", "paths.strict", "paths.strict is true or false"},
        {"paths: {shared: 1}", "paths.shared", "paths.shared is a list of paths"},
        {"paths: {local: []}", "paths.local", "paths knows shared and strict, not local"},
        {"policy: 1", "policy", "policy is a map"},
        {"policy: {max: 1}", "policy.max",
         "policy knows require_recipe, instance_types, max_nodes, default_partition and operators, not max"},
        {"policy: {require_recipe: train}", "policy.require_recipe", "policy.require_recipe is a list of names"},
        {"policy: {require_recipe: ['']}", "policy.require_recipe", "policy.require_recipe holds names"},
        {"policy: {instance_types: [1]}", "policy.instance_types", "policy.instance_types holds names"},
        {"policy: {max_nodes: 4}", "policy.max_nodes", "policy.max_nodes is a map"},
        {"policy: {max_nodes: {x: 0}}", "policy.max_nodes.x", "policy.max_nodes.x is a number of nodes, from 1"},
        {"policy: {max_nodes: {x: '4'}}", "policy.max_nodes.x", "policy.max_nodes.x is a number of nodes, from 1"},
        {"policy: {default_partition: train}", "policy.default_partition", "policy.default_partition is a map"},
        {"policy: {default_partition: {p5: ''}}", "policy.default_partition.p5",
         "policy.default_partition.p5 is a name"},
        {"policy: {default_partition: {p5: 1}}", "policy.default_partition.p5",
         "policy.default_partition.p5 is a name"},
        {"nodes: [a]", "nodes", "nodes is a map"},
        {"nodes: {a: 1}", "nodes.a", "nodes.a is a name"},
        {"nodes: {a: ''}", "nodes.a", "nodes.a is a name"},
        {"inventory: 5", "inventory", "inventory is a map"},
        {"inventory: {seconds: 5}", "inventory.seconds", "inventory knows refresh_seconds, not seconds"},
        {"inventory: {refresh_seconds: 4}", "inventory.refresh_seconds",
         "inventory.refresh_seconds is an int from 5 to 3600"},
        {"inventory: {refresh_seconds: 3601}", "inventory.refresh_seconds",
         "inventory.refresh_seconds is an int from 5 to 3600"},
        {"inventory: {refresh_seconds: x}", "inventory.refresh_seconds",
         "inventory.refresh_seconds is an int from 5 to 3600"},
    };
    for (const auto& [text, key, message] : cases) {
        INFO(text);
        const HardwareFile file(text);
        const auto refused = load(file.path);
        REQUIRE_FALSE(refused);
        REQUIRE(refused.error().size() == 1);
        const Diagnostic& problem = refused.error().front();
        CHECK(problem.code == "site.file");
        CHECK(problem.key == key);
        CHECK(problem.message == message);
        CHECK(problem.source.line == 1);
        CHECK(problem.source.name == file.path.string());
    }
}

TEST_CASE("what plugstack.conf gives the plugin is folders of recipes and a site file") {
    const auto arguments = read_plugin_arguments({"recipes=/a:/b", "site=/etc/x.yaml", "recipes=:/c::"});
    REQUIRE(arguments);
    CHECK(arguments->collections == std::vector<std::filesystem::path>{"/a", "/b", "/c"});
    CHECK(arguments->site == std::filesystem::path("/etc/x.yaml"));
    CHECK(read_plugin_arguments({})->collections.empty());
    CHECK_FALSE(read_plugin_arguments({})->site);
    CHECK(read_plugin_arguments({"recipes="})->collections.empty());
    for (const char* word : {"", "x", "recipe=/a", "site", "recipes", " site=/a"}) {
        const auto refused = read_plugin_arguments({word});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().front().code == "site.plugin_argument");
        CHECK(refused.error().front().message.ends_with(std::string(", not ") + word));
    }
}

TEST_CASE("the site file is the one that is named, or the environment's, or stands beside slurm.conf") {
    const HardwareFile file("{}");
    CHECK(settings_file("/named.yaml", {{"SLURM_RECIPE_SITE", "/variable.yaml"}}, {}) == "/named.yaml");
    CHECK(settings_file(std::nullopt, {{"SLURM_RECIPE_SITE", "/variable.yaml"}}, {}) == "/variable.yaml");
    CHECK(settings_file(std::nullopt, {{"SLURM_RECIPE_SITE", ""}}, {}) == data_directory() / "etc/recipe.yaml");
    CHECK(settings_file(std::nullopt, {}, "/nowhere/at/all/slurm.conf") == data_directory() / "etc/recipe.yaml");
    CHECK(settings_file(std::nullopt, {}, {}) == data_directory() / "etc/recipe.yaml");
    CHECK(settings_file(std::nullopt, {}, "/etc/passwd/slurm.conf") == data_directory() / "etc/recipe.yaml");
}

TEST_CASE("what lies beside slurm.conf and cannot be read is not passed over") {
    const config::CollectionFixture place;
    const std::filesystem::path conf = place.directory() / "slurm.conf";
    const std::filesystem::path beside = place.directory() / "recipe.yaml";
    CHECK(settings_file(std::nullopt, {}, conf) == data_directory() / "etc/recipe.yaml");
    std::filesystem::create_symlink("/nowhere", beside);
    CHECK(settings_file(std::nullopt, {}, conf) == beside);
    std::filesystem::remove(beside);
    std::filesystem::create_directory(beside);
    CHECK(settings_file(std::nullopt, {}, conf) == beside);
    CHECK(read({}).problems.front().message.starts_with("there is no site file"));
}

TEST_CASE("a file that is no map says nothing") {
    for (const char* text : {"train", "[train]", "1", "true"}) {
        const HardwareFile file(text);
        const Reading found = read(file.path);
        CHECK_FALSE(found.settings);
        CHECK_FALSE(found.policy);
        CHECK(found.problems.front().message == "the site file is a map of settings");
    }
}

TEST_CASE("a policy is read from a file with a mistake elsewhere, unless it is empty") {
    const auto read_text = [](std::string_view text) { return read(HardwareFile(text).path); };
    const Reading good = read_text("policy: {require_recipe: [a], operators: [ada]}");
    REQUIRE(good.policy);
    CHECK(good.policy->operators == std::vector<std::string>{"ada"});
    CHECK(good.problems.empty());
    CHECK(good.settings->policy == *good.policy);
    CHECK(read_text("").policy == Policy{});
    const Reading partly = read_text("policy: {require_recipe: [a]}\nuser_site: maybe");
    REQUIRE(partly.policy);
    CHECK(partly.policy->require_recipe == std::vector<std::string>{"a"});
    CHECK_FALSE(partly.settings);
    CHECK(partly.problems.front().message == "user_site is true or false");
    for (const char* text : {"user_site: maybe", "policy: ~\nx: 1", "policy: {}\nx: 1", "policy: {y: 1}\nx: 1"}) {
        INFO(text);
        CHECK_FALSE(read_text(text).policy);
        CHECK(read_text(text).problems.size() == 1);
    }
}

TEST_CASE("a user's site file counts where the site's own says so") {
    const config::CollectionFixture place;
    const std::filesystem::path system = place.directory() / "recipe.yaml";
    const std::filesystem::path conf = place.directory() / "slurm.conf";
    place.write("mine.yaml", "node_check_seconds: 3");
    const config::Environment mine{{"SLURM_RECIPE_SITE", "mine.yaml"}};
    for (const auto& named : {std::optional(system), std::optional<std::filesystem::path>()}) {
        place.write("recipe.yaml", "node_check_seconds: 2");
        const auto kept = load_for_user(named, mine, conf, place.directory());
        REQUIRE(kept);
        CHECK(kept->settings.check_seconds == 2);
        REQUIRE(kept->notes.size() == 1);
        CHECK(kept->notes.front().code == "site.user_file");
        CHECK(kept->notes.front().severity == Severity::warning);
        CHECK(kept->notes.front().message == (place.directory() / "mine.yaml").string() +
                                                 " is not used: " + system.string() +
                                                 " holds for everybody, and does not say `user_site: true`");
        CHECK(kept->notes.front().fix == "unset SLURM_RECIPE_SITE");
        place.write("recipe.yaml", "user_site: true\nnode_check_seconds: 2");
        const auto own = load_for_user(named, mine, conf, place.directory());
        REQUIRE(own);
        CHECK(own->settings.check_seconds == 3);
        CHECK(own->notes.empty());
        CHECK(load_for_user(named, {}, conf)->settings.check_seconds == 2);
        CHECK(load_for_user(named, {{"SLURM_RECIPE_SITE", ""}}, conf)->settings.check_seconds == 2);
        CHECK_FALSE(load_for_user(named, {{"SLURM_RECIPE_SITE", "none.yaml"}}, conf, place.directory()));
        place.write("recipe.yaml", "[");
        CHECK_FALSE(load_for_user(named, mine, conf, place.directory()));
        place.write("recipe.yaml", "{}");
        // Naming the site's own is no wish for another.
        CHECK(load_for_user(named, {{"SLURM_RECIPE_SITE", system.string()}}, conf)->notes.empty());
    }
}

TEST_CASE("recipes are looked for in the folders that are named, the environment's, the site's and ours") {
    Settings settings;
    settings.collections = {"/site"};
    const std::vector<std::filesystem::path> all =
        collections({"named", "/absolute"}, {{"SLURM_RECIPE_PATH", "x::/y:"}}, settings, "/from");
    CHECK(all == std::vector<std::filesystem::path>{"/from/named", "/absolute", "/from/x", "/y", "/site",
                                                    data_directory() / "recipes_collection"});
    CHECK(collections({}, {}, {}).size() == 1);
    CHECK(missing_collections({}).empty());
    const std::string installed_collection = data_directory() / "recipes_collection";
    CHECK(missing_collections({{"SLURM_RECIPE_PATH", installed_collection}}).empty());
    const Diagnostics without = missing_collections({{"SLURM_RECIPE_PATH", "/proc"}});
    REQUIRE(without.size() == 1);
    CHECK(without.front().code == "compose.search_path");
    CHECK(without.front().message == "/proc has no recipes; a collection keeps them below /proc/recipes");
    CHECK(without_recipes(installed_collection + "/recipes", "-C").front().message.contains("is one"));
    const Diagnostics missing =
        missing_collections({{"SLURM_RECIPE_PATH", "/nowhere:" + installed_collection + ":none"}}, "/nowhere");
    REQUIRE(missing.size() == 2);
    CHECK(missing.front().code == "compose.search_path");
    CHECK(missing.front().message == "there is no folder /nowhere, so no recipe is looked up there");
    CHECK(missing.back().message == "there is no folder none, so no recipe is looked up there");
    CHECK(missing.front().source.name == "SLURM_RECIPE_PATH");
}

TEST_CASE("partitions have instance types, by the first glob that matches") {
    const Settings settings = settings_of(R"(
partitions:
  train: {instance_type: ml.G5.48xlarge}
  "p5*": {instance_type: p5.48xlarge}
  "p*": {instance_type: p4d.24xlarge}
)");
    CHECK(instance_type_of(settings, {"train"}) == "g5.48xlarge");
    CHECK(instance_type_of(settings, {"p5-long"}) == "p5.48xlarge");
    CHECK(instance_type_of(settings, {"p4"}) == "p4d.24xlarge");
    CHECK(instance_type_of(settings, {"p5", "p5-long"}) == "p5.48xlarge");
    CHECK_FALSE(instance_type_of(settings, {"p5", "p4"}));
    CHECK_FALSE(instance_type_of(settings, {"train", "other"}));
    CHECK_FALSE(instance_type_of(settings, {"Train"}));
    CHECK_FALSE(instance_type_of(settings, {}));
    CHECK(instance_type_of(settings_of("partitions: {'*': {instance_type: p5.48xlarge}}"), {}) == "p5.48xlarge");
    for (const char* wrong : {"partitions: [train]", "partitions: train", "partitions: {train: g5.48xlarge}",
                              "partitions: {train: {}}", "partitions: {train: ~}",
                              "partitions: {train: {instance_type: ~}}", "partitions: {train: {instance_type: 5}}",
                              "partitions: {train: {instance_type: ''}}", "partitions: {train: {type: g5.48xlarge}}"}) {
        INFO(wrong);
        const HardwareFile file(wrong);
        const auto read = load(file.path);
        REQUIRE_FALSE(read);
        CHECK(read.error().front().code == "site.file");
        CHECK(read.error().front().key.starts_with("partitions"));
    }
}

}  // namespace recipe::site
