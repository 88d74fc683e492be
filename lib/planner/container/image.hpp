// SPDX-License-Identifier: Apache-2.0
// A recipe's container image in pyxis' terms.
#pragma once

#include "config/value/value.hpp"
#include "diagnostic/diagnostic.hpp"
#include "storage/storage.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace recipe::planner {

/// Where the paths of a recipe lead to, and what its texts refer to.
struct PathContext {
    const config::Environment& environment;  // AWS_REGION, AWS_DEFAULT_REGION, HOME, HF_HOME, ...
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

}  // namespace recipe::planner
