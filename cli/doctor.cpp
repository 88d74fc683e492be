// SPDX-License-Identifier: Apache-2.0
// srecipe doctor: is this installation as README.md says, as far as this host can see.
#include "context.hpp"
#include "installed_slurm.hpp"

#include "cluster/cluster.hpp"
#include "diagnostic/codes/layout.hpp"
#include "diagnostic/codes/tools.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"
#include "models/models.hpp"
#include "render/render.hpp"
#include "slurm_text/lists.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>

namespace recipe::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* spank_file = "spank_recipe.so";
constexpr const char* job_submit_file = "job_submit_recipe.so";

/// Prints a line for everything that was checked.
class Findings {
public:
    void good(const std::string& text) { say("good: {}\n", text); }
    void add(const Diagnostic& diagnostic) {
        std::string before = fmt::format("{}: ", to_string(diagnostic.severity));
        for (const std::string& line : render::lines(diagnostic)) say("{}{}\n", std::exchange(before, ""), line);
        wrong_ = wrong_ || diagnostic.severity == Severity::error;
    }
    void add(const Diagnostics& diagnostics) {
        for (const Diagnostic& diagnostic : diagnostics) add(diagnostic);
    }
    [[nodiscard]] int status() const { return wrong_ ? exit_wrong : exit_good; }

private:
    bool wrong_ = false;
};

Diagnostic wrong_plugin(const fs::path& file, std::string message) {
    return {.code = codes::doctor.plugin, .source = {.name = file.string()}, .message = std::move(message)};
}

/// Whether the Slurm that loads it takes this file: exactly its version, or its release.
void check_plugin(Findings& findings, const fs::path& file, std::optional<SlurmVersion> slurm, bool exactly) {
    const std::optional<SlurmVersion> built = version_of_plugin(file);
    if (!built)
        return findings.add(
            wrong_plugin(file, fmt::format("{} is not there, or is no plugin of Slurm", file.string())));
    if (!slurm)
        return findings.add(
            wrong_plugin(file, "the version of Slurm here is not known, so the plugin's was not compared"));
    if (exactly ? *built != *slurm : built->release() != slurm->release())
        return findings.add(
            wrong_plugin(file, fmt::format("{} was built for Slurm {}, and Slurm is {} here: it is not loaded",
                                           file.string(), built->text(), slurm->text())));
    findings.good(fmt::format("{}, built for Slurm {}", file.string(), built->text()));
}

void check_library(Findings& findings, const fs::path& plugin) {
    const fs::path library = (plugin.parent_path() / RECIPE_LIB_FROM_PLUGIN / "librecipe_spank.so").lexically_normal();
    if (storage::access_of(library.string()).read_error == 0)
        findings.good(library.string());
    else
        findings.add(wrong_plugin(plugin, fmt::format("the plugin's library {} is not there", library.string())));
}

/// What users of sbatch get, which --site and -C may change for srecipe.
site::PluginArguments check_spank(Findings& findings, const InstalledSlurm& slurm) {
    const std::string file = slurm.setting("PlugStackConfig");
    const Expected<std::vector<PlugstackLine>> lines =
        read_plugstack(file.empty() ? "/etc/slurm/plugstack.conf" : file);
    if (!lines) {
        findings.add(lines.error());
        return {};
    }
    std::vector<const PlugstackLine*> ours;
    for (const PlugstackLine& line : *lines)
        if (fs::path(line.path).filename() == spank_file) ours.push_back(&line);
    if (ours.size() != 1) {
        findings.add(
            {.code = codes::doctor.plugstack,
             .source = ours.empty() ? Source{.name = file} : ours.back()->source,
             .message = ours.empty()
                            ? fmt::format("no line names {}, so that no command knows --recipe", spank_file)
                            : fmt::format("{} lines name {}; Slurm loads it once for each", ours.size(), spank_file),
             .fix = ours.empty() ? "required /path/of/spank_recipe.so" : ""});
        if (ours.empty()) return {};
    }
    const PlugstackLine& line = *ours.front();
    findings.good(fmt::format("{}: {} {}", to_string(line.source), line.required ? "required" : "optional", line.path));
    const bool absolute = line.path.starts_with('/');
    if (!absolute || !line.required)
        findings.add(
            {.code = codes::doctor.plugstack,
             .severity = Severity::warning,
             .source = line.source,
             .message =
                 absolute
                     ? "an optional plugin's refusals are ignored: a job that cannot work is submitted all the same"
                     : "Slurm opens a plugin twice whose path is not absolute",
             .fix =
                 fmt::format("required {}", absolute ? line.path : slurm.in_plugin_directories(line.path).string())});
    const fs::path plugin = absolute ? fs::path(line.path) : slurm.in_plugin_directories(line.path);
    check_plugin(findings, plugin.empty() ? fs::path(line.path) : plugin, slurm.here, false);
    check_library(findings, plugin);
    const auto arguments = site::read_plugin_arguments({line.arguments.begin(), line.arguments.end()});
    if (arguments) return *arguments;
    findings.add(arguments.error());
    return {};
}

void check_job_submit(Findings& findings, const InstalledSlurm& slurm) {
    const std::string plugins = slurm.setting("JobSubmitPlugins");
    const std::vector<std::string_view> names = slurm_text::split(plugins);
    if (std::ranges::find(names, "recipe") == names.end())
        return findings.add(
            {.code = codes::doctor.job_submit,
             .source = {.name = "slurm.conf"},
             .message = "JobSubmitPlugins does not name recipe: slurmctld checks no plan against the cluster",
             .fix = "JobSubmitPlugins=recipe"});
    const fs::path plugin = slurm.in_plugin_directories(job_submit_file);
    if (!plugin.empty()) return check_plugin(findings, plugin, slurm.controller, true);
    findings.add(
        {.code = codes::doctor.job_submit,
         .severity = Severity::hint,
         .source = {.name = "slurm.conf"},
         .message = fmt::format("{} is in no directory of PluginDir on this host; controllers need it, others do not",
                                job_submit_file)});
}

void check_collection(Findings& findings, const fs::path& folder) {
    const fs::path recipes = folder / "recipes";
    if (!storage::answers(recipes.string())) return;  // said once, at the end
    const auto found = config::list_recipes({folder});
    // Names can be listed where nothing may be opened.
    if (found && !found->empty() && storage::access_of(found->front().file.string()).read_error == 0)
        return findings.good(fmt::format("{}, {} recipes", folder.string(), found->size()));
    findings.add({.code = codes::doctor.collection,
                  .source = {.name = folder.string()},
                  .message = fmt::format("{} is not there, cannot be read, or holds no recipes", recipes.string())});
}

/// A type that no catalogue has is held against nothing.
void check_types(Findings& findings, const fs::path& file, const site::Settings& settings,
                 const hardware::Catalogue& catalogue) {
    for (const auto& [place, types] :
         {std::pair("partitions", &settings.partition_types), std::pair("nodes", &settings.node_types)})
        for (const auto& [name, type] : *types)
            if (catalogue.instance(type) == nullptr)
                findings.add({.code = codes::devices.unknown_instance,
                              .key = fmt::format("{}.{}", place, name),
                              .source = {.name = file.string()},
                              .message = fmt::format("the instance type {} is not in the hardware catalogue, so that "
                                                     "nothing is checked against it",
                                                     type)});
}

/// What slurmctld does without a policy that it can read, as far as this host and user can see.
std::string without_policy(const fs::path& kept) {
    const storage::Access found = storage::access_of(kept.string());
    if (found.exists()) return fmt::format("it goes by the last one that it could, which {} keeps", kept.string());
    if (found.error != ENOENT)
        return fmt::format("it goes by the last one that it could, if {} is there", kept.string());
    return fmt::format(
        "none is kept in {}, so that which partitions require a recipe is not known, and all jobs are "
        "accepted (SLURM_RECIPE_POLICY_UNKNOWN=refuse in slurmctld's environment refuses them)",
        kept.string());
}

/// Of the file that slurmctld reads; where its environment names one, nobody else knows.
void check_policy(Findings& findings, const std::optional<fs::path>& clients, const fs::path& slurm_conf,
                  const fs::path& state) {
    const fs::path file = site::settings_file(std::nullopt, {}, slurm_conf);
    const site::Reading found = site::read(file);
    if (clients && *clients != file) {
        const site::Reading other = site::read(*clients);
        if (other.policy && *other.policy != site::Policy{} && other.policy != found.policy)
            findings.add({.code = codes::doctor.policy,
                          .severity = Severity::warning,
                          .key = "policy",
                          .source = {.name = clients->string()},
                          .message = fmt::format("slurmctld, which alone holds jobs to a policy, reads {} and not this "
                                                 "file, unless SLURM_RECIPE_SITE in its own environment names it",
                                                 file.string())});
    }
    if (found.policy) return;
    findings.add(found.problems);
    findings.add({.code = codes::doctor.policy,
                  .source = {.name = file.string()},
                  .message = fmt::format("slurmctld cannot read the site's policy: {}",
                                         without_policy(state / "slurm-recipe.policy"))});
}

void check_site(Findings& findings, const Arguments& given, const site::PluginArguments& plugin,
                const fs::path& slurm_conf) {
    const config::Environment environment = site::process_environment();
    const fs::path file = site::settings_file(given.site ? given.site : plugin.site, {}, slurm_conf);
    const Expected<site::Settings> settings = site::load(file);
    if (!settings) return findings.add(settings.error());
    findings.good(file.string());
    if (!given.site) {
        const Expected<site::UserSettings> own = site::load_for_user(plugin.site, environment, slurm_conf);
        findings.add(own ? own->notes : own.error());
    }
    if (const auto catalogue = hardware::Catalogue::load(settings->hardware_files); !catalogue)
        findings.add(catalogue.error());
    else
        check_types(findings, file, *settings, *catalogue);
    if (const auto shapes = models::Catalogue::load(settings->model_files); !shapes) findings.add(shapes.error());
    if (const auto families = family::Families::load(settings->family_files); !families) findings.add(families.error());
    findings.add(site::missing_collections(environment));
    for (const fs::path& folder : given.collections) check_collection(findings, folder);
    for (const fs::path& folder : plugin.collections) check_collection(findings, folder);
    for (const fs::path& folder : settings->collections) check_collection(findings, folder);
    check_collection(findings, site::data_directory() / "recipes_collection");
}

}  // namespace

int propose_partitions(const Arguments& arguments) {
    const Expected<query::Context> context = make_context(arguments);
    if (!context) return fail(context.error());
    const Expected<hardware::Catalogue> catalogue = hardware::Catalogue::load(context->settings->hardware_files);
    if (!catalogue) return fail(catalogue.error());
    const Expected<std::string> nodes = ask_nodes();
    if (!nodes) return fail(nodes.error());
    const cluster::ScontrolRecords records = cluster::records_of_scontrol(*nodes);
    cluster::NodeTypes types;
    for (const auto& [hosts, type] : context->settings->node_types)
        for (const std::string& name : host_names(hosts)) types.emplace(name, type);
    say("{}", cluster::partition_map(cluster::take_inventory(records.nodes, records.partitions, *catalogue, types)));
    return exit_good;
}

int doctor(const Arguments& arguments) {
    Findings findings;
    site::PluginArguments plugin;
    fs::path slurm_conf = query::slurm_conf_file(site::process_environment());
    if (const Expected<InstalledSlurm> slurm = ask_slurm()) {
        plugin = check_spank(findings, *slurm);
        check_job_submit(findings, *slurm);
        if (const std::string file = slurm->setting("SLURM_CONF"); !file.empty()) slurm_conf = file;
        check_policy(findings, plugin.site, slurm_conf, slurm->setting("StateSaveLocation"));
    } else {
        findings.add(slurm.error());
    }
    check_site(findings, arguments, plugin, slurm_conf);
    return findings.status();
}

}  // namespace recipe::cli
