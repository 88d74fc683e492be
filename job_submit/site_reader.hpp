// SPDX-License-Identifier: Apache-2.0
// The site's settings, hardware and policy, read again when a file has changed. Each is read for itself: what cannot be
// read stays as it was.
#pragma once

#include "policy_file.hpp"
#include "snapshot.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace recipe::job_submit {

class SiteReader {
public:
    struct Places {
        std::filesystem::path slurm_conf;  // the site file may lie beside it
        std::filesystem::path state;       // StateSaveLocation
        config::Environment environment;   // slurmctld's
    };
    enum class Level : std::uint8_t { info, error };
    using Log = std::function<void(Level level, const std::string& line)>;

    SiteReader(Places places, Log log);

    /// What holds before any site file was read: the kept policy, or none that is known. Touches StateSaveLocation
    /// only.
    void begin(Snapshot& snapshot);

    /// Puts what the files say into `snapshot`; true when that may be new. To be called every few seconds: a change
    /// counts when it was seen twice, so that neither a half-written file nor the moment between an editor's two
    /// renames does. While something cannot be read it is tried again every minute, and the log says so.
    [[nodiscard]] bool read(Snapshot& snapshot,
                            std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

private:
    struct Stamp {
        std::filesystem::path file;
        std::vector<std::int64_t> state;  // what stat(2) says of it, and of what it leads to

        bool operator==(const Stamp&) const = default;
    };
    using Stamps = std::vector<Stamp>;
    struct Failures {
        bool settings = false;
        bool policy = false;
        bool catalogue = false;
        bool keeping = false;

        [[nodiscard]] bool any() const noexcept { return settings || policy || catalogue || keeping; }
        bool operator==(const Failures&) const = default;
    };

    [[nodiscard]] Stamps look() const;
    [[nodiscard]] std::filesystem::path file() const;
    void read_settings(Snapshot& snapshot);
    void read_catalogue(const std::vector<std::filesystem::path>& files, Snapshot& snapshot);
    void keep(const site::Settings& settings);
    void log(const Diagnostics& problems) const;
    void log_state(const Snapshot& snapshot, const std::filesystem::path& file) const;

    Places places_;
    PolicyFile kept_;
    Log log_;
    std::vector<std::filesystem::path> hardware_;
    Stamps seen_;  // at the last look
    Stamps read_;  // when the files were read
    Failures failures_;
    std::chrono::steady_clock::time_point again_{};  // when what fails is tried again
};

/// SLURM_RECIPE_POLICY_UNKNOWN of slurmctld's environment: accept (the default) or refuse. Another word is refuse, with
/// a line in the log.
[[nodiscard]] bool refuses_unknown(const config::Environment& environment, const SiteReader::Log& log);

}  // namespace recipe::job_submit
