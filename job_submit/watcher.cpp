// SPDX-License-Identifier: Apache-2.0
// The thread that keeps the inventory snapshot fresh.
#include "watcher.hpp"

#include "cluster_reader.hpp"
#include "slurm_headers.hpp"
#include "trace/trace.hpp"

#include <fmt/format.h>
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

Watcher::Watcher(std::filesystem::path configuration) : site_(std::move(configuration)) {
    if (site_.read(current_)) publish(current_);
}

Watcher* Watcher::start(const char* configuration) noexcept {
    try {
        auto* watcher = new Watcher(configuration != nullptr ? configuration : "");
        // slurmctld waits for its signals in a thread of its own; one that this thread got would be lost.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            std::thread(&Watcher::run, watcher).detach();
        } catch (...) {
            pthread_sigmask(SIG_SETMASK, &before, nullptr);
            throw;
        }
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return watcher;
    } catch (const std::exception& error) {
        slurm_error("job_submit/recipe: jobs are not checked against the cluster's nodes: %s", error.what());
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

bool Watcher::sleep(std::chrono::milliseconds duration) {
    std::unique_lock lock(mutex_);
    return !woken_.wait_for(lock, duration, [this] { return stopped_; });
}

void Watcher::run() noexcept {
    try {
        work();
    } catch (const std::exception& error) {
        slurm_error("job_submit/recipe: the cluster is no longer watched: %s", error.what());
    } catch (...) {
        slurm_error("job_submit/recipe: the cluster is no longer watched");
    }
}

void Watcher::work() {
    ClusterReader cluster;
    std::chrono::milliseconds wait = first_wait;
    bool new_settings = false;
    while (true) {
        const ClusterReader::Answer answer = cluster.ask();
        if (answer == ClusterReader::Answer::news || (new_settings && answer == ClusterReader::Answer::no_news))
            log_first(current_.inventory = take(cluster, current_));
        if (answer != ClusterReader::Answer::none) current_.confirmed = std::chrono::steady_clock::now();
        if (answer != ClusterReader::Answer::none || new_settings) publish(current_);
        if (answer == ClusterReader::Answer::none && !current_.inventory)
            wait = std::min(wait * 2, max_first_wait);
        else
            wait = current_.settings->inventory_refresh;
        if (current_.inventory) log();
        if (!sleep(wait)) return;
        new_settings = site_.read(current_);
    }
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
