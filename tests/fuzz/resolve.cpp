// SPDX-License-Identifier: Apache-2.0
// A recipe of any content with overrides of any content: the first line of the input is the override.
#include "config/config.hpp"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>

namespace {

namespace fs = std::filesystem;

fs::path make_collection() {
    std::string pattern = (fs::temp_directory_path() / "fuzz-recipes-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) std::abort();
    const fs::path directory = pattern;
    fs::create_directories(directory / "recipes");
    fs::create_directories(directory / "cluster");
    std::ofstream(directory / "config.yaml")
        << "defaults: [_self_, {cluster: slurm}, {recipes: r}]\nbase: null\nchosen: ${hydra:runtime.choices.recipes}\n";
    std::ofstream(directory / "cluster" / "slurm.yaml") << "exclusive: true\n";
    return directory;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace recipe::config;
    static const fs::path collection = make_collection();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view recipe = text.substr(std::min(end + 1, text.size()));
    std::ofstream(collection / "recipes" / "r.yaml", std::ios::binary)
        .write(recipe.data(), static_cast<std::streamsize>(recipe.size()));
    ComposeRequest request;
    request.collections = {collection};
    request.recipe = "r";
    request.working_directory = collection;
    if (end > 0) request.overrides.push_back({std::string(text.substr(0, end)), "fuzz"});
    const auto resolved = compose(request);
    if (resolved) (void)to_yaml(resolved->root);
    (void)compose_unresolved(request);
    return 0;
}
