// SPDX-License-Identifier: Apache-2.0
// Reads the site file when it changed.
#include "site_reader.hpp"

#include "render/render.hpp"
#include "slurm_headers.hpp"

#include <algorithm>

namespace recipe::job_submit {
namespace {

std::filesystem::file_time_type time_of(const std::filesystem::path& file) {
    std::error_code error;
    const auto time = std::filesystem::last_write_time(file, error);
    return error ? std::filesystem::file_time_type::min() : time;
}

void log_errors(const Diagnostics& errors) {
    for (const Diagnostic& error : errors)
        for (const std::string& line : render::lines(error)) slurm_error("job_submit/recipe: %s", line.c_str());
}

}  // namespace

bool SiteReader::changed() const {
    return files_.empty() ||
           std::ranges::any_of(files_, [](const Stamp& file) { return time_of(file.first) != file.second; });
}

bool SiteReader::read(Snapshot& snapshot) {
    if (!changed()) return false;
    const std::filesystem::path file = site::settings_file(std::nullopt, site::process_environment(), configuration_);
    files_ = {{file, time_of(file)}};
    Expected<site::Settings> settings = site::load(file);
    if (!settings) {
        log_errors(settings.error());
        return false;
    }
    for (const std::filesystem::path& hardware : settings->hardware_files)
        files_.emplace_back(hardware, time_of(hardware));
    Expected<hardware::Catalogue> catalogue = hardware::Catalogue::load(settings->hardware_files);
    if (!catalogue) {
        log_errors(catalogue.error());
        return false;
    }
    snapshot.settings = std::make_shared<const site::Settings>(std::move(*settings));
    snapshot.catalogue = std::make_shared<const hardware::Catalogue>(std::move(*catalogue));
    return true;
}

}  // namespace recipe::job_submit
