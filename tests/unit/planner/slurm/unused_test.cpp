// SPDX-License-Identifier: Apache-2.0
// A recipe that was asked for where Slurm does not look.
#include "../../config/collection_fixture.hpp"
#include "../submitting.hpp"
#include "catch.hpp"
#include "planner/slurm/directives.hpp"

#include <string>
#include <vector>

using namespace recipe;
using planner::Directive;
using planner::Tool;
using planner::UnreadPlaces;
using test::Submitting;
using test::tiny;

namespace {

using State = Directive::State;

planner::SubmitRequest without_recipe(Tool tool = Tool::sbatch) {
    return Submitting("", tool).request();
}

std::vector<std::string> codes_of(const Diagnostics& found) {
    std::vector<std::string> codes;
    for (const Diagnostic& diagnostic : found) codes.emplace_back(diagnostic.code.name());
    return codes;
}

Diagnostics in_script(std::string text, const planner::SubmitRequest& request = without_recipe()) {
    return planner::find_unused(request,
                                {.command = {"train.sh"}, .script = std::move(text), .script_name = "train.sh"});
}

Diagnostics with_arguments(std::vector<std::string> command, const planner::SubmitRequest& request = without_recipe()) {
    return planner::find_unused(request, {.command = std::move(command), .script_name = "train.sh"});
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("an #SBATCH line is read up to the first command, and no further") {
    const auto lines = planner::find_directives(
        "#!/bin/sh\n#SBATCH --recipe=a\n# a comment\n\n   \n#SBATCH--recipe=b -N 2\n#SLURM --recipe=c\n"
        "true\n#SBATCH --recipe=d # why\n",
        "--recipe");
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].state == State::read);
    CHECK(lines[1].state == State::read);
    CHECK(lines[1].options == std::vector<std::string>{"--recipe=b", "-N", "2"});
    CHECK(lines[2].state == State::read);
    CHECK(lines[3].state == State::after_command);
    CHECK(lines[3].line == 9);
    CHECK(lines[3].command_line == 8);
    CHECK(lines[3].options == std::vector<std::string>{"--recipe=d"});
}

TEST_CASE("a line that is nearly an #SBATCH line is a comment to sbatch") {
    for (const char* line : {"# SBATCH --recipe=a", " #SBATCH --recipe=a", "#sbatch --recipe=a", "#SBTACH --recipe=a",
                             "#SBATCH: --recipe=a", "# SBATCH -N 2 --recipe a", "#\tSBATCH --recipe-set=a=b"}) {
        INFO(line);
        const auto lines = planner::find_directives(std::string("#!/bin/sh\n") + line + "\ntrue\n", "--recipe");
        REQUIRE(lines.size() == 1);
        CHECK((lines[0].state == State::misspelt) != std::string_view(line).starts_with("#SBATCH"));
    }
}

TEST_CASE("lines that speak of options, and lines that somebody switched off, ask for nothing") {
    for (const char* line :
         {"##SBATCH --recipe=a", "# ##SBATCH --recipe=a", "# sbatch --recipe=a train.sh", "#sbatch --recipe=a train.sh",
          "# SBATCH lines with --recipe=a are read", "# use --recipe=a", "#SBATCH -N 2 # not --recipe=a", "#--recipe=a",
          "# srun --recipe=a", "#SBATCH --recurse=a", "sbatch --recipe=a train.sh", "SBATCH --recipe=a"}) {
        INFO(line);
        CHECK(planner::find_directives(std::string("#!/bin/sh\n") + line + "\ntrue\n", "--recipe").empty());
    }
}

TEST_CASE("a script that a script writes has lines of its own") {
    CHECK(
        planner::find_directives("#!/bin/sh\ncat > inner <<'END'\n#SBATCH --recipe=a\nEND\nsbatch inner\n", "--recipe")
            .empty());
    CHECK(planner::find_directives("#!/bin/sh\ncat <<-\"END\"\n#SBATCH --recipe=a\n\tEND\n", "--recipe").empty());
    CHECK(planner::find_directives("#!/usr/bin/python3\ntext = '''\n#!/bin/sh\n#SBATCH --recipe=a\n'''\n", "--recipe")
              .empty());
    // No here-document: nothing ends it.
    CHECK(planner::find_directives("#!/usr/bin/python3\nx = 1 << n\n#SBATCH --recipe=a\n", "--recipe").size() == 1);
    CHECK(planner::find_directives("#!/bin/sh\ncat <<< END\n#SBATCH --recipe=a\nEND\n", "--recipe").size() == 1);
}

TEST_CASE("a recipe in a line that sbatch does not read is refused, with the place and the line to write") {
    const Diagnostics after = in_script("#!/bin/sh\ntrue\n#SBATCH --recipe=a\n");
    REQUIRE(codes_of(after) == Codes{"submit.script_line"});
    CHECK(after[0].severity == Severity::error);
    CHECK(to_string(after[0].source) == "train.sh:3");
    CHECK(after[0].message.find("(line 2)") != std::string::npos);
    CHECK(after[0].fix == "#SBATCH --recipe=a above line 2");
    const Diagnostics blank = in_script("#!/bin/sh\n# SBATCH --recipe=a -N 2\ntrue\n");
    REQUIRE(codes_of(blank) == Codes{"submit.script_line"});
    CHECK(blank[0].fix == "#SBATCH --recipe=a");
    CHECK(in_script("#!/bin/sh\n#SBATCH --recipe=a\ntrue\n").empty());
}

TEST_CASE("beside a recipe that is used only what changes it is missed") {
    const std::string text = "#!/bin/sh\ntrue\n#SBATCH --recipe=a\n#SBATCH --recipe-set=trainer.num_nodes=2\n";
    UnreadPlaces places{.command = {"train.sh"}, .script = text, .script_name = "train.sh", .typed = true};
    const planner::SubmitRequest request = Submitting(tiny).request();
    const Diagnostics typed = planner::find_unused(request, places);
    REQUIRE(typed.size() == 1);
    CHECK(typed[0].source.line == 4);
    places.typed = false;  // it comes from an #SBATCH line, which the later one would have beaten
    CHECK(planner::find_unused(request, places).size() == 2);
}

TEST_CASE("--wrap, srun and salloc read no #SBATCH lines at all") {
    const std::string text = "#!/bin/sh\n#SBATCH --recipe=a\ntrue\n";
    const Diagnostics wrapped = planner::find_unused(
        without_recipe(), {.script = "#SBATCH --recipe=a\ntrue", .script_name = "--wrap", .wrapped = true});
    REQUIRE(codes_of(wrapped) == Codes{"submit.script_line"});
    CHECK(to_string(wrapped[0].source) == "--wrap:1");
    for (const Tool tool : {Tool::srun, Tool::srun_in_job, Tool::salloc}) {
        const Diagnostics found = in_script(text, without_recipe(tool));
        REQUIRE(codes_of(found) == Codes{"submit.script_line"});
        CHECK(found[0].fix == (tool == Tool::salloc ? "salloc --recipe=a train.sh" : "srun --recipe=a train.sh"));
        CHECK(in_script(text, Submitting(tiny, tool).request()).empty());
        // Nor would sbatch have read these.
        CHECK(in_script("#!/bin/sh\n# SBATCH --recipe=a\ntrue\n#SBATCH --recipe=a\n", without_recipe(tool)).empty());
    }
}

TEST_CASE("--recipe behind the script is refused where it names a recipe") {
    for (const char* name : {"llama_tiny_cpu_pretrain", "training/llama/llama_tiny_cpu_pretrain",
                             "llama/llama_tiny_cpu_pretrain", "llama_tiny_cpu_pretrain.yaml"}) {
        const Diagnostics found = with_arguments({"train.sh", "x", std::string("--recipe=") + name});
        INFO(name);
        REQUIRE(codes_of(found) == Codes{"submit.after_script"});
        CHECK(found[0].source.name == std::string("--recipe=") + name);
        CHECK(found[0].fix == std::string("sbatch --recipe=") + name + " train.sh");
    }
    CHECK(codes_of(with_arguments({"train.sh", "--recipe", tiny})) == Codes{"submit.after_script"});
    for (const Tool tool : {Tool::srun, Tool::salloc, Tool::srun_in_job})
        CHECK(codes_of(with_arguments({"python", "t.py", std::string("--recipe=") + tiny}, without_recipe(tool))) ==
              Codes{"submit.after_script"});
}

TEST_CASE("options of the script's own pass in silence") {
    CHECK(with_arguments({"train.sh", "--recipe=pie"}).empty());
    CHECK(with_arguments({"train.sh", "--recipe"}).empty());
    CHECK(with_arguments({"train.sh", "--recipe="}).empty());
    CHECK(with_arguments({"train.sh", "--recipe", "pie"}).empty());
    CHECK(with_arguments({"train.sh", "--recipe-set=trainer.num_nodes=4"}).empty());
    CHECK(with_arguments({"train.sh", "--recipe-force", "--recipes", "--recipe-file=x"}).empty());
    CHECK(with_arguments({std::string("--recipe=") + tiny}).empty());  // it is the script
}

TEST_CASE("a command behind the command takes its own options") {
    const std::string named = std::string("--recipe=") + tiny;
    for (const Tool tool : {Tool::salloc, Tool::srun, Tool::sbatch}) {
        CHECK(with_arguments({"srun", named, "python"}, without_recipe(tool)).empty());
        CHECK(with_arguments({"/usr/bin/sbatch", named}, without_recipe(tool)).empty());
        CHECK(with_arguments({"env", "A=1", "srun", named}, without_recipe(tool)).empty());
        CHECK(with_arguments({"srecipe", "check", named}, without_recipe(tool)).empty());
        CHECK(with_arguments({"env", named, "srun"}, without_recipe(tool)).size() == 1);
    }
}

TEST_CASE("a file behind the script is refused where it is a recipe file") {
    const config::CollectionFixture files;
    files.write("mine.yaml", "run: {name: mine}\ntrainer: {num_nodes: 1}\n");
    files.write("cake.yaml", "flour: 200\nsugar: 100\n");
    files.write("broken.yaml", "a: [\n");
    const std::string at = "--recipe=" + files.directory().string();
    CHECK(codes_of(with_arguments({"train.sh", at + "/mine.yaml"})) == Codes{"submit.after_script"});
    CHECK(with_arguments({"train.sh", at + "/cake.yaml"}).empty());
    CHECK(with_arguments({"train.sh", at + "/broken.yaml"}).empty());
}

TEST_CASE("beside a recipe that is used its own name is the script's, another recipe's is not") {
    const planner::SubmitRequest request = Submitting(tiny).request();
    CHECK(with_arguments({"train.sh", std::string("--recipe=") + tiny}, request).empty());
    CHECK(with_arguments({"train.sh", std::string("--recipe=training/llama/") + tiny}, request).empty());
    CHECK(codes_of(with_arguments({"train.sh", std::string("--recipe=") + test::llama}, request)) ==
          Codes{"submit.after_script"});
    CHECK(codes_of(with_arguments({"train.sh", "--recipe-set=trainer.num_nodes=4"}, request)) ==
          Codes{"submit.after_script"});
    CHECK(codes_of(with_arguments({"train.sh", "--recipe-set", "trainer.num_nodes=4"}, request)) ==
          Codes{"submit.after_script"});
    CHECK(with_arguments({"train.sh", "--recipe-set=no.such=4"}, request).empty());
    CHECK(codes_of(with_arguments({"train.sh", "--recipe-force"}, request)) == Codes{"submit.after_script"});
}

TEST_CASE("an allocation that starts nothing keeps no recipe") {
    const UnreadPlaces places{.without_steps = "--no-shell"};
    const Diagnostics found = planner::find_unused(Submitting(tiny, Tool::salloc).request(), places);
    REQUIRE(codes_of(found) == Codes{"submit.no_shell"});
    CHECK(found[0].fix.find("srun --jobid=... --recipe=llama_tiny_cpu_pretrain") != std::string::npos);
    CHECK(planner::find_unused(without_recipe(Tool::salloc), places).empty());
}

TEST_CASE("a variable that looks like one of --recipe is refused, for the tool that would have read it") {
    const auto with = [](Tool tool, const char* variable) {
        planner::SubmitRequest request = without_recipe(tool);
        request.environment[variable] = "git.token=hunter22";
        return planner::find_unused(request, {});
    };
    const Diagnostics found = with(Tool::sbatch, "SBATCH_RECIPE_SET");
    REQUIRE(codes_of(found) == Codes{"submit.no_variable"});
    CHECK(found[0].message.find("hunter22") == std::string::npos);
    CHECK(found[0].fix.find("--recipe-set=KEY=VALUE") != std::string::npos);
    CHECK(with(Tool::salloc, "SALLOC_RECIPE_FORCE").size() == 1);
    CHECK(with(Tool::srun, "SRUN_RECIPE").size() == 1);
    CHECK(with(Tool::srun_in_job, "SLURM_RECIPE_SET").size() == 1);
    CHECK(with(Tool::srun, "SBATCH_RECIPE_SET").empty());
    CHECK(with(Tool::sbatch, "SBATCH_RECIPE").empty());
}

TEST_CASE("a secret in a line that is quoted stays hidden") {
    const Diagnostics found = in_script("#!/bin/sh\ntrue\n#SBATCH --recipe=a --recipe-set=git.token=hunter2222\n");
    REQUIRE(found.size() == 1);
    CHECK(found[0].message.find("hunter2222") == std::string::npos);
    CHECK(found[0].fix.find("hunter2222") == std::string::npos);
}

TEST_CASE("a line of two signs is switched off, with a blank between them or without") {
    for (const char* line : {"##SBATCH --recipe=a", "# #SBATCH --recipe=a", "#  ## SBATCH --recipe=a",
                             "### SBATCH --recipe=a", "#", "##", "#:--recipe=a", "# = --recipe=a"}) {
        INFO(line);
        CHECK(planner::find_directives(std::string("#!/bin/sh\n") + line + "\ntrue\n", "--recipe").empty());
    }
}

TEST_CASE("a line is options alone where its last word is one, or the value of one") {
    const auto read = [](const std::string& line) {
        return planner::find_directives("#!/bin/sh\n# SBATCH " + line + "\ntrue\n", "--recipe").size();
    };
    CHECK(read("--recipe=a") == 1);
    CHECK(read("--recipe a") == 1);
    CHECK(read("-N 2 --recipe=a -n 4") == 1);
    CHECK(read("--recipe=a train.sh") == 0);
    CHECK(read("-N 2 --recipe a b") == 0);
    CHECK(read("x --recipe=a") == 0);
    CHECK(read("") == 0);
    // As #SBATCH lines end: at the sign of a comment.
    CHECK(read("--recipe=a # train.sh") == 1);
}

TEST_CASE("a here-document ends at its word alone, and what follows it is read on") {
    const auto lines = [](const std::string& begin, const std::string& end) {
        std::vector<int> numbers;
        for (const Directive& line : planner::find_directives(
                 "#!/bin/sh\n" + begin + "\n#SBATCH --recipe=a\n" + end + "\n#SBATCH --recipe=b", "--recipe")) {
            CHECK(line.state == State::after_command);
            CHECK(line.command_line == 2);
            numbers.push_back(line.line);
        }
        return numbers;
    };
    using Numbers = std::vector<int>;
    for (const char* begin : {"cat <<END", "cat << END", "cat <<-END", "cat <<'END'", "cat <<\"END\"", "cat <<\\END"}) {
        INFO(begin);
        CHECK(lines(begin, "END") == Numbers{5});
        CHECK(lines(begin, "\tEND") == Numbers{5});
        CHECK(lines(begin, "ENDE") == Numbers{3, 5});
    }
    CHECK(lines("cat <<E_9", "E_9") == Numbers{5});
    CHECK(lines("cat <<<END", "END") == Numbers{3, 5});
    CHECK(lines("cat << ", "END") == Numbers{3, 5});
    CHECK(lines("cat", "END") == Numbers{3, 5});
}

TEST_CASE("a second interpreter's line is a comment before the first command, and another script's behind it") {
    const auto count = [](const std::string& script) { return planner::find_directives(script, "--recipe").size(); };
    CHECK(count("#!/bin/sh\n#!/bin/sh\n#SBATCH --recipe=a") == 1);
    CHECK(count("#!/bin/sh\ntrue\n#!/bin/sh\n#SBATCH --recipe=a") == 0);
    CHECK(count("#SBATCH --recipe=a") == 1);
    CHECK(count("#SBATCH --recipe=a\r\n\r\n#SBATCH --recipe=b\r\n") == 2);
    CHECK(count("") == 0);
}
