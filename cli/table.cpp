// SPDX-License-Identifier: Apache-2.0
// Lays out a table.
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace recipe::cli {
namespace {

std::string line(const std::vector<Column>& columns, const std::vector<std::size_t>& widths, const Row& cells) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i)
        text += columns[i].is_number ? fmt::format("{:>{}}  ", cells[i], widths[i])
                                     : fmt::format("{:<{}}  ", cells[i], widths[i]);
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
}

}  // namespace

std::string table(const std::vector<Column>& columns, const std::vector<Row>& rows) {
    Row titles;
    std::vector<std::size_t> widths;
    for (const Column& column : columns) {
        titles.push_back(column.title);
        widths.push_back(column.title.size());
    }
    for (const Row& row : rows)
        for (std::size_t i = 0; i < columns.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text = line(columns, widths, titles);
    for (const Row& row : rows) text += line(columns, widths, row);
    return text;
}

}  // namespace recipe::cli
