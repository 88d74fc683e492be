// SPDX-License-Identifier: Apache-2.0
// A hardware file for one test, gone after it.
#pragma once

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

struct HardwareFile {
    explicit HardwareFile(std::string_view text) {
        static int count = 0;
        path = std::filesystem::temp_directory_path() /
               ("hardware-test-" + std::to_string(getpid()) + '-' + std::to_string(count++) + ".yaml");
        std::ofstream(path) << text;
    }
    HardwareFile(const HardwareFile&) = delete;
    HardwareFile& operator=(const HardwareFile&) = delete;
    ~HardwareFile() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }

    std::filesystem::path path;
};
