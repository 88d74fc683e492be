// SPDX-License-Identifier: Apache-2.0
// The configuration files that a composition may draw on: a search path, read lazily, each file once. Internal to
// lib/config.
#pragma once

#include "config/compose/defaults_item.hpp"
#include "config/yaml/yaml.hpp"

#include <expected>
#include <filesystem>
#include <map>

namespace recipe::config {

struct LoadedConfig {
    Value content;                       // without its defaults list
    std::vector<DefaultsItem> defaults;  // as written
    std::optional<std::string> package;  // of a "# @package" header
    bool outside = false;                // a recipe file of no collection, or one beside it
    std::filesystem::path file;
};

class Repository {
public:
    Repository(std::vector<std::filesystem::path> search_path, Documents* documents)
        : search_path_(std::move(search_path)), documents_(documents) {}

    void append_search_path(std::filesystem::path directory) { search_path_.push_back(std::move(directory)); }
    void prepend_search_path(std::filesystem::path directory) {
        search_path_.insert(search_path_.begin(), std::move(directory));
    }
    [[nodiscard]] const std::vector<std::filesystem::path>& search_path() const { return search_path_; }

    /// Lets a configuration path stand for a file that is in none of the directories.
    void overlay(std::string config_path, std::filesystem::path file) {
        overlay_.insert_or_assign(std::move(config_path), std::move(file));
    }

    /// Takes in a recipe file that lies in no collection: `config_path` stands for it, and the files beside it are
    /// recipes as those of the collections are, before them.
    void take_in(const std::string& config_path, const std::filesystem::path& file) {
        overlay(config_path, file);
        neighbours_ = file.parent_path();
    }

    /// The configuration at a path such as "cluster/slurm"; nullptr when no directory has it.
    Expected<const LoadedConfig*> load(const std::string& config_path);

    [[nodiscard]] bool has_config(const std::string& config_path) const { return find_file(config_path).has_value(); }
    [[nodiscard]] bool has_group(const std::string& group) const;
    [[nodiscard]] std::vector<std::string> options_of(const std::string& group) const;
    /// Those that a recipe file of no collection can build on.
    [[nodiscard]] std::vector<std::string> recipes() const;
    [[nodiscard]] std::optional<std::filesystem::path> find_file(const std::string& config_path) const;

private:
    struct Found {
        std::filesystem::path file;
        bool outside = false;
    };

    [[nodiscard]] std::optional<Found> find(const std::string& config_path) const;
    /// Where a group's options are looked for.
    [[nodiscard]] std::vector<std::filesystem::path> folders_of(const std::string& group) const;

    std::vector<std::filesystem::path> search_path_;
    Documents* documents_;  // null: nothing is shared
    std::map<std::string, std::filesystem::path> overlay_;
    std::optional<std::filesystem::path> neighbours_;  // the folder of a recipe file of no collection
    std::map<std::string, std::unique_ptr<LoadedConfig>> cache_;
};

}  // namespace recipe::config
