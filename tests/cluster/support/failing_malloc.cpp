// SPDX-License-Identifier: Apache-2.0
// For tests: preloaded into a Slurm process, it finds no memory for one of our objects, and all there is for Slurm.
//
//   RECIPE_FAIL_OBJECT   part of the object's name, such as librecipe_spank.so; its operator new asks malloc()
//   RECIPE_FAIL_AT       the allocation that fails, counted from 1
//   RECIPE_FAIL_EVERY    each of its multiples fails
//   RECIPE_FAIL_WHILE    a file: nothing fails and nothing is counted while it is not there
//   RECIPE_FAIL_COUNT    a file that gets the number of allocations when the process exits
#include <dlfcn.h>
#include <unistd.h>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" void* __libc_malloc(std::size_t size);

namespace {

std::atomic<unsigned long> allocations{0};

unsigned long number_in(const char* variable) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::strtoul(text, nullptr, 10) : 0;
}

bool fails(const void* caller) {
    static const char* const object = std::getenv("RECIPE_FAIL_OBJECT");
    static const char* const only_while = std::getenv("RECIPE_FAIL_WHILE");
    static const unsigned long at = number_in("RECIPE_FAIL_AT");
    static const unsigned long every = number_in("RECIPE_FAIL_EVERY");
    Dl_info info;
    if (object == nullptr || dladdr(caller, &info) == 0 || info.dli_fname == nullptr) return false;
    if (std::strstr(info.dli_fname, object) == nullptr) return false;
    if (only_while != nullptr && access(only_while, F_OK) != 0) return false;
    const unsigned long number = ++allocations;
    return number == at || (every != 0 && number % every == 0);
}

__attribute__((destructor)) void write_count() {
    const char* file = std::getenv("RECIPE_FAIL_COUNT");
    std::FILE* out = file != nullptr && allocations != 0 ? std::fopen(file, "w") : nullptr;
    if (out == nullptr) return;
    std::fprintf(out, "%lu\n", allocations.load());
    std::fclose(out);
}

}  // namespace

extern "C" void* malloc(std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}
