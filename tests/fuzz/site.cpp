// SPDX-License-Identifier: Apache-2.0
// A site file, and the files of hardware, models and families that one names: whatever they hold, they are refused with
// a reason and a place, or what they say can be looked up. The first line of an input says which of them it is.
#include "site/site.hpp"
#include "family/family.hpp"
#include "hardware/hardware.hpp"
#include "models/models.hpp"
#include "require.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <filesystem>
#include <string>

namespace {

using namespace recipe;
using fuzz::require;

/// A file without a place on a disk.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view text) : file_(memfd_create("site.yaml", 0)) {
        require(file_ >= 0 && write(file_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
                "a file can be made");
    }
    ~MemoryFile() { close(file_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(file_); }

private:
    int file_;
};

void judge(const site::Settings& settings) {
    require(1024 <= settings.ports.first && settings.ports.first <= settings.ports.last && settings.ports.last <= 65535,
            "ports are ports");
    require(0 <= settings.check_seconds && settings.check_seconds <= site::max_check_seconds, "a wait has a limit");
    require(settings.inventory_refresh.count() >= 0, "a time is not negative");
    for (const auto& [recipe, nodes] : settings.policy.max_nodes) require(nodes >= 0, "a limit is not negative");
    for (const auto& [name, value] : settings.environment)
        require(!name.empty() && !value.contains('\0'), "a variable can be set");
    (void)site::instance_type_of(settings, {"train", ""});
    (void)site::instance_type_of(settings, {});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    const std::string_view kind = fuzz::take_until(text, '\n');
    const MemoryFile file(text);
    if (kind == "site") {
        const auto settings = site::load(file.path());
        if (settings)
            judge(*settings);
        else
            fuzz::require_reasons(settings.error());
    } else if (kind == "hardware") {
        const auto catalogue = hardware::Catalogue::load({file.path()});
        if (!catalogue)
            fuzz::require_reasons(catalogue.error());
        else
            for (const hardware::Profile* profile : catalogue->profiles())
                require(profile != nullptr, "a profile is there");
    } else if (kind == "models") {
        const auto catalogue = models::Catalogue::load({file.path()});
        if (catalogue)
            (void)catalogue->find("meta-llama/Llama-3.2-1B");
        else
            fuzz::require_reasons(catalogue.error());
    } else if (kind == "families") {
        const auto families = family::Families::load({file.path()});
        if (!families) fuzz::require_reasons(families.error());
    }
    return 0;
}
