#pragma once

#include <string>

namespace recipe::spank {

/// The first name of a Slurm host list ("n[3-5]" has n3); empty when it has none.
[[nodiscard]] std::string first_host(const char* list);

}  // namespace recipe::spank
