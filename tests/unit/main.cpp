// SPDX-License-Identifier: Apache-2.0
// Catch2 v2 needs one file that defines main; v3 brings its own.
#if CATCH2_MAJOR < 3
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
