// SPDX-License-Identifier: Apache-2.0
// Which paths a container of a job sees, and why.
#include "planner/container/container.hpp"
#include "catch.hpp"
#include "hosts.hpp"

using namespace recipe;

namespace {

const family::Families& families() {
    static const family::Families installed;
    return installed;
}

/// "/a ro ? (why)" for each path that is wanted: read only, and only if it is there.
std::vector<std::string> wanted(std::string_view yaml, const planner::Job& job, const config::Environment& environment,
                                const test::MadeUpHost& things, Diagnostics* said = nullptr) {
    const config::Value root = config::parse_yaml(yaml, "recipe.yaml").value();
    const storage::Host host = things.host();
    Diagnostics found;
    std::vector<std::string> all;
    for (const planner::MountRequest& request :
         planner::mount_requests_of(root, families().of(root), job,
                                    {.environment = environment, .host = host, .working_directory = "/w"}, found))
        all.push_back(request.mount.source +
                      (request.mount.target != request.mount.source ? ":" + request.mount.target : "") +
                      (request.mount.read_only ? " ro" : "") + (request.mount.optional ? " ?" : "") + " (" +
                      request.mount.reason + ")");
    if (said != nullptr) *said = found;
    return all;
}

planner::Job job_with(const std::string& program) {
    planner::Job job;
    job.results_dir = "/fsx/results";
    job.program.entry.program = program;
    return job;
}

const std::string hf = "recipes: {run: {model_type: hf}}\n";
using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("a container sees the results, and the directory of the entry script") {
    CHECK(wanted(hf, job_with(""), {}, {}) == Paths{"/fsx/results (run.results_dir)"});
    CHECK(wanted(hf, job_with("/code/train.py"), {}, {}) ==
          Paths{"/fsx/results (run.results_dir)", "/code (entry script)"});
    CHECK(wanted(hf, job_with("/train.py"), {}, {}).back() == "/ (entry script)");
    // A program that the family or custom training names may be the image's own.
    planner::Job familys = job_with("/code/train.py");
    familys.program.entry.config_arguments = true;
    CHECK(wanted(hf, familys, {}, {}).size() == 1);
    CHECK(wanted(hf, familys, {}, {{{"/code", {}}}}).back() == "/code ? (entry script)");
    CHECK(wanted("training_cfg: {run: {name: x}}", job_with("/code/train.py"), {}, {}).size() == 1);
}

TEST_CASE("a container sees the code, wherever that is") {
    planner::Job cloned = job_with("/fsx/results/%j/code/train.py");
    cloned.program.code = plan::Code{.url = "https://h/c"};
    cloned.program.entry.directory = "/fsx/results/%j/code";
    CHECK(wanted(hf, cloned, {}, {}) == Paths{"/fsx/results (run.results_dir)", "/fsx/results (git.repo_url_or_path)"});
    planner::Job in_place = job_with("/mine/train.py");
    in_place.program.entry.directory = "/mine";
    CHECK(wanted(hf + "git: {repo_url_or_path: /mine}\n", in_place, {}, {}) ==
          Paths{"/fsx/results (run.results_dir)", "/mine (git.repo_url_or_path)"});
    in_place.program.entry.program = "/minetoo/train.py";
    CHECK(wanted(hf + "git: {repo_url_or_path: /mine}\n", in_place, {}, {}).back() == "/minetoo (entry script)");
}

TEST_CASE("a container sees data to read, by absolute paths") {
    const auto data = [](const std::string& keys) {
        Paths all = wanted("recipes: {run: {model_type: hf}, model: {data: {" + keys + "}}}", job_with(""), {}, {});
        all.erase(all.begin());
        return all;
    };
    CHECK(data("train_dir: /d") == Paths{"/d ro (training data)"});
    CHECK(data("train_dir: [/d, e, /f]") == Paths{"/d ro (training data)", "/f ro (training data)"});
    CHECK(data("train_dir: /d, val_dir: /v") == Paths{"/d ro (training data)", "/v ro (validation data)"});
    CHECK(data("train_dir: d").empty());
    CHECK(data("train_dir: null").empty());
    CHECK(data("train_dir: \"/d\\0\"").empty());
}

TEST_CASE("caches are seen where they are: the recipe's, else the user's, else Hugging Face's own place") {
    const test::MadeUpHost host{{{"/hf", {}}, {"/torch", {}}, {"/planned", {}}, {"/home/me/.cache/huggingface", {}}}};
    const auto caches = [&](const config::Environment& environment, std::vector<plan::Variable> planned = {}) {
        planner::Job job = job_with("");
        job.environment = std::move(planned);
        Paths all = wanted(hf, job, environment, host);
        all.erase(all.begin());
        return all;
    };
    CHECK(caches({}).empty());
    CHECK(caches({{"HOME", "/home/me"}}) == Paths{"/home/me/.cache/huggingface ? (Hugging Face's cache)"});
    CHECK(caches({{"HOME", "/home/you"}}).empty());
    CHECK(caches({{"HOME", "/home/me"}, {"HF_HOME", "/hf"}}) == Paths{"/hf ? (HF_HOME)"});
    CHECK(caches({{"HOME", "/home/me"}, {"HF_HOME", "/gone"}}).empty());
    CHECK(caches({{"HF_HOME", "hf"}}).empty());
    CHECK(caches({{"HOME", "/home/me"}, {"TORCH_HOME", "/torch"}}) ==
          Paths{"/torch ? (TORCH_HOME)", "/home/me/.cache/huggingface ? (Hugging Face's cache)"});
    CHECK(caches({{"HF_HOME", "/hf"}}, {{"HF_HOME", "/planned", plan::VariableOrigin::recipe}}) ==
          Paths{"/planned ? (HF_HOME)"});
    for (const char* name : {"HF_HUB_CACHE", "HF_DATASETS_CACHE", "TRANSFORMERS_CACHE"})
        CHECK(caches({{name, "/hf"}}) == Paths{std::string("/hf ? (") + name + ")"});
}

TEST_CASE("what the user mounts is seen, item by item, and a wrong one is told with its number") {
    Diagnostics said;
    const Paths all =
        wanted(hf + "cluster: {container_mounts: ['/a:/b:ro', null, /c, '/d:']}\n", job_with(""), {}, {}, &said);
    CHECK(all == Paths{"/fsx/results (run.results_dir)", "/a:/b ro (cluster.container_mounts[0])",
                       "/c (cluster.container_mounts[2])"});
    REQUIRE(said.size() == 1);
    CHECK(said.front().key == "cluster.container_mounts[3]");
    CHECK(said.front().source.line == 2);
    CHECK(wanted(hf, job_with(""), {}, {{{"/var/log/aws/clusters", {}}}}).back() ==
          "/var/log/aws/clusters ? (HyperPod's logs)");
}

TEST_CASE("each switch of pyxis has its opposite") {
    const auto switches = [](const std::string& argument) {
        Diagnostics found;
        const auto root = config::parse_yaml("cluster: {srun_args: ['" + argument + "']}", "x").value();
        const planner::SrunArguments arguments = planner::srun_arguments_of(root, found);
        CHECK(found.empty());
        CHECK(arguments.others.empty());
        return arguments.switches;
    };
    CHECK(switches("--container-mount-home").mount_home == true);
    CHECK(switches("--no-container-mount-home").mount_home == false);
    CHECK(switches("--container-remap-root").remap_root == true);
    CHECK(switches("--no-container-remap-root").remap_root == false);
    CHECK(switches("--container-writable").writable == true);
    CHECK(switches("--container-readonly").writable == false);
    CHECK(switches("--container-workdir=/").workdir == "/");
    const auto refused = [](const std::string& list) {
        Diagnostics found;
        const auto root = config::parse_yaml("cluster: {srun_args: " + list + "}", "x").value();
        CHECK(planner::srun_arguments_of(root, found).others.empty());
        REQUIRE(found.size() == 1);
        CHECK(found.front().key == "cluster.srun_args");
        return found.front().message;
    };
    CHECK(refused("-l") == "cluster.srun_args is a list of srun's options");
    CHECK(refused("[--container-workdir]") == "--container-workdir=PATH takes an absolute path");
    CHECK(refused("['--container-mounts=/a:/b']") == "--container-mounts stands in cluster.container_mounts");
    CHECK(refused("[--container-image]") == "--container-image stands in container");
}
