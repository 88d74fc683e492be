// SPDX-License-Identifier: Apache-2.0
// The thread that keeps the inventory snapshot fresh.
#include "watcher.hpp"

#include "slurm_headers.hpp"
#include "slurm_text/shown_text.hpp"
#include "trace/trace.hpp"
#include "users.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <csignal>
#include <ctime>
#include <exception>
#include <string>
#include <thread>
#include <utility>

namespace recipe::job_submit {
namespace {

// slurmctld loads its plugins before it answers, and on 22.05 before it listens.
constexpr std::chrono::milliseconds first_wait{50};
constexpr std::chrono::milliseconds max_first_wait{5000};
constexpr std::chrono::seconds first_reading{1};    // that slurmctld waits for
constexpr std::chrono::seconds look_again{2};       // at the site's files
constexpr std::chrono::minutes between_lookups{1};  // of users

std::shared_ptr<const cluster::Inventory> take(const ClusterReader& reader, const Snapshot& snapshot) {
    cluster::NodeTypes types;
    for (const auto& [hosts, type] : snapshot.settings->node_types) name_nodes(hosts, type, types);
    std::vector<cluster::PartitionRecord> partitions = reader.partitions();
    for (cluster::PartitionRecord& partition : partitions)
        partition.instance_type = site::instance_type_of(*snapshot.settings, {partition.name}).value_or("");
    return std::make_shared<const cluster::Inventory>(
        cluster::take_inventory(reader.nodes(), partitions, *snapshot.catalogue, types));
}

/// Of this thread.
std::chrono::microseconds cpu_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::microseconds(time.tv_sec * 1'000'000 + time.tv_nsec / 1000);
}

void log_first(const std::shared_ptr<const cluster::Inventory>& inventory) {
    static bool logged = false;
    if (!std::exchange(logged, true))
        slurm_info("job_submit/recipe: recipes are checked against %zu nodes from now on", inventory->nodes.size());
}

}  // namespace

void write_log(SiteReader::Level level, const std::string& line) {
    // Names and texts of users and of site files: a log is to obey none.
    const std::string shown = slurm_text::escape_control(line);
    if (level == SiteReader::Level::error)
        slurm_error("job_submit/recipe: %s", shown.c_str());
    else
        slurm_info("job_submit/recipe: %s", shown.c_str());
}

void log_exception(const char* what, const std::exception& error) noexcept {
    try {
        write_log(SiteReader::Level::error, fmt::format("{}: {}", what, error.what()));
    } catch (...) {
        slurm_error("job_submit/recipe: %s", what);
    }
}

Watcher::Watcher(SiteReader::Places places) : site_(std::move(places), write_log) {
    site_.begin(current_);
    publish(current_);
}

Watcher* Watcher::start(SiteReader::Places places) noexcept {
    try {
        auto* watcher = new Watcher(std::move(places));
        // slurmctld waits for its signals in a thread of its own; one that this thread got would be lost.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            std::thread(&Watcher::run, watcher).detach();
            pthread_sigmask(SIG_SETMASK, &before, nullptr);
            watcher->wait_for_site();
        } catch (const std::exception& error) {
            pthread_sigmask(SIG_SETMASK, &before, nullptr);
            log_exception(
                "jobs are not checked against the cluster's nodes, and the policy is the last one that was kept",
                error);
        }
        return watcher;
    } catch (const std::exception& error) {
        log_exception("jobs are not checked", error);
    }
    return nullptr;
}

void Watcher::stop() noexcept {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    woken_.notify_all();
}

std::shared_ptr<const Snapshot> Watcher::snapshot() const {
    const std::scoped_lock lock(mutex_);
    return snapshot_;
}

void Watcher::publish(Snapshot snapshot) {
    auto fresh = std::make_shared<const Snapshot>(std::move(snapshot));
    const std::scoped_lock lock(mutex_);
    snapshot_.swap(fresh);
}

bool Watcher::sleep(std::chrono::steady_clock::duration duration) {
    std::unique_lock lock(mutex_);
    return !woken_.wait_for(lock, duration, [this] { return stopped_; });
}

void Watcher::want_jobs() noexcept {
    const std::scoped_lock lock(mutex_);
    wants_jobs_ = true;
}

void Watcher::wait_for_site() {
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, first_reading, [this] { return has_read_; });
}

void Watcher::run() noexcept {
    try {
        work();
    } catch (const std::exception& error) {
        log_exception("the cluster is no longer watched", error);
    } catch (...) {
        slurm_error("job_submit/recipe: the cluster is no longer watched");
    }
}

void Watcher::work() {
    ClusterReader cluster;
    wait_ = first_wait;
    do {
        read_site();
        if (std::chrono::steady_clock::now() >= next_ || outdated_) ask_cluster(cluster);
        ask_jobs();
    } while (
        sleep(std::min<std::chrono::steady_clock::duration>(next_ - std::chrono::steady_clock::now(), look_again)));
}

void Watcher::read_site() {
    const bool fresh = site_.read(current_);
    if (fresh || (has_strangers_ && std::chrono::steady_clock::now() - strangers_ >= between_lookups)) find_operators();
    if (fresh) {
        check_node_lists();
        outdated_ = true;
        publish(current_);  // policies need no nodes
    }
    const std::scoped_lock lock(mutex_);
    has_read_ = true;
    woken_.notify_all();
}

void Watcher::find_operators() {
    Users users = users_of(current_.settings->policy.operators);
    for (const std::string& name : users.unknown)
        write_log(SiteReader::Level::error,
                  fmt::format("policy.operators names {}, whom this host does not know", name));
    has_strangers_ = !users.unknown.empty();
    strangers_ = std::chrono::steady_clock::now();
    const bool changed = current_.operators != users.ids;
    current_.operators = std::move(users.ids);
    if (changed) publish(current_);
}

void Watcher::check_node_lists() const {
    for (const auto& [hosts, type] : current_.settings->node_types) {
        cluster::NodeTypes named;
        name_nodes(hosts, type, named);
        if (named.empty())
            write_log(SiteReader::Level::error,
                      fmt::format("nodes.{} is no list of nodes, so that it says nothing of any", hosts));
    }
}

/// Only where a policy may ask what a job is.
void Watcher::ask_jobs() {
    const site::Policy& policy = current_.settings->policy;
    if (policy.require_recipe.empty() && policy.max_nodes.empty()) {
        if (!std::exchange(current_.jobs, nullptr)) return;
        jobs_.forget();
        return publish(current_);
    }
    if (!current_.inventory) return;  // slurmctld does not answer yet
    const auto now = std::chrono::steady_clock::now();
    const auto age = now - jobs_read_;
    bool wanted = false;
    {
        const std::scoped_lock lock(mutex_);
        wanted = wants_jobs_ && age >= look_again;
        if (wanted) wants_jobs_ = false;
    }
    if (current_.jobs && !wanted && age < current_.settings->inventory_refresh) return;
    jobs_read_ = now;
    std::shared_ptr<const JobTable> fresh = jobs_.ask();
    if (!fresh) return;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - now);
    trace::debug([&] { return fmt::format("the table of {} jobs took {} us", fresh->size(), took.count()); });
    current_.jobs = std::move(fresh);
    publish(current_);
}

void Watcher::ask_cluster(ClusterReader& cluster) {
    const ClusterReader::Answer answer = cluster.ask();
    if (answer != ClusterReader::Answer::none) {
        if (answer == ClusterReader::Answer::news || outdated_) log_first(current_.inventory = take(cluster, current_));
        outdated_ = false;
        current_.confirmed = std::chrono::steady_clock::now();
        publish(current_);
    }
    if (answer == ClusterReader::Answer::none && !current_.inventory)
        wait_ = std::min(wait_ * 2, max_first_wait);
    else
        wait_ = current_.settings->inventory_refresh;
    next_ = std::chrono::steady_clock::now() + wait_;
    if (current_.inventory) log();
}

/// Once a refresh, for who raises the level of slurmctld's log.
void Watcher::log() const {
    trace::set_level(trace::slurm_level());
    trace::debug([&] {
        return fmt::format("{} nodes of {} kinds in {} partitions; {} us of CPU since the start. {}",
                           current_.inventory->nodes.size(), current_.inventory->groups.size(),
                           current_.inventory->partitions.size(), cpu_time().count(), statistics.text());
    });
}

}  // namespace recipe::job_submit
