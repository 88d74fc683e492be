// SPDX-License-Identifier: Apache-2.0
// The one place that knows which major version of Catch2 is there.
#pragma once
#if CATCH2_MAJOR < 3
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
using Catch::Approx;  // version 2 does that itself
#endif
