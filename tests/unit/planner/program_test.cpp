// SPDX-License-Identifier: Apache-2.0
#include "planner/program/program.hpp"
#include "catch.hpp"
#include "config/config.hpp"
#include "source_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

using namespace recipe;

namespace {

const family::Families& families() {
    static const family::Families installed;
    return installed;
}

/// A recipe of HyperPod's collection, or what `root` makes of it.
class Running {
public:
    explicit Running(std::string_view root,
                     std::string recipe = "training/llama/hf_llama3_8b_seq8k_gpu_p5x16_pretrain") {
        auto parsed = config::parse_yaml(root, "recipe.yaml");
        REQUIRE(parsed);
        resolved_.root = std::move(*parsed);
        resolved_.recipe = std::move(recipe);
        resolved_.recipe_file = "/home/me/custom.yaml";
        resolved_.collection = "/opt/collection";
    }

    /// For a script of the user's own.
    Running& with_a_script() {
        runs_entry_ = false;
        return *this;
    }

    Expected<planner::Program> read() {
        notes.clear();
        return planner::program_of(resolved_, families().of(resolved_.root), runs_entry_, "/fsx/results", notes);
    }

    planner::Program runs() {
        auto program = read();
        if (!program) UNSCOPED_INFO(program.error().front().message);
        REQUIRE(program);
        return std::move(*program);
    }
    Diagnostic refusal() {
        auto program = read();
        REQUIRE_FALSE(program);
        return program.error().front();
    }
    bool noted(std::string_view code) {
        runs();
        return std::ranges::count(notes, code, &Diagnostic::code) > 0;
    }

    Diagnostics notes;

private:
    config::Resolved resolved_;
    bool runs_entry_ = true;
};

const std::string hf = "recipes: {run: {model_type: hf}}\n";
const std::string ours = "launch: {entry_script: entrypoints/train.py, args: [--fast]}\n" + hf;

std::string with_git(const std::string& root, const std::string& git) {
    return root + "git: {" + git + "}\n";
}

}  // namespace

TEST_CASE("a collection without an entry script runs what HyperPod's launcher runs, from its repository") {
    const std::string adapter = "https://github.com/aws/sagemaker-hyperpod-training-adapter-for-nemo.git";
    const std::string nemo = "https://github.com/NVIDIA/NeMo.git";
    struct Case {
        const char* recipe;
        const char* root;
        std::string url;
        const char* program;
    };
    for (const Case& c : std::initializer_list<Case>{
             {"training/llama/x", "recipes: {run: {model_type: hf}}", adapter,
              "/fsx/results/%j/code/examples/llama/llama_pretrain.py"},
             {"fine-tuning/llama/x", "recipes: {run: {model_type: hf}}", adapter,
              "/fsx/results/%j/code/examples/llama/llama_pretrain.py"},
             {"training/mistral/x", "recipes: {run: {model_type: hf}}", adapter,
              "/fsx/results/%j/code/examples/mistral/mistral_pretrain.py"},
             {"training/mixtral/x", "recipes: {run: {model_type: hf}}", adapter,
              "/fsx/results/%j/code/examples/mixtral/mixtral_pretrain.py"},
             {"fine-tuning/deepseek/x", "recipes: {run: {model_type: hf}}", adapter,
              "/fsx/results/%j/code/examples/deepseek/deepseek_pretrain.py"},
             {"training/custom_model/falcon", "recipes: {run: {model_type: hf}}", adapter,
              "/fsx/results/%j/code/examples/custom_model/custom_pretrain.py"},
             {"falcon", "recipes: {run: {model_type: hf}}", adapter,
              "/fsx/results/%j/code/examples/custom_model/custom_pretrain.py"},
             {"/home/me/mistral/mine.yaml", "recipes: {run: {model_type: hf}}", adapter,
              "/fsx/results/%j/code/examples/mistral/mistral_pretrain.py"},
             {"training/llama/x", "recipes: {model: {tensor_model_parallel_size: 1}}", nemo,
              "/fsx/results/%j/code/examples/nlp/language_modeling/megatron_gpt_pretraining.py"},
             {"fine-tuning/llama/x", "recipes: {run: {model_type: llm_finetuning_aws}}", "", "/app/src/train_hp.py"},
             {"training/llama/checkpointless_llama3_70b_pretrain",
              "recipes: {run: {model_type: hyperpod_checkpointless_nemo}}", "",
              "/opt/amazon/examples/llama3/llama3_70b_pretrain_checkpointless.py"},
             {"fine-tuning/gpt_oss/checkpointless_gpt_oss_120b_lora",
              "recipes: {run: {model_type: hyperpod_checkpointless_nemo}}", "",
              "/opt/amazon/examples/gpt_oss/gpt_oss_120b_peft_checkpointless.py"},
             {"fine-tuning/llama/x", "recipes: {run: {model_type: verl}}", "", ""},
             {"training/nova/x", "recipes: {run: {model_type: amazon.nova-lite}}", "", ""},
         }) {
        INFO(c.recipe << ' ' << c.root);
        const planner::Program program = Running(c.root, c.recipe).runs();
        CHECK((program.code ? program.code->url : "") == c.url);
        CHECK(program.entry.program == c.program);
        CHECK(program.entry.directory == (program.code ? "/fsx/results/%j/code" : ""));
        CHECK(program.entry.config_arguments == (program.entry.program != ""));
        if (c.url == nemo) CHECK(program.code->branch == "v2.0.0rc0");
    }
}

TEST_CASE("the family's repository is left alone where nothing of it runs") {
    CHECK_FALSE(Running(hf).with_a_script().runs().code);
    CHECK_FALSE(Running(ours).runs().code);
    CHECK_FALSE(Running(with_git(hf, "use_default: false, entry_script: /app/train.py")).runs().code);
    CHECK(Running(with_git(hf, "use_default: false, entry_script: /app/train.py")).runs().entry.program ==
          "/app/train.py");
    // As the launcher has it: a program of the repository that nobody changed.
    CHECK(Running(with_git(hf, "entry_script: mine/train.py")).runs().entry.program ==
          "/fsx/results/%j/code/mine/train.py");
}

TEST_CASE("git says what runs, in place of the collection's entry script") {
    Running running(with_git(ours,
                             "repo_url_or_path: 'https://host/code.git', branch: main, commit: ABCDEF0, entry_script: "
                             "./src//train.py, token_file: /home/me/t"));
    const planner::Program program = running.runs();
    REQUIRE(program.code);
    CHECK(program.code->url == "https://host/code.git");
    CHECK(program.code->branch == "main");
    CHECK(program.code->commit == "abcdef0");
    CHECK(program.code->token_file == "/home/me/t");
    CHECK(program.entry.program == "/fsx/results/%j/code/src/train.py");
    CHECK(program.entry.arguments == std::vector<std::string>{"--fast"});
    CHECK(program.entry.config_arguments);
    CHECK(running.notes.empty());

    const planner::Program own = Running(ours).runs();
    CHECK(own.entry.program == "/opt/collection/entrypoints/train.py");
    CHECK(own.entry.directory.empty());
    CHECK_FALSE(own.entry.config_arguments);
}

TEST_CASE("a path is used where it lies") {
    Running running(with_git(ours, "repo_url_or_path: /fsx/code/, entry_script: train.py"));
    const planner::Program program = running.runs();
    CHECK_FALSE(program.code);
    CHECK(program.entry.program == "/fsx/code/train.py");
    CHECK(program.entry.directory == "/fsx/code");
    CHECK(running.notes.empty());
    CHECK(Running(with_git(ours, "repo_url_or_path: /fsx/code, entry_script: train.py, branch: main"))
              .noted("launch.code_in_place"));
}

TEST_CASE("a module of the code runs with torchrun's -m") {
    CHECK(Running(with_git(ours, "repo_url_or_path: /fsx/code, entry_module: team.train")).runs().entry.module ==
          "team.train");
    CHECK(Running(hf + "entry_module: team.train\n").runs().entry.module == "team.train");
    CHECK(Running("training_cfg: {entry_module: team.train, entry_script: null, run: {name: x}}").runs().entry.module ==
          "team.train");
    CHECK(Running(with_git(ours, "repo_url_or_path: /fsx/code, entry_module: 'team train'")).refusal().code ==
          "launch.code_entry");
}

TEST_CASE("custom training runs its script with its arguments") {
    const planner::Program program =
        Running(
            "training_cfg: {entry_script: test.py, run: {name: x}, script_args: [{--steps: "
            "3}, {--flag: null}, {--lr: 1e-5, --x: y}]}\n"
            "git: {repo_url_or_path: 'https://github.com/example', commit: abcdef0}")
            .runs();
    CHECK(program.entry.program == "/fsx/results/%j/code/test.py");
    CHECK(program.entry.arguments == std::vector<std::string>{"--steps", "3", "--flag", "--lr", "1e-05", "--x", "y"});
    CHECK_FALSE(program.entry.config_arguments);
    CHECK(Running("training_cfg: {entry_script: /app/test.py, run: {name: x}}").runs().entry.program == "/app/test.py");
    CHECK(Running("training_cfg: {entry_script: test.py, run: {name: x}}").runs().entry.program == "/home/me/test.py");
    CHECK(Running("training_cfg: {entry_script: test.py, run: {name: x}, script_args: fast}").refusal().code ==
          "launch.arguments");
}

TEST_CASE("what is wrong with git's keys is refused with a fix") {
    struct Case {
        const char* git;
        const char* code;
        const char* key;
        const char* message;
        const char* fix;
    };
    for (const Case& c : std::initializer_list<Case>{
             {"repo_url_or_path: code, entry_script: t.py", "launch.code_url", "git.repo_url_or_path",
              "git may not be given `code`", "--recipe-set=git.repo_url_or_path=$PWD/code"},
             {"repo_url_or_path: 'ext::sh -c x', entry_script: t.py", "launch.code_url", "git.repo_url_or_path",
              "blanks", "https://HOST/PATH.git"},
             {"repo_url_or_path: 'ext::sh', entry_script: t.py", "launch.code_url", "git.repo_url_or_path",
              "neither an absolute path", "https://HOST"},
             {"repo_url_or_path: --upload-pack=x, entry_script: t.py", "launch.code_url", "git.repo_url_or_path",
              "option", "https://HOST"},
             {"repo_url_or_path: 'https://me:secret@host/c', entry_script: t.py", "launch.code_url",
              "git.repo_url_or_path", "`https://***@host/c`", "++git.token_file="},
             {"repo_url_or_path: 'https://h/c', entry_script: t.py, branch: --x", "launch.code_reference", "git.branch",
              "`--x` is no name", "git.branch=main"},
             {"repo_url_or_path: 'https://h/c', entry_script: t.py, commit: v1.0", "launch.code_reference",
              "git.commit", "`v1.0` is no commit",
              "--recipe-set=git.commit=$(git ls-remote https://h/c HEAD | head -n 1 | cut -f 1)"},
             {"repo_url_or_path: 'https://h/c', entry_script: t.py, commit: 1.5", "launch.code_value", "git.commit",
              "git.commit is a float", "git.commit="},
             {"repo_url_or_path: [x], entry_script: t.py", "launch.code_value", "git.repo_url_or_path", "is a list",
              ""},
             {"repo_url_or_path: \"/fsx/a\\nb\", entry_script: t.py", "launch.code_value", "git.repo_url_or_path",
              "control characters", ""},
             {"repo_url_or_path: 'https://h/c', commit: abcdef0", "launch.code_entry", "git.entry_script",
              "nothing says which", "git.entry_script=train.py"},
             {"repo_url_or_path: 'https://h/c', commit: abcdef0, entry_script: ../t.py", "launch.code_entry",
              "git.entry_script", "`../t.py`", "train.py"},
             {"repo_url_or_path: 'https://h/c', commit: abcdef0, entry_script: a/../../t.py", "launch.code_entry",
              "git.entry_script", "not in the code's", "train.py"},
             {"repo_url_or_path: 'https://h/c', commit: abcdef0, entry_script: t.py, token_file: t",
              "launch.code_token", "git.token_file", "an absolute path", "++git.token_file=$HOME"},
         }) {
        INFO(c.git);
        const Diagnostic refusal = Running(with_git(ours, c.git)).refusal();
        CHECK(refusal.code == c.code);
        CHECK(refusal.key == c.key);
        CHECK(refusal.message.find(c.message) != std::string::npos);
        CHECK(refusal.fix.find(c.fix) != std::string::npos);
        CHECK(refusal.source.excerpt.find("secret") == std::string::npos);
    }
}

TEST_CASE("code that can move is told, and a token in clear") {
    Running moving(with_git(ours, "repo_url_or_path: 'https://h/c', branch: main, entry_script: t.py"));
    CHECK(moving.noted("launch.code_unpinned"));
    CHECK(moving.notes.front().fix ==
          "--recipe-set=git.commit=$(git ls-remote https://h/c main | head -n 1 | cut -f 1)");
    CHECK(moving.notes.front().message.find("branch or tag main") != std::string::npos);
    CHECK(Running(hf).noted("launch.code_unpinned"));
    CHECK_FALSE(Running(with_git(ours, "repo_url_or_path: 'https://h/c', commit: 1234567, entry_script: t.py"))
                    .noted("launch.code_unpinned"));
    CHECK(Running(with_git(ours, "repo_url_or_path: 'http://h/c', commit: 1234567, entry_script: t.py, token_file: /t"))
              .noted("launch.code_token"));
}

TEST_CASE("a recipe file's entry script is sought beside it, then in the collection, which keeps its own") {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / fmt::format("entry-{}", ::getpid());
    std::filesystem::create_directories(folder / "mine/entrypoints");
    std::filesystem::create_directories(folder / "collection/entrypoints");
    const auto touch = [&](const char* name) { std::ofstream(folder / name) << "#\n"; };
    for (const char* name :
         {"mine/train.py", "mine/entrypoints/train.py", "collection/entrypoints/train.py", "collection/other.py"})
        touch(name);
    const auto runs = [&](const std::string& script, const std::string& written_in, bool outside) {
        auto root = config::parse_yaml("recipes: {run: {name: a}}\nlaunch: {entry_script: " + script + "}\n",
                                       (folder / written_in).string());
        REQUIRE(root);
        config::Resolved resolved{.root = std::move(*root),
                                  .recipe_file = folder / "mine/mlp.yaml",
                                  .collection = folder / "collection",
                                  .outside = outside};
        Diagnostics notes;
        const auto program = planner::program_of(resolved, families().of(resolved.root), true, "/fsx/results", notes);
        REQUIRE(program);
        return std::filesystem::path(program->entry.program).lexically_relative(folder).string();
    };
    CHECK(runs("train.py", "mine/mlp.yaml", true) == "mine/train.py");
    CHECK(runs("./train.py", "mine/mlp.yaml", true) == "mine/train.py");
    CHECK(runs("other.py", "mine/mlp.yaml", true) == "collection/other.py");
    CHECK(runs("nowhere.py", "mine/mlp.yaml", true) == "mine/nowhere.py");
    CHECK(runs("entrypoints/train.py", "mine/mlp.yaml", true) == "mine/entrypoints/train.py");
    CHECK(runs("entrypoints/train.py", "collection/config.yaml", true) == "collection/entrypoints/train.py");
    CHECK(runs("train.py", "mine/mlp.yaml", false) == "collection/train.py");
    std::filesystem::remove_all(folder);
}

TEST_CASE("a name and a password in an address are hidden, up to the last @ before its path") {
    const auto shown = [](const std::string& url) {
        const std::string message =
            Running(with_git(ours, "repo_url_or_path: '" + url + "', entry_script: t.py")).refusal().message;
        const std::size_t begin = message.find('`') + 1;
        return message.substr(begin, message.find('`', begin) - begin);
    };
    CHECK(shown("https://me:pw@host/c") == "https://***@host/c");
    CHECK(shown("https://me:p@w@host/c@v1") == "https://***@host/c@v1");
    CHECK(shown("https://me:pw@host") == "https://***@host");
    CHECK(shown("code@v1") == "code@v1");
}

TEST_CASE("code in a directory is named without slashes at its end, and / is a directory") {
    const auto entry = [](const std::string& place, const std::string& script = "train.py") {
        return Running(with_git(ours, "repo_url_or_path: " + place + ", entry_script: " + script)).runs().entry;
    };
    CHECK(entry("/fsx/code//").directory == "/fsx/code");
    CHECK(entry("/fsx/./code/").program == "/fsx/code/train.py");
    CHECK(entry("/").directory == "/");
    CHECK(entry("/").program == "/train.py");
    CHECK(entry("/fsx/code", "/app/train.py").program == "/app/train.py");
    Running here(with_git(ours, "repo_url_or_path: /fsx/code/, entry_script: t.py, branch: main, commit: abcdef0"));
    here.runs();
    REQUIRE(here.notes.size() == 2);
    CHECK(here.notes[0].key == "git.branch");
    CHECK(here.notes[1].key == "git.commit");
    CHECK(here.notes[1].fix == "--recipe-set=git.repo_url_or_path=file:///fsx/code");
    CHECK(here.notes[1].message.ends_with("git.commit abcdef0 is not checked out"));
    CHECK(Running(with_git(ours, "repo_url_or_path: /fsx/code, entry_script: .")).refusal().code ==
          "launch.code_entry");
}

TEST_CASE("a module's name has letters, digits, underscores and dots between them") {
    const auto module = [](const std::string& name) {
        return Running(with_git(ours, "repo_url_or_path: /fsx/code, entry_module: '" + name + "'")).read().has_value();
    };
    for (const std::string& name : {std::string("a"), std::string("aZ_9.b"), std::string("_"), std::string(1024, 'm')})
        CHECK(module(name));
    for (const std::string& name :
         {std::string(".a"), std::string("a."), std::string("a-b"), std::string("a/b"), std::string(1025, 'm')}) {
        INFO(name);
        CHECK_FALSE(module(name));
    }
}

TEST_CASE("a commit has 7 to 40 digits, or 64, and the fix of one is what a shell takes as it is") {
    const auto taken = [](const std::string& commit) {
        return Running(with_git(ours, "repo_url_or_path: 'https://h/c', entry_script: t.py, commit: '" + commit + "'"))
            .read()
            .has_value();
    };
    for (const std::size_t digits : {7u, 8u, 39u, 40u, 64u}) CHECK(taken(std::string(digits, 'a')));
    for (const std::size_t digits : {6u, 41u, 63u, 65u}) CHECK_FALSE(taken(std::string(digits, 'a')));
    CHECK_FALSE(taken("abcdefg"));
    const auto fix = [](const std::string& more) {
        Running running(with_git(ours, "entry_script: t.py, " + more));
        REQUIRE(running.noted("launch.code_unpinned"));
        return running.notes.front().fix;
    };
    CHECK(fix("repo_url_or_path: 'https://h/c?x=1'").empty());
    CHECK(fix("repo_url_or_path: 'https://h/a-b_c.d~e%20'").starts_with("--recipe-set=git.commit=$(git ls-remote "));
    CHECK(fix("repo_url_or_path: 'https://h/c', branch: 'a/b-1.0'").contains(" a/b-1.0 | head -n 1"));
    CHECK(fix("repo_url_or_path: 'https://h/c'").contains(" HEAD | head -n 1"));
    Running clear(
        with_git(ours, "repo_url_or_path: 'http://h/c', commit: abcdef0, entry_script: t.py, token_file: /t"));
    REQUIRE(clear.noted("launch.code_token"));
    CHECK(clear.notes.front().message == "the token goes to http://h/c in clear");
    CHECK(clear.notes.front().fix == "--recipe-set=git.repo_url_or_path=https://h/c");
}

TEST_CASE("an argument is the text of its value") {
    const auto arguments = [](const std::string& list) {
        return Running("launch: {entry_script: t.py, args: " + list + "}\n" + hf).runs().entry.arguments;
    };
    using Texts = std::vector<std::string>;
    CHECK(arguments("[1, true, a b, 1.5]") == Texts{"1", "True", "a b", "1.5"});
    CHECK(arguments("[{--a: 1, --b: null}, c]") == Texts{"--a", "1", "--b", "c"});
    CHECK(arguments("null").empty());
    CHECK(arguments("[]").empty());
}
