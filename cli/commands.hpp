// SPDX-License-Identifier: Apache-2.0
// The commands of srecipe. Each prints its result on stdout and diagnostics on stderr, and returns the exit status.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace recipe::cli {

inline constexpr int exit_good = 0;
inline constexpr int exit_wrong = 1;  // the recipe, an override or a validation
inline constexpr int exit_usage = 2;

enum class Format { yaml, json, text };

struct Arguments {
    std::vector<std::filesystem::path> collections;  // -C
    std::optional<std::filesystem::path> site;
    std::string recipe;
    std::vector<std::string> overrides;
    std::string select;
    Format format = Format::text;
    bool unresolved = false;
    bool origin = false;
    std::string code;  // of explain
    std::string name;  // of hardware and families
    bool all = false;  // explain all codes
    bool force = false;
    bool run = false;  // of image
    // Of new.
    std::string from;               // the recipe to build on
    std::filesystem::path program;  // the entry script
    // Of fit.
    std::string sweep;                   // KEY=a,b,c
    std::filesystem::path plot;          // an SVG file to write
    std::filesystem::path measurements;  // JSON lines, instead of a recipe
};

int list(const Arguments& arguments);
int show(const Arguments& arguments);
int diff(const Arguments& arguments);
int check(const Arguments& arguments);
int new_recipe(const Arguments& arguments);
int plan(const Arguments& arguments);
int script(const Arguments& arguments);
int image(const Arguments& arguments);
int explain(const Arguments& arguments);
int hardware(const Arguments& arguments);
int families(const Arguments& arguments);
int fit(const Arguments& arguments);
int doctor(const Arguments& arguments);
/// Prints the site file's `partitions` for this cluster.
int propose_partitions(const Arguments& arguments);

}  // namespace recipe::cli
