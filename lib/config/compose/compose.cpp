// SPDX-License-Identifier: Apache-2.0
// Composition from a request to a resolved configuration.
#include "diagnostic/codes/compose.hpp"
#include "config/compose/collection.hpp"
#include "config/compose/defaults.hpp"
#include "config/compose/launcher_keys.hpp"
#include "config/compose/merge.hpp"
#include "config/compose/override_apply.hpp"
#include "config/compose/recipe_file.hpp"
#include "config/hydra/hydra_schema.hpp"
#include "config/value/place.hpp"
#include "slurm_text/shell_words.hpp"
#include "storage/storage.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace recipe::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_overrides = 2000;

std::string describe_sweep(const GivenOverride& override) {
    const std::string& key = override.parsed.key;
    return fmt::format(
        "this is a sweep: it gives `{}` several values, for a job each. Sweeps are not supported; submit one job per "
        "value. "
        "For a list say `{}=[a,b]`, for a text with commas `{}='a,b'`",
        key, key, key);
}

class Composition {
public:
    explicit Composition(const ComposeRequest& request) : request_(request) {}

    Expected<Resolved> run(bool resolve) {
        parse_overrides();
        find();
        if (!problems_.empty()) return std::unexpected(std::move(problems_));
        if (auto done = prepare(); !done) return std::unexpected(std::move(done.error()));
        auto defaults = make_defaults_list(*repository_, primary_, overrides_);
        if (!defaults) return std::unexpected(std::move(defaults.error()));
        if (!merge_all(*defaults) || !take_hydra(*defaults)) return std::unexpected(std::move(problems_));
        name_result(*defaults);
        apply_overrides(*defaults);
        fill_nulls();
        if (!problems_.empty()) return std::unexpected(std::move(problems_));
        return finish(resolve);
    }

private:
    void parse_overrides() {
        if (request_.overrides.size() > max_overrides) {
            problems_.push_back({.code = codes::compose.too_large,
                                 .message = fmt::format("{} overrides; at most {} are taken", request_.overrides.size(),
                                                        max_overrides)});
            return;
        }
        for (std::size_t i = 0; i < request_.overrides.size(); ++i) {
            auto parsed = parse_override(request_.overrides[i]);
            if (!parsed) {
                append(problems_, std::move(parsed.error()));
                continue;
            }
            GivenOverride given{std::move(*parsed), request_.overrides[i], i};
            if (given.parsed.value && given.parsed.value->kind == Element::Kind::sweep) {
                problems_.push_back({.code = codes::compose.sweep,
                                     .key = given.parsed.key,
                                     .source = typed_source(given.given, given.parsed.value_column),
                                     .message = describe_sweep(given)});
                continue;
            }
            overrides_.push_back(std::move(given));
        }
    }

    void find() {
        for (const fs::path& collection : request_.collections)
            trace::debug([&] { return fmt::format("looks for recipes in {}", collection.string()); });
        if (request_.recipe.empty()) {
            // The recipe that the root configuration names.
            if (const auto root = find_root_collection(request_, {})) found_.collection = *root;
        } else if (auto found = find_recipe(request_)) {
            found_ = std::move(*found);
            append(result_.notes, std::move(found_.notes));
            trace::debug([&] { return fmt::format("found {}", found_.file.string()); });
        } else {
            append(problems_, std::move(found.error()));
            return;
        }
        if (const auto root = find_root_collection(request_, found_.collection)) {
            result_.collection = *root;
        } else {
            problems_.push_back(
                {.code = codes::compose.no_collection, .message = "no recipe collection with a config.yaml is known"});
        }
    }

    /// The search path, and the recipe as the choice `recipes=...`.
    Expected<void> prepare() {
        std::vector<fs::path> search_path;
        if (!found_.collection.empty()) search_path.push_back(found_.collection);
        if (result_.collection != found_.collection) search_path.push_back(result_.collection);
        const bool free_file = !request_.recipe.empty() && found_.collection.empty();
        if (free_file)  // it may build on any recipe that there is
            for (const fs::path& collection : request_.collections)
                if (collection != result_.collection) search_path.push_back(collection);
        repository_.emplace(std::move(search_path), request_.documents);
        primary_ = "config";
        const std::string config_path = "recipes/" + found_.name;
        if (free_file) repository_->take_in(config_path, found_.file);
        result_.outside = result_.stands_alone = free_file;
        if (!request_.recipe.empty()) {
            auto recipe = repository_->load(config_path);
            if (!recipe) return std::unexpected(std::move(recipe.error()));
            // The launcher starts custom training with such a file in the place of config.yaml.
            if (*recipe && (*recipe)->content.find("training_cfg")) {
                primary_ = "custom training";
                repository_->overlay(primary_, found_.file);
                if (free_file) repository_->prepend_search_path(found_.file.parent_path());
            }
        }
        auto root = repository_->load(primary_);
        if (!root) return std::unexpected(std::move(root.error()));
        if (!*root || !(*root)->content.is_map())
            return refuse({.code = codes::compose.no_collection,
                           .source = {.name = (result_.collection / "config.yaml").string()},
                           .message = "the root configuration is a map"});
        if (auto done = extend_search_path(**root); !done) return done;
        if (primary_ == "config" && !request_.recipe.empty()) choose_recipe(**root);
        return {};
    }

    void choose_recipe(const LoadedConfig& root) {
        bool named = false;
        for (const DefaultsItem& item : root.defaults)
            named = named || (item.is_group() && item.path == "recipes" && !item.package);
        GivenOverride choice;
        choice.given = {.text = "recipes=" + found_.name, .name = "recipe"};
        choice.index = static_cast<std::size_t>(-1);
        choice.parsed = {.type = named ? ParsedOverride::Type::change : ParsedOverride::Type::add,
                         .key = "recipes",
                         .value = Element::of(Value::string(found_.name))};
        choice.parsed.value_column = 8;
        // With one on the command line as well, the later wins, as in Hydra; an addition would clash.
        overrides_.insert(overrides_.begin(), std::move(choice));
    }

    /// hydra.searchpath: more folders to look in, from the command line or the root configuration.
    Expected<void> extend_search_path(const LoadedConfig& root) {
        std::optional<Value> folders;
        if (const Value* written = root.content.at("hydra.searchpath")) folders = *written;
        for (const GivenOverride& override : overrides_) {
            if (override.parsed.type != ParsedOverride::Type::change || override.parsed.key != "hydra.searchpath")
                continue;
            folders = to_value(*override.parsed.value);
            folders->set_position(
                {std::make_shared<const SourceText>(SourceText{override.given.name, override.given.text}), 0,
                 static_cast<int>(override.parsed.value_column) + 1});
            break;
        }
        if (!folders || folders->is_null()) return {};
        const auto refuse_folders = [&](std::string message) {
            return refuse({.code = codes::compose.type,
                           .key = "hydra.searchpath",
                           .source = folders->position().source(),
                           .message = std::move(message)});
        };
        if (!folders->is_list()) return refuse_folders("`hydra.searchpath` is a list of strings");
        for (const Value& folder : folders->items()) {
            const std::string* text = folder.as_string();
            if (!text) return refuse_folders("`hydra.searchpath` is a list of strings");
            std::string_view path = *text;
            if (path.starts_with("file://")) path.remove_prefix(7);
            const bool other_scheme = path.find("://") != std::string_view::npos;
            const std::optional<fs::path> directory = other_scheme ? std::nullopt : folder_at(fs::path(path));
            if (!directory) {
                result_.notes.push_back(
                    {.code = codes::compose.search_path,
                     .key = "hydra.searchpath",
                     .source = folders->position().source(),
                     .message = fmt::format("`{}` is {}, so nothing is looked up there", quotable(*text),
                                            other_scheme ? "no folder" : "no folder that exists")});
                continue;
            }
            repository_->append_search_path(*directory);
        }
        return {};
    }

    /// A relative folder counts from where the command runs, as in Hydra; else from the collection or the folder that
    /// this is in, from which HyperPod's collection counts.
    [[nodiscard]] std::optional<fs::path> folder_at(const fs::path& path) const {
        std::error_code error;
        const fs::path collection = fs::absolute(result_.collection, error).lexically_normal();
        const fs::path parent = (collection.has_filename() ? collection : collection.parent_path()).parent_path();
        for (const fs::path& base : {request_.working_directory, collection, parent}) {
            if (fs::path folder = base / path; storage::is_directory(folder.string())) return folder;
        }
        return std::nullopt;
    }

    bool merge_all(const DefaultsList& defaults) {
        root_ = Value::map();
        for (const ComposedConfig& config : defaults.configs) {
            auto loaded = repository_->load(config.config_path);
            if (!loaded || !*loaded) continue;  // reported before
            Value content = (*loaded)->content;
            if (!config.primary && content.at("hydra.searchpath") && config.package.empty()) {
                problems_.push_back({.code = codes::compose.unknown_key,
                                     .key = "hydra.searchpath",
                                     .source = content.at("hydra.searchpath")->position().source(),
                                     .message = "`hydra.searchpath` can be set in the root configuration only"});
            }
            Value root_keys = Value::map();
            if ((*loaded)->outside && !(*loaded)->package && config.package == "recipes" && content.is_map())
                root_keys = take_root_keys(content, root_, problems_, result_.notes);
            if (!(*loaded)->outside && config.package == "recipes") result_.stands_alone = false;
            embed(content, config.package);
            merge(std::move(content));
            if (root_keys.size() > 0) merge(std::move(root_keys));
        }
        return problems_.empty();
    }

    void merge(Value content) {
        Merger merger(root_, resolve_options(), {});
        merger.merge(root_, std::move(content), "");
        for (const MergeProblem& problem : merger.problems())
            problems_.push_back({.code = codes::compose.type,
                                 .key = problem.path,
                                 .source = problem.position.source(),
                                 .message = fmt::format("`{}`: {}, which an earlier configuration puts there",
                                                        problem.path, problem.message)});
    }

    static void embed(Value& content, const std::string& package) {
        if (package.empty()) return;
        std::vector<std::string_view> path = split_key(package);
        for (auto step = path.rbegin(); step != path.rend(); ++step) {
            Value map = Value::map();
            map.set_position(content.position());
            Value key = Value::string(std::string(*step));
            key.set_position(content.position());
            map.set(std::move(key), std::move(content));
            content = std::move(map);
        }
    }

    bool take_hydra(const DefaultsList& defaults) {
        Value section;
        if (Value* hydra = root_.find_mutable("hydra")) {
            section = std::move(*hydra);
            root_.erase("hydra");
        }
        if (auto problem = check_hydra_section(section)) {
            problems_.push_back(std::move(*problem));
            return false;
        }
        Value choices = Value::map();
        for (const auto& [group, option] : defaults.choices)
            choices.set(Value::string(group), option ? Value::string(*option) : Value::null());
        hydra_ = hydra_tree(section, std::move(choices), request_.working_directory.string());
        return true;
    }

    void name_result(const DefaultsList& defaults) {
        result_.recipe = found_.name;
        result_.recipe_file = found_.file;
        if (primary_ != "config") return;
        for (const auto& [group, option] : defaults.choices) {
            if (group != "recipes" || !option || *option == found_.name) continue;
            result_.recipe = option->ends_with(".yaml") ? option->substr(0, option->size() - 5) : *option;
            if (const auto file = repository_->find_file("recipes/" + *option)) result_.recipe_file = *file;
        }
    }

    void apply_overrides(const DefaultsList& defaults) {
        OverrideApplier applier(root_, resolve_options());
        for (const GivenOverride* override : defaults.config_overrides) applier.apply(*override);
        append(problems_, std::move(applier.problems()));
        result_.overrides = std::move(applier.applied());
        for (const GivenOverride* override : defaults.group_overrides)
            if (override->index != static_cast<std::size_t>(-1))
                result_.overrides.push_back({override->parsed.key, override->index});
        std::ranges::stable_sort(result_.overrides, {}, &AppliedOverride::index);
    }

    void fill_nulls() {
        for (const NullDefault& fill : request_.null_defaults) {
            const Value* referred = root_.at(fill.refers_to);
            Value* node = &root_;
            for (const std::string_view step : split_key(fill.key))
                node = node != nullptr ? node->find_mutable(step) : nullptr;
            if (referred == nullptr || referred->is_null() || node == nullptr || !node->is_null()) continue;
            const Position position = node->position();
            *node = Value::string(fill.text);
            node->set_position(position);
        }
    }

    Expected<Resolved> finish(bool resolve) {
        if (!resolve) {
            if (const Value* recipes = root_.find("recipes")) root_.set(Value::string("training"), Value(*recipes));
            result_.root = std::move(root_);
            return std::move(result_);
        }
        ResolveOptions options = resolve_options();
        options.alias_training = true;
        const std::vector<AddedKey> added = add_launcher_keys(root_, request_);
        auto resolved = Resolver(root_, std::move(options)).resolve_all(result_.notes);
        if (!resolved) return std::unexpected(std::move(resolved.error()));
        remove_launcher_keys(*resolved, added);
        result_.root = std::move(*resolved);
        return std::move(result_);
    }

    [[nodiscard]] ResolveOptions resolve_options() const {
        return {.environment = &request_.environment, .hydra = hydra_};
    }

    const ComposeRequest& request_;
    Diagnostics problems_;
    std::vector<GivenOverride> overrides_;
    FoundRecipe found_;
    std::optional<Repository> repository_;
    std::string primary_;
    Value root_;
    Value hydra_;
    Resolved result_;
};

/// The fix of what was typed is what to type instead; of what stands in a file, what to write there.
Expected<Resolved> with_options_as_fixes(Expected<Resolved> resolved, const ComposeRequest& request) {
    if (resolved) return resolved;
    for (Diagnostic& problem : resolved.error()) {
        const bool typed = problem.source.line == 0 && std::ranges::find(request.overrides, problem.source.name,
                                                                         &Override::name) != request.overrides.end();
        if (typed && !problem.fix.empty()) problem.fix = "--recipe-set=" + slurm_text::shell_word(problem.fix);
    }
    return resolved;
}

}  // namespace

Expected<Resolved> compose(const ComposeRequest& request) {
    return with_options_as_fixes(Composition(request).run(true), request);
}

Expected<Resolved> compose_unresolved(const ComposeRequest& request) {
    return with_options_as_fixes(Composition(request).run(false), request);
}

}  // namespace recipe::config
