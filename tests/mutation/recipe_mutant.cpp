// SPDX-License-Identifier: Apache-2.0
// Reads which mutant to show from RECIPE_MUTANT, and marks each one reached in the file that RECIPE_MUTANTS_REACHED
// names.
#include "recipe_mutant.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>

namespace {

// Constant-initialised, and set before any constructor of the product runs: tables that are built then have mutants
// too.
int chosen = -1;
char* reached = nullptr;
int size = 0;

// Shared, so that what forked children reach counts as well.
[[gnu::constructor(101)]] void read_environment() {
    if (const char* number = std::getenv("RECIPE_MUTANT")) chosen = std::atoi(number);
    const char* path = std::getenv("RECIPE_MUTANTS_REACHED");
    if (path == nullptr) return;
    const int file = open(path, O_RDWR | O_CLOEXEC);
    struct stat status{};
    if (file < 0 || fstat(file, &status) != 0) std::abort();
    void* memory = mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) std::abort();
    close(file);
    size = static_cast<int>(status.st_size);
    reached = static_cast<char*>(memory);
}

}  // namespace

bool recipe_mutant(int number) {
    if (number < size) reached[number] = 1;
    return number == chosen;
}
