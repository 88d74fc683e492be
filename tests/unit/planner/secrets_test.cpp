// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "container/hosts.hpp"
#include "node/node.hpp"
#include "planner/planner.hpp"
#include "secret/secret.hpp"

#include <algorithm>

using namespace recipe;

namespace {

const std::string file = "/home/user/.local/state/slurm-recipe/secrets/0123456789abcdef0123456789abcdef";
const std::string value = "s3cretvalue";

planner::SubmitRequest requesting(const std::vector<std::string>& sets, planner::Tool tool = planner::Tool::sbatch) {
    // The trainer takes no token.
    site::Settings settings{.severities = {{"program.unknown_key", std::nullopt}}};
    planner::SubmitRequest request{.tool = tool,
                                   .recipe = "llama_tiny_cpu_pretrain",
                                   .settings = std::make_shared<const site::Settings>(std::move(settings)),
                                   .host = test::MadeUpHost{{{"/etc", {.type = "ext4"}}}}.host(),
                                   .secrets_file = file,
                                   .environment = {{"PWD", "/home/user"}, {"MY_TOKEN", value}},
                                   .working_directory = "/home/user"};
    for (const std::string& set : sets) request.sets.push_back({set});
    return request;
}

planner::Submission accepted(const planner::SubmitRequest& request) {
    planner::Outcome outcome = planner::prepare(request);
    for (const Diagnostic& diagnostic : outcome.diagnostics)
        UNSCOPED_INFO(diagnostic.code.name() << ": " << diagnostic.message);
    REQUIRE(outcome.submission);
    return std::move(*outcome.submission);
}

std::vector<std::string> texts_of(const planner::Submission& submission) {
    const auto found = std::ranges::find(submission.secret_files, file, &planner::SecretFile::path);
    REQUIRE(found != submission.secret_files.end());
    const auto texts = secret::parse_secret_file(found->text);
    REQUIRE(texts);
    return *texts;
}

const Diagnostic* find(const Diagnostics& diagnostics, std::string_view code) {
    const auto found = std::ranges::find(diagnostics, code, &Diagnostic::code);
    return found != diagnostics.end() ? &*found : nullptr;
}

std::string all_text(const Diagnostics& diagnostics) {
    std::string text;
    for (const Diagnostic& d : diagnostics) text += d.message + d.fix + d.source.excerpt + d.source.name + '\n';
    return text;
}

}  // namespace

TEST_CASE("a recipe without secrets has no file of them") {
    const planner::Outcome outcome =
        planner::prepare(requesting({"++env_vars.PLAIN=x", "++model.eos_token=abcdefghij"}));
    REQUIRE(outcome.submission);
    CHECK(outcome.submission->secret_files.empty());
    CHECK(outcome.submission->plan.secrets_file.empty());
    CHECK(find(outcome.diagnostics, "secret.literal") == nullptr);
    CHECK(outcome.submission->plan_json.find("secrets_file") == std::string::npos);
}

TEST_CASE("no way that a secret takes into a recipe leads into the plan") {
    for (const std::vector<std::string>& sets : std::vector<std::vector<std::string>>{
             {"++env_vars.HF_TOKEN=" + value},
             {"++env_vars.HF_TOKEN='" + value + "'"},
             {"++env_vars.HF_TOKEN='${oc.env:MY_TOKEN}'"},
             {"++model.hf_access_token=" + value},
             {"++model.hf_access_token=" + value, "++env_vars.URL='https://me:${recipes.model.hf_access_token}@host'"},
             {"++model.hf_access_token=" + value, "++model.copy='${recipes.model.hf_access_token}'"},
             {"++hub={token: " + value + ", user: me}"},
             {"++hub.token=" + value, "~hub"},
             {"++hub={token: " + value + "}", "~hub"},
             {"++hub.token=" + value, "++launch.setup=['login --token ${hub.token}']"},
             {"++hub.token=" + value, "++launch.args=['--token', '${hub.token}']"},
             {"++hub.api_key=[" + value + "]"},
         }) {
        INFO(sets.back());
        const planner::Outcome outcome = planner::prepare(requesting(sets));
        INFO(all_text(outcome.diagnostics));
        REQUIRE(outcome.submission);
        CHECK(outcome.submission->plan_json.find(value) == std::string::npos);
        CHECK(all_text(outcome.diagnostics).find(value) == std::string::npos);
        // slurmctld and the nodes take it.
        CHECK(plan::from_json(outcome.submission->plan_json));
        CHECK(plan::summary_from_json(outcome.submission->plan_json));
    }
}

TEST_CASE("with its file a plan is what it would have been") {
    const planner::Submission submission = accepted(
        requesting({"++model.hf_access_token=" + value, "++env_vars.HF_TOKEN='${recipes.model.hf_access_token}'",
                    "++env_vars.SHORT_TOKEN=abc", "++launch.args=['--url', 'https://me:${env_vars.HF_TOKEN}@host']"}));
    CHECK(submission.plan.secrets_file == file);
    const plan::LaunchPlan whole = plan::restore_secrets(submission.plan, texts_of(submission));
    const auto variable = [&](std::string_view name) {
        return std::ranges::find(whole.environment, name, &plan::Variable::name)->value;
    };
    CHECK(variable("HF_TOKEN") == value);
    CHECK(variable("SHORT_TOKEN") == "abc");
    CHECK(*whole.config.at("model.hf_access_token")->as_string() == value);
    CHECK(whole.entry.arguments.back() == "https://me:" + value + "@host");
    CHECK(whole.overrides.front() == "++model.hf_access_token=" + value);
    CHECK(whole.overrides.at(1) == "++env_vars.HF_TOKEN='${recipes.model.hf_access_token}'");
}

TEST_CASE("the plan's overrides name what a secret's variable is, and hide what it holds") {
    const planner::Submission submission = accepted(
        requesting({"++env_vars.A_TOKEN=" + value, "++env_vars.B_TOKEN='${oc.env:MY_TOKEN}'", "trainer.max_steps=7"}));
    CHECK(submission.plan.overrides.at(0).starts_with("++env_vars.A_TOKEN=***secret-"));
    CHECK(submission.plan.overrides.at(1) == "++env_vars.B_TOKEN='${oc.env:MY_TOKEN}'");
    CHECK(submission.plan.overrides.at(2) == "trainer.max_steps=7");
}

TEST_CASE("a variable's name is no secret, however short it is, and a value is one, however short that is") {
    const auto said = [](const std::string& override) {
        planner::SubmitRequest request = requesting({override});
        request.environment["X"] = value;
        return accepted(request).plan.overrides.front();
    };
    for (const char* named : {"++env_vars.A_TOKEN='${oc.env:X}'", "++env_vars.A_TOKEN=${oc.env:X}",
                              "++env_vars.A_TOKEN=\"${oc.env:X}\"", "++env_vars.A_TOKEN="}) {
        INFO(named);
        CHECK(said(named) == named);
    }
    for (const char* written : {"++env_vars.A_TOKEN=x", "++env_vars.A_TOKEN=xy", "++env_vars.A_TOKEN='${oc.env:X}x'"}) {
        INFO(written);
        CHECK(said(written) != written);
    }
}

TEST_CASE("one warning names what is written out, and a better way for each") {
    const planner::Outcome outcome =
        planner::prepare(requesting({"++git.token=" + value, "++env_vars.WANDB_API_KEY=" + value}));
    const Diagnostic* warning = find(outcome.diagnostics, "secret.literal");
    REQUIRE(warning != nullptr);
    CHECK(warning->severity == Severity::warning);
    CHECK(warning->message.find("git.token") != std::string::npos);
    CHECK(warning->message.find("env_vars.WANDB_API_KEY") != std::string::npos);
    CHECK(warning->message.find("everybody on this host sees in ps") != std::string::npos);
    CHECK(warning->fix.find("++git.token_file=FILE") != std::string::npos);
    CHECK(warning->fix.find("'++env_vars.WANDB_API_KEY=${oc.env:WANDB_API_KEY}'") != std::string::npos);
    CHECK(std::ranges::count(outcome.diagnostics, std::string_view("secret.literal"), &Diagnostic::code) == 1);
}

TEST_CASE("who names a variable of his environment is not warned, and the value is in the file all the same") {
    const planner::Outcome outcome = planner::prepare(requesting({"++env_vars.HF_TOKEN='${oc.env:MY_TOKEN}'"}));
    REQUIRE(outcome.submission);
    CHECK(find(outcome.diagnostics, "secret.literal") == nullptr);
    CHECK(texts_of(*outcome.submission) == std::vector<std::string>{value});
}

TEST_CASE("what was not typed on a command line is not in ps") {
    planner::SubmitRequest request = requesting({});
    request.sets.push_back({"++env_vars.HF_TOKEN=" + value, planner::Level::script});
    const planner::Outcome outcome = planner::prepare(request);
    const Diagnostic* warning = find(outcome.diagnostics, "secret.literal");
    REQUIRE(warning != nullptr);
    CHECK(warning->message.find("in ps") == std::string::npos);
}

TEST_CASE("a secret in what everybody reads is refused") {
    for (const std::string set :
         {"run.name='x-${env_vars.HF_TOKEN}'", "base_results_dir='/home/user/${env_vars.HF_TOKEN}'",
          "++cluster.comment='${env_vars.HF_TOKEN}'", "++cluster.srun_args=['--export=T=${env_vars.HF_TOKEN}']"}) {
        INFO(set);
        const planner::Outcome outcome = planner::prepare(requesting({"++env_vars.HF_TOKEN=" + value, set}));
        CHECK_FALSE(outcome.submission);
        const Diagnostic* refusal = find(outcome.diagnostics, "secret.visible");
        REQUIRE(refusal != nullptr);
        CHECK(refusal->key == "env_vars.HF_TOKEN");
        CHECK(all_text(outcome.diagnostics).find(value) == std::string::npos);
    }
}

TEST_CASE("what others read is looked through for secrets of 8 bytes and more, the code's place included") {
    for (const std::string text : {"12345678", "123456789"})
        for (const std::string& set : {"git.branch='" + text + "'", "git.repo_url_or_path='https://host/" + text + "'",
                                       "run.name=" + text + "x", "git.entry_script='" + text + ".py'"}) {
            INFO(set);
            const planner::Outcome outcome = planner::prepare(
                requesting({"++env_vars.HF_TOKEN='" + text + "'", "git.repo_url_or_path='https://host/code'",
                            "git.commit=abcdef0", "git.entry_script=t.py", set}));
            REQUIRE(find(outcome.diagnostics, "secret.visible") != nullptr);
            CHECK_FALSE(outcome.submission);
        }
    // A shorter one would be found by chance.
    CHECK(planner::prepare(requesting({"++env_vars.HF_TOKEN='1234567'", "run.name=1234567x"})).submission);
}

TEST_CASE("git's token goes to a file of its own, which the plan names") {
    const std::vector<std::string> code{"++git.token=" + value, "++git.repo_url_or_path='https://host/code.git'",
                                        "++git.entry_script=train.py"};
    const planner::Submission submission = accepted(requesting(code));
    REQUIRE(submission.plan.code);
    CHECK(submission.plan.code->token_file == file + "-git");
    const auto found = std::ranges::find(submission.secret_files, file + "-git", &planner::SecretFile::path);
    REQUIRE(found != submission.secret_files.end());
    CHECK(found->text == value + '\n');
    CHECK(submission.plan.secrets_file == file);
    CHECK(submission.plan_json.find(value) == std::string::npos);
}

TEST_CASE("a token that would travel in clear is told of, with the address that hides it") {
    const auto outcome = [](const std::string& scheme) {
        return planner::prepare(
            requesting({"++git.token=" + value, "git.repo_url_or_path='" + scheme + "://host/code.git'",
                        "git.entry_script=train.py"}));
    };
    const planner::Outcome clear = outcome("http");
    const Diagnostic* told = find(clear.diagnostics, "launch.code_token");
    REQUIRE(told != nullptr);
    CHECK(told->key == "git.token");
    CHECK(told->message == "the token goes to http://host/code.git in clear");
    CHECK(told->fix == "--recipe-set=git.repo_url_or_path=https://host/code.git");
    CHECK(find(outcome("https").diagnostics, "launch.code_token") == nullptr);
}

TEST_CASE("a plan whose one secret is git's token names the file that it lies beside") {
    const planner::Submission submission =
        accepted(requesting({"++git.token='${oc.env:MY_TOKEN}'", "git.repo_url_or_path='https://host/code.git'",
                             "git.entry_script=train.py"}));
    CHECK(submission.plan.secrets_file == file);
    CHECK(submission.plan.code->token_file == file + "-git");
    CHECK(texts_of(submission).empty());
    CHECK(submission.secret_files.size() == 2);
    const planner::Submission named =
        accepted(requesting({"++git.token='${oc.env:MY_TOKEN}'", "++git.token_file=/home/user/token",
                             "git.repo_url_or_path='https://host/code.git'", "git.entry_script=train.py"}));
    CHECK(named.plan.code->token_file == "/home/user/token");
    CHECK(named.plan.secrets_file.empty());
    CHECK(named.secret_files.empty());
}

TEST_CASE("a step of a job refers to its secrets by a name of its own, and is not warned of the job's") {
    planner::SubmitRequest request = requesting({"trainer.max_steps=7"}, planner::Tool::srun_in_job);
    request.inherited_overrides = {"++env_vars.HF_TOKEN=" + value};
    request.references_label = "0123abcd";
    const planner::Outcome outcome = planner::prepare(request);
    REQUIRE(outcome.submission);
    CHECK(outcome.submission->plan_json.find("***secret-0123abcd-1***") != std::string::npos);
    CHECK(outcome.submission->plan_json.find(value) == std::string::npos);
    CHECK(find(outcome.diagnostics, "secret.literal") == nullptr);
}

TEST_CASE("a secret that makes the file too large is refused") {
    const planner::Outcome outcome =
        planner::prepare(requesting({"++env_vars.HF_TOKEN=" + std::string(secret::max_bytes / 2, 'x'),
                                     "++env_vars.MY_TOKEN=" + std::string(secret::max_bytes / 2, 'y')}));
    CHECK_FALSE(outcome.submission);
    CHECK(find(outcome.diagnostics, "secret.file") != nullptr);
}

TEST_CASE("a plan whose file of secrets is none of ours is malformed") {
    planner::Submission submission = accepted(requesting({"++env_vars.HF_TOKEN=" + value}));
    for (const std::string path : {"/etc/shadow", "relative", "/home/other/.ssh/id_rsa"}) {
        submission.plan.secrets_file = path;
        const auto json = plan::to_json(submission.plan);
        REQUIRE(json);
        for (const auto& read : {plan::from_json(*json), plan::from_json_without_config(*json)}) {
            REQUIRE_FALSE(read);
            CHECK(read.error().front().code == "plan.malformed");
        }
    }
}
