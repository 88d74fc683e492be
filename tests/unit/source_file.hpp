// SPDX-License-Identifier: Apache-2.0
// SPDX-License-Identifier: Apache-2.0
// Where the project's own files are: what is shipped is tested as it is shipped.
#pragma once

#include <string>
#include <string_view>

namespace recipe {

/// The path of a file of the source tree, for example "etc/hardware.yaml". A function, since a path in every object's
/// command would keep a compiler cache from serving two checkouts.
std::string source_file(std::string_view relative = {});

}  // namespace recipe
