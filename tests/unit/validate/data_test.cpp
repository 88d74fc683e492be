// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "recipe_under_test.hpp"

#include <cerrno>
#include <map>

using namespace recipe;
using namespace recipe::validate;

TEST_CASE("a recipe needs something to train on") {
    for (const char* nothing : {"null", "''", "[]"}) {
        const RecipeUnderTest recipe =
            llama().with("model.data.use_synthetic_data=False").with(std::string("model.data.train_dir=") + nothing);
        const Diagnostic diagnostic = recipe.only("data.missing");
        CHECK(diagnostic.severity == Severity::error);
        CHECK(diagnostic.key == "model.data.train_dir");
        CHECK(diagnostic.fix == "--recipe-set=model.data.use_synthetic_data=True");
        recipe.require_fix_of("data.missing");
    }
    CHECK(llama().with("model.data.use_synthetic_data=False model.data.train_dir=/fsx/data").codes().empty());
    CHECK(llama().with("model.data.use_synthetic_data=False model.data.train_dir=[/a,/b]").codes().empty());
    CHECK(llama().with("model.data.use_synthetic_data=True").codes().empty());
}

TEST_CASE("a key that the fix needs and the recipe lacks is added") {
    const RecipeUnderTest recipe(
        "recipes: {run: {model_type: hf}, trainer: {devices: 1}, model: {data: {train_dir: null}}}");
    CHECK(recipe.only("data.missing").fix == "--recipe-set=++recipes.model.data.use_synthetic_data=True");
    recipe.require_fix_of("data.missing");
}

TEST_CASE("multi-modal data and a recipe without a data section come without a training directory") {
    CHECK(llama().with("model.data.use_synthetic_data=False ++recipes.model.multi_modal=True").codes().empty());
    CHECK(llama().with("model.data=null").codes() == "launch.kind");
}

TEST_CASE("a relative results directory is refused") {
    const RecipeUnderTest recipe = llama().with("run.results_dir=results/llama");
    const Diagnostic diagnostic = recipe.only("paths.results_relative");
    CHECK(diagnostic.severity == Severity::error);
    CHECK(diagnostic.key == "run.results_dir");
    CHECK(diagnostic.fix == "--recipe-set=run.results_dir=$PWD/results/llama");
    recipe.require_fix_of("paths.results_relative");
    CHECK(llama().with("run.results_dir=/results/llama").codes().empty());
    CHECK(llama().with("run.results_dir=null").codes().empty());
}

TEST_CASE("a path that a shell would take apart gets no fix to paste") {
    CHECK(llama().with("run.results_dir=$(reboot)").only("paths.results_relative").fix.empty());
}

TEST_CASE("a results directory below None says which key is missing") {
    const Diagnostic diagnostic =
        llama().with("base_results_dir=null run.results_dir=None/llama").only("paths.results_relative");
    CHECK(diagnostic.message == "run.results_dir is None/llama, because base_results_dir is not set");
    CHECK(diagnostic.fix == "--recipe-set=base_results_dir=$PWD/results");
}

namespace {

/// A host of which each path has one answer; all others are not there.
struct Answers {
    std::map<std::string, storage::Access> known;

    Diagnostics about(std::string_view yaml, std::string_view code) {
        config::Resolved resolved;
        resolved.root = config::parse_yaml(yaml, "recipe.yaml").value();
        storage::Host host;
        host.access = [this](const std::string& path) {
            const auto found = known.find(path);
            return found != known.end() ? found->second
                                        : storage::Access{.error = ENOENT, .read_error = ENOENT, .write_error = ENOENT};
        };
        Diagnostics found;
        for (Diagnostic& d :
             validate::check(resolved, {.hardware = shipped_hardware(), .families = shipped_families(), .host = &host})
                 .diagnostics)
            if (d.code == code) found.push_back(std::move(d));
        return found;
    }
};

std::string with_data(const std::string& data) {
    return "recipes: {run: {model_type: hf}, model: {data: {use_synthetic_data: false, " + data + "}}}";
}

}  // namespace

TEST_CASE("data that is not here or may not be read is told, path by path") {
    Answers host{.known = {{"/there", {}}, {"/denied", {.read_error = EACCES}}, {"/dead", {.read_error = ESTALE}}}};
    const auto said = [&](const std::string& data) {
        std::vector<std::string> messages;
        for (const Diagnostic& d : host.about(with_data(data), "data.not_visible")) messages.push_back(d.message);
        return messages;
    };
    using Messages = std::vector<std::string>;
    CHECK(said("train_dir: /there").empty());
    CHECK(said("train_dir: /denied") ==
          Messages{"model.data.train_dir is /denied, which you may not read on this host"});
    CHECK(said("train_dir: /dead") == Messages{"model.data.train_dir is /dead, which is not there on this host"});
    CHECK(said("train_dir: [/there, /gone, here, /denied]") ==
          Messages{"model.data.train_dir is /gone, which is not there on this host",
                   "model.data.train_dir is /denied, which you may not read on this host"});
    CHECK(said("train_dir: /there, val_dir: /gone") ==
          Messages{"model.data.val_dir is /gone, which is not there on this host"});
    CHECK(host.about("recipes: {run: {model_type: hf}, model: {data: {use_synthetic_data: true, train_dir: /gone}}}",
                     "data.not_visible")
              .empty());
}

TEST_CASE("sixteen paths of data are looked at, however many there are") {
    const auto looked_at = [](int paths) {
        std::string list;
        for (int i = 0; i < paths; ++i) list += "/data/" + std::to_string(i) + ", ";
        Answers host;
        return host.about(with_data("train_dir: [" + list + "]"), "data.not_visible").size();
    };
    CHECK(looked_at(15) == 15);
    CHECK(looked_at(16) == 16);
    CHECK(looked_at(17) == 16);
    CHECK(looked_at(40) == 16);
}

TEST_CASE("a results directory that one may not write to is refused where it is visible") {
    const auto said = [](const std::string& directory) {
        Answers host{.known = {{"/mine", {.is_directory = true}},
                               {"/theirs", {.is_directory = true, .write_error = EACCES}},
                               {"/frozen", {.is_directory = true, .write_error = EROFS}}}};
        return host.about("recipes: {run: {model_type: hf, results_dir: " + directory + "}}", "paths.results_denied");
    };
    CHECK(said("/mine/a/b").empty());
    CHECK(said("/elsewhere/a").empty());
    REQUIRE(said("/theirs/a/b").size() == 1);
    CHECK(said("/theirs/a/b").front().message == "run.results_dir is /theirs/a/b, and you may not write to /theirs");
    CHECK(said("/theirs").front().severity == Severity::warning);
    CHECK(said("/frozen/a").front().severity == Severity::warning);
    CHECK(said("/theirs/" + std::string(4087, 'x')).size() == 1);
    CHECK(said("/theirs/" + std::string(4088, 'x')).empty());
}

TEST_CASE("a path of the job's own is absolute, of somewhere else, or a name") {
    const auto says = [](const std::string& exp_manager) {
        const RecipeUnderTest recipe("recipes: {run: {model_type: hf}, exp_manager: {" + exp_manager + "}}");
        return recipe.says("paths.relative");
    };
    CHECK(says("exp_dir: here"));
    CHECK(says("exp_dir: ./here"));
    CHECK_FALSE(says("exp_dir: /here"));
    CHECK_FALSE(says("exp_dir: 's3://here'"));
    CHECK_FALSE(says("exp_dir: ''"));
    CHECK_FALSE(says("exp_dir: null"));
    const auto fix = [](const std::string& path) {
        return RecipeUnderTest("recipes: {run: {model_type: hf}, exp_manager: {exp_dir: '" + path + "'}}")
            .only("paths.relative")
            .fix;
    };
    CHECK(fix("aZ09._-/z") == "--recipe-set=exp_manager.exp_dir=$PWD/aZ09._-/z");
    for (const char* quoted : {"a b", "a{", "a`", "a@", "a[", "a:", "~"}) {
        INFO(quoted);
        CHECK(fix(quoted).empty());
    }
    CHECK(RecipeUnderTest("recipes: {run: {model_type: hf}, exp_manager: {resume_from_checkpoint: a/b}}")
              .only("paths.relative")
              .severity == Severity::warning);
}

TEST_CASE("a run whose name is null is told what its results directory came to") {
    const auto found = [](const std::string& run) {
        Diagnostics none;
        for (Diagnostic& d : RecipeUnderTest("recipes: {run: {model_type: hf, " + run + "}}").check().diagnostics)
            if (d.code == "paths.none") none.push_back(std::move(d));
        return none;
    };
    REQUIRE(found("name: null, results_dir: /r/None").size() == 1);
    CHECK(found("name: null, results_dir: /r/None").front().severity == Severity::warning);
    CHECK(found("name: null, results_dir: /r/None").front().message ==
          "run.results_dir is /r/None, because run.name is null; give the run a name");
    CHECK(found("name: x, results_dir: /r/None").empty());
    CHECK(found("name: null, results_dir: /r/x").empty());
    CHECK(found("results_dir: /r/None").empty());
}
