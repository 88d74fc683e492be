// SPDX-License-Identifier: Apache-2.0
// Finds recipes in the folders of a collection.
#include "config/compose/collection.hpp"

#include "config/compose/recipe_names.hpp"
#include "config/value/place.hpp"
#include "diagnostic/codes/compose.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

namespace recipe::config {
namespace {

namespace fs = std::filesystem;

constexpr int max_folder_depth = 16;
constexpr std::size_t max_recipes = 20'000;
constexpr std::size_t max_entries = 200'000;

bool is_file(const fs::path& path) {
    return storage::is_file(path.string());
}

std::string without_extension(std::string name) {
    if (name.ends_with(".yaml")) name.resize(name.size() - 5);
    return name;
}

std::string listed(const std::vector<std::string>& names, std::size_t limit) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), limit); ++i)
        text += fmt::format("{}`{}`", i == 0 ? "" : ", ", names[i]);
    if (names.size() > limit) text += fmt::format(" and {} more", names.size() - limit);
    return text;
}

/// Recipe files below a collection, without following links to folders, which may lead in circles.
std::vector<RecipeFile> recipes_of(const fs::path& collection, std::size_t limit = max_recipes) {
    struct Folder {
        fs::path path;
        std::string name;  // below recipes/, with a slash at its end
        int depth = 0;
    };
    std::vector<RecipeFile> recipes;
    std::vector<Folder> folders{{.path = collection / "recipes", .name = {}}};
    std::size_t left = max_entries;
    while (!folders.empty() && recipes.size() < limit) {
        const Folder folder = std::move(folders.back());
        folders.pop_back();
        for (const storage::FolderEntry& entry : storage::entries_of(folder.path.string(), left)) {
            --left;
            const fs::path path = folder.path / entry.name;
            if (entry.is_folder) {
                if (folder.depth < max_folder_depth)
                    folders.push_back(
                        {.path = path, .name = folder.name + entry.name + '/', .depth = folder.depth + 1});
            } else if (recipes.size() < limit && path.extension() == ".yaml" && is_file(path)) {
                recipes.push_back({folder.name + without_extension(entry.name), path, collection});
            }
        }
    }
    std::ranges::sort(recipes, {}, &RecipeFile::name);
    return recipes;
}

bool looks_like_path(const std::string& name) {
    return name.starts_with('/') || name.starts_with("./") || name.starts_with("../");
}

/// Whether `name` is `full` or its last folders and base name.
bool ends_in(std::string_view full, std::string_view name) {
    return full.ends_with(name) && (full.size() == name.size() || full[full.size() - name.size() - 1] == '/');
}

/// The collection that a file lies in, if it is one of those given.
std::optional<FoundRecipe> as_member(const fs::path& file, const std::vector<fs::path>& collections) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(file, error);
    if (error) return std::nullopt;
    for (const fs::path& collection : collections) {
        if (!storage::answers((collection / "recipes").string())) return std::nullopt;
        const fs::path root = fs::weakly_canonical(collection / "recipes", error);
        if (error) continue;
        const std::string inside = real.lexically_relative(root).generic_string();
        if (inside.empty() || inside == "." || inside.starts_with("..")) continue;
        return FoundRecipe{without_extension(inside), collection / "recipes" / inside, collection, {}};
    }
    return std::nullopt;
}

std::optional<FoundRecipe> find_file(const ComposeRequest& request) {
    const fs::path typed = request.working_directory / request.recipe;  // an absolute path stays as it is
    for (const fs::path& file : {typed, fs::path(typed.string() + ".yaml")}) {
        if (!is_file(file)) continue;
        if (auto member = as_member(file, request.collections)) return member;
        return FoundRecipe{file.string(), file, {}, {}};
    }
    return std::nullopt;
}

std::optional<FoundRecipe> find_by_path(const ComposeRequest& request) {
    const std::string name = without_extension(request.recipe);
    std::optional<FoundRecipe> found;
    for (const fs::path& collection : request.collections) {
        const fs::path file = collection / "recipes" / (name + ".yaml");
        if (!is_file(file)) continue;
        if (!found) {
            found = FoundRecipe{name, file, collection, {}};
            continue;
        }
        found->notes.push_back({.code = codes::compose.shadowed,
                                .source = {.name = found->file.string()},
                                .message = fmt::format("hides {}", file.string())});
    }
    return found;
}

/// The recipe files in the folder of one that is not there, as they would be typed.
std::vector<std::string> files_near(const ComposeRequest& request) {
    std::vector<std::string> names;
    if (!request.recipe.ends_with(".yaml") && !looks_like_path(request.recipe)) return names;
    const std::string folder = request.recipe.substr(0, request.recipe.rfind('/') + 1);  // npos + 1 is 0
    for (const storage::FolderEntry& entry :
         storage::entries_of((request.working_directory / folder).string(), max_entries)) {
        if (names.size() >= max_recipes) break;
        const fs::path name = entry.name;
        if (name.extension() == ".yaml" && is_file(request.working_directory / folder / name))
            names.push_back(folder + entry.name);
    }
    std::ranges::sort(names);
    return names;
}

Diagnostic unknown_recipe(const std::string& name, const std::vector<std::string>& names, std::size_t recipes) {
    Diagnostic problem{.code = codes::compose.unknown_recipe,
                       .message = fmt::format("there is no recipe `{}`", quotable(name, 200))};
    const LikeRecipes close = recipes_like(name, names);
    if (!close.names.empty()) {
        problem.message += fmt::format("; did you mean {}?", listed(close.names, 3));
        if (close.by_spelling) problem.fix = close.names.front();
    } else {
        problem.message += fmt::format("; {} recipes were looked through", recipes);
    }
    return problem;
}

/// Both a file here and a recipe of a collection have the name that was typed; `hides` says what it does not mean.
Diagnostic two_of_a_name(std::string where, std::string hides) {
    return {.code = codes::compose.shadowed, .source = {.name = std::move(where)}, .message = std::move(hides)};
}

/// Who types ".yaml" means a file, where there is one.
std::optional<FoundRecipe> find_named_file(const ComposeRequest& request) {
    if (!request.recipe.ends_with(".yaml")) return std::nullopt;
    std::optional<FoundRecipe> found = find_file(request);
    if (!found || !found->collection.empty()) return found;
    const std::string name = without_extension(request.recipe);
    for (const fs::path& collection : request.collections)
        for (const RecipeFile& recipe : recipes_of(collection))
            if (ends_in(recipe.name, name) && found->notes.empty())
                found->notes.push_back(
                    two_of_a_name(found->file.string(),
                                  fmt::format("is the file that is meant, and not the recipe {}", recipe.name)));
    return found;
}

/// Who does not means a collection's recipe.
void note_named_file(const ComposeRequest& request, FoundRecipe& found) {
    const fs::path file = request.working_directory / (request.recipe + ".yaml");
    if (is_file(file) && !as_member(file, request.collections))
        found.notes.push_back(two_of_a_name(
            found.file.string(),
            fmt::format("is the recipe that is meant; the file here is --recipe={}.yaml", request.recipe)));
}

}  // namespace

bool has_recipes(const fs::path& collection) {
    return !recipes_of(collection, 1).empty();
}

Expected<std::vector<RecipeFile>> list_recipes(const std::vector<fs::path>& collections) {
    std::vector<RecipeFile> all;
    std::set<std::string> names;
    bool any = false;
    for (const fs::path& collection : collections) {
        any = any || storage::is_directory(collection.string());
        for (RecipeFile& recipe : recipes_of(collection))
            if (names.insert(recipe.name).second) all.push_back(std::move(recipe));
    }
    if (!any) {
        std::vector<std::string> places;
        for (const fs::path& collection : collections) places.push_back(collection.string());
        return refuse({.code = codes::compose.no_collection,
                       .message = places.empty() ? "no recipe collection is known"
                                                 : fmt::format("none of these folders exists: {}", listed(places, 8))});
    }
    std::ranges::sort(all, {}, &RecipeFile::name);
    return all;
}

Expected<FoundRecipe> find_recipe(const ComposeRequest& request) {
    if (request.recipe.find('\0') != std::string::npos || request.recipe.size() > 4096)
        return refuse({.code = codes::compose.unknown_recipe, .message = "this is no name of a recipe"});
    if (!looks_like_path(request.recipe)) {
        if (auto found = find_named_file(request)) return std::move(*found);
        if (auto found = find_by_path(request)) {
            note_named_file(request, *found);
            return std::move(*found);
        }
        const std::string name = without_extension(request.recipe);
        for (const fs::path& collection : request.collections) {
            std::vector<RecipeFile> matches = recipes_of(collection);
            std::erase_if(matches, [&name](const RecipeFile& recipe) { return !ends_in(recipe.name, name); });
            if (matches.size() == 1) {
                FoundRecipe found{matches.front().name, matches.front().file, collection, {}};
                note_named_file(request, found);
                return found;
            }
            if (matches.empty()) continue;
            std::vector<std::string> names;
            for (const RecipeFile& match : matches) names.push_back(match.name);
            return refuse({.code = codes::compose.ambiguous_recipe,
                           .message = fmt::format("`{}` may be {}; say which", quotable(name, 200), listed(names, 8)),
                           .fix = names.front()});
        }
    }
    if (auto found = find_file(request)) return std::move(*found);
    auto all = list_recipes(request.collections);
    if (!all) return std::unexpected(std::move(all.error()));
    std::vector<std::string> names = files_near(request);
    for (const RecipeFile& recipe : *all) names.push_back(recipe.name);
    return refuse(unknown_recipe(request.recipe, names, all->size()));
}

std::optional<fs::path> find_root_collection(const ComposeRequest& request, const fs::path& preferred) {
    if (!preferred.empty() && is_file(preferred / "config.yaml")) return preferred;
    for (const fs::path& collection : request.collections)
        if (is_file(collection / "config.yaml")) return collection;
    return std::nullopt;
}

}  // namespace recipe::config
