// SPDX-License-Identifier: Apache-2.0
// The thread that keeps an inventory snapshot and the site's settings for decisions to be made by.
#pragma once

#include "site_reader.hpp"
#include "snapshot.hpp"
#include "statistics.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace recipe::job_submit {

/// Owned by nobody and never freed: slurmctld ends with exit() while the thread runs. A reload of the plugin makes a
/// second one beside the first, which has been asked to stop.
class Watcher {
public:
    /// Reads the site's settings, so that its policies hold from the first request on, and starts the thread. nullptr,
    /// with a line in the log, when there can be none. `configuration`: the path of slurm.conf, taken while nobody can
    /// be changing Slurm's configuration.
    [[nodiscard]] static Watcher* start(const char* configuration) noexcept;

    /// Does not wait: the thread may be waiting for locks that the caller holds.
    void stop() noexcept;

    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;
    Statistics statistics;

private:
    explicit Watcher(std::filesystem::path configuration);
    void run() noexcept;
    void work();
    void log() const;
    [[nodiscard]] bool sleep(std::chrono::milliseconds duration);  // false: stopped
    void publish(Snapshot snapshot);

    SiteReader site_;  // the thread's, like `current_`
    Snapshot current_;
    mutable std::mutex mutex_;
    std::condition_variable woken_;
    bool stopped_ = false;
    std::shared_ptr<const Snapshot> snapshot_ = std::make_shared<const Snapshot>();
};

}  // namespace recipe::job_submit
