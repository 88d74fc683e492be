// SPDX-License-Identifier: Apache-2.0
#include "spank/plugin/mentions.hpp"
#include "spank/plugin/inherited_variables.hpp"

#include "catch.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace recipe::spank;

namespace {

class Script {
public:
    explicit Script(const std::string& text) {
        std::array<char, 40> name{"/tmp/recipe-mentions-XXXXXX"};
        REQUIRE(mkdtemp(name.data()) != nullptr);
        directory_ = name.data();
        std::ofstream(path()) << text;
    }
    ~Script() { std::filesystem::remove_all(directory_); }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    [[nodiscard]] std::string path() const { return directory_ / "job.sh"; }
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
    std::filesystem::path directory_;
};

bool mentions(const std::string& text) {
    const Script script(text);
    return script_mentions_recipe(script.path().c_str(), false);
}

bool names(const char* word) {
    std::array<char, 64> text{};
    std::string(word).copy(text.data(), text.size() - 1);
    std::array<char*, 2> arguments{nullptr, text.data()};
    return words_may_name_recipe(2, arguments.data());
}

}  // namespace

TEST_CASE("a script mentions a recipe wherever the option stands in it") {
    CHECK(mentions("#!/bin/sh\n#SBATCH --recipe=x\n"));
    CHECK_FALSE(mentions("#!/bin/sh\n#SBATCH --recip=x\n"));
    CHECK_FALSE(mentions("#SBATCH --recipe=x\n"));  // no script
    CHECK_FALSE(mentions("#"));
    CHECK_FALSE(mentions(""));
    const std::string head = "#!/bin/sh\n";
    for (std::size_t size = 16 * 1024 - 12; size <= 16 * 1024 + 4; ++size) {
        INFO(size);
        CHECK(mentions(head + std::string(size - head.size(), 'x') + "--recipe"));
        CHECK(mentions(head + std::string(size - head.size(), 'x') + "--recipe" + std::string(40'000, 'y')));
        CHECK_FALSE(mentions(head + std::string(size - head.size(), 'x') + "--recip"));
    }
    const std::string large(std::size_t{4} << 20, 'x');
    CHECK(mentions((head + large).substr(0, large.size() - 8) + "--recipe"));
    CHECK_FALSE(mentions((head + large).substr(0, large.size() - 7) + "--recipe"));  // larger than Slurm takes
}

TEST_CASE("a script is looked for here, and along PATH where sbatch does") {
    const Script script("#!/bin/sh\n--recipe\n");
    const char* before = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): one thread
    const std::string kept = before != nullptr ? before : "";
    const auto found = [](const std::string& path, const char* word, bool along) {
        setenv("PATH", path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
        return script_mentions_recipe(word, along);
    };
    const std::string directory = script.directory().string();
    CHECK(found(directory, "job.sh", true));
    CHECK_FALSE(found(directory, "job.sh", false));
    CHECK(found("::/nowhere:" + directory + ":", "job.sh", true));
    CHECK_FALSE(found("/nowhere:", "job.sh", true));
    CHECK_FALSE(found("", "job.sh", true));
    CHECK_FALSE(found(directory.substr(0, directory.rfind('/')),
                      (directory.substr(directory.rfind('/') + 1) + "/job.sh").c_str(), true));
    CHECK_FALSE(found(std::string(5000, 'x') + ":" + directory, std::string(4090, 'y').c_str(), true));
    setenv("PATH", kept.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
}

TEST_CASE("words that may name a recipe are told by their beginning") {
    CHECK(names("--recipe=x"));
    CHECK(names("--rec"));
    CHECK_FALSE(names("--re"));
    CHECK_FALSE(names("-rec"));
    CHECK_FALSE(names("x--recipe"));
}

TEST_CASE("a script's name may stand for a descriptor") {
    CHECK(descriptor_named("/dev/stdin") == 0);
    CHECK(descriptor_named("/dev/fd/63") == 63);
    CHECK(descriptor_named("/proc/self/fd/7") == 7);
    for (const char* word : {"/dev/fd/", "/dev/fd/x", "/dev/fd/6x", "/dev/fd/-1", "/dev/fd/99999999999", "/dev/fd",
                             "dev/fd/3", "/dev/stdin2", ""}) {
        INFO(word);
        CHECK(descriptor_named(word) == -1);
    }
}

namespace {

bool environment_mentions(const std::string& variable) {
    const std::array<const char*, 4> environment{"PATH=/bin", variable.c_str(), "HOME=/", nullptr};
    return environment_mentions_recipe(environment.data());
}

std::string name_of_command(std::string word) {
    std::array<char*, 2> arguments{word.data(), nullptr};
    return command_name(1, arguments.data());
}

}  // namespace

TEST_CASE("one look at the environment finds each variable of ours") {
    for (const char* name : inherited_options) CHECK(environment_mentions(name + std::string("=x")));
    for (const char* name : inherited_plan) CHECK(environment_mentions(name + std::string("=")));
    for (const char* name : {sbatch_recipe_variable, salloc_recipe_variable, srun_recipe_variable, "SBATCH_RECIPE_SET",
                             "SBATCH_RECIPE_FORCE", "SALLOC_RECIPE_SET", "SALLOC_RECIPE_FORCE", "SLURM_RECIPE_SET",
                             "SLURM_RECIPE_FORCE", "SRUN_RECIPE"})
        CHECK(environment_mentions(name + std::string("=x")));
    const std::array<const char*, 2> first{"SBATCH_RECIPE=x", nullptr};
    CHECK(environment_mentions_recipe(first.data()));
    const std::array<const char*, 3> last{"A=b", "RECIPE_CODE=x", nullptr};
    CHECK(environment_mentions_recipe(last.data()));
}

TEST_CASE("an environment without a variable of ours is told by its names, not by what they hold") {
    CHECK_FALSE(environment_mentions_recipe(nullptr));
    const std::array<const char*, 1> none{nullptr};
    CHECK_FALSE(environment_mentions_recipe(none.data()));
    for (const char* variable : {"SLURM_CONF=/etc/recipe/slurm.conf", "_=/usr/bin/recipe", "R=RECIPE_NAME", "", "=",
                                 "S", "SLURM_RECIP=x", "SLURM_recip=x", "SLURM_Recipe=x", "MY_RECIPE=x", "recipe=x"})
        CHECK_FALSE(environment_mentions(variable));
}

TEST_CASE("a command is named by what stands behind the last slash") {
    CHECK(name_of_command("sbatch") == "sbatch");
    CHECK(name_of_command("/usr/bin/sbatch") == "sbatch");
    CHECK(name_of_command("./x/srun") == "srun");
    CHECK(name_of_command("bin/") == "");
    CHECK(name_of_command("") == "");
    CHECK(std::string(command_name(0, nullptr)).empty());
}

TEST_CASE("texts are the same to the last character") {
    CHECK(is_same("", ""));
    CHECK(is_same("sbatch", "sbatch"));
    for (const char* other : {"", "s", "sbatc", "sbatchx", "Sbatch", "srun"}) {
        CHECK_FALSE(is_same("sbatch", other));
        CHECK_FALSE(is_same(other, "sbatch"));
    }
    CHECK_FALSE(is_same(nullptr, "x"));
    CHECK_FALSE(is_same("x", nullptr));
    CHECK_FALSE(is_same(nullptr, nullptr));
}

TEST_CASE("a text mentions a recipe at its beginning, its end and between") {
    for (const char* text : {"--recipe", "--recipe=x", "x--recipe", "a --recipe b", "---recipe", "--re--recipe"})
        CHECK(text_mentions_recipe(text));
    for (const char* text : {"", "-", "--recip", "-recipe", "--Recipe", "--reci-pe", "recipe--"})
        CHECK_FALSE(text_mentions_recipe(text));
}
