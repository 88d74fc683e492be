#include "step/step.hpp"

namespace recipe::step {

std::string shell_quoted(std::string_view word) {
    std::string quoted = "'";
    for (const char c : word) {
        if (c == '\'') quoted += "'\\''";
        else quoted += c;
    }
    return quoted += '\'';
}

}  // namespace recipe::step
