// SPDX-License-Identifier: Apache-2.0
// The one place that knows which major version of Catch2 is there, and how it prints our types.
#pragma once
#if CATCH2_MAJOR < 3
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;  // version 2 does that itself
#endif

#include "diagnostic/diagnostic.hpp"

template <>
struct Catch::StringMaker<recipe::DiagnosticCode> {
    static std::string convert(recipe::DiagnosticCode code) { return std::string(code.name()); }
};
