// SPDX-License-Identifier: Apache-2.0
// Where recipes are looked for, what may be shown of them, and fits.
#include "query/query.hpp"

#include "catch.hpp"
#include "config/collection_fixture.hpp"

#include <algorithm>
#include <array>

namespace recipe::query {
namespace {

/// A place with a collection `mine`, a site file, and an environment of its own.
class Place {
public:
    Place() {
        files_.write("mine/config.yaml", "defaults: [_self_]\n");
        files_.write("mine/recipes/one.yaml", "run: {name: one}\nenv_vars: {HF_TOKEN: abcdefgh, LINK: x-abcdefgh}\n");
        files_.write("site.yaml", "env_vars: {FROM_SITE: 1}\n");
    }

    /// Relative paths count from here.
    Where where() const {
        return {.collections = {"mine"},
                .site = "site.yaml",
                .environment = {{"PWD", files_.directory()}},
                .working_directory = files_.directory(),
                .paths_from = files_.directory()};
    }
    Context context() const {
        Expected<Context> found = make_context(where());
        REQUIRE(found);
        return std::move(*found);
    }
    const std::filesystem::path& directory() const { return files_.directory(); }
    const config::CollectionFixture& files() const { return files_; }

private:
    config::CollectionFixture files_;
};

std::vector<std::string> codes_of(const Diagnostics& diagnostics) {
    std::vector<std::string> codes;
    for (const Diagnostic& diagnostic : diagnostics) codes.emplace_back(diagnostic.code.name());
    return codes;
}

}  // namespace

TEST_CASE("collections and the site file are found from the directory that is named") {
    const Place place;
    const Context context = place.context();
    CHECK(context.collections.front() == place.directory() / "mine");
    CHECK(context.collections.back() == site::data_directory() / "recipes_collection");
    CHECK(context.settings->environment == std::vector<std::pair<std::string, std::string>>{{"FROM_SITE", "1"}});
    CHECK(context.notes.empty());
}

TEST_CASE("the environment's collections and site file are found from there as well") {
    const Place place;
    place.files().write("slurm/recipe.yaml", "user_site: true\n");
    Where where = place.where();
    where.collections.clear();
    where.site.reset();
    where.environment["SLURM_RECIPE_PATH"] = "mine:nowhere";
    where.environment["SLURM_RECIPE_SITE"] = "site.yaml";
    where.environment["SLURM_CONF"] = "slurm/slurm.conf";
    const auto context = make_context(where);
    REQUIRE(context);
    CHECK(context->collections.front() == place.directory() / "mine");
    CHECK(context->settings->environment.size() == 1);
    CHECK(codes_of(context->notes) == std::vector<std::string>{"compose.search_path"});
    CHECK(context->notes.front().message.find("nowhere") != std::string::npos);
}

TEST_CASE("the site file beside slurm.conf counts where no other is named") {
    const Place place;
    place.files().write("slurm/recipe.yaml", "env_vars: {A: 1, B: 2}\n");
    Where where = place.where();
    where.site.reset();
    where.environment["SLURM_CONF"] = "slurm/slurm.conf";
    const auto context = make_context(where);
    REQUIRE(context);
    CHECK(context->settings->environment.size() == 2);
    CHECK(slurm_conf_file({}) == "/etc/slurm/slurm.conf");
}

TEST_CASE("a site file that the environment names counts where the site says so, and one that is named does") {
    const Place place;
    Where where = place.where();
    where.environment["SLURM_RECIPE_SITE"] = "other.yaml";
    CHECK(make_context(where)->notes.empty());
    where.site.reset();
    where.environment["SLURM_CONF"] = "slurm/slurm.conf";
    place.files().write("slurm/recipe.yaml", "env_vars: {A: 1, B: 2}\n");
    const auto context = make_context(where);
    REQUIRE(context);
    CHECK(context->settings->environment.size() == 2);
    CHECK(codes_of(context->notes) == std::vector<std::string>{"site.user_file"});
}

TEST_CASE("a collection that is not there is refused where it was named") {
    const Place place;
    Where where = place.where();
    where.collections = {"mine", "other"};
    where.collections_name = "collections";
    const auto context = make_context(where);
    REQUIRE_FALSE(context);
    CHECK(context.error().front().code == "compose.no_collection");
    CHECK(context.error().front().source.name == "collections");
    CHECK(context.error().front().key == (place.directory() / "other").string());
}

TEST_CASE("a wrong site file is refused") {
    const Place place;
    place.files().write("site.yaml", "collection: []\n");
    const auto context = make_context(place.where());
    REQUIRE_FALSE(context);
    CHECK(context.error().front().code == "site.file");
}

TEST_CASE("what is shown of a configuration holds neither secrets nor the alias of the recipe") {
    const Place place;
    const auto resolved = config::compose(compose_request({.recipe = "one", .overrides = {}}, place.context()));
    REQUIRE(resolved);
    const config::Value shown = readable(resolved->root, hidden_values(resolved->root));
    CHECK(*shown.at("recipes.env_vars.HF_TOKEN")->as_string() == "***");
    CHECK(*shown.at("recipes.env_vars.LINK")->as_string() == "x-***");
    CHECK(shown.find("training") == nullptr);
}

TEST_CASE("where a secret comes from is none") {
    config::Value root = config::Value::map();
    root.set(config::Value::string("token"), config::Value::string("${oc.env:TOKEN}"));
    CHECK(hidden_values(root).empty());
    root.set(config::Value::string("token"), config::Value::string("${oc.env:TOKEN}x"));
    CHECK(hidden_values(root).size() == 1);
}

TEST_CASE("overrides are numbered from 1") {
    const Place place;
    const auto refused =
        config::compose(compose_request({.recipe = "one", .overrides = {"run.name=x", "run.nam=x"}}, place.context()));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().front().source.name == "override 2");
}

TEST_CASE("a plan names the file of secrets by the environment and holds none of them") {
    const Place place;
    Context context = place.context();
    context.where.environment["XDG_STATE_HOME"] = "/state";
    const planner::Outcome outcome =
        plan({.recipe = "llama_tiny_cpu_pretrain", .overrides = {"++env_vars.HF_TOKEN=abcdefgh"}},
             {.options = {{.name = "job-name", .value = "mine", .spelling = "-J mine"}}}, context);
    REQUIRE(outcome.submission);
    CHECK(outcome.submission->plan.secrets_file.starts_with("/state/slurm-recipe/secrets/"));
    CHECK(outcome.submission->plan_json.find("abcdefgh") == std::string::npos);
    CHECK(std::ranges::find(outcome.submission->options, "job-name", &planner::OptionToSet::name) ==
          outcome.submission->options.end());
}

TEST_CASE("a fit says what rules find beside memory, and whether it is possible") {
    const Place place;
    const Context context = place.context();
    const auto knowledge = load_knowledge(*context.settings);
    REQUIRE(knowledge);
    config::Documents documents;
    const auto fit_of = [&](std::vector<std::string> overrides, std::optional<config::Override> last = {}) {
        auto found = fit({.recipe = "llama3_2_1b_pretrain", .overrides = std::move(overrides)}, last, context,
                         *knowledge, documents);
        REQUIRE(found);
        return std::move(*found);
    };
    CHECK(fit_of({"instance_type=p5.48xlarge"}).ok());

    const Fit too_large = fit_of({"instance_type=g5.48xlarge", "model.fp8=False"});
    CHECK_FALSE(too_large.ok());
    CHECK(too_large.problems.empty());
    CHECK(codes_of(too_large.assessment.diagnostics) == std::vector<std::string>{"memory.does_not_fit"});

    const Fit impossible = fit_of({"instance_type=p5.48xlarge", "model.fp8=False"},
                                  Sweep{.key = "model.shard_degree", .values = {}}.with("3"));
    CHECK_FALSE(impossible.ok());
    CHECK(codes_of(impossible.problems) == std::vector<std::string>{"layout.world_not_divisible"});
    CHECK(impossible.problems.front().source.name == "--sweep");
}

TEST_CASE("a site's severities count for a fit") {
    const Place place;
    place.files().write("site.yaml", "severities: {memory.does_not_fit: warning}\n");
    const Context context = place.context();
    const auto knowledge = load_knowledge(*context.settings);
    REQUIRE(knowledge);
    config::Documents documents;
    const auto found =
        fit({.recipe = "llama3_2_1b_pretrain", .overrides = {"instance_type=g5.48xlarge", "model.fp8=False"}},
            std::nullopt, context, *knowledge, documents);
    REQUIRE(found);
    CHECK(found->ok());
    CHECK(found->assessment.verdict == memory::Verdict::does_not_fit);
}

TEST_CASE("a program whose keys.yaml describes it wrongly has no fit, and the file is named") {
    const Place place;
    place.files().write("mine/train.py", "");
    const Context context = place.context();
    const auto knowledge = load_knowledge(*context.settings);
    REQUIRE(knowledge);
    config::Documents documents;
    const auto fit_with = [&](const std::string& keys) {
        place.files().write("mine/keys.yaml", keys);
        return fit({.recipe = "llama3_2_1b_pretrain",
                    .overrides = {"launch.entry_script=" + (place.directory() / "mine/train.py").string()}},
                   std::nullopt, context, *knowledge, documents);
    };
    const auto wrong = fit_with("program: {name: mine, script: train.py, title: My own, devices: imaginary}\n");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().front().source.name == (place.directory() / "mine/keys.yaml").string());
    CHECK(fit_with("program: {name: mine, script: train.py, title: My own, devices: gpu}\n"));
}

TEST_CASE("what is known is the installed, and what a site's files add of each kind") {
    const Place place;
    place.files().write("hardware.yaml", "instance_types: {our-box: {accelerator: h100, devices: 4}}\n");
    place.files().write("families.yaml", "families: {ours: {when: [{path: ours}]}}\n");
    place.files().write(
        "models.yaml",
        "models: {ours-9b: {ids: [a/Ours-9B], hidden: 8, layers: 2, heads: 2, kv_heads: 1, head_dim: 4, "
        "ffn: 16, vocab: 10}}\n");
    const auto known = [&](const site::Settings& settings) {
        const auto knowledge = load_knowledge(settings);
        REQUIRE(knowledge);
        CHECK(knowledge->catalogue.instance("p5.48xlarge") != nullptr);
        CHECK(knowledge->families.find("hf") != nullptr);
        CHECK(knowledge->models.find("meta-llama/Llama-3.1-8B") != nullptr);
        return std::array{knowledge->catalogue.instance("our-box") != nullptr,
                          knowledge->families.find("ours") != nullptr, knowledge->models.find("a/Ours-9B") != nullptr};
    };
    const std::filesystem::path hardware = place.directory() / "hardware.yaml";
    const std::filesystem::path families = place.directory() / "families.yaml";
    const std::filesystem::path models = place.directory() / "models.yaml";
    CHECK(known({}) == std::array{false, false, false});
    CHECK(known({.hardware_files = {hardware}}) == std::array{true, false, false});
    CHECK(known({.family_files = {families}}) == std::array{false, true, false});
    CHECK(known({.model_files = {models}}) == std::array{false, false, true});

    const auto refused = [](const site::Settings& settings) {
        const auto knowledge = load_knowledge(settings);
        REQUIRE_FALSE(knowledge);
        return std::string(knowledge.error().front().code.name());
    };
    CHECK(refused({.hardware_files = {models}}) == "hardware.file");
    CHECK(refused({.family_files = {models}}) == "family.file");
    CHECK(refused({.model_files = {families}}) == "models.file");
}

TEST_CASE("a submission says how to the planner, field by field") {
    const Place place;
    const Context context = place.context();
    const auto planned = [&](const Submission& how, const std::string& recipe = "llama_tiny_cpu_pretrain") {
        return plan({.recipe = recipe, .overrides = {}}, how, context);
    };
    const planner::Outcome plain = planned({});
    REQUIRE(plain.submission);
    CHECK_FALSE(plain.submission->plan.resources.request_gpus);
    CHECK(plain.submission->plan.entry.program.ends_with("/train.py"));
    // Without a script of the user's own a recipe must say what to run.
    const auto without_program = [&](bool needs_entry) {
        return plan({.recipe = "llama_tiny_cpu_pretrain",
                     .overrides = {"launch.entry_script=null", "run.model_type=mine"}},
                    {.needs_entry = needs_entry}, context)
            .submission.has_value();
    };
    CHECK(without_program(false));
    CHECK_FALSE(without_program(true));
    CHECK(Submission().needs_entry);
    CHECK(Submission().tool == planner::Tool::sbatch);
    // An allocation of one node is none for two. The results are elsewhere: two nodes do not share this one's tmpfs.
    const auto nodes = [&](std::int64_t allocated) {
        return plan({.recipe = "llama_tiny_cpu_pretrain",
                     .overrides = {"trainer.num_nodes=2", "base_results_dir=/fsx/results"}},
                    {.tool = planner::Tool::srun_in_job, .allocated_nodes = allocated}, context)
            .submission.has_value();
    };
    CHECK(nodes(2));
    CHECK_FALSE(nodes(1));
    const std::string gpus = "llama3_2_1b_pretrain";
    CHECK(planned({.cluster_has_gpus = true}, gpus).submission.value().plan.resources.request_gpus);
    CHECK_FALSE(planned({.cluster_has_gpus = false}, gpus).submission.value().plan.resources.request_gpus);
    const auto forced = [&](bool force) {
        return plan({.recipe = gpus, .overrides = {"instance_type=g5.12xlarge", "model.fp8=False"}}, {.force = force},
                    context)
            .submission.has_value();
    };
    CHECK(forced(true));
    CHECK_FALSE(forced(false));
    const auto in_container = [&](std::optional<bool> pyxis) {
        return plan({.recipe = "llama_tiny_cpu_pretrain", .overrides = {"container=nvcr.io/nvidia/pytorch:25.01-py3"}},
                    {.has_pyxis = pyxis}, context)
            .submission.has_value();
    };
    CHECK(in_container(true));
    CHECK_FALSE(in_container(false));
}

TEST_CASE("no text of a fit holds a secret of its recipe") {
    const Place place;
    const Context context = place.context();
    const auto knowledge = load_knowledge(*context.settings);
    REQUIRE(knowledge);
    config::Documents documents;
    // A type that nobody knows is quoted in what is said of it.
    const auto found = fit({.recipe = "llama3_2_1b_pretrain",
                            .overrides = {"++env_vars.HF_TOKEN=abcdefghij", "model.shard_degree=abcdefghij"}},
                           std::nullopt, context, *knowledge, documents);
    REQUIRE(found);
    REQUIRE_FALSE(found->problems.empty());
    for (const Diagnostic& problem : found->problems) {
        CHECK_FALSE(problem.message.contains("abcdefghij"));
        CHECK_FALSE(problem.source.name.contains("abcdefghij"));
    }
}

TEST_CASE("a fit is of the type of machine that the site names for the partition") {
    const Place place;
    place.files().write("site.yaml", "partitions: {train: {instance_type: p5.48xlarge}}\n");
    const Context context = place.context();
    const auto knowledge = load_knowledge(*context.settings);
    REQUIRE(knowledge);
    config::Documents documents;
    const auto instance = [&](const std::string& partition) {
        const auto found = fit(
            {.recipe = "llama3_2_1b_pretrain", .overrides = {"instance_type=null", "++cluster.partition=" + partition}},
            std::nullopt, context, *knowledge, documents);
        REQUIRE(found);
        const hardware::InstanceType* type = found->assessment.instance;
        return type != nullptr ? std::string(type->name) : std::string();
    };
    CHECK(instance("train") == "p5.48xlarge");
    CHECK(instance("other").empty());
}

}  // namespace recipe::query
