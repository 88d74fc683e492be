// SPDX-License-Identifier: Apache-2.0
// Answers of librecipe: their shape, and what they never hold.
#include "api/api.hpp"

#include "catch.hpp"
#include "config/collection_fixture.hpp"
#include "site/site.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::api {
namespace {

using config::Value;

/// A collection and a site file of the test's own, and an environment without anything of this process.
class Asking {
public:
    Asking() {
        files_.write("mine/config.yaml", "defaults: [_self_]\n");
        files_.write(
            "mine/recipes/one.yaml",
            "run: {name: one, dir: '${oc.env:PWD}', text: '${oc.env:TEXT,none}'}\nenv_vars: {HF_TOKEN: abcdefgh}\n");
        // Whose own directory may be in memory: /tmp is, on some machines.
        files_.write("site.yaml", fmt::format("paths: {{shared: ['{}']}}\n", files_.directory().string()));
    }

    /// `keys`: more of the request's.
    Value ask(Function function, Status status, const std::string& keys = {}) {
        const Answer found =
            answer(function, fmt::format(R"({{"collections": ["mine"], "site": "site.yaml", "working_directory": "{}",
                                       "environment": {{{}}}{}{}}})",
                                         files_.directory().string(), environment_, keys.empty() ? "" : ", ", keys));
        INFO(found.json);
        CHECK(found.status == status);
        CHECK(found.json.find('\n') == std::string::npos);
        Expected<Value> json = config::from_json(found.json, std::size_t{1} << 20);
        REQUIRE(json);
        CHECK(json->entries().front().key == Value::string("ok"));
        CHECK(json->find("ok")->as_bool() == (status == Status::ok));
        CHECK(json->find("diagnostics")->is_list());
        return std::move(*json);
    }
    Asking& with_environment(std::string entries) {
        environment_ = std::move(entries);
        return *this;
    }
    const config::CollectionFixture& files() const { return files_; }

private:
    config::CollectionFixture files_;
    std::string environment_;
};

std::string text_at(const Value& answer, std::string_view path) {
    const Value* value = answer.at(path);
    REQUIRE(value != nullptr);
    return config::to_python_text(*value);
}

const char* const tiny = R"("recipe": "llama_tiny_cpu_pretrain")";
const char* const llama = R"("recipe": "llama3_2_1b_pretrain")";

}  // namespace

TEST_CASE("compose answers the configuration, resolved in the request's surroundings, without secrets") {
    Asking asking;
    const Value answer = asking.ask(Function::compose, Status::ok, R"("recipe": "one", "overrides": ["run.name=two"])");
    CHECK(text_at(answer, "recipe") == "one");
    CHECK(text_at(answer, "file") == (asking.files().directory() / "mine/recipes/one.yaml").string());
    CHECK(text_at(answer, "collection") == (asking.files().directory() / "mine").string());
    CHECK(text_at(answer, "config.recipes.run.name") == "two");
    CHECK(text_at(answer, "config.recipes.run.dir") == asking.files().directory().string());
    CHECK(text_at(answer, "config.recipes.env_vars.HF_TOKEN") == "***");
    CHECK(answer.at("config.training") == nullptr);
}

TEST_CASE("a diagnostic has its place in parts and as a text") {
    const Value answer =
        Asking().ask(Function::compose, Status::refused, R"("recipe": "one", "overrides": ["run.nam=1"])");
    CHECK(answer.find("config") == nullptr);
    CHECK(text_at(answer, "diagnostics.0.severity") == "error");
    CHECK(text_at(answer, "diagnostics.0.code") == "compose.unknown_key");
    CHECK(text_at(answer, "diagnostics.0.key") == "run.nam");
    CHECK(text_at(answer, "diagnostics.0.source") == "override 1");
    CHECK(text_at(answer, "diagnostics.0.place.name") == "override 1");
    CHECK(text_at(answer, "diagnostics.0.place.column") == "1");
    CHECK(text_at(answer, "diagnostics.0.place.excerpt") == "run.nam=1");
    CHECK(text_at(answer, "diagnostics.0.fix") == "--recipe-set=run.name=1");
}

TEST_CASE("what is found on the way is told once, before all else") {
    Asking asking;
    asking.with_environment(R"("SLURM_RECIPE_PATH": "nowhere")");
    for (const auto& [function, keys] :
         {std::pair{Function::compose, std::string(R"("recipe": "one")")},
          std::pair{Function::check, std::string(tiny)}, std::pair{Function::plan, std::string(tiny)},
          std::pair{Function::fit, std::string(tiny)}, std::pair{Function::list, std::string()}}) {
        const Value answer = asking.ask(function, Status::ok, keys);
        std::size_t told = 0;
        for (const Value& diagnostic : answer.find("diagnostics")->items())
            if (text_at(diagnostic, "code") == "compose.search_path") ++told;
        CHECK(told == 1);
        CHECK(text_at(answer, "diagnostics.0.code") == "compose.search_path");
    }
}

TEST_CASE("check answers what sbatch would say") {
    const Value good = Asking().ask(Function::check, Status::ok, tiny);
    CHECK(good.find("plan") == nullptr);
    const Value bad =
        Asking().ask(Function::check, Status::refused,
                     std::string(llama) + R"(, "overrides": ["instance_type=g5.48xlarge", "model.fp8=True"])");
    std::vector<std::string> codes;
    for (const Value& diagnostic : bad.find("diagnostics")->items()) codes.push_back(text_at(diagnostic, "code"));
    CHECK(std::ranges::find(codes, "precision.fp8") != codes.end());
}

TEST_CASE("plan answers the plan and the options that a submission sets") {
    const Value answer = Asking().ask(
        Function::plan, Status::ok,
        std::string(llama) +
            R"(, "overrides": ["++env_vars.HF_TOKEN=abcdefgh"], "slurm_options": {"nodes": 2, "job-name": "x"},
                                  "cluster_has_gpus": true)");
    CHECK(text_at(answer, "plan.layout.nodes") == "2");
    CHECK(text_at(answer, "options.gpus-per-node") == "8");
    CHECK(answer.at("options.job-name") == nullptr);
    CHECK(config::to_json(answer).find("abcdefgh") == std::string::npos);
    const Value refused =
        Asking().ask(Function::plan, Status::refused, std::string(tiny) + R"(, "slurm_options": {"nodes": "2-3"})");
    CHECK(refused.find("plan") == nullptr);
    CHECK(text_at(refused, "diagnostics.0.code") == "submit.node_range");
    CHECK(text_at(refused, "diagnostics.0.source") == "--nodes=2-3");
}

TEST_CASE("fit answers in MiB, and with its verdict as an error") {
    const std::string on_a10g =
        std::string(llama) + R"(, "overrides": ["instance_type=g5.48xlarge", "model.fp8=False"])";
    const Value answer = Asking().ask(Function::fit, Status::refused, on_a10g);
    CHECK(text_at(answer, "diagnostics.0.code") == "memory.does_not_fit");
    CHECK(text_at(answer, "fit.verdict") == "does_not_fit");
    CHECK(answer.at("fit.predicted_peak_mib")->as_int() > answer.at("fit.usable_mib")->as_int());
    CHECK(answer.at("fit.suggestions")->size() > 0);
    REQUIRE(answer.at("fit.band_mib")->size() == 2);
    CHECK(answer.at("fit.band_mib.0")->as_int() <= answer.at("fit.predicted_peak_mib")->as_int());
    CHECK(answer.at("fit.band_mib.1")->as_int() >= answer.at("fit.predicted_peak_mib")->as_int());
    CHECK(answer.at("fit.parts")->size() > 3);
    CHECK(answer.at("fit.assumptions")->size() > 3);
    CHECK(answer.at("fit.unknown")->size() == 0);
    CHECK(text_at(answer, "fit.instance_type") == "g5.48xlarge");
    CHECK_FALSE(text_at(answer, "fit.moment").empty());

    const Value swept =
        Asking().ask(Function::fit, Status::ok,
                     on_a10g + R"(, "sweep": {"key": "instance_type", "values": ["g5.48xlarge", "p5.48xlarge"]})");
    CHECK(text_at(swept, "fit.key") == "instance_type");
    REQUIRE(swept.at("fit.rows")->size() == 2);
    CHECK(text_at(swept, "fit.rows.0.value") == "g5.48xlarge");
    CHECK(text_at(swept, "fit.rows.0.ok") == "False");
    CHECK(text_at(swept, "fit.rows.0.diagnostics.0.code") == "memory.does_not_fit");
    CHECK(text_at(swept, "fit.rows.1.ok") == "True");
    CHECK(text_at(swept, "fit.rows.1.verdict") == "fits");

    const Value wrong = Asking().ask(Function::fit, Status::refused,
                                     on_a10g + R"(, "sweep": {"key": "instance_typ", "values": ["x"]})");
    CHECK(text_at(wrong, "diagnostics.0.source") == "sweep");
}

TEST_CASE("list answers names, files and collections") {
    Asking asking;
    const Value answer = asking.ask(Function::list, Status::ok);
    CHECK(answer.find("recipe") == nullptr);
    CHECK(text_at(answer, "collections.0") == (asking.files().directory() / "mine").string());
    bool found = false;
    for (const Value& recipe : answer.find("recipes")->items()) {
        if (text_at(recipe, "name") != "one") continue;
        found = true;
        CHECK(text_at(recipe, "file") == (asking.files().directory() / "mine/recipes/one.yaml").string());
        CHECK(text_at(recipe, "collection") == (asking.files().directory() / "mine").string());
    }
    CHECK(found);
    asking.files().write("site.yaml", "nothing: 1\n");
    CHECK(text_at(asking.ask(Function::list, Status::refused), "diagnostics.0.code") == "site.file");
}

TEST_CASE("version answers which library and data these are") {
    const Answer found = answer(Function::version, "{}");
    CHECK(found.status == Status::ok);
    const Expected<Value> json = config::from_json(found.json, 4096);
    REQUIRE(json);
    CHECK(json->find("api")->as_int() == api_version);
    CHECK(json->find("plan")->as_int() == 2);
    CHECK(text_at(*json, "data") == site::data_directory().string());
    CHECK(text_at(*json, "version").find('.') != std::string::npos);
}

TEST_CASE("a bad request is told from a bad recipe") {
    const Answer found = answer(Function::check, "{}");
    CHECK(found.status == Status::bad_request);
    CHECK(found.json.starts_with(
        R"({"ok":false,"diagnostics":[{"severity":"error","code":"api.request","key":"recipe")"));
    const Answer failed = failure("no reason");
    CHECK(failed.status == Status::failed);
    CHECK(failed.json.find("api.failed") != std::string::npos);
    CHECK(failed.json.find("no reason") != std::string::npos);
}

TEST_CASE("an answer is UTF-8, whatever a recipe's folder is called") {
    Asking asking;
    asking.files().write(
        "mine/recipes/b\xff"
        "d\xc3.yaml",
        "run: {name: x}\n");
    const Value answer = asking.ask(Function::list, Status::ok);
    bool found = false;
    for (const Value& recipe : answer.find("recipes")->items())
        found = found || text_at(recipe, "name") ==
                             "b\xef\xbf\xbd"
                             "d\xef\xbf\xbd";
    CHECK(found);
}

}  // namespace recipe::api
