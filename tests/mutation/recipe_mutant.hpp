// SPDX-License-Identifier: Apache-2.0
// What the mutated sources ask: is mutant N the one to show? scripts/mutate writes the questions into a copy of the
// sources.
#pragma once

/// Notes that the mutant was reached, and tells whether it was chosen.
bool recipe_mutant(int number);

/// The same for constexpr functions, whose calls by the compiler keep the original.
constexpr bool recipe_mutant_at_run_time(int number) {
    if consteval {
        return false;
    } else {
        return recipe_mutant(number);
    }
}
