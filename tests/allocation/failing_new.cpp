// SPDX-License-Identifier: Apache-2.0
// Replaces the global operator new; each form of it that the library uses ends in one of these.
#include "failing_new.hpp"

#include <cstdlib>
#include <new>

namespace recipe::test {
namespace {

thread_local Failing failing_now;
thread_local std::uint64_t allocations = 0;
thread_local bool counting = false;

bool fails() noexcept {
    if (!counting) return false;
    ++allocations;
    switch (failing_now.mode) {
        case Failing::Mode::none:
            return false;
        case Failing::Mode::one:
            return allocations == failing_now.number;
        case Failing::Mode::from:
            return allocations >= failing_now.number;
    }
    return false;
}

}  // namespace

void fail_allocations(Failing failing) noexcept {
    failing_now = failing;
    allocations = 0;
    counting = true;
}

std::uint64_t count_allocations() noexcept {
    counting = false;
    return allocations;
}

}  // namespace recipe::test

void* operator new(std::size_t size) {
    void* const memory = recipe::test::fails() ? nullptr : std::malloc(size != 0 ? size : 1);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto boundary = static_cast<std::size_t>(alignment);
    void* const memory =
        recipe::test::fails() ? nullptr : std::aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return recipe::test::fails() ? nullptr : std::malloc(size != 0 ? size : 1);
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
    std::free(memory);
}
