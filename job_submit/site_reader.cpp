// SPDX-License-Identifier: Apache-2.0
// Reads the site file when it changed, and says what holds while it cannot be read.
#include "site_reader.hpp"

#include "render/render.hpp"
#include "storage/storage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>

namespace recipe::job_submit {
namespace {

constexpr std::chrono::minutes between_tries{1};
constexpr std::size_t site_files = 3;   // that look() looks at beside the hardware files
constexpr std::int64_t no_answer = -1;  // in place of an errno
constexpr std::string_view unknown_variable = "SLURM_RECIPE_POLICY_UNKNOWN";

std::int64_t nanoseconds(const timespec& time) {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

template <class Ask>
void add_state(std::vector<std::int64_t>& state, const std::filesystem::path& file, Ask ask) {
    struct stat found{};
    if (!storage::answers(file.string())) return state.push_back(no_answer);
    if (ask(file.c_str(), &found) != 0) {
        state.push_back(errno);
        return;
    }
    for (const std::int64_t part : {static_cast<std::int64_t>(found.st_dev), static_cast<std::int64_t>(found.st_ino),
                                    static_cast<std::int64_t>(found.st_mode), static_cast<std::int64_t>(found.st_size),
                                    nanoseconds(found.st_mtim), nanoseconds(found.st_ctim)})
        state.push_back(part);
}

bool is_missing(const std::filesystem::path& file) {
    struct stat found{};
    return storage::answers(file.string()) && lstat(file.c_str(), &found) != 0;
}

std::chrono::seconds limit_of(const site::Settings& settings) {
    return std::chrono::seconds(settings.check_seconds > 0 ? settings.check_seconds : site::max_check_seconds);
}

std::string named(const std::vector<std::string>& partitions) {
    return partitions.empty() ? "no partition" : fmt::format("{}", fmt::join(partitions, ", "));
}

}  // namespace

SiteReader::SiteReader(Places places, Log log)
    : places_(std::move(places)), kept_(places_.state), log_(std::move(log)) {}

void SiteReader::begin(Snapshot& snapshot) {
    snapshot.policy = PolicyState::unknown;
    snapshot.refuse_unknown = refuses_unknown(places_.environment, log_);
    read_catalogue({}, snapshot);
    const auto kept = kept_.load();
    if (!kept) return log(kept.error());
    if (!*kept) return;
    snapshot.settings = std::make_shared<const site::Settings>(
        site::Settings{.severities = (*kept)->severities, .policy = (*kept)->policy});
    snapshot.policy = PolicyState::kept;
}

std::filesystem::path SiteReader::file() const {
    std::filesystem::path found = site::settings_file(std::nullopt, places_.environment, places_.slurm_conf);
    // slurmctld has read its slurm.conf: where that is gone its directory is, and nobody has removed a file from it.
    const auto variable = places_.environment.find("SLURM_RECIPE_SITE");
    const bool by_variable = variable != places_.environment.end() && !variable->second.empty();
    const bool away = !by_variable && !places_.slurm_conf.empty() && is_missing(places_.slurm_conf);
    return away ? places_.slurm_conf.parent_path() / "recipe.yaml" : found;
}

SiteReader::Stamps SiteReader::look() const {
    std::vector<std::filesystem::path> files{
        site::settings_file(std::nullopt, places_.environment, {}),  // the variable's, or the installed one
        places_.slurm_conf, places_.slurm_conf.parent_path() / "recipe.yaml"};
    files.insert(files.end(), hardware_.begin(), hardware_.end());
    Stamps stamps;
    for (std::filesystem::path& each : files) {
        std::vector<std::int64_t> state;
        add_state(state, each, lstat);
        add_state(state, each, stat);
        stamps.push_back({std::move(each), std::move(state)});
    }
    return stamps;
}

bool SiteReader::read(Snapshot& snapshot, std::chrono::steady_clock::time_point now) {
    // A thread that hangs in the kernel would keep slurmctld's process, and its port, when slurmctld ends.
    storage::Watch watch(limit_of(*snapshot.settings));
    Stamps found = look();
    const bool first = read_.empty();
    const bool changed = first || (found != read_ && found == seen_);
    seen_ = std::move(found);
    if (!changed && !(failures_.any() && now >= again_)) return false;
    const Failures before = std::exchange(failures_, {});
    read_settings(snapshot);
    watch.set_limit(limit_of(*snapshot.settings));
    // What has changed since it was looked at is read again. The hardware files may be others than before.
    Stamps after = look();
    std::copy_n(seen_.begin(), site_files, after.begin());
    seen_ = read_ = std::move(after);
    read_catalogue(snapshot.settings->hardware_files, snapshot);
    again_ = now + between_tries;
    if (!failures_.any() && before.any()) log_(Level::info, "the site's files can be read again");
    return changed || failures_ != before;
}

void SiteReader::read_settings(Snapshot& snapshot) {
    const std::filesystem::path from = file();
    site::Reading reading = site::read(from);
    failures_.settings = !reading.settings;
    failures_.policy = !reading.policy;
    log(reading.problems);
    site::Settings next = reading.settings ? *reading.settings : *snapshot.settings;
    if (reading.policy) {
        next.policy = std::move(*reading.policy);
        snapshot.policy = PolicyState::read;
        keep(next);
    } else {
        next.policy = snapshot.settings->policy;
        if (snapshot.policy == PolicyState::read) snapshot.policy = PolicyState::kept;
    }
    hardware_ = next.hardware_files;
    snapshot.settings = std::make_shared<const site::Settings>(std::move(next));
    log_state(snapshot, from);
}

void SiteReader::read_catalogue(const std::vector<std::filesystem::path>& files, Snapshot& snapshot) {
    Expected<hardware::Catalogue> catalogue = hardware::Catalogue::load(files);
    failures_.catalogue = !catalogue;
    if (catalogue)
        snapshot.catalogue = std::make_shared<const hardware::Catalogue>(std::move(*catalogue));
    else
        log(catalogue.error());
}

void SiteReader::keep(const site::Settings& settings) {
    const Expected<void> kept = kept_.save({.policy = settings.policy, .severities = settings.severities});
    failures_.keeping = !kept;
    if (!kept) log(kept.error());
}

void SiteReader::log(const Diagnostics& problems) const {
    for (const Diagnostic& problem : problems)
        for (const std::string& line : render::lines(problem)) log_(Level::error, line);
}

void SiteReader::log_state(const Snapshot& snapshot, const std::filesystem::path& from) const {
    const std::string required = named(snapshot.settings->policy.require_recipe);
    switch (snapshot.policy) {
        case PolicyState::read:
            return log_(Level::info, fmt::format("{} requires a recipe, as {} says", required, from.string()));
        case PolicyState::kept:
            return log_(Level::error, fmt::format("the policy of {} cannot be read; the last one that could holds: {} "
                                                  "requires a recipe",
                                                  from.string(), required));
        case PolicyState::unknown:
            return log_(
                Level::error,
                fmt::format("the policy of {} cannot be read, and none is kept in {}: which partitions require "
                            "a recipe is not known, so that all jobs are {} until it can ({}={})",
                            from.string(), kept_.path().string(), snapshot.refuse_unknown ? "refused" : "accepted",
                            unknown_variable, snapshot.refuse_unknown ? "refuse" : "accept"));
    }
}

bool refuses_unknown(const config::Environment& environment, const SiteReader::Log& log) {
    const auto found = environment.find(unknown_variable);
    if (found == environment.end() || found->second.empty() || found->second == "accept") return false;
    if (found->second != "refuse")
        log(SiteReader::Level::error,
            fmt::format("{} is accept or refuse, and not {}: taken for refuse", unknown_variable, found->second));
    return true;
}

}  // namespace recipe::job_submit
