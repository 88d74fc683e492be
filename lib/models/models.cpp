// SPDX-License-Identifier: Apache-2.0
// The catalogue of models: what the build has made of etc/models.yaml, and a site's additions.
#include "models/models.hpp"

#include "config/yaml/yaml.hpp"
#include "models/models_file.hpp"
#include "models/shipped.hpp"

#include <algorithm>
#include <utility>

namespace recipe::models {
namespace {

const Model* installed(std::string_view name) {
    const auto found = std::ranges::lower_bound(shipped_models, name, {}, &Model::name);
    return found != shipped_models.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

Catalogue::Catalogue() = default;

Expected<Catalogue> Catalogue::load(const std::vector<std::filesystem::path>& site_files) {
    Catalogue catalogue;
    Diagnostics problems;
    Merged merged;
    for (const std::filesystem::path& file : site_files) {
        Expected<config::Value> document = config::load_yaml(file);
        append(problems, document ? merge(*document, file.string(), installed, merged, catalogue.texts_)
                                  : std::move(document.error()));
    }
    if (has_errors(problems)) return std::unexpected(std::move(problems));
    catalogue.of_site_ = std::move(merged.models);
    catalogue.site_names_ = std::move(merged.names);
    return catalogue;
}

const Model* Catalogue::find(std::string_view id_or_path) const {
    const std::string name = known_name(id_or_path);
    if (const auto own = site_names_.find(name); own != site_names_.end()) return &of_site_.at(own->second);
    const auto found = std::ranges::lower_bound(shipped_names, name, {}, &Name::name);
    return found != shipped_names.end() && found->name == name ? &shipped_models[found->model] : nullptr;
}

std::vector<const Model*> Catalogue::all() const {
    std::vector<const Model*> models;
    for (const Model& model : shipped_models)
        if (!of_site_.contains(model.name)) models.push_back(&model);
    for (const auto& [name, model] : of_site_) models.push_back(&model);
    std::ranges::sort(models, {}, &Model::name);
    return models;
}

}  // namespace recipe::models
