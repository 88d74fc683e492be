// SPDX-License-Identifier: Apache-2.0
// What a command that was given no recipe is told by: its words, its variables, its stdin, and a pipe that it reads.
#include "spank/plugin/mentions.hpp"

#include "catch.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace recipe::spank;

namespace {

/// Words as main() gets them.
class Words {
public:
    Words(std::initializer_list<const char*> words) : texts_(words.begin(), words.end()) {
        for (std::string& text : texts_) pointers_.push_back(text.data());
        pointers_.push_back(nullptr);
    }
    [[nodiscard]] int count() const { return static_cast<int>(texts_.size()); }
    [[nodiscard]] char* const* begin() const { return pointers_.data(); }

private:
    std::vector<std::string> texts_;
    std::vector<char*> pointers_;
};

/// Another stdin for a while.
class Stdin {
public:
    explicit Stdin(int file) : kept_(dup(STDIN_FILENO)) { REQUIRE(dup2(file, STDIN_FILENO) == STDIN_FILENO); }
    ~Stdin() {
        dup2(kept_, STDIN_FILENO);
        close(kept_);
    }
    Stdin(const Stdin&) = delete;
    Stdin& operator=(const Stdin&) = delete;

private:
    int kept_;
};

class Pipe {
public:
    explicit Pipe(const std::string& text = "") {
        REQUIRE(pipe2(ends_.data(), O_CLOEXEC) == 0);
        REQUIRE(fcntl(ends_[1], F_SETPIPE_SZ, 256 * 1024) >= 256 * 1024);
        REQUIRE(write(ends_[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    ~Pipe() {
        close(ends_[0]);
        if (ends_[1] >= 0) close(ends_[1]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int out() const { return ends_[0]; }
    void end_writing() {
        close(ends_[1]);
        ends_[1] = -1;
    }
    /// What a reader still finds in it.
    [[nodiscard]] std::string rest() {
        end_writing();
        std::string all;
        std::array<char, 4096> piece{};
        for (ssize_t got = 0; (got = read(ends_[0], piece.data(), piece.size())) > 0;)
            all.append(piece.data(), static_cast<std::size_t>(got));
        return all;
    }

private:
    std::array<int, 2> ends_{};
};

/// A file without a name.
class File {
public:
    explicit File(const std::string& text) : file_(std::tmpfile()) {
        REQUIRE(file_ != nullptr);
        std::fwrite(text.data(), 1, text.size(), file_);
        std::fflush(file_);
    }
    ~File() { std::fclose(file_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    [[nodiscard]] int number() const { return fileno(file_); }

private:
    std::FILE* file_;
};

std::string peeked(const Words& words) {
    const char* text = peek_piped_script(words.count(), words.begin());
    if (text == nullptr) return "null";
    std::string copy = text;
    std::free(const_cast<char*>(text));  // NOLINT: it is malloc's, and nobody else's
    return copy;
}

std::ptrdiff_t open_files() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

}  // namespace

TEST_CASE("each word behind the command's own name is looked at") {
    const auto may_name = [](const Words& words) { return words_may_name_recipe(words.count(), words.begin()); };
    CHECK_FALSE(may_name({}));
    CHECK_FALSE(may_name({"sbatch"}));
    CHECK_FALSE(may_name({"--recipe"}));  // a program's name
    CHECK(may_name({"sbatch", "--recipe=x"}));
    CHECK(may_name({"sbatch", "-N2", "--rec"}));
    CHECK_FALSE(may_name({"sbatch", "-N2", "job.sh", "x--rec"}));

    const auto mention = [](const Words& words) { return words_mention_recipe(words.count(), words.begin()); };
    CHECK_FALSE(mention({}));
    CHECK_FALSE(mention({"--recipe"}));
    CHECK(mention({"sbatch", "--wrap=srun --recipe=x true"}));
    CHECK(mention({"sbatch", "-N2", "--recipe"}));
    CHECK_FALSE(mention({"sbatch", "-N2", "--rec"}));
}

TEST_CASE("each command has variables of its own that look like ours and are none") {
    constexpr std::array variables{"SBATCH_RECIPE_SET",   "SBATCH_RECIPE_FORCE", "SALLOC_RECIPE_SET",
                                   "SALLOC_RECIPE_FORCE", "SLURM_RECIPE_SET",    "SLURM_RECIPE_FORCE",
                                   "SRUN_RECIPE"};
    constexpr std::array commands{"sbatch", "sbatch", "salloc", "salloc", "srun", "srun", "srun"};
    for (const char* variable : variables) unsetenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
    for (const char* command : {"sbatch", "salloc", "srun"}) CHECK_FALSE(variables_mention_recipe(command));
    for (std::size_t i = 0; i < variables.size(); ++i) {
        setenv(variables.at(i), "x", 1);  // NOLINT(concurrency-mt-unsafe)
        for (const std::string command : {"sbatch", "salloc", "srun"}) {
            INFO(variables.at(i) << " " << command);
            CHECK(variables_mention_recipe(command.c_str()) == (command == commands.at(i)));
        }
        unsetenv(variables.at(i));  // NOLINT(concurrency-mt-unsafe)
    }
}

TEST_CASE("stdin mentions a recipe where it is a script that does") {
    const auto mentions = [](int file) {
        const Stdin in(file);
        return stdin_mentions_recipe();
    };
    CHECK(mentions(File("#!/bin/sh\n#SBATCH --recipe=x\n").number()));
    CHECK_FALSE(mentions(File("#!/bin/sh\n").number()));
    CHECK_FALSE(mentions(File("x!/bin/sh\n#SBATCH --recipe=x\n").number()));
    CHECK_FALSE(mentions(File("#x/bin/sh\n#SBATCH --recipe=x\n").number()));
    CHECK_FALSE(mentions(Pipe("#!/bin/sh\n#SBATCH --recipe=x\n").out()));
    // What is read is read again by the command: no place in the file moves.
    const File script("#!/bin/sh\n#SBATCH --recipe=x\n");
    REQUIRE(lseek(script.number(), 3, SEEK_SET) == 3);
    CHECK(mentions(script.number()));
    CHECK(lseek(script.number(), 0, SEEK_CUR) == 3);
}

TEST_CASE("a device, a pipe and a directory are no scripts, and are not waited for") {
    std::array<char, 40> name{"/tmp/recipe-mentions-XXXXXX"};
    REQUIRE(mkdtemp(name.data()) != nullptr);
    const std::string directory = name.data();
    const std::string fifo = directory + "/fifo";
    REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
    CHECK_FALSE(script_mentions_recipe(fifo.c_str(), false));
    CHECK_FALSE(script_mentions_recipe(directory.c_str(), false));
    CHECK_FALSE(script_mentions_recipe("/dev/null", false));
    const auto before = open_files();
    CHECK_FALSE(script_mentions_recipe((directory + "/none").c_str(), true));
    CHECK_FALSE(script_mentions_recipe(fifo.c_str(), true));
    CHECK(open_files() == before);
    std::filesystem::remove_all(directory);
}

TEST_CASE("a script in a pipe is seen and stays there") {
    const std::string script = "#!/bin/sh\n#SBATCH --recipe=x\n";
    Pipe pipe(script);
    const auto before = open_files();
    {
        const Stdin in(pipe.out());
        CHECK(peeked({"sbatch"}) == script);
        CHECK(peeked({"sbatch", "-N2"}) == script);
        CHECK(peeked({}) == script);
    }
    CHECK(open_files() == before);
    CHECK(pipe.rest() == script);
}

TEST_CASE("a word may name the pipe, and the last one counts") {
    const std::string script = "#!/bin/sh\n";
    Pipe one(script), other("other");
    const Pipe empty;
    const Stdin in(empty.out());
    const std::string first = "/dev/fd/" + std::to_string(one.out());
    const std::string second = "/proc/self/fd/" + std::to_string(other.out());
    CHECK(peeked({"sbatch"}) == "null");
    CHECK(peeked({"sbatch", first.c_str()}) == script);
    CHECK(peeked({"sbatch", "-N2", first.c_str(), "argument"}) == script);
    CHECK(peeked({"sbatch", first.c_str(), second.c_str()}) == "other");
    CHECK(peeked({"sbatch", first.c_str(), "/dev/stdin"}) == "null");
    CHECK(peeked({first.c_str()}) == "null");  // the command's own name
    CHECK(one.rest() == script);
    CHECK(other.rest() == "other");
}

TEST_CASE("of a pipe with nothing in it, of a file and of what is not open nothing is seen") {
    Pipe pipe;
    const File file("#!/bin/sh\n");
    const auto at = [](int number) { return "/dev/fd/" + std::to_string(number); };
    const auto before = open_files();
    CHECK(peeked({"sbatch", at(pipe.out()).c_str()}) == "null");
    pipe.end_writing();
    CHECK(peeked({"sbatch", at(pipe.out()).c_str()}) == "null");
    CHECK(open_files() == before - 1);
    CHECK(peeked({"sbatch", at(file.number()).c_str()}) == "null");
    CHECK(peeked({"sbatch", "/dev/fd/987654"}) == "null");
    CHECK(open_files() == before - 1);
}

TEST_CASE("of a long script as much is seen as a pipe usually holds") {
    const std::string script = "#!/bin/sh\n" + std::string(100'000, 'x');
    Pipe pipe(script);
    const std::string name = "/dev/fd/" + std::to_string(pipe.out());
    CHECK(peeked({"sbatch", name.c_str()}) == script.substr(0, 64 * 1024));
    CHECK(pipe.rest() == script);
}

TEST_CASE("without descriptors left a pipe is not looked into") {
    Pipe pipe("#!/bin/sh\n");
    const std::string name = "/dev/fd/" + std::to_string(pipe.out());
    const Words words{"sbatch", name.c_str()};
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    const char* text = peek_piped_script(words.count(), words.begin());
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(text == nullptr);
    CHECK(pipe.rest() == "#!/bin/sh\n");
}
