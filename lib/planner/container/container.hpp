// SPDX-License-Identifier: Apache-2.0
// A recipe's container in pyxis' terms: the image, what of the host it sees, and where it writes.
#pragma once

#include "config/config.hpp"
#include "diagnostic/diagnostic.hpp"
#include "family/family.hpp"
#include "plan/plan.hpp"
#include "storage/storage.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recipe::planner {

// --- images --------------------------------------------------------------------------------------------------------

/// What an image's name is read against.
struct PathContext {
    const config::Environment& environment;  // AWS_REGION, AWS_DEFAULT_REGION, HOME
    const storage::Host& host;
    std::filesystem::path working_directory;
};

/// `container` of a composed recipe as pyxis takes it: the absolute path of a squashfs, or `[USER@][HOST#]IMAGE[:TAG]`,
/// or `dockerd://IMAGE`. Null and "" are none. Docker's `host/image:tag` is rewritten, which a hint says. Codes:
///   container.image       no image that pyxis takes: a directory, a SIF file, another scheme, blanks, capitals (error)
///   container.missing     the directory is here and the file is not (error)
///   container.unreadable  the file is here and you may not read it (error)
///   container.not_visible neither file nor directory is here; the nodes look (warning)
///   container.rewritten   hint
///   container.region      an image of AWS' registry in another region than AWS_REGION (warning)
[[nodiscard]] Expected<std::optional<std::string>> image_of(const config::Value& root, const PathContext& here,
                                                            Diagnostics& notes);

/// "docker://nvcr.io#nvidia/pytorch:24.10-py3" for an image that enroot can import; nothing for a path.
[[nodiscard]] std::optional<std::string> import_uri(std::string_view image);
/// The file that `enroot import` should make of it: "nvidia+pytorch+24.10-py3.sqsh".
[[nodiscard]] std::string file_name_for(std::string_view image);

// --- mounts --------------------------------------------------------------------------------------------------------

/// Somebody wants a directory or file in the container.
struct MountRequest {
    plan::Mount mount;
    std::string key;  // of the recipe, for diagnostics; may be empty
    Source where;
    bool is_made = false;  // by the job, so that it need not be there
};

/// `source[:target[:flags]]` of cluster.container_mounts. Code container.mount_form.
[[nodiscard]] Expected<plan::Mount> read_mount(std::string_view text);

/// The mounts, parents before children, and none that another brings along. Codes:
///   container.mount_form      relative, `:`, `,` or control characters in a path, or flags other than ro and rw
///   (error) container.mount_missing   the source is not here (warning; error where its directory is)
///   container.mount_over      two sources for one target (error), or one mount over a part of another (warning)
///   container.mount_system    a target that the image needs for itself, such as /usr (warning; error for /)
///   container.mounts_too_long more than the 4095 bytes that pyxis reads, or more mounts than a plan holds (error)
[[nodiscard]] Expected<std::vector<plan::Mount>> mounts_of(const std::vector<MountRequest>& requests,
                                                           const storage::Host& host, Diagnostics& notes);
inline constexpr std::size_t max_mounts_bytes = 4095;  // pyxis reads options and variables into PATH_MAX bytes

/// The path on the host of what a container with these mounts has at `path`.
[[nodiscard]] std::string source_of(const std::string& path, const std::vector<plan::Mount>& mounts);

/// As --container-mounts takes them.
[[nodiscard]] std::string mounts_text(const std::vector<plan::Mount>& mounts);

// --- a recipe's paths ------------------------------------------------------------------------------------------------

/// A directory or file that the recipe writes.
struct Write {
    std::string key;   // as a user types it
    std::string path;  // as the recipe has it; %j stands for the job's number
    Source where;
};

/// The results directory, and what the family's `writes` keys name, each once.
[[nodiscard]] std::vector<Write> writes_of(const config::Value& root, const family::Family& family,
                                           const std::string& results_dir);

/// The directories of these outside the first, which is the results directory; of those below each other the uppermost.
[[nodiscard]] std::vector<std::string> outside_results(const std::vector<Write>& writes);

/// All that a container of this plan should see, the strongest reason first.
[[nodiscard]] std::vector<MountRequest> mount_requests_of(const config::Value& root, const family::Family& family,
                                                          const plan::LaunchPlan& plan, const PathContext& here,
                                                          Diagnostics& problems);

/// Takes what cluster.srun_args says to pyxis (`--no-container-mount-home`, `--container-workdir=/x`, ...) into the
/// container; the rest are the plan's srun arguments. Without a container nothing is taken. Code
/// container.srun_argument.
void take_srun_arguments(const config::Value& root, plan::LaunchPlan& plan, Diagnostics& problems);

// --- what is still there tomorrow ----------------------------------------------------------------------------------

/// What the paths are held against.
struct Durability {
    std::int64_t nodes = 1;
    std::vector<std::string> shared;  // directories that the site calls shared
    bool strict = false;
    std::optional<double> checkpoint_bytes;  // nothing: not known, or none is written
};

/// Whether what is written stays, and for all nodes. One line for each file system, naming all its keys. Codes:
///   paths.node_local      of a job of several nodes, on tmpfs (error) or a disk of this host (warning; strict: error)
///   paths.not_writable    you may not write there (error; warning where the file system is read-only here)
///   paths.space           less free than a checkpoint takes (warning)
[[nodiscard]] Diagnostics durability(const std::vector<Write>& writes, const Durability& against,
                                     const storage::Host& host);

}  // namespace recipe::planner
