// SPDX-License-Identifier: Apache-2.0
// The thread that keeps an inventory snapshot and the site's settings for decisions to be made by.
#pragma once

#include "cluster_reader.hpp"
#include "site_reader.hpp"
#include "snapshot.hpp"
#include "statistics.hpp"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>

namespace recipe::job_submit {

/// Into slurmctld's log, where what a log would obey is escaped.
void write_log(SiteReader::Level level, const std::string& line);
/// The same of "WHAT: error".
void log_exception(const char* what, const std::exception& error) noexcept;

/// Owned by nobody and never freed: slurmctld ends with exit() while the thread runs. A reload of the plugin makes a
/// second one beside the first, which has been asked to stop.
class Watcher {
public:
    /// Starts the thread, and waits a moment for it to have read the site's settings, so that its policies hold from
    /// the first request on; where that takes longer, or there can be no thread, the last policy that slurmctld has
    /// kept does. nullptr, with a line in the log, when not even that can be. `places`: taken while nobody can be
    /// changing Slurm's configuration.
    [[nodiscard]] static Watcher* start(SiteReader::Places places) noexcept;

    /// Does not wait: the thread may be waiting for locks that the caller holds.
    void stop() noexcept;

    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;

    /// A job was asked for that is not in the table: it is read again soon.
    void want_jobs() noexcept;
    Statistics statistics;

private:
    explicit Watcher(SiteReader::Places places);
    void run() noexcept;
    void work();
    void log() const;
    void read_site();
    void ask_cluster(ClusterReader& cluster);
    void ask_jobs();
    void find_operators();
    void check_node_lists() const;
    void wait_for_site();
    [[nodiscard]] bool sleep(std::chrono::steady_clock::duration duration);  // false: stopped
    void publish(Snapshot snapshot);

    // The thread's.
    SiteReader site_;
    Snapshot current_;
    JobReader jobs_;
    bool has_strangers_ = false;                         // operators whom this host does not know
    std::chrono::steady_clock::time_point jobs_read_{};  // the table of jobs
    std::chrono::steady_clock::time_point strangers_{};  // when they were looked up
    bool outdated_ = false;                              // the inventory, by the settings
    std::chrono::milliseconds wait_{};                   // between two questions to slurmctld
    std::chrono::steady_clock::time_point next_{};       // of these

    mutable std::mutex mutex_;
    std::condition_variable woken_;
    bool stopped_ = false;
    bool has_read_ = false;
    bool wants_jobs_ = false;
    std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

}  // namespace recipe::job_submit
