// SPDX-License-Identifier: Apache-2.0
// Reads an ELF file's version symbols and dependencies as far as doctor needs them.
#include "plugin_file.hpp"

#include "storage/storage.hpp"

#include <elf.h>
#include <fmt/format.h>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

namespace recipe::cli {
namespace {

constexpr std::uintmax_t largest_file = std::uintmax_t{256} << 20;

/// Bytes of an ELF file. Every access is checked against the end.
class Elf {
public:
    explicit Elf(std::string bytes) : bytes_(std::move(bytes)) {}

    template <class T>
    std::optional<T> at(std::uint64_t offset) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return std::nullopt;
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof value);
        return value;
    }

    bool has_text(std::uint64_t offset, std::string_view text) const {
        return offset < bytes_.size() && bytes_.size() - offset > text.size() &&
               std::string_view(bytes_).substr(offset, text.size() + 1) ==
                   std::string_view(text.data(), text.size() + 1);
    }

    std::vector<Elf64_Shdr> sections() const {
        std::vector<Elf64_Shdr> found;
        const auto header = at<Elf64_Ehdr>(0);
        if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64)
            return found;
        for (std::uint64_t i = 0; i < header->e_shnum; ++i)
            if (const auto section = at<Elf64_Shdr>(header->e_shoff + i * sizeof(Elf64_Shdr)))
                found.push_back(*section);
        return found;
    }

private:
    std::string bytes_;
};

/// `name`: a text literal, which ends in a NUL.
std::optional<Elf64_Sym> find_symbol(const Elf& elf, const std::vector<Elf64_Shdr>& sections, std::string_view name) {
    for (const Elf64_Shdr& table : sections) {
        if (table.sh_type != SHT_DYNSYM || table.sh_link >= sections.size()) continue;
        const std::uint64_t names = sections[table.sh_link].sh_offset;
        for (std::uint64_t i = 0; i < table.sh_size / sizeof(Elf64_Sym); ++i) {
            const auto symbol = elf.at<Elf64_Sym>(table.sh_offset + i * sizeof(Elf64_Sym));
            if (!symbol) return std::nullopt;
            if (elf.has_text(names + symbol->st_name, name)) return symbol;
        }
    }
    return std::nullopt;
}

}  // namespace

std::string SlurmVersion::text() const {
    return fmt::format("{}.{:02}.{}", number >> 16, (number >> 8) & 0xff, number & 0xff);
}

std::optional<SlurmVersion> SlurmVersion::in(const std::string& text) {
    const std::size_t blank = text.find_last_of(' ');
    const char* at = text.data() + (blank == std::string::npos ? 0 : blank + 1);
    const char* end = text.data() + text.size();
    std::uint32_t number = 0;
    for (int part = 0; part < 3; ++part) {
        std::uint32_t value = 0;
        const auto [after, error] = std::from_chars(at, end, value);
        if (error != std::errc{} || value > 0xff) return std::nullopt;
        number = number << 8 | value;
        at = after;
        if (part < 2 && (at == end || *at++ != '.')) return std::nullopt;
    }
    return SlurmVersion{number};
}

std::optional<SlurmVersion> version_of_plugin(const std::filesystem::path& file) {
    std::error_code error;
    if (!storage::is_file(file.string()) || std::filesystem::file_size(file, error) > largest_file || error)
        return std::nullopt;
    std::ifstream stream(file, std::ios::binary);
    const Elf elf(std::string(std::istreambuf_iterator<char>(stream), {}));
    const std::vector<Elf64_Shdr> sections = elf.sections();
    const auto symbol = find_symbol(elf, sections, "plugin_version");
    if (!symbol || symbol->st_shndx >= sections.size()) return std::nullopt;
    const Elf64_Shdr& section = sections[symbol->st_shndx];
    if (symbol->st_value < section.sh_addr) return std::nullopt;
    const auto number = elf.at<std::uint32_t>(section.sh_offset + (symbol->st_value - section.sh_addr));
    if (!number) return std::nullopt;
    return SlurmVersion{*number};
}

}  // namespace recipe::cli
