// SPDX-License-Identifier: Apache-2.0
// A recipe collection in a temporary folder.
#pragma once

#include "config/config.hpp"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace recipe::config {

class CollectionFixture {
public:
    CollectionFixture() {
        std::string pattern = (std::filesystem::temp_directory_path() / "recipe-test-XXXXXX").string();
        if (!::mkdtemp(pattern.data())) std::abort();
        directory_ = pattern;
    }
    CollectionFixture(CollectionFixture&& other) noexcept : directory_(std::move(other.directory_)) {
        other.directory_.clear();
    }
    CollectionFixture& operator=(CollectionFixture&&) = delete;
    ~CollectionFixture() {
        std::error_code error;
        if (!directory_.empty()) std::filesystem::remove_all(directory_, error);
    }

    void write(const std::string& name, const std::string& content) const {
        std::filesystem::create_directories((directory_ / name).parent_path());
        std::ofstream(directory_ / name) << content;
    }

    [[nodiscard]] ComposeRequest request(const std::string& recipe,
                                         const std::vector<std::string>& overrides = {}) const {
        ComposeRequest request;
        request.collections = {directory_};
        request.recipe = recipe;
        request.working_directory = directory_;
        for (std::size_t i = 0; i < overrides.size(); ++i)
            request.overrides.push_back({overrides[i], "override " + std::to_string(i + 1)});
        return request;
    }

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
    std::filesystem::path directory_;
};

}  // namespace recipe::config
