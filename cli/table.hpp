// SPDX-License-Identifier: Apache-2.0
// Tables for people: columns as wide as their widest cell, two blanks between them.
#pragma once

#include <string>
#include <vector>

namespace recipe::cli {

struct Column {
    std::string title;
    bool is_number = false;  // at the right edge
};

using Row = std::vector<std::string>;

[[nodiscard]] std::string table(const std::vector<Column>& columns, const std::vector<Row>& rows);

}  // namespace recipe::cli
